"""Where everything is."""

from django.urls import include, path

from attendance_office.web.views.home import not_here

urlpatterns = [
    path("", include("attendance_office.web.urls")),
    # An address is changed by the person who manages staff, with a line in the trail, and by nobody else.
    path("account/email/", not_here, name="account_email"),
    path("account/", include("allauth.urls")),
    path("", include("registers.urls")),
    path("", include("letters.urls")),
    path("", include("interventions.urls")),
    path("", include("reporting.urls")),
]

handler500 = "attendance_office.web.views.home.broken"
