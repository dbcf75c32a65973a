"""Signposts of the wing."""

from django.urls import URLPattern, URLResolver

app_name = "registers"
urlpatterns: list[URLPattern | URLResolver] = []
