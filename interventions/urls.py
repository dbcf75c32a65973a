"""Signposts of the wing."""

from django.urls import path, re_path

from .views import jobs

app_name = "interventions"
urlpatterns = [
    path("jobs/", jobs.job_list, name="job_list"),
    re_path(r"^jobs/export/(?P<form>csv|xlsx)/$", jobs.job_export, name="job_export"),
    re_path(r"^jobs/runs/export/(?P<form>csv|xlsx)/$", jobs.run_export, name="run_export"),
    path("jobs/run/", jobs.job_run, name="job_run"),
    path("jobs/<slug:job>/", jobs.job_edit, name="job_edit"),
    path("jobs/<slug:job>/preview/", jobs.job_preview, name="job_preview"),
]
