"""Where everything is."""

from django.urls import include, path

urlpatterns = [
    path("", include("attendance_office.web.urls")),
    path("account/", include("allauth.urls")),
    path("", include("registers.urls")),
    path("", include("letters.urls")),
    path("", include("interventions.urls")),
    path("", include("reporting.urls")),
]
