"""Shapes of what is asked about the calendar."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_office.web.fields import DayField
from registers.models import Half, NonSchoolDay

from .fields import DATE, TIME


class SaveTerm(forms.Form):
    """A term's name and dates."""

    name = forms.CharField(max_length=40, help_text="Autumn, Spring, Summer.")
    starts_on = DayField(label="First day", widget=DATE)
    ends_on = DayField(label="Last day", widget=DATE)


class AddClosure(forms.Form):
    """Days that the school's own year leaves out, and what to call them. A closure with a code is planned instead."""

    from_on = DayField(label="First day", widget=DATE)
    to_on = DayField(label="Last day", widget=DATE, required=False, help_text="Empty for one day.")
    half = forms.ChoiceField(
        label="Closed",
        required=False,
        choices=[("", "The whole day"), *((half.value, f"{half.label} only") for half in Half)],
    )
    kind = forms.ChoiceField(
        label="Kind", choices=[one for one in NonSchoolDay.Kind.choices if one[0] != NonSchoolDay.Kind.CLOSURE]
    )
    name = forms.CharField(label="Name", max_length=100, required=False, help_text="As said: May half term.")

    def clean(self) -> dict[str, Any]:
        """Make the first day the last where no last day is given."""
        got = super().clean() or {}
        got["to_on"] = got.get("to_on") or got.get("from_on")
        return got


class SetTimes(forms.Form):
    """When the register of one session opens and closes, from a day on."""

    half = forms.ChoiceField(label="Register", choices=Half.choices)
    from_on = DayField(label="From", widget=DATE)
    opens_at = forms.TimeField(label="Opens", widget=TIME)
    closes_at = forms.TimeField(
        label="Closes", widget=TIME, help_text="Later than this is U. DfE advises at most 30 minutes after the start."
    )


class CodesOn(forms.Form):
    """The day whose codes are to be read."""

    on = DayField(label="In force on", widget=DATE, required=False)
