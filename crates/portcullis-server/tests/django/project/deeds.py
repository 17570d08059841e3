"""What an administrator does in Django's admin site or shell; and what Django thinks of somebody."""

import json

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

User = get_user_model()
DEEDS = {}


def deed(function):
    DEEDS[function.__name__] = function
    return function


@csrf_exempt
def do(request, name):
    fields = json.loads(request.body or b"{}")
    username = fields.pop("username", None)
    user = None
    if username is not None and name != "make":
        user = User.objects.get(username=username)
    else:
        fields["username"] = username
    return JsonResponse({"is": DEEDS[name](user, **fields)})


@deed
def make(_, username, password, **fields):
    return User.objects.create_user(username, f"{username}@example.com", password, **fields).pk


@deed
def change(user, **fields):
    """Sets fields, as the admin site does: the whole row is written."""
    for name, value in fields.items():
        setattr(user, name, value)
    user.save()


@deed
def set_password(user, password):
    user.set_password(password)
    user.save()


@deed
def delete(user):
    user.delete()


@deed
def give_permission(user, codename):
    user.user_permissions.add(Permission.objects.get(codename=codename))


@deed
def join(user, group, codename):
    group, _ = Group.objects.get_or_create(name=group)
    group.permissions.set([Permission.objects.get(codename=codename)])
    user.groups.add(group)


@deed
def leave(user, group):
    user.groups.remove(Group.objects.get(name=group))


@deed
def permissions(user):
    return sorted(user.get_all_permissions())


@deed
def end_sessions(user):
    mine = [s for s in Session.objects.all() if s.get_decoded().get("_auth_user_id") == str(user.pk)]
    for session in mine:
        session.delete()
    return len(mine)


@deed
def end_tokens(user):
    user.auth_token_set.all().delete()
    from rest_framework.authtoken.models import Token

    Token.objects.filter(user=user).delete()


@deed
def look(user):
    from allauth.account.models import EmailAddress

    return {
        "id": user.pk,
        "email": user.email,
        "first_name": user.first_name,
        "is_active": user.is_active,
        "last_login": user.last_login and user.last_login.isoformat(),
        "password": user.password,
        "addresses": [
            [a.email, a.verified, a.primary] for a in EmailAddress.objects.filter(user=user)
        ],
    }


@deed
def count(_, username):
    """How many people have a first name, and how many tokens of knox there are."""
    from knox.models import AuthToken

    people = User.objects.exclude(first_name="").count()
    return {"people": people, "tokens": AuthToken.objects.count()}


@deed
def link(user, provider, uid):
    """As allauth does when somebody connects an account."""
    from allauth.socialaccount.models import SocialAccount

    SocialAccount.objects.create(user=user, provider=provider, uid=uid, extra_data={"sub": uid})


@deed
def links(user):
    from allauth.socialaccount.models import SocialAccount

    mine = SocialAccount.objects.filter(user=user)
    return [[account.provider, account.uid, account.extra_data.get("sub")] for account in mine]


@deed
def session_data(_, username, key):
    return Session.objects.get(session_key=key).get_decoded()


@deed
def put_session_data(_, username, key, **fields):
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore(key)
    store.update(fields)
    store.save()
