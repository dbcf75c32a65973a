"""Shapes of what is asked when absences are settled and missing marks completed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from registers.rules.codes import Counts, code_set


def reasons(on: date, *, present: bool) -> list[tuple[str, str]]:
    """Give the codes an absence may turn out to be; with `present`, that the pupil was there after all, first."""
    known = code_set(on)
    first = [("/", "/ \\  Present")] if present else []
    return first + [
        (one.symbol, f"{one.symbol}  {one.meaning}")
        for one in known.values()
        if one.enterable_by and one.counts is not Counts.ADMINISTRATIVE and one.symbol not in {"/", "\\", "N", "O"}
    ]


class Settle(forms.Form):
    """One code and one reason for all that are selected."""

    code = forms.ChoiceField(error_messages={"required": "Choose a code first."})
    reason = forms.CharField(max_length=400, error_messages={"required": "Say why: the register keeps the reason."})

    def __init__(self, *args: Any, on: date, present: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what was declared above
        field.choices = reasons(on, present=present)
