"""Who of a pupil's parents is written to, and who shares an envelope."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from registers.rules.names import folded

_WORD: Final = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Reader:
    """A parent as letters know them: how they are named and where and how they are reached."""

    contact_id: int
    title: str
    forename: str
    surname: str
    address: str
    postcode: str
    email: str
    by_email: bool
    language: str = ""
    is_large_print: bool = False

    @property
    def name(self) -> str:
        """Give the name for an envelope, like "Mrs A. Rashid". Source: house style."""
        initial = f"{self.forename[0]}." if self.forename else ""
        parts = (self.title, initial, self.surname) if self.title else (self.forename, self.surname)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Household:
    """Readers who get one letter between them, and how it reaches them."""

    readers: tuple[Reader, ...]
    by_email: bool

    @property
    def name(self) -> str:
        """Give the names as on the envelope, like "Mrs A. Rashid and Mr B. Rashid". Source: house style."""
        return " and ".join(reader.name for reader in self.readers)

    @property
    def lines(self) -> str:
        """Give the address, a line each, the postcode last; empty for an e-mail. Source: house style."""
        return "" if self.by_email else address_lines(self.readers[0].address, self.readers[0].postcode)

    @property
    def email(self) -> str:
        """Give the e-mail address; empty for a letter by post. Source: house style."""
        return self.readers[0].email if self.by_email else ""

    @property
    def language(self) -> str:
        """Give the language of the one who is rung first. Source: the parent's choice."""
        return self.readers[0].language or "English"

    @property
    def is_large_print(self) -> bool:
        """True where anyone of the household reads large print. Source: Equality Act 2010 s 20."""
        return any(reader.is_large_print for reader in self.readers)


def may_be_written_to(
    *, gets_letters: bool, do_not_contact: bool, may_be_told: str, has_responsibility: bool, has_care: bool
) -> bool:
    """True where a letter about attendance may go to this adult.

    Letters go to a parent, which is who has parental responsibility for the pupil or care of them, whom the school
    writes to and may tell about attendance.

    Source: Education Act 1996 s 576(1) (who is a parent); the school's record of who may be told what.
    """
    is_told = gets_letters and not do_not_contact and may_be_told in {"all", "attendance"}
    return is_told and (has_responsibility or has_care)


def home_key(address: str, postcode: str) -> str:
    """Give an address in a form in which two spellings of the same home are equal; empty where there is none.

    Case, accents, points, commas and spaces do not tell two homes apart.

    Source: house style (one letter to one household).
    """
    words = _WORD.findall(folded(f"{address} {postcode}")) if address.strip() else []
    return "".join(words)


def address_lines(address: str, postcode: str) -> str:
    """Give an address a line each, its postcode last and once. Source: house style (window envelopes)."""
    parts = [part.strip() for part in re.split(r"[,\n]", address) if part.strip()]
    last = " ".join(postcode.upper().split())
    return "\n".join([*parts, last] if last and last not in {part.upper() for part in parts} else parts)


def households(readers: Iterable[Reader]) -> tuple[Sequence[Household], Sequence[Reader]]:
    """Give who gets which letter, in the order in which they are rung, and those who cannot be reached.

    Readers at one address share one letter by post. It goes by e-mail only where everyone at the address wants that,
    and then to each e-mail address its own. A reader without a working address is written to by e-mail if they have
    one and want it. Nobody's letter names another address than their own.

    Source: duties of the office (both parents, each at their own address; one household one letter).
    """
    homes: dict[str, list[Reader]] = {}
    mails: dict[str, list[Reader]] = {}
    lost = []
    rung = list(readers)
    for reader in rung:
        key = home_key(reader.address, reader.postcode)
        wants_mail = reader.by_email and bool(reader.email)
        if key:
            homes.setdefault(key, []).append(reader)
        elif wants_mail:
            mails.setdefault(reader.email.casefold(), []).append(reader)
        else:
            lost.append(reader)
    found: list[Household] = []
    for together in homes.values():
        if all(reader.by_email and reader.email for reader in together):
            for reader in together:
                mails.setdefault(reader.email.casefold(), []).append(reader)
        else:
            found.append(Household(tuple(together), by_email=False))
    found += [Household(tuple(together), by_email=True) for together in mails.values()]
    return sorted(found, key=lambda one: rung.index(one.readers[0])), lost
