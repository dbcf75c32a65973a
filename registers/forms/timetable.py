"""Shapes of what is asked about the timetable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from attendance_office.staff.models import User
from attendance_office.web.fields import DayField
from registers.models import Half, Period

from .fields import DATE, TIME

DAYS = [("", "No lesson"), ("1", "Monday"), ("2", "Tuesday"), ("3", "Wednesday"), ("4", "Thursday"), ("5", "Friday")]
WEEKS = [("", "Both weeks"), ("A", "Week A"), ("B", "Week B")]
SPARE_ROWS = 4


class SavePeriod(forms.Form):
    """A period's name, session and hours."""

    name = forms.CharField(max_length=10, help_text="As it is called: P1.")
    half = forms.ChoiceField(label="Session", choices=Half.choices)
    starts_at = forms.TimeField(label="Starts", widget=TIME)
    ends_at = forms.TimeField(label="Ends", widget=TIME)


class SetWeek(forms.Form):
    """A week and its letter."""

    on = DayField(label="Week of", widget=DATE, help_text="Any day of the week.")
    letter = forms.ChoiceField(label="Is week", choices=[("A", "A"), ("B", "B")])


class SaveClass(forms.Form):
    """A class's name, subject and year."""

    name = forms.CharField(max_length=20, help_text="As it is called: 9A/En1.")
    subject = forms.CharField(max_length=60, required=False)
    year_group = forms.IntegerField(label="Year", required=False, min_value=-2, max_value=14)
    is_used = forms.BooleanField(label="In use", required=False, initial=True)


class PlaceLesson(forms.Form):
    """One lesson of a class: a row of the page; without a day there is no lesson."""

    week = forms.ChoiceField(choices=WEEKS, required=False)
    weekday = forms.ChoiceField(choices=DAYS, required=False, label="Day")
    period = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)
    teacher = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)
    room = forms.CharField(max_length=40, required=False)

    def __init__(self, *args: Any, periods: Sequence[Period], teachers: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[Any, str]]] = {
            "period": [("", "")] + [(one.pk, one.name) for one in periods],
            "teacher": [("", "No teacher")] + [(one.pk, f"{one.last_name}, {one.signature}") for one in teachers],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what was declared above
            field.choices = offered
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{field.label or name.capitalize()} of lesson {self._number}"

    @property
    def _number(self) -> str:
        number = (self.prefix or "").rpartition("-")[2]
        return str(int(number) + 1) if number.isdecimal() else "added"

    def clean(self) -> dict[str, Any]:
        """Ask for the period of a lesson that has a day."""
        got = super().clean() or {}
        if got.get("weekday") and not got.get("period") and "period" not in self.errors:
            self.add_error("period", "Choose the period of this lesson.")
        return got


LessonRows = forms.formset_factory(PlaceLesson, extra=SPARE_ROWS, max_num=60, absolute_max=80)


class LessonsFrom(forms.Form):
    """The day from which a class has these lessons."""

    from_on = DayField(label="From", widget=DATE)


class SeatPupils(forms.Form):
    """Pupils for a class, named one by one, from a day on."""

    who = forms.CharField(
        label="Pupils",
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="One a line: a UPN, or surname and forename.",
    )
    from_on = DayField(label="From", widget=DATE)


class EndSeat(forms.Form):
    """The last day in a class."""

    last_on = DayField(label="Last day", widget=DATE)


class CoverLesson(forms.Form):
    """Who takes a lesson on one day, where, and why."""

    user = forms.TypedChoiceField(label="Colleague who is free", coerce=int, empty_value=None, required=False)
    name = forms.CharField(label="Or a supply teacher", max_length=150, required=False)
    room = forms.CharField(label="Another room", max_length=40, required=False)
    why = forms.CharField(label="Why", max_length=200, required=False)

    def __init__(self, *args: Any, free: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what was declared above
        field.choices = [("", "Nobody yet")] + [(one.pk, f"{one.last_name}, {one.signature}") for one in free]
