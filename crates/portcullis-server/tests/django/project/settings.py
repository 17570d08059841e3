"""A project with Django's usual packages. The environment says where it keeps things.

SITE_FOLDER     the database on SQLite, and the mails
SITE_DATABASE   postgres://USER@HOST:PORT/NAME, instead of SQLite
SITE_WITHOUT    apps to leave out, with commas
SITE_MEMBERS    when it is set, users are those of the app "people"
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

FOLDER = Path(os.environ.get("SITE_FOLDER", "."))
MEMBERS = "SITE_MEMBERS" in os.environ
WITHOUT = ["" if MEMBERS else "people"] + [app for app in os.environ.get("SITE_WITHOUT", "").split(",") if app]

SECRET_KEY = os.environ.get("SITE_SECRET_KEY", "a-key-for-tests-alone-JfG7uNe2vB4xQ9sLrT1wZy8kHd5mPc3a")
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "project.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = os.environ.get("SITE_TIME_ZONE", "UTC")
SITE_ID = 1
# Short, so that a clock of another zone is noticed.
PASSWORD_RESET_TIMEOUT = 3600
STATIC_URL = "static/"

INSTALLED_APPS = [
    app
    for app in [
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.sites",
        "rest_framework",
        "rest_framework.authtoken",
        "rest_framework_simplejwt.token_blacklist",
        "knox",
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "dj_rest_auth",
        "dj_rest_auth.registration",
        "project",
        "people",
    ]
    if app not in WITHOUT
]

if MEMBERS:
    AUTH_USER_MODEL = "people.Member"

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]

# Cheap, since the tests log in some hundred times.
PASSWORD_HASHERS = ["project.hashers.Cheap"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ["UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword"]
]


def database():
    url = urlsplit(os.environ.get("SITE_DATABASE", ""))
    if not url.scheme:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "db.sqlite3",
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.hostname,
        "PORT": url.port or 5432,
    }


DATABASES = {"default": database()}

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = FOLDER / "django-mail"
DEFAULT_FROM_EMAIL = "noreply@example.com"

ACCOUNT_RATE_LIMITS = False
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
REST_AUTH = {"OLD_PASSWORD_FIELD_ENABLED": True, "PASSWORD_RESET_USE_SITES_DOMAIN": True}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ]
}
SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}
