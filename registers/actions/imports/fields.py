"""Reading the values of a row: each in one way, and each refusal with what would be right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, time
from functools import lru_cache
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from registers.rules.dates import spoken_date

from .reading import Sheet
from .report import FileReport

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_SPOKEN: Final = re.compile(r"(\d{1,2}) ([a-z]{3,9}) (\d{4})", re.ASCII)
_SLASHED: Final = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", re.ASCII)
_TIME: Final = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,9}", re.ASCII)
_EARLIEST: Final = date(1900, 1, 1)
_LATEST: Final = date(2100, 12, 31)
_YES: Final = frozenset({"y", "yes", "true", "t", "1"})
_NO: Final = frozenset({"", "n", "no", "false", "f", "0"})
_YEARS: Final = {"R": 0, "RECEPTION": 0, "N2": -1, "N1": -2}
_LAST_YEAR: Final = 14
_SHORTEST_NAME: Final = 3
_LAST_HOUR: Final = 23
_LAST_MINUTE: Final = 59


def weekday_called(text: str) -> int | None:
    """Give the weekday a word means, Monday being 0: "Mon", "monday", "Tues"; None where it means none."""
    word = text.strip().rstrip(".,").lower()
    if len(word) < _SHORTEST_NAME:
        return None
    return next((place for place, name in enumerate(_DAYS) if name.startswith(word)), None)


@lru_cache(maxsize=4096)
def read_date(text: str, weekday: str = "") -> date:
    """Read a date: 2026-01-05, or with its weekday, as in "Mon 5 Jan 2026" and "Mon 2026-01-05".

    `weekday` is what another column says of it. Raises ValueError in words where it is no date, and where a weekday
    contradicts it.
    """
    words = text.replace(",", " ").replace("(", " ").replace(")", " ").lower().split()
    said = [(word, place) for word in words if (place := weekday_called(word)) is not None]
    rest = " ".join(word for word in words if weekday_called(word) is None)
    on = _date(rest, text)
    if weekday.strip():
        place = weekday_called(weekday)
        if place is None:
            raise ValueError(f"{weekday.strip()!r} is not a weekday: {on.isoformat()} is a {_called(on)}.")
        said.append((weekday, place))
    for _word, place in said:
        if place != on.weekday():
            raise ValueError(
                f"{on.isoformat()} is a {_called(on)}, not a {_DAYS[place].capitalize()}:"
                " put right the date or the weekday."
            )
    return on


def _called(on: date) -> str:
    return _DAYS[on.weekday()].capitalize()


def _date(rest: str, text: str) -> date:
    if found := _ISO.fullmatch(rest):
        year, month, day = (int(part) for part in found.groups())
    elif found := _SPOKEN.fullmatch(rest):
        day, year = int(found[1]), int(found[3])
        month = next((place for place, name in enumerate(_MONTHS, 1) if name.startswith(found[2])), 0)
    elif found := _SLASHED.fullmatch(rest):
        right = f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
        raise ValueError(f"Write the date as year-month-day: {right} if the day comes first here.")
    else:
        raise ValueError("This is not a date. Write it like 2026-01-05.")
    try:
        on = date(year, month, day)
    except ValueError:
        raise ValueError(f"There is no such day as {text.strip()}. Write a date like 2026-01-05.") from None
    if not _EARLIEST <= on <= _LATEST:
        raise ValueError(f"{spoken_date(on)} is not a date of this record. Is the year right?")
    return on


def whole_number(text: str) -> int | None:
    """Give the number a text is, or None where it is none."""
    return int(text) if _NUMBER.fullmatch(text) else None


def year_group(text: str) -> int | None:
    """Give the year group a text means: "9", "Year 9", "Y9"; R is 0, N2 is -1, N1 is -2. None where it means none."""
    word = "".join(text.upper().split()).removeprefix("YEAR")
    word = word.removeprefix("Y") if word[1:].isdigit() else word
    if word in _YEARS:
        return _YEARS[word]
    number = whole_number(word)
    return number if number is not None and min(_YEARS.values()) <= number <= _LAST_YEAR else None


def tidy(text: str) -> str:
    """Give a text on one line with single spaces, its letters composed; lines of an address become commas."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return unicodedata.normalize("NFC", ", ".join(line for line in lines if line))


