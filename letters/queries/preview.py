"""A letter shown before it is made: the very words and layout it would have, as of now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import mark_safe

from attendance_office import clock
from letters import pdf
from letters.models import Letter
from letters.rules.blocks import as_html
from letters.rules.placeholders import BadTemplate, NoValue

from .composing import composed


@dataclass(frozen=True)
class Shown:
    """A letter's page to look at, or why it cannot be made as it stands."""

    sheet: pdf.Sheet | None = None
    body: str = ""
    fault: str = ""


def shown(letter: Letter, *, at: datetime) -> Shown:
    """Put a letter together to be looked at; a field without a value is named and nothing is shown."""
    try:
        page = composed(letter, letter.facts_sent or letter.facts, on=clock.local(at).date()).page
    except (NoValue, BadTemplate) as fault:
        return Shown(fault=str(fault))
    if not isinstance(page, pdf.Sheet):
        return Shown(fault="A certificate is looked at where certificates are made.")
    # The template language writes the markup itself and escapes every value.
    return Shown(page, mark_safe(as_html(page.body, heading="h3")))
