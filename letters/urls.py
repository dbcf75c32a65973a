"""Signposts of the wing."""

from django.urls import URLPattern, URLResolver

app_name = "letters"
urlpatterns: list[URLPattern | URLResolver] = []
