"""A question as an address holds it: read leniently, written back, and told in words as tags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Final

from django.http import QueryDict

from attendance_office.days import may_be_asked
from attendance_office.numbers import whole
from registers.rules.ages import school_year_starts
from registers.rules.dates import spoken_date

from .axes import AXES
from .explorer import WITHIN, Answer, Question, Reader, answer
from .periods import OWN, USUAL, Period, named_periods
from .said import plain

MOST_WITHIN: Final = 20
_SHARE: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
LONGEST: Final = 1100  # days: three school years at a time


@dataclass(frozen=True)
class Asked:
    """What an address asks, and the periods that may be asked instead; `fault` says what was wrong with its dates."""

    question: Question
    periods: Sequence[Period]
    fault: str = ""


@dataclass(frozen=True)
class Tag:
    """One filter in force: its words, and the address without it."""

    words: str
    without: str


def asked(query: QueryDict, *, reader: Reader, on: date) -> Asked:
    """Read an address. What is none and what the reader may not ask narrows nothing: two questions of the database.

    A reader of figures only narrows nothing: from two answers that differ by a few pupils one could work them out.
    """
    periods = named_periods(reader.school_id, on)
    named = {period.key: period for period in periods}
    period = named.get(query.get("period", USUAL), named[USUAL])
    fault = ""
    if query.get("period") == OWN and not query.get("from_on") and not query.get("to_on"):
        period = replace(period, key=OWN, words="Own dates")
    elif query.get("period") == OWN:
        own = _own(query)
        if isinstance(own, str):
            fault = own
        else:
            period = own
    if not reader.sees_pupils:
        return Asked(Question(period), periods, fault)
    chosen = tuple(
        (key, values)
        for key in reader.axes
        if (values := tuple(dict.fromkeys(value for value in query.getlist(key) if _is_value(key, value))))
    )
    near, within, unclear = _nearness(query)
    return Asked(Question(period, chosen, near, within), periods, f"{fault} {unclear}".strip())


def tags(found: Answer, query: QueryDict) -> list[Tag]:
    """Give the filters in force in words, each with the address that takes it off."""
    question = found.question
    marks = []
    for key, values in question.chosen:
        axis = AXES[key]
        for value in values:
            words = found.words(key, value)
            if key not in ("year", "band", "much"):
                words = f"{axis.words}: {words}"
            marks.append(Tag(words, _without(query, key, value)))
    if question.near is not None:
        words = f"Within {plain(question.within)} points of {plain(question.near)} %"
        marks.append(Tag(words, _without(query, "near", query.get("near", ""))))
    return marks


def in_words(found: Answer, query: QueryDict) -> str:
    """Give the whole question in words, for the trail and for the head of a sheet."""
    period = found.question.period
    words = f"{period.words}, {spoken_date(period.from_on)} to {spoken_date(period.to_on)}"
    return "; ".join([words, *(tag.words for tag in tags(found, query))])


@dataclass(frozen=True)
class Kept:
    """A kept address as it holds today: what of it is left, in words what was left out, and what is nobody's now."""

    query: QueryDict
    left_out: tuple[str, ...] = ()
    nobodys: tuple[str, ...] = ()


def kept_today(query: QueryDict, *, reader: Reader, on: date) -> Kept:
    """Give what of a kept address holds today: a right may be lost, a form, group or year gone.

    A value that is nobody's any longer is left out beside others of its axis. Where it is the only one it stays: the
    answer is then nobody, and never everybody whom the view was made to leave out.
    """
    wanted = asked(query, reader=reader, on=on)
    found = answer(reader, wanted.question)
    holds = query.copy()
    left_out: list[str] = []
    nobodys: list[str] = []
    for key in query:
        if key in AXES and key not in reader.axes:
            left_out.append(f"{AXES[key].words} (not for your role)")
            holds.pop(key)
        elif key in reader.axes:
            known = {value for value, _ in found.choices(key)}
            alive = [value for value in query.getlist(key) if value in known]
            gone = [f"{AXES[key].words} {value}" for value in query.getlist(key) if value not in known]
            (left_out if alive else nobodys).extend(gone)
            if alive:
                holds.setlist(key, alive)
    if query.get("period", USUAL) not in {OWN, *(period.key for period in wanted.periods)}:
        left_out.append("its period")
        holds.pop("period")
    return Kept(holds, tuple(left_out + ([wanted.fault] if wanted.fault else [])), tuple(nobodys))


def _is_value(key: str, value: str) -> bool:
    """Tell whether a value can be one of an axis; a form's and a group's are compared when they are looked up."""
    known = AXES[key].values
    if known:
        return value in {name for name, _ in known}
    return bool(value) and (key == "form" or whole(value) is not None)


def _nearness(query: QueryDict) -> tuple[Fraction | None, Fraction, str]:
    """Give the threshold and how near to it, or without them what is wrong."""
    near, within = query.get("near", "").strip(), query.get("within", "").strip()
    level, points = _share(near), _share(within) if within else WITHIN
    if near and (level is None or not 0 < level <= 100):
        return None, WITHIN, "Attendance to be near is a number to 100, like 90 or 92.5. It narrows nothing."
    if points is None or points > MOST_WITHIN:
        return None, WITHIN, f"How near is a number of points to {MOST_WITHIN}, like 2 or 0.5. It narrows nothing."
    return level, points, ""


def _share(text: str) -> Fraction | None:
    return Fraction(text) if _SHARE.fullmatch(text) else None


def _own(query: QueryDict) -> Period | str:
    """Give the period of one's own dates, or what is wrong with them."""
    try:
        first, last = date.fromisoformat(query.get("from_on", "")), date.fromisoformat(query.get("to_on", ""))
    except ValueError:
        return "Give the first and the last day of your own period. Year to date is shown meanwhile."
    if not (may_be_asked(first) and may_be_asked(last)):
        return "A year of these days is a slip: give it with four figures. Year to date is shown meanwhile."
    if last < first:
        return "The last day lies before the first. Choose a later one. Year to date is shown meanwhile."
    if (last - first).days > LONGEST:
        return "A period holds three school years at most. Choose a later first day. Year to date is shown meanwhile."
    return Period(OWN, "Own dates", first, last)


def spans_years(period: Period) -> bool:
    """Tell whether a period lies in more than one school year: pupils are then counted where they sat at its end."""
    return school_year_starts(period.from_on) != school_year_starts(period.to_on)


def _without(query: QueryDict, key: str, value: str) -> str:
    left = query.copy()
    left.setlist(key, [one for one in query.getlist(key) if one != value])
    for gone in ("page", *(["within"] if key == "near" else [])):
        left.pop(gone, None)
    return f"?{left.urlencode()}"
