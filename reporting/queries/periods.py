"""Periods that people ask for by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from registers.models import Term
from registers.rules.ages import school_year_starts
from registers.rules.sessions import monday


@dataclass(frozen=True)
class Period:
    """Days from the first to the last, both included, and what people call them."""

    key: str
    words: str
    from_on: date
    to_on: date


def named_periods(school_id: int, on: date) -> list[Period]:
    """Give the periods one may choose on a day: the week, four weeks, the term, the year to date and last year."""
    year = school_year_starts(on)
    last_year = school_year_starts(year - timedelta(days=1))
    found = [
        Period("week", "This week", monday(on), on),
        Period("last_week", "Last week", monday(on) - timedelta(days=7), monday(on) - timedelta(days=1)),
        Period("four_weeks", "Last four weeks", monday(on) - timedelta(days=21), on),
    ]
    term = Term.objects.filter(school=school_id, starts_on__lte=on).order_by("-starts_on").first()
    if term is not None:
        found.append(Period("term", f"{term.name} term", term.starts_on, min(on, term.ends_on)))
    found.append(Period("year", "Year to date", year, on))
    found.append(Period("last_year", "Last school year", last_year, year - timedelta(days=1)))
    return found
