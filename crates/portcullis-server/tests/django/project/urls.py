from dj_rest_auth.registration import urls as registration
from django.urls import include, path
from django.views.generic import TemplateView
from knox.views import LogoutAllView, LogoutView
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework_simplejwt import views as jwt

from . import deeds, views

urlpatterns = [
    # As the server has them.
    path("api/token/", obtain_auth_token),
    path("api/login-set-cookie/", views.login_set_cookie),
    path("api/login/", views.log_in),
    path("api/logout/", views.log_out),
    path("api/user/", views.user),
    path("knox/login/", views.KnoxLogin.as_view()),
    path("knox/logout/", LogoutView.as_view()),
    path("knox/logoutall/", LogoutAllView.as_view()),
    path("jwt/token/", jwt.TokenObtainPairView.as_view()),
    path("jwt/refresh/", jwt.TokenRefreshView.as_view()),
    path("jwt/verify/", jwt.TokenVerifyView.as_view()),
    path("jwt/blacklist/", jwt.TokenBlacklistView.as_view()),
    path("rest-auth/registration/", include(registration)),
    path("rest-auth/", include("dj_rest_auth.urls")),
    # Where links in mails lead.
    path("reset/<uid>/<token>/", TemplateView.as_view(), name="password_reset_confirm"),
    path("accounts/", include("allauth.urls")),
    # What an administrator does, and what only Django can say.
    path("deeds/<name>/", deeds.do),
]
