"""What GOV.UK Notify takes as a letter that was printed elsewhere: how long it may be and what address it reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

# Source: GOV.UK Notify, letter specification and its postal address rules, as of 2026.
MOST_PAGES: Final = 10
MOST_BYTES: Final = 2 * 1024 * 1024
_LEAST_LINES: Final = 3
_MOST_LINES: Final = 7
_POSTCODE: Final = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}")


def unread_address(lines: Sequence[str]) -> str:
    """Say why Notify would not read an address, name line included; empty where it would.

    Source: GOV.UK Notify reads three to seven lines of which the last is a UK postcode.
    """
    said = [line.strip() for line in lines if line.strip()]
    if not said or not _POSTCODE.fullmatch(said[-1].upper()):
        return "the address does not end with a postcode"
    if len(said) < _LEAST_LINES:
        return "the address has fewer than three lines with the name"
    if len(said) > _MOST_LINES:
        return f"the address has {len(said)} lines with the name, more than seven"
    return ""


def unread_file(pages: int, size: int) -> str:
    """Say why Notify would not take a file of so many pages and bytes; empty where it would.

    Source: GOV.UK Notify takes a letter of at most ten pages and two megabytes.
    """
    if pages > MOST_PAGES:
        return f"It has {pages} pages; GOV.UK Notify posts letters of at most {MOST_PAGES}. Print it here instead."
    if size > MOST_BYTES:
        return "Its file is larger than the 2 MB that GOV.UK Notify takes. Print it here instead."
    return ""
