from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Cheap(PBKDF2PasswordHasher):
    """Django's own, with as few iterations as Portcullis allows."""

    iterations = 1000
