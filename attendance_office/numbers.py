"""Whole numbers as they come in addresses and forms, where anybody may type anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# Nine digits fit every column that is asked for; "²" is a digit to Python, and no number.
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}")


def whole(text: str | None) -> int | None:
    """Give the number a text is, or None where it is none."""
    return int(text) if text and _WHOLE.fullmatch(text) else None


def wholes(texts: Iterable[str]) -> list[int]:
    """Give the numbers among some texts, in their order."""
    return [number for text in texts if (number := whole(text)) is not None]
