"""Signposts of the wing."""

from django.urls import path

from .views import calendar

app_name = "registers"
urlpatterns = [
    path("office/calendar/", calendar.calendar, name="calendar"),
    path("office/calendar/term/", calendar.term_save, name="term_save"),
    path("office/calendar/term/<int:pk>/", calendar.term_save, name="term_change"),
    path("office/calendar/closure/", calendar.closure_add, name="closure_add"),
    path("office/calendar/closure/<int:pk>/take-back/", calendar.closure_remove, name="closure_remove"),
    path("office/calendar/times/", calendar.times_set, name="times_set"),
    path("office/school/", calendar.school_details, name="school_details"),
    path("office/codes/", calendar.codes, name="codes"),
]
