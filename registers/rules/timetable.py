"""The two-week timetable: which week it is, which lessons a day has, who would be in two places, and minutes late.

No law orders a timetable: each rule here is school practice, named as such.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal, TypeVar

from registers.rules.sessions import monday

Letter = Literal["A", "B"]
LETTERS: Final[tuple[Letter, Letter]] = ("A", "B")
BOTH: Final = ""


def week_letter(on: date, starts: Sequence[tuple[date, Letter]], school_weeks: Sequence[date]) -> Letter | None:
    """Give the letter of a day's week, or None before the first row and where the school has set none.

    `starts` are the rows a school writes down, each the Monday from which it counts anew and that week's letter;
    `school_weeks` are the Mondays of the weeks with at least one session, in order. From a row on the letters alternate
    from school week to school week: a week of holidays is passed over, so that the week after half term has the other
    letter than the week before it. A school that counts the holidays too writes a row for the week after them.

    Source: school practice (two-week timetables are published as a count of school weeks).
    """
    week = monday(on)
    begun = [(first, letter) for first, letter in starts if first <= week]
    if not begun:
        return None
    first, letter = max(begun)
    passed = bisect_left(school_weeks, week) - bisect_left(school_weeks, first)
    return letter if passed % 2 == 0 else other_letter(letter)


def other_letter(letter: Letter) -> Letter:
    """Give the other week's letter. Source: school practice."""
    return "B" if letter == "A" else "A"


@dataclass(frozen=True, slots=True)
class Place:
    """A lesson's place in the timetable: its week ("A", "B", or "" for both), weekday, hours, and from when to when.

    Weekdays count from 1, Monday. Source: school practice.
    """

    week: str
    weekday: int
    starts_at: time
    ends_at: time
    from_on: date
    to_on: date | None = None

    def is_on(self, on: date, letter: Letter | None) -> bool:
        """Tell whether the lesson is held on a day of a week with this letter.

        Where the school has set no letters, only lessons of both weeks are. Source: school practice.
        """
        if on.isoweekday() != self.weekday or on < self.from_on or (self.to_on is not None and on > self.to_on):
            return False
        return self.week in {BOTH, letter}

    def meets(self, other: Place) -> bool:
        """Tell whether two places are ever at the same time: same weekday, a common week, hour and day.

        One that ends when the other begins does not meet it. Source: school practice.
        """
        return (
            self.weekday == other.weekday
            and (BOTH in {self.week, other.week} or self.week == other.week)
            and self.starts_at < other.ends_at
            and other.starts_at < self.ends_at
            and (self.to_on is None or other.from_on <= self.to_on)
            and (other.to_on is None or self.from_on <= other.to_on)
        )


_T = TypeVar("_T")


def lessons_of_day(lessons: Iterable[tuple[_T, Place]], on: date, letter: Letter | None) -> list[_T]:
    """Give the lessons that are held on a day, in the order of the hour.

    Source: school practice.
    """
    held = [(place.starts_at, lesson) for lesson, place in lessons if place.is_on(on, letter)]
    return [lesson for _, lesson in sorted(held, key=lambda one: one[0])]


def minutes_late(starts_at: time, ends_at: time, arrived_at: time) -> int | None:
    """Give the minutes by which a pupil came late to a lesson: whole minutes begun, None for who came in time.

    Who comes when the lesson is over was not late but not there, and is refused with ValueError.

    Source: school practice; a lesson's lateness counts in no statutory figure (SI 2024/208 reg 10 knows sessions only).
    """
    if arrived_at <= starts_at:
        return None
    if arrived_at >= ends_at:
        raise ValueError(f"The lesson ends at {ends_at:%H:%M}: who comes then was not there.")
    seconds = _seconds(arrived_at) - _seconds(starts_at)
    return -(-seconds // 60)


def longest_late(starts_at: time, ends_at: time) -> int:
    """Give the most minutes by which a pupil can be late to a lesson and still be there. Source: school practice."""
    return max(1, (_seconds(ends_at) - _seconds(starts_at)) // 60 - 1)


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
