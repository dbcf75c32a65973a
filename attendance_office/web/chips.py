"""The tint of a code on screen, by what the code counts as; the law itself is registers/rules/codes.py.

This room may not read the registers, so the symbols stand here a second time; a test holds the two together.
"""

from typing import Final

PRESENT: Final = "p"
LATE: Final = "l"
AUTHORISED: Final = "a"
UNAUTHORISED: Final = "u"
NOT_POSSIBLE: Final = "x"
MISSING: Final = "m"

FAMILY_NAMES: Final[dict[str, str]] = {
    PRESENT: "present",
    LATE: "late",
    AUTHORISED: "authorised",
    UNAUTHORISED: "unauthorised",
    NOT_POSSIBLE: "not possible",
    MISSING: "not marked",
}

_SYMBOLS: Final[dict[str, tuple[str, ...]]] = {
    # J, F, H and Y ended on 18 Aug 2024 and are still read in older years.
    PRESENT: ("/", "\\", "B", "J", "K", "P", "V", "W"),
    LATE: ("L",),
    AUTHORISED: ("C", "C1", "C2", "E", "F", "H", "I", "J1", "M", "R", "S", "T"),
    UNAUTHORISED: ("G", "N", "O", "U"),
    NOT_POSSIBLE: ("D", "Q", "X", "Y", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7", "Z", "#"),
}
_FAMILY_BY_SYMBOL: Final = {symbol: family for family, symbols in _SYMBOLS.items() for symbol in symbols}

# Marks of lessons are letters of their own: there, late, not there, elsewhere in school and known.
LESSON_FAMILIES: Final[dict[str, str]] = {"/": PRESENT, "L": LATE, "N": UNAUTHORISED, "M": NOT_POSSIBLE}


def family_of(symbol: str | None) -> str:
    """Give the css class of a code: p, l, a, u or x; m for no mark and for what is no code.

    Late before close (L) is tinted as late; late after close (U) is an absence and tinted as one.

    Source: SI 2024/208 reg 10 Tables 1-3, by way of registers/rules/codes.py.
    """
    return _FAMILY_BY_SYMBOL.get(symbol or "", MISSING)
