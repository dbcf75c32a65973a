"""Signposts of the wing."""

from django.urls import path, re_path

from .views import absence_notes, absences, amendments, calendar, groups, line_messages, pupil_pages, pupils, registers

app_name = "registers"
urlpatterns = [
    path("registers/", registers.register_list, name="register_list"),
    re_path(r"^registers/export/(?P<form>csv|xlsx)/$", registers.register_list_export, name="register_list_export"),
    path("registers/<int:group_pk>/<str:on>/<str:half>/", registers.register_take, name="register_take"),
    path("registers/<int:group_pk>/<str:on>/<str:half>/open/", registers.register_open, name="register_open"),
    path("registers/<int:group_pk>/<str:on>/<str:half>/save/", registers.register_save, name="register_save"),
    path("office/calendar/", calendar.calendar, name="calendar"),
    path("office/calendar/term/", calendar.term_save, name="term_save"),
    path("office/calendar/term/<int:pk>/", calendar.term_save, name="term_change"),
    path("office/calendar/closure/", calendar.closure_add, name="closure_add"),
    path("office/calendar/closure/<int:pk>/take-back/", calendar.closure_remove, name="closure_remove"),
    path("office/calendar/times/", calendar.times_set, name="times_set"),
    path("office/school/", calendar.school_details, name="school_details"),
    path("office/codes/", calendar.codes, name="codes"),
    path("pupils/", pupils.pupil_list, name="pupil_list"),
    path("pupils/find/", pupils.pupil_find, name="pupil_find"),
    re_path(r"^pupils/export/(?P<form>csv|xlsx)/$", pupils.pupil_export, name="pupil_export"),
    path("pupils/<int:pk>/", pupil_pages.pupil_detail, name="pupil_detail"),
    path("pupils/<int:pk>/marks/", pupil_pages.pupil_marks_page, name="pupil_marks"),
    re_path(
        r"^pupils/(?P<pk>\d+)/marks/export/(?P<form>csv|xlsx)/$",
        pupil_pages.pupil_marks_export,
        name="pupil_marks_export",
    ),
    path("pupils/<int:pk>/contacts/", pupil_pages.pupil_contacts, name="pupil_contacts"),
    path("pupils/<int:pk>/groups/", pupil_pages.pupil_groups, name="pupil_groups"),
    path("pupils/<int:pk>/record/", pupil_pages.pupil_record_page, name="pupil_record"),
    path("pupils/<int:pk>/record/change/", pupil_pages.pupil_change, name="pupil_change"),
    path("marks/<int:pk>/amend/", amendments.mark_amend, name="mark_amend"),
    # the absence line
    path("absence-line/", absences.absence_line, name="absence_line"),
    path("absence-line/find/", absences.absence_find, name="absence_find"),
    path("absence-line/until/", absences.absence_until, name="absence_until"),
    path("absence-line/log/", absences.absence_log, name="absence_log"),
    path("absence-line/message/", line_messages.message_add, name="message_add"),
    path("absence-line/message/<int:pk>/aside/", line_messages.message_aside, name="message_aside"),
    path("absence-line/<int:pk>/", absence_notes.absence_note, name="absence_note"),
    path("absence-line/<int:pk>/change/", absence_notes.absence_change, name="absence_change"),
    path("absence-line/<int:pk>/close/", absence_notes.absence_close, name="absence_close"),
    path("absence-line/<int:pk>/undo/<int:entry>/", absences.absence_undo, name="absence_undo"),
    re_path(r"^absence-line/export/(?P<form>csv|xlsx)/$", absences.absence_export, name="absence_export"),
    path("groups/", groups.group_list, name="group_list"),
    path("groups/make/", groups.group_make, name="group_make"),
    path("groups/add/", groups.group_add_selected, name="group_add_selected"),
    path("groups/<int:pk>/", groups.group_detail, name="group_detail"),
    path("groups/<int:pk>/add/", groups.group_add, name="group_add"),
    path("groups/<int:pk>/undo/<int:entry>/", groups.group_undo, name="group_undo"),
    path("groups/<int:pk>/take/<int:membership>/", groups.group_take, name="group_take"),
]
