"""Signposts of the wing."""

from django.urls import path

from .views import jobs

app_name = "interventions"
urlpatterns = [
    path("jobs/", jobs.job_list, name="job_list"),
    path("jobs/run/", jobs.job_run, name="job_run"),
    path("jobs/<slug:job>/", jobs.job_edit, name="job_edit"),
    path("jobs/<slug:job>/preview/", jobs.job_preview, name="job_preview"),
]
