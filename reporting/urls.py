"""Signposts of the reading room."""

from django.urls import path

from .views import desk, figures, health

app_name = "reporting"
urlpatterns = [
    path("desk/", desk.desk, name="desk"),
    path("desk/fresh/", desk.desk_fresh, name="desk_fresh"),
    path("figures/", figures.figures, name="figures"),
    path("office/health/", health.health, name="health"),
]
