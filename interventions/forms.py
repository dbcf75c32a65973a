"""Shapes of what is asked about jobs."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_office.jobs.models import Job, Schedule

DAYS = [("1", "Mon"), ("2", "Tue"), ("3", "Wed"), ("4", "Thu"), ("5", "Fri")]


class Timetable(forms.Form):
    """When a job runs."""

    starts_at = forms.TimeField(
        label="Time", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), help_text="By the wall clock."
    )
    weekdays = forms.MultipleChoiceField(
        label="Days", choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    window_minutes = forms.IntegerField(
        label="May run late by, in minutes",
        min_value=1,
        max_value=720,
        help_text="Later than that it is recorded as missed.",
    )
    is_on = forms.BooleanField(label="On", required=False)

    @classmethod
    def of(cls, schedule: Schedule, data: Any = None) -> Timetable:
        """Give the form of a row of the timetable."""
        initial = {
            "starts_at": schedule.starts_at,
            "weekdays": list(schedule.weekdays),
            "window_minutes": schedule.window_minutes,
            "is_on": schedule.is_on,
        }
        return cls(data, initial=initial)


class Which(forms.Form):
    """Which job, on which day."""

    job = forms.ChoiceField(choices=Job.choices)
    on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
