"""Which code a pupil has for each session of a school year: from a seed, shaped like English secondary schools.

A pupil's share of absence is drawn from the mixtures of two beta distributions that fit DfE's absence bands by free
school meals and special needs (2022/23), moved by year group and then down to the level of 2025/26. The share becomes
spells, mostly short, with a long tail, more of them on Fridays, late in a term and next to holidays. What is not
absence is presence, lateness, trips, sport, work experience and teaching elsewhere, in DfE's shares by code.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Final

from registers.rules.sessions import Session, monday

from .terms import SchoolYear

# w, a1, b1, a2, b2 of w*Be(a1, b1) + (1-w)*Be(a2, b2), by (free meals, special needs).
FITS: Final = {
    (True, True): (0.609, 1.446, 13.75, 0.854, 1.499),
    (False, True): (0.729, 1.449, 20.93, 0.480, 1.421),
    (True, False): (0.716, 1.556, 17.16, 0.768, 1.956),
    (False, False): (0.834, 1.492, 25.35, 0.383, 2.100),
}
OF_YEAR: Final = {7: 0.78, 8: 0.95, 9: 1.05, 10: 1.09, 11: 1.11}
LEVEL: Final = 0.87
SEVERE_LEVEL: Final = 1.06
# Pupils away most of the time are seldom on roll for the whole year; here they are, so their shares are drawn in.
DRAWN_IN: Final = 0.2
DRAWS: Final = 40

_WEDNESDAY: Final = 2
_FRIDAY: Final = 4
# In each so many pupils of a cohort one stays away on Friday afternoons, another on Mondays.
_EVERY: Final = 120
_SKIPS_FRIDAYS: Final = 17
_SKIPS_MONDAYS: Final = 71
PRESENT: Final = {"AM": "/", "PM": "\\"}
_AT_SCHOOL: Final = frozenset({"/", "\\", "V", "P", "B", "K"})
_HERE: Final = frozenset({"/", "\\"})


def propensities(rng: Random, means: Sequence[tuple[bool, bool]]) -> list[float]:
    """Draw each pupil's usual share of absence, evenly over the distribution of those with like means and needs."""
    chances = [0.0] * len(means)
    for kind, (share, a1, b1, a2, b2) in FITS.items():
        places = [place for place, one in enumerate(means) if one == kind]
        drawn = sorted(
            rng.betavariate(a1, b1) if rng.random() < share else rng.betavariate(a2, b2)
            for _ in range(DRAWS * len(places))
        )
        even = drawn[DRAWS // 2 :: DRAWS]
        rng.shuffle(even)
        for place, chance in zip(places, even, strict=True):
            chances[place] = chance
    return chances


def share_of(propensity: float, year_group: int) -> float:
    """Give a pupil's share of absence in one year group: the many come down to today's level, the severe do not."""
    weight = min(1.0, propensity / 0.5)
    level = LEVEL + (SEVERE_LEVEL - LEVEL) * weight
    share = propensity * OF_YEAR.get(year_group, 1.0) * level
    return share if share < 0.5 else min(0.8, 0.5 + (share - 0.5) * DRAWN_IN)


@dataclass
class YearShape:
    """What all pupils of a school year share: its sessions, and where a spell of absence is likely to begin."""

    year: SchoolYear
    sessions: tuple[Session, ...] = field(init=False)
    starts: list[float] = field(init=False)
    holiday_starts: list[float] = field(init=False)
    mornings: list[int] = field(init=False)
    weeks: tuple[date, ...] = field(init=False)
    eids: list[int] = field(init=False)
    present: list[str] = field(init=False)

    def __post_init__(self) -> None:
        first, last = self.year.terms[0].starts_on, self.year.terms[-1].ends_on
        calendar = self.year.calendar
        self.sessions = calendar.sessions(first, last)
        self.weeks = calendar.school_weeks(first, last)
        self.present = [PRESENT[session.half] for session in self.sessions]
        self.mornings = [n for n, session in enumerate(self.sessions) if session.half == "AM"]
        factor, holiday = {}, {}
        for term, level in zip(self.year.terms, TERM_LEVELS, strict=True):
            weeks = calendar.school_weeks(term.starts_on, term.ends_on)
            for place, week in enumerate(weeks):
                before_break = place + 1 == len(weeks) or weeks[place + 1] - week > timedelta(days=7)
                ramp = 0.80 + 0.32 * place / max(1, len(weeks) - 1)
                factor[week] = level * ramp * (1.12 if before_break else 1.0)
                holiday[week] = 5.0 if before_break else 1.0
        self.starts = list(
            accumulate(factor[monday(s.on)] * START_ON[s.on.weekday()] * START_IN[s.half] for s in self.sessions)
        )
        self.holiday_starts = list(
            accumulate(holiday[monday(s.on)] * HOLIDAY_ON[s.on.weekday()] * (s.half == "AM") for s in self.sessions)
        )
        eids = {_eid(FITR_2026, self.year.starts + 1), _eid(ADHA_2026, self.year.starts + 1)}
        self.eids = [n for n, session in enumerate(self.sessions) if session.on in eids]

    def draw(self, rng: Random, reached: list[float]) -> int:
        """Draw the session at which a spell begins."""
        return min(bisect_left(reached, rng.random() * reached[-1]), len(reached) - 1)


TERM_LEVELS: Final = (0.93, 1.02, 1.10)
START_ON: Final = (0.90, 1.03, 1.02, 1.10, 1.55)
START_IN: Final = {"AM": 1.0, "PM": 0.32}
HOLIDAY_ON: Final = (1.0, 0.7, 0.7, 1.2, 2.0)
FITR_2026: Final = date(2026, 3, 20)
ADHA_2026: Final = date(2026, 5, 27)


def _eid(known: date, year: int) -> date:
    """Give about the day of a feast in a later or earlier year: the lunar year is 354.367 days."""
    years = round((date(year, 6, 30) - known).days / 354.367)
    day = known + timedelta(days=round(years * 354.367))
    if day.year > year:
        day -= timedelta(days=354)
    return day


@dataclass(frozen=True)
class Pattern:
    """What bears on one pupil's year beside the share of absence."""

    year_group: int
    share: float
    keeps_eid: bool
    place: int
    letter: str


@dataclass
class Marks:
    """One pupil's year: a code for each session, with minutes late and comments where there are some."""

    codes: list[str]
    minutes: dict[int, int] = field(default_factory=dict)
    comments: dict[int, str] = field(default_factory=dict)


# Lengths of spells in sessions, drawn evenly from each list; long-term absence adds to them.
_ILLNESS: Final = (1, 2, 2, 2, 2, 2, 3, 4, 4, 4, 6, 6, 10)
_OTHER: Final = (1, 2, 2, 2, 2, 2, 2, 4, 4, 6)
_LENGTHS: Final = {
    "I": _ILLNESS, "O": _OTHER, "M": (1, 1, 1, 2), "U": (1,), "C": (1, 2, 2, 4), "G": (4, 6, 8, 10, 10, 14),
    "E": (2, 2, 4, 6, 10), "J1": (1, 2), "C1": (2, 4), "T": (10, 20),
}  # fmt: skip
_MEAN: Final = {code: sum(lengths) / len(lengths) for code, lengths in _LENGTHS.items()}
# Shares of absent sessions by reason for a pupil hardly ever absent, and for one absent half the time.
_LOW: Final = {
    "I": 53.0,
    "M": 9.6,
    "C": 9.0,
    "G": 11.5,
    "E": 2.8,
    "U": 5.6,
    "O": 13.5,
    "J1": 0.5,
    "C1": 0.12,
    "T": 0.03,
}
_HIGH: Final = {
    "I": 32.0,
    "M": 3.0,
    "C": 8.0,
    "G": 2.4,
    "E": 11.0,
    "U": 5.0,
    "O": 44.0,
    "J1": 0.1,
    "C1": 0.0,
    "T": 0.05,
}
_COMMENTS: Final = {
    "I": ("Sickness and diarrhoea", "Headache, parent rang 8:15", "Flu, back when better", "Parent's e-mail",
          "Temperature", "Sent home by first aid", "Asthma"),
    "M": ("Dentist", "Orthodontist, letter seen", "Hospital appointment", "GP appointment"),
    "C": ("Funeral", "Family emergency"),
    "G": ("Leave not granted",),
    "E": ("Suspension, letter sent",),
}  # fmt: skip


def plan_year(rng: Random, shape: YearShape, pupil: Pattern, template: Sequence[str]) -> Marks:
    """Give a pupil's whole year. `template` is the year of a pupil of the group who is never absent."""
    marks = Marks(list(template))
    codes = marks.codes
    count = len(codes)
    left = round(pupil.share * count + rng.random() - 0.5)
    left -= _standing(rng, shape, pupil, codes)
    kinds, reached = _reasons(pupil.share)
    # Long spells belong to those who are away a lot.
    stretch = 1.0 + 5.0 * pupil.share
    tries = 0
    while left > 0 and tries < 400:
        tries += 1
        code = kinds[bisect_left(reached, rng.random() * reached[-1])]
        length = min(left, max(1, round(rng.choice(_LENGTHS[code]) * (stretch if code in "IO" else 1.0))))
        start = shape.draw(rng, shape.holiday_starts if code == "G" else shape.starts)
        if length > 1 and start % 2 and rng.random() < 0.8:
            start -= 1
        for n in range(start, min(count, start + length)):
            if codes[n] in _AT_SCHOOL:
                codes[n] = code
                left -= 1
        if code == "U":
            marks.minutes[start] = 31 + min(119, int(rng.expovariate(1 / 25)))
        elif code in _COMMENTS and rng.random() < 0.25:
            marks.comments[start] = rng.choice(_COMMENTS[code])
    marks.minutes = {n: late for n, late in marks.minutes.items() if codes[n] == "U"}
    marks.comments = {n: said for n, said in marks.comments.items() if codes[n] in _COMMENTS}
    _lateness(rng, shape, pupil, marks)
    return marks


def _reasons(share: float) -> tuple[list[str], list[float]]:
    """Give the reasons with the weight of a spell of each: its share of sessions over its length."""
    weight = min(1.0, share / 0.5) ** 0.9
    weights = [((1 - weight) * _LOW[code] + weight * _HIGH[code]) / _MEAN[code] for code in _LOW]
    return list(_LOW), list(accumulate(weights))


def _standing(rng: Random, shape: YearShape, pupil: Pattern, codes: list[str]) -> int:
    """Put in what is arranged for weeks on end; give how many sessions of it are absence."""
    draw = rng.random()
    absent = 0
    if pupil.share > 0.12 and draw < 0.12:
        absent += _part_time(rng, codes)
    elif draw > 0.978:
        _elsewhere(rng.randrange(5), shape, codes, "K" if draw > 0.9955 else "B")
    if pupil.place % 29 == 5:
        _plays_for_the_school(rng, shape, codes)
    if pupil.place % _EVERY == _SKIPS_FRIDAYS:
        fridays = [n for n, one in enumerate(shape.sessions) if one.on.weekday() == _FRIDAY and one.half == "PM"]
        absent += _mark(codes, [n for n in fridays if codes[n] in _HERE and rng.random() < 0.7], "O")
    elif pupil.place % _EVERY == _SKIPS_MONDAYS:
        mondays = sorted({one.on for one in shape.sessions if one.on.weekday() == 0})
        missed = {on for on in mondays if rng.random() < 0.6}
        away = [n for n, one in enumerate(shape.sessions) if one.on in missed and codes[n] in _HERE]
        absent += _mark(codes, away, "O")
    if pupil.keeps_eid:
        absent += _mark(codes, [n for n in shape.eids if rng.random() < 0.85], "R")
    if pupil.year_group == 11 and pupil.place % 11 == 3:  # study leave between examinations
        june = [n for n, session in enumerate(shape.sessions) if session.on.month == 6]
        absent += _mark(codes, [n for n in june if rng.random() < 0.55], "S")
    return absent


def _part_time(rng: Random, codes: list[str]) -> int:
    """Take some weeks' afternoons off, by agreement."""
    first = rng.randrange(0, len(codes) * 2 // 3)
    return _mark(codes, range(first | 1, min(len(codes), first + rng.randrange(80, 150)), 2), "C2")


def _elsewhere(weekday: int, shape: YearShape, codes: list[str], code: str) -> None:
    """Put one day of every week at another place of education."""
    _mark(codes, [n for n, session in enumerate(shape.sessions) if session.on.weekday() == weekday], code)


def _plays_for_the_school(rng: Random, shape: YearShape, codes: list[str]) -> None:
    """Put about half of the Wednesday afternoons into matches."""
    for n, session in enumerate(shape.sessions):
        wednesday = session.half == "PM" and session.on.weekday() == _WEDNESDAY
        if wednesday and codes[n] in _HERE and rng.random() < 0.45:
            codes[n] = "P"


def _mark(codes: list[str], numbers: Collection[int], code: str) -> int:
    for n in numbers:
        codes[n] = code
    return len(numbers)


def _lateness(rng: Random, shape: YearShape, pupil: Pattern, marks: Marks) -> None:
    """Turn some sessions into lates: few pupils have most of them, mornings more than afternoons, Fridays fewer."""
    wanted = min(130, int(rng.gammavariate(0.66, 22.5) * (0.75 + 3.0 * pupil.share)))
    codes, sessions, count = marks.codes, shape.sessions, len(marks.codes)
    for _ in range(wanted):
        n = rng.randrange(count)
        if n % 2 and rng.random() < 0.7:
            n -= 1
        if codes[n] in _HERE and (sessions[n].on.weekday() != 4 or rng.random() < 0.82):
            codes[n] = "L"
            marks.minutes[n] = min(29, 1 + int(rng.expovariate(1 / 7)))


def template_of(rng: Random, shape: YearShape, year_group: int, letter: str) -> list[str]:
    """Give the year of a pupil who is never absent: present, but for trips, work experience and a lost day."""
    codes = list(shape.present)
    mornings = shape.mornings
    days = rng.sample(mornings[20 : len(mornings) * 2 // 3], 1) if letter in "ACEG" else []
    if year_group < 11 or letter in "BD":
        days += rng.sample(mornings[len(mornings) * 4 // 5 : -2], 1)
    for n in days:
        codes[n] = codes[n + 1] = "V"
    if year_group == 10 and letter in "ABCDE":
        week = shape.weeks[-3]
        for n, session in enumerate(shape.sessions):
            if monday(session.on) == week:
                codes[n] = "W"
    if letter == "H" and year_group in {8, 9}:
        n = mornings[len(mornings) * 2 // 5] + 1
        codes[n] = "Y3"
    return codes
