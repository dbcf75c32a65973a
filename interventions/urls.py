"""Signposts of the wing."""

from django.urls import path, re_path

from .views import jobs, patterns, proposals, trawl

app_name = "interventions"
urlpatterns = [
    path("jobs/", jobs.job_list, name="job_list"),
    re_path(r"^jobs/export/(?P<form>csv|xlsx)/$", jobs.job_export, name="job_export"),
    re_path(r"^jobs/runs/export/(?P<form>csv|xlsx)/$", jobs.run_export, name="run_export"),
    path("jobs/run/", jobs.job_run, name="job_run"),
    path("jobs/<slug:job>/", jobs.job_edit, name="job_edit"),
    path("jobs/<slug:job>/preview/", jobs.job_preview, name="job_preview"),
    path("absence/", trawl.trawl, name="trawl"),
    path("absence/now/", trawl.trawl_now, name="trawl_now"),
    path("absence/export/<slug:form>/", trawl.trawl_export, name="trawl_export"),
    path("absence/patterns/", patterns.pattern_list, name="pattern_list"),
    path("absence/patterns/export/<slug:form>/", patterns.pattern_export, name="pattern_export"),
    path("absence/proposals/", proposals.proposal_list, name="proposal_list"),
    path("absence/proposals/settle/", proposals.proposal_settle, name="proposal_settle"),
    path("absence/proposals/undo/<int:entry>/", proposals.proposal_undo, name="proposal_undo"),
    path("absence/proposals/export/<slug:form>/", proposals.proposal_export, name="proposal_export"),
    path("pupils/<int:pk>/absence/", trawl.pupil_absence, name="pupil_absence"),
]