class Row:
    """One row: reads its values, and reports what cannot be read. A value that was refused comes back as None or ""."""

    def __init__(self, number: int, cells: list[str], sheet: Sheet, longest: Mapping[str, int], report: FileReport):
        self.number, self._cells, self._sheet, self._longest, self.report = number, cells, sheet, longest, report

    def has(self, column: str) -> bool:
        """Tell whether the file says anything in the column: what it does not say stays as the record has it.

        An empty value says that there is none, unless the source leaves empty what it may not show.
        """
        place = self._sheet.places.get(column)
        return place is not None and not (self.report.empty_is_unsaid and not self._cells[place].strip())

    def raw(self, column: str) -> str:
        """Give a value as it stands in the file, "" where the column is absent."""
        place = self._sheet.places.get(column)
        return "" if place is None else self._cells[place]

    def refuse(self, column: str, words: str) -> None:
        """Report a fault of this row."""
        self.report.refuse(words, row=self.number, column=column, value=self.raw(column))

    def text(self, column: str, *, must: bool = False) -> str:
        """Read a text on one line."""
        value = tidy(self.raw(column))
        if must and not value:
            self.refuse(column, "A value is missing.")
        if any(unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"} for letter in value):
            self.refuse(column, "There is a letter in it that cannot be printed. Type the value again.")
            return ""
        if len(value) > self._longest[column]:
            self.refuse(column, f"It has {len(value)} characters; at most {self._longest[column]} are kept.")
            return ""
        return value

    def date(self, column: str, *, weekday: str = "weekday", must: bool = False) -> date | None:
        """Read a date, compared with the weekday beside it."""
        value = self.raw(column).strip()
        if not value:
            if must:
                self.refuse(column, "A date is missing. Write it like 2026-01-05.")
            return None
        try:
            return read_date(value, self.raw(weekday))
        except ValueError as strange:
            self.refuse(column, str(strange))
            return None

    def choice(self, column: str, choices: Mapping[str, str], *, must: bool = False) -> str:
        """Read one of several values; `choices` gives, for what may be written in small letters, what is kept."""
        value = self.text(column, must=must)
        if not value:
            return ""
        found = choices.get(value.lower())
        if found is None:
            right = ", ".join(dict.fromkeys(choices.values()))
            self.refuse(column, f"Write one of: {right}.")
            return ""
        return found

    def flag(self, column: str, *, otherwise: bool = False) -> bool:
        """Read yes or no; nothing written is no, or `otherwise`."""
        value = self.raw(column).strip().lower()
        if not value:
            return otherwise
        if value not in _YES | _NO:
            self.refuse(column, "Write yes or no.")
        return value in _YES

    def year(self, column: str, *, must: bool = False) -> int | None:
        """Read a year group."""
        value = self.raw(column).strip()
        if not value and not must:
            return None
        found = year_group(value)
        if found is None:
            self.refuse(column, "Write the year group as a number, like 9; R for reception, N1 or N2 for nursery.")
        return found

    def whole(self, column: str, first: int, last: int) -> int | None:
        """Read a whole number between two others, both included; None where nothing is written."""
        value = self.raw(column).strip()
        if not value:
            return None
        found = whole_number(value)
        if found is None or not first <= found <= last:
            self.refuse(column, f"Write a whole number from {first} to {last}.")
            return None
        return found

    def time(self, column: str) -> time | None:
        """Read a time of day that must be there."""
        found = _TIME.fullmatch(self.raw(column).strip())
        if found and int(found[1]) <= _LAST_HOUR and int(found[2]) <= _LAST_MINUTE:
            return time(int(found[1]), int(found[2]))
        self.refuse(column, "Write a time of day like 08:40.")
        return None

    def email(self, column: str, *, must: bool = False) -> str:
        """Read an e-mail address."""
        value = self.text(column, must=must)
        if not value:
            return ""
        try:
            validate_email(value)
        except ValidationError:
            self.refuse(column, "This is not an e-mail address: write one like name@school.org.")
            return ""
        return value
