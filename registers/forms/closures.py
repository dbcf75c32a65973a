"""Shapes of what is asked about closures."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from attendance_office.web.fields import DayField
from registers.models import Half
from registers.rules.closures import KINDS, Plan

from .fields import DATE

_CODES: Final = [(kind.code, f"{kind.code}, {kind.title[0].lower()}{kind.title[1:]}") for kind in KINDS.values()]


class PlanClosure(forms.Form):
    """What is closed, when, for whom, and the code it writes."""

    code = forms.ChoiceField(label="Code it writes", choices=_CODES)
    name = forms.CharField(label="What happened", max_length=100, help_text="As said: boiler, polling day, snow.")
    from_on = DayField(label="First day", widget=DATE)
    to_on = DayField(label="Last day", widget=DATE, required=False, help_text="Empty for one day.")
    half = forms.ChoiceField(
        label="Closed",
        required=False,
        choices=[("", "Whole days"), *((half.value, f"{half.label}s only") for half in Half)],
    )
    years = forms.MultipleChoiceField(label="Year groups", required=False, widget=forms.CheckboxSelectMultiple)
    groups = forms.MultipleChoiceField(label="Forms", required=False, widget=forms.CheckboxSelectMultiple)
    nobody_came = forms.BooleanField(
        label="Present marks are wrong: nobody came",
        required=False,
        help_text="Without this a present or late mark stays, and the whole school is not closed over one.",
    )

    def __init__(self, *args: Any, years: list[int], groups: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["years"].choices = [(str(year), f"Year {year}") for year in years]  # type: ignore[attr-defined]
        self.fields["groups"].choices = [(str(pk), name) for pk, name in groups.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Make the first day the last where no last day is given."""
        got = super().clean() or {}
        got["to_on"] = got.get("to_on") or got.get("from_on")
        return got

    @property
    def plan(self) -> Plan:
        """Give what was asked, once it is valid."""
        said = self.cleaned_data
        return Plan(
            code=said["code"],
            name=said["name"].strip(),
            from_on=said["from_on"],
            to_on=said["to_on"],
            half=said["half"],
            year_groups=tuple(int(year) for year in said["years"]),
            tutor_groups=tuple(int(pk) for pk in said["groups"]),
            nobody_came=said["nobody_came"],
        )


class TakeBackClosure(forms.Form):
    """From which day the school is open again, and why."""

    from_on = DayField(label="Open again from", widget=DATE)
    reason = forms.CharField(label="Why it is taken back", max_length=400)
