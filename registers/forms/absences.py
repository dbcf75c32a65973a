"""Shapes of what is asked on the absence line."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django import forms

from attendance_office import clock
from attendance_office.web.fields import DayField
from registers.actions.notes import NOT_TOLD
from registers.models import AbsenceNote, Channel
from registers.rules.codes import Counts, code_set
from registers.rules.untils import HELP

CLOSINGS: Final = [("back", "Back today"), ("back_pm", "Back this afternoon"), ("wrong", "The note was wrong")]
LARGEST_FILE: Final = 20 * 1024 * 1024
# Illness and its kind in one box: I2 is I, cold.
KIND_KEYS: Final = {f"I{key}": kind for key, kind in enumerate(AbsenceNote.Symptom, start=1)}


def told_choices(on: date) -> list[tuple[str, str]]:
    """Give the codes that somebody may report, illness with its kinds and appointments first."""
    first = ("I", "M")
    known = code_set(on)
    rest = [
        one.symbol
        for one in known.values()
        if one.symbol not in NOT_TOLD and one.symbol not in first and one.enterable_by
        and one.counts in {Counts.APPROVED, Counts.AUTHORISED, Counts.UNAUTHORISED, Counts.NOT_POSSIBLE}
    ]  # fmt: skip
    kinds = [(key, f"{key}  Illness, {kind.label.lower()}") for key, kind in KIND_KEYS.items()]
    found = [(symbol, f"{symbol}  {known[symbol].meaning}") for symbol in (*first, *rest) if symbol in known]
    return found[:1] + kinds + found[1:] if "I" in known else found


class LogAbsence(forms.Form):
    """One report of absence: whose, why, until when, and who says so."""

    pupil = forms.IntegerField(widget=forms.HiddenInput, required=False)
    who = forms.CharField(
        label="Pupil", max_length=100, required=False, help_text="Three letters of the name, then Enter."
    )
    sibling = forms.TypedMultipleChoiceField(coerce=int, required=False)
    told = forms.CharField(label="Code", max_length=3, initial="I")
    until = forms.CharField(label="Until", max_length=40, required=False, help_text=HELP)
    from_on = DayField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    caller = forms.CharField(
        label="Who rang", max_length=150, required=False, help_text="The number beside the contact, or a name."
    )
    channel = forms.ChoiceField(label="How", choices=Channel.choices, initial=Channel.CALL)
    reason = forms.CharField(label="What was said", max_length=400, required=False)
    symptom = forms.ChoiceField(
        label="Kind of illness", required=False, choices=[("", "Not said"), *AbsenceNote.Symptom.choices]
    )
    school_code = forms.CharField(label="Code the school chooses instead", max_length=3, required=False)
    why_refused = forms.CharField(label="Why the reason is refused", max_length=400, required=False)
    message = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, siblings: list[int] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["sibling"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 - tells the type checker what was declared
        field.choices = [(pk, str(pk)) for pk in siblings or []]

    def clean_told(self) -> str:
        """Give the code as the register writes it; a digit after an I says which kind of illness."""
        told = str(self.cleaned_data["told"]).strip().upper()
        return "I" if told in KIND_KEYS else told

    def clean_symptom(self) -> str:
        """Give the kind that was chosen, else the one typed after the I."""
        typed = KIND_KEYS.get(str(self.data.get("told", "")).strip().upper())
        return str(self.cleaned_data["symptom"] or (typed.value if typed else ""))

    def clean_school_code(self) -> str:
        """Give the code as the register writes it."""
        return str(self.cleaned_data["school_code"]).strip().upper()


class TypeMessage(forms.Form):
    """A message typed while it is heard, or pasted."""

    channel = forms.ChoiceField(label="How it came", choices=Channel.choices, initial=Channel.VOICEMAIL)
    sender = forms.CharField(label="From", max_length=200, required=False, help_text="Number, address or name.")
    received_at = forms.DateTimeField(
        label="When",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text="Empty is now.",
    )
    text = forms.CharField(
        label="Message",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="An e-mail may be pasted whole, with its From and Subject lines.",
    )


class Mailbox(forms.Form):
    """A mailbox file."""

    file = forms.FileField(
        label="Mailbox file", help_text="An .mbox or .eml file, up to 20 MB. Each message is taken once."
    )

    def clean_file(self) -> Any:
        """Refuse a file that is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError("The file is larger than 20 MB. Split it by day.")
        return file


class ChangeNote(forms.Form):
    """Other days or another code for a note, and why."""

    told = forms.CharField(label="Code of the reason told", max_length=3)
    until = forms.CharField(label="Until", max_length=40, required=False, help_text=HELP)
    school_code = forms.CharField(label="Code the school chooses instead", max_length=3, required=False)
    why_refused = forms.CharField(label="Why the reason is refused", max_length=400, required=False)
    reason = forms.CharField(label="Why the note is changed", max_length=400)

    clean_told = LogAbsence.clean_told
    clean_school_code = LogAbsence.clean_school_code


class CloseNote(forms.Form):
    """How a note ends: the pupil is back, or it was wrong."""

    how = forms.ChoiceField(choices=CLOSINGS)
    reason = forms.CharField(label="Why", max_length=400, required=False)
    back_to_n = forms.BooleanField(label="Marks that say so go back to N", required=False)


def instant(value: datetime | None, now: datetime) -> datetime:
    """Give the instant a message came in: as typed, never later than now."""
    return min(value, now) if value else now


def default_from(value: date | None, now: datetime) -> date:
    """Give the first day of an absence: as typed, else today."""
    return value or clock.local(now).date()
