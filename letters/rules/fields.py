"""The fields a letter may hold: the allow-list that the editor shows and the language keeps to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name between the brackets, what it gives, and what it looks like.

    `is_given` for what a person fills in for one letter, as a meeting's date; `is_table` for what stands alone on its
    line.
    """

    name: str
    gives: str
    group: str
    example: str
    is_given: bool = False
    is_table: bool = False


_PUPIL = "The pupil"
_FIGURES = "Attendance"
_HOME = "The home"
_SCHOOL = "The school"
_GIVEN = "Filled in for this letter"

_ALL: Final = (
    Field("forename", "The forename in daily use", _PUPIL, "Callum"),
    Field("surname", "The surname", _PUPIL, "Ashworth"),
    Field("full name", "Forename and surname", _PUPIL, "Callum Ashworth"),
    Field("he", "he, she, or they where the sex is not recorded", _PUPIL, "he"),
    Field("him", "him, her or them", _PUPIL, "him"),
    Field("his", "his, her or their", _PUPIL, "his"),
    Field("has", "has, or have after they", _PUPIL, "has"),
    Field("is", "is, or are after they", _PUPIL, "is"),
    Field("was", "was, or were after they", _PUPIL, "was"),
    Field("form", "The form", _PUPIL, "9A"),
    Field("year", "The year group as a number", _PUPIL, "9"),
    Field("siblings", "Brothers and sisters here at the same address", _PUPIL, "Ruby (7B)"),
    Field("per cent", "Attendance, per cent", _FIGURES, "86.5 %"),
    Field("per cent before", "Attendance in the period it is compared with", _FIGURES, "80.2 %"),
    Field("gained", "How much better than before, in percentage points", _FIGURES, "6.3 percentage points"),
    Field("sessions possible", "Sessions the pupil could attend", _FIGURES, "104 sessions"),
    Field("days possible", "The same in days", _FIGURES, "52 days"),
    Field("sessions attended", "Sessions attended", _FIGURES, "90 sessions"),
    Field("days attended", "The same in days", _FIGURES, "45 days"),
    Field("sessions missed", "Sessions missed, authorised or not", _FIGURES, "14 sessions"),
    Field("days missed", "The same in days", _FIGURES, "7 days"),
    Field("authorised", "Sessions missed and authorised", _FIGURES, "6 sessions"),
    Field("unauthorised", "Sessions missed and not authorised", _FIGURES, "8 sessions"),
    Field("late", "How often the pupil came late; no value where never", _FIGURES, "3 times"),
    Field("period", "The period counted, in words", _FIGURES, "from Wed 2 Sep 2026 to Fri 20 Nov 2026"),
    Field("from", "Its first day", _FIGURES, "Wed 2 Sep 2026"),
    Field("to", "Its last day", _FIGURES, "Fri 20 Nov 2026"),
    Field("level", "The level of the letter", _FIGURES, "1"),
    Field("below", "The per cent of the level", _FIGURES, "95 %"),
    Field("dates missed", "A table of the days missed and the reasons, alone on its line", _FIGURES, "", is_table=True),
    Field("salutation", "Whom the letter greets", _HOME, "Ms Ashworth"),
    Field(
        "earlier letter date",
        "The day of the last attendance letter that went to the same parents in twelve months; no value where none did",
        _HOME,
        "Mon 2 Nov 2026",
    ),
    Field("letter date", "The day the letter is made", _SCHOOL, "Mon 23 Nov 2026"),
    Field("school", "The school's name", _SCHOOL, "Thornbridge Academy"),
    Field("school phone", "The number of the attendance office", _SCHOOL, "01632 960 140"),
    Field("adult to ring", "The adult to ring, from the letterhead", _SCHOOL, "Mrs Sandra Pugh"),
    Field("their number", "That adult's number", _SCHOOL, "01632 960 142"),
    Field("signatory", "Who signs", _SCHOOL, "Mr Paul Adeyemi"),
    Field("signatory title", "The title of who signs", _SCHOOL, "Head of Year 9"),
    Field("meeting date", "The day of the meeting", _GIVEN, "Tue 1 Dec 2026", is_given=True),
    Field("meeting time", "Its time", _GIVEN, "3.30 pm", is_given=True),
    Field("meeting place", "Where it is", _GIVEN, "Room 4", is_given=True),
    Field("meeting with", "Who will be there", _GIVEN, "Mr Adeyemi", is_given=True),
    Field("reason", "A sentence in your own words", _GIVEN, "We had counted two days twice.", is_given=True),
    Field("wrong letter date", "The day of the letter sent in error", _GIVEN, "Mon 16 Nov 2026", is_given=True),
)

FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in _ALL}


def by_group() -> dict[str, list[Field]]:
    """Give the fields for a list, by what they are about."""
    found: dict[str, list[Field]] = {}
    for field in _ALL:
        found.setdefault(field.group, []).append(field)
    return found
