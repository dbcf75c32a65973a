"""Shapes of what is asked about pupils, their marks and their groups."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final

from django import forms

from attendance_office import clock
from attendance_office.staff.models import School
from attendance_office.staff.roles import Can
from attendance_office.web.fields import DayField
from registers.actions.pupils import EDITABLE
from registers.models import Group, Pupil
from registers.queries.kept_words import reads_comments
from registers.queries.pupil_marks import Marked
from registers.queries.pupils import may_see
from registers.rules import codes
from registers.rules.codes import Counts, Enterer

from .fields import DATE

_KINDS: Final = {
    Counts.PRESENT: "Present",
    Counts.APPROVED: "Approved activity, counts as present",
    Counts.AUTHORISED: "Authorised absence",
    Counts.UNAUTHORISED: "Unauthorised absence",
    Counts.NOT_POSSIBLE: "Not a possible attendance",
    Counts.ADMINISTRATIVE: "Not counted",
}


def code_choices(on: date, half: str, *, office: bool, present: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """Give the codes in force on a day for one session by what they count as; the mark's own code is always there."""
    who = Enterer.OFFICE if office else Enterer.TEACHER
    by_kind: dict[Counts, list[tuple[str, str]]] = {}
    for code in codes.code_set(on).values():
        fits = half in code.halves and who in code.enterable_by
        if fits or code.symbol == present:
            by_kind.setdefault(code.counts, []).append((code.symbol, f"{code.symbol}  {code.meaning}"))
    return [(_KINDS[kind], choices) for kind, choices in by_kind.items()]


class AmendMark(forms.Form):
    """Another code, minutes or comment for one mark, and why.

    Who does not read comments is not asked for the comment: it stays what it is.
    """

    code = forms.ChoiceField(widget=forms.Select(attrs={"autofocus": True}))
    minutes_late = forms.IntegerField(
        label="Minutes late", required=False, min_value=0, max_value=400, help_text="With L and U only."
    )
    comment = forms.CharField(
        required=False, max_length=200, help_text="Shown beside the mark, to those who read comments."
    )
    reason = forms.CharField(
        label="Why it is amended",
        max_length=400,
        help_text="Kept for good with the mark.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    was = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, mark: Marked, allowed: Collection[Can], **kwargs: Any) -> None:
        first = {"code": mark.code, "minutes_late": mark.minutes_late, "comment": mark.comment, "was": mark.code}
        super().__init__(*args, **{"initial": first} | kwargs)
        self.mark = mark
        code = self.fields["code"]
        assert isinstance(code, forms.ChoiceField)  # noqa: S101 - tells the type checker what was declared above
        code.choices = code_choices(
            mark.session.on, mark.session.half, office=Can.USE_OFFICE_CODES in allowed, present=mark.code
        )
        if not reads_comments(allowed):
            del self.fields["comment"]

    def clean(self) -> dict[str, Any]:
        """Refuse minutes without a late code, and an amendment that amends nothing."""
        got = super().clean() or {}
        code = got.get("code")
        if code is None:
            return got
        if got.get("minutes_late") is not None and not codes.code(code, self.mark.session.on).late:
            self.add_error("minutes_late", f"Minutes go with L or U, not with {code}: leave them empty.")
        before = (self.mark.code, self.mark.minutes_late, self.mark.comment)
        if not self.errors and (code, got.get("minutes_late"), got.get("comment", self.mark.comment)) == before:
            self.add_error("code", "Nothing is other than before: choose another code, minutes or comment.")
        return got


class AsItStoodAt(forms.Form):
    """The instant at which the record is to be read."""

    as_at = forms.DateTimeField(
        label="As it stood at",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["as_at"].widget.attrs["max"] = f"{clock.local(now):%Y-%m-%dT%H:%M}"

    def clean_as_at(self) -> datetime:
        """Refuse an instant that has not come."""
        at: datetime = self.cleaned_data["as_at"]
        if at > self.now:
            raise forms.ValidationError("That has not come yet: choose an earlier day or time.")
        return at


class ChangePupil(forms.ModelForm):  # type: ignore[type-arg]
    """Fields of the admission register, as far as the person may see them, and why they are changed."""

    reason = forms.CharField(
        label="Why it is changed",
        max_length=400,
        help_text="Kept with the record, as \u201cparent wrote on 3 Sep\u201d.",
    )

    class Meta:
        model = Pupil
        fields = EDITABLE
        widgets = {"date_of_birth": DATE}

    def __init__(self, *args: Any, allowed: Collection[Can], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in EDITABLE:
            if not may_see(name, allowed):
                del self.fields[name]

    @property
    def changes(self) -> dict[str, Any]:
        """Give what was filled in, without the reason."""
        return {name: value for name, value in self.cleaned_data.items() if name in EDITABLE}


class MakeGroup(forms.ModelForm):  # type: ignore[type-arg]
    """A group's name and what it is for."""

    class Meta:
        model = Group
        fields = ("name", "purpose")
        help_texts = {"name": "As staff say it: Breakfast club.", "purpose": "One line."}


class AddToGroup(forms.Form):
    """Pupils for a group, named one by one, from a day on."""

    who = forms.CharField(
        label="Pupils",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One a line: a UPN, or surname and forename.",
    )
    from_on = DayField(label="From", widget=DATE)


class BulkAdd(forms.Form):
    """A group for the pupils selected in a list."""

    group = forms.ModelChoiceField(queryset=Group.objects.none(), error_messages={"required": "Choose a group first."})

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["group"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what was declared above
        field.queryset = Group.objects.filter(school=school).order_by("name")


class TakeFromGroup(forms.Form):
    """The last day in a group."""

    last_on = DayField(label="Last day", widget=DATE)
