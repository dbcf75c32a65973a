"""Signposts of the wing."""

from django.urls import path, re_path

from .views import call_sheet, first_day, first_day_files, jobs, patterns, proposals, safeguarding, trawl

app_name = "interventions"
urlpatterns = [
    path("jobs/", jobs.job_list, name="job_list"),
    re_path(r"^jobs/export/(?P<form>csv|xlsx)/$", jobs.job_export, name="job_export"),
    re_path(r"^jobs/runs/export/(?P<form>csv|xlsx)/$", jobs.run_export, name="run_export"),
    path("jobs/run/", jobs.job_run, name="job_run"),
    path("jobs/<slug:job>/", jobs.job_edit, name="job_edit"),
    path("jobs/<slug:job>/preview/", jobs.job_preview, name="job_preview"),
    path("first-day/", first_day.first_day, name="first_day"),
    re_path(r"^first-day/export/(?P<form>csv|xlsx)/$", first_day_files.first_day_export, name="first_day_export"),
    path("first-day/dry-run/", first_day.alert_preview, name="alert_preview"),
    path("first-day/prepare/", first_day.alert_prepare, name="alert_prepare"),
    path("first-day/stop/", first_day.alert_stop, name="alert_stop"),
    path("first-day/settings/", first_day.alert_settings, name="alert_settings"),
    path("first-day/calls/", call_sheet.call_sheet, name="call_sheet"),
    re_path(
        r"^first-day/calls/export/(?P<form>csv|xlsx)/$", first_day_files.call_sheet_export, name="call_sheet_export"
    ),
    path("first-day/calls/begin/", call_sheet.call_begin, name="call_begin"),
    path("first-day/<int:pk>/spoke/<int:contact>/<slug:way>/", call_sheet.call_spoke, name="call_spoke"),
    path("first-day/<int:pk>/outcome/", call_sheet.call_outcome, name="call_outcome"),
    path("first-day/<int:pk>/answer/<int:message>/", call_sheet.reply_agree, name="reply_agree"),
    path("first-day/<int:pk>/raise/", safeguarding.item_raise, name="item_raise"),
    path("first-day/safeguarding/", safeguarding.safeguarding_list, name="safeguarding_list"),
    re_path(
        r"^first-day/safeguarding/export/(?P<form>csv|xlsx)/$",
        safeguarding.safeguarding_list_export,
        name="safeguarding_list_export",
    ),
    path("first-day/safeguarding/<int:pk>/", safeguarding.safeguarding_item, name="safeguarding_item"),
    path("first-day/safeguarding/<int:pk>/step/", safeguarding.item_step, name="item_step"),
    path("first-day/safeguarding/<int:pk>/close/", safeguarding.item_close, name="item_close"),
    path("absence/", trawl.trawl, name="trawl"),
    path("absence/now/", trawl.trawl_now, name="trawl_now"),
    path("absence/progress/", trawl.trawl_progress, name="trawl_progress"),
    path("absence/export/<slug:form>/", trawl.trawl_export, name="trawl_export"),
    path("absence/patterns/", patterns.pattern_list, name="pattern_list"),
    path("absence/patterns/export/<slug:form>/", patterns.pattern_export, name="pattern_export"),
    path("absence/patterns/<int:pk>/", patterns.pattern_detail, name="pattern_detail"),
    path("absence/patterns/<int:pk>/done/", patterns.pattern_step, name="pattern_step"),
    path("absence/patterns/steps/<int:pk>/strike/", patterns.pattern_strike, name="pattern_strike"),
    path("absence/proposals/", proposals.proposal_list, name="proposal_list"),
    path("absence/proposals/settle/", proposals.proposal_settle, name="proposal_settle"),
    path("absence/proposals/undo/<int:entry>/", proposals.proposal_undo, name="proposal_undo"),
    path("absence/proposals/export/<slug:form>/", proposals.proposal_export, name="proposal_export"),
    path("pupils/<int:pk>/absence/", trawl.pupil_absence, name="pupil_absence"),
]
