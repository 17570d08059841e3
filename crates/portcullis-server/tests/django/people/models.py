"""Users of the project's own: Django's fields in a table of another name, and one more."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Member(AbstractUser):
    nickname = models.CharField(max_length=40, blank=True, default="")
