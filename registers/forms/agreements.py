"""Shapes of what is asked about agreements."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from attendance_office.web.fields import DayField
from registers.models import EVERY_SESSION
from registers.rules.agreements import KINDS

from .fields import DATE

SESSIONS: Final = tuple(
    (str(place), f"{day} {half}")
    for place, (day, half) in enumerate(
        (day, half) for day in ("Mon", "Tue", "Wed", "Thu", "Fri") for half in ("am", "pm")
    )
)
_CODES: Final = [(code, code) for kind in KINDS.values() for code in kind.codes]


class MakeAgreement(forms.Form):
    """What is agreed, for whom, when, with whom and by whom."""

    kind = forms.ChoiceField(label="Kind", choices=[(one.key, one.title) for one in KINDS.values()])
    code = forms.ChoiceField(label="Code it writes", choices=_CODES)
    name = forms.CharField(label="Name", max_length=120, help_text="As Peak FE college, or Year 9 field trip.")
    who = forms.CharField(
        label="Pupils",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line: a UPN, or surname and forename. A list may be pasted.",
    )
    group = forms.IntegerField(label="Or everybody in a group", required=False, widget=forms.Select)
    from_on = DayField(label="First day", widget=DATE)
    to_on = DayField(label="Last day", widget=DATE)
    sessions = forms.MultipleChoiceField(
        label="Sessions of the week", choices=SESSIONS, required=False, widget=forms.CheckboxSelectMultiple
    )
    place = forms.CharField(label="Place", max_length=200, required=False)
    nature = forms.CharField(label="What is done there", max_length=200, required=False)
    agreed_with = forms.CharField(
        label="Agreed with", max_length=150, required=False, help_text="The parent the pupil lives with, for C2."
    )
    agreed_by = forms.CharField(label="Agreed by", max_length=150, help_text="The authorised person of the school.")
    agreed_on = DayField(label="Agreed on", widget=DATE)
    review_on = DayField(label="Review on", required=False, widget=DATE)
    document = forms.FileField(label="Signed paper", required=False, help_text="PDF, picture or Word, up to 10 MB.")
    document_id = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, groups: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].widget.choices = [("", "No group"), *groups]  # type: ignore[attr-defined]

    @property
    def weekly(self) -> str:
        """Give the ten places of the week; none chosen is every session."""
        chosen = set(self.cleaned_data["sessions"])
        return "".join("1" if str(n) in chosen else "0" for n in range(10)) if chosen else EVERY_SESSION


class ChangeAgreement(forms.Form):
    """What may be changed of an agreement that stands, and why."""

    to_on = DayField(label="Last day", widget=DATE, help_text="Later than it is, or the same.")
    review_on = DayField(label="Review on", required=False, widget=DATE)
    place = forms.CharField(label="Place", max_length=200, required=False)
    nature = forms.CharField(label="What is done there", max_length=200, required=False)
    document = forms.FileField(label="Signed paper", required=False)
    reason = forms.CharField(label="Why it is changed", max_length=400)


class EndAgreement(forms.Form):
    """The last day of an agreement that ends early, and why."""

    last_on = DayField(label="Last day", widget=DATE)
    reason = forms.CharField(label="Why it ends early", max_length=400)
