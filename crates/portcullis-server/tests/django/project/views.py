"""Views on the paths of Portcullis' doors."""

import json

from django.contrib.auth import authenticate, login, logout
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.views import LoginView
from rest_framework.authentication import (
    BasicAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication


@ensure_csrf_cookie
def login_set_cookie(request):
    return JsonResponse({"detail": "CSRF cookie set"})


def log_in(request):
    fields = json.loads(request.body)
    user = authenticate(request, username=fields["email"], password=fields["password"])
    if user is None:
        return JsonResponse({"detail": "no"}, status=400)
    login(request, user)
    return JsonResponse({"detail": "Success"})


def log_out(request):
    logout(request)
    return HttpResponse(status=204)


class KnoxLogin(LoginView):
    authentication_classes = [BasicAuthentication]


def user(request):
    """Says who asks. Both packages' tokens have the keyword `Token`: their length tells them apart."""
    words = request.headers.get("Authorization", "").split()
    is_drf_token = len(words) == 2 and len(words[1]) == 40
    token = TokenAuthentication if is_drf_token else KnoxAuthentication

    class User(APIView):
        authentication_classes = [
            token,
            JWTAuthentication,
            BasicAuthentication,
            SessionAuthentication,
        ]
        permission_classes = [IsAuthenticated]

        def get(self, request):
            return Response({"email": request.user.email})

    return User.as_view()(request)
