"""Shapes of what is asked about jobs."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from attendance_office.jobs.models import Job, Schedule
from attendance_office.web.fields import DayField
from interventions.models import PatternStep, SafeguardingStep
from registers.forms.absences import told_choices
from registers.models import Contact
from registers.rules.untils import HELP

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
    on = DayField(widget=forms.DateInput(attrs={"type": "date"}))


class AlertSettings(forms.Form):
    """The school's rule on absence alerts, and the hour by which somebody must have been reached."""

    is_on = forms.BooleanField(label="Alerts may be sent", required=False)
    countdown_minutes = forms.IntegerField(
        label="Minutes in which an alert can be stopped", min_value=1, max_value=60, help_text="1 to 60."
    )
    quiet_from = forms.TimeField(label="Quiet from", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    quiet_to = forms.TimeField(
        label="Quiet until",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="No alert goes in between. The same time twice: no quiet hours.",
    )
    no_contact_at = forms.TimeField(
        label="Nobody reached by",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="Whoever is without a reason then goes to safeguarding.",
    )
    flags = forms.MultipleChoiceField(
        label="Homes that are never alerted", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["flags"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - tells the type checker what was declared
        field.choices = choices


class Spoken(forms.Form):
    """What was said on the telephone, or what an answer is agreed to mean."""

    code = forms.ChoiceField(label="Code", required=False)
    until = forms.CharField(label="Until", max_length=40, required=False, help_text=HELP)
    words = forms.CharField(
        label="What was said",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write down what was said, in their words."},
    )
    expected = forms.BooleanField(label="They believed the child in school: tell safeguarding at once", required=False)

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what was declared
        field.choices = [("", "No reason yet"), *told_choices(on)]


class Step(forms.Form):
    """A step about a safeguarding item, or who said that the child is safe and well."""

    kind = forms.ChoiceField(label="Step", choices=SafeguardingStep.Kind.choices)
    words = forms.CharField(label="What was done or said", max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    who_said = forms.CharField(label="Who said so", max_length=150, required=False)
    how_known = forms.CharField(
        label="How they know", max_length=200, required=False, help_text="Seen at the door, spoken to on the telephone."
    )
    said_at = forms.TimeField(
        label="At", required=False, widget=forms.TimeInput(attrs={"type": "time"}), help_text="Empty: now."
    )


class PatternDone(forms.Form):
    """What was done about a pattern, with whom, what was said, and when to look again."""

    kind = forms.ChoiceField(label="What was done", choices=PatternStep.Kind.choices)
    done_on = forms.DateField(label="On", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    contact = forms.ChoiceField(label="With whom of the family", required=False)
    words = forms.CharField(
        label="What was said or found", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="In their words where you can. Those who ring homes read it; others read only that it was done.",
    )  # fmt: skip
    look_again_on = forms.DateField(
        label="Look again on", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="It comes back to the desk that day. Empty: not again.",
    )  # fmt: skip

    def __init__(self, *args: Any, home: list[Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._home = {str(one.pk): one for one in home}
        choices = [("", "Nobody"), *((key, str(one)) for key, one in self._home.items())]
        self.fields["contact"] = forms.ChoiceField(
            label="With whom of the family", required=False, choices=choices, help_text="Needed where home was reached."
        )

    def clean_contact(self) -> Contact | None:
        """Give the contact chosen, of those offered."""
        return self._home.get(self.cleaned_data["contact"])
