import json
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import get_hashers


def seconds(value):
    return int(value.total_seconds()) if isinstance(value, timedelta) else None


def installed(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


user = get_user_model()
knox = getattr(settings, "REST_KNOX", {})
jwt = getattr(settings, "SIMPLE_JWT", {})
hasher = get_hashers()[0]
names = ["djangorestframework", "django-rest-knox", "djangorestframework-simplejwt"]
names += ["django-allauth", "dj-rest-auth"]
found = {
    "django": django.get_version(),
    "packages": {name: installed(name) for name in names if installed(name)},
    "apps": list(settings.INSTALLED_APPS),
    "secret_key": settings.SECRET_KEY,
    "secret_key_fallbacks": list(settings.SECRET_KEY_FALLBACKS),
    "hasher": hasher.algorithm,
    "iterations": getattr(hasher, "iterations", None),
    "user_model": settings.AUTH_USER_MODEL,
    "user_table": user._meta.db_table,
    "username_field": user.USERNAME_FIELD,
    "time_zone": settings.TIME_ZONE,
    "use_tz": settings.USE_TZ,
    "authentication_backends": list(settings.AUTHENTICATION_BACKENDS),
    "session_engine": settings.SESSION_ENGINE,
    "session_cookie_name": settings.SESSION_COOKIE_NAME,
    "session_cookie_age": settings.SESSION_COOKIE_AGE,
    "session_cookie_domain": settings.SESSION_COOKIE_DOMAIN,
    "csrf_cookie_domain": settings.CSRF_COOKIE_DOMAIN,
    "session_expire_at_browser_close": settings.SESSION_EXPIRE_AT_BROWSER_CLOSE,
    "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
    "csrf_use_sessions": settings.CSRF_USE_SESSIONS,
    "csrf_trusted_origins": list(settings.CSRF_TRUSTED_ORIGINS),
    "password_reset_timeout": settings.PASSWORD_RESET_TIMEOUT,
    "knox_ttl": seconds(knox.get("TOKEN_TTL", timedelta(hours=10))),
    "knox_prefix": knox.get("TOKEN_PREFIX", ""),
    "jwt_algorithm": jwt.get("ALGORITHM", "HS256"),
    "jwt_has_own_key": jwt.get("SIGNING_KEY", settings.SECRET_KEY) != settings.SECRET_KEY,
    "jwt_access": seconds(jwt.get("ACCESS_TOKEN_LIFETIME", timedelta(minutes=5))),
    "jwt_refresh": seconds(jwt.get("REFRESH_TOKEN_LIFETIME", timedelta(days=1))),
    "email_verification": getattr(settings, "ACCOUNT_EMAIL_VERIFICATION", "optional"),
    "confirmation_days": getattr(settings, "ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS", 3),
}
print("portcullis: " + json.dumps(found, default=str))
