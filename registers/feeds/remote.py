"""One way to speak with another system over the line: what it is asked for, what it is given, and how it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol

ListName = Literal["students", "marks"]


class Trouble(Exception):
    """What was asked did not come about; its words say why and what to do.

    `wait` is how long the other system asks to be left alone. `of_the_link`: it would meet every row alike.
    """

    def __init__(self, words: str, *, wait: timedelta | None = None, of_the_link: bool = True) -> None:
        super().__init__(words)
        self.wait, self.of_the_link = wait, of_the_link


class Unknown(Exception):
    """The line broke while something was on it: it may have arrived and it may not."""


@dataclass(frozen=True)
class Page:
    """One page of a list: its records as they came, and where the next lies; empty where it was the last."""

    records: Sequence[Mapping[str, Any]]
    next_page: str


@dataclass(frozen=True)
class RemoteCode:
    """An attendance code of the other system."""

    remote_id: str
    code: str


@dataclass(frozen=True)
class Sending:
    """One coded mark for the other system, in its names."""

    student_id: str
    on: date
    half: str
    code_id: str
    minutes_late: int | None = None
    comment: str = ""


class Remote(Protocol):
    """Another system that holds a school: pupils, contacts and session marks come out of it, coded marks go into it."""

    def page(self, list_name: ListName, *, since: datetime | None, at_page: str = "") -> Page:
        """Give one page of pupils with their contacts, or of session marks, changed after `since`.

        Raises Trouble.
        """

    def codes(self) -> list[RemoteCode]:
        """Give its attendance codes. Raises Trouble."""

    def send_marks(self, marks: Sequence[Sending]) -> str:
        """Hand coded marks over and give the number it keeps of it.

        Raises Trouble where they certainly did not arrive, Unknown where nobody can tell.
        """
