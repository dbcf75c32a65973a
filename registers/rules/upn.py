"""The unique pupil number: a check letter, then twelve places."""

from __future__ import annotations

import re
from typing import Final

_LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"  # no I, O or S, which read as digits
_BODY: Final = re.compile(rf"[0-9]{{11}}[0-9{_LETTERS}]")
_SHAPE: Final = re.compile(rf"[{_LETTERS}]{_BODY.pattern}")


def check_upn(text: str) -> str:
    """Give a number in its plain form: capitals, without spaces. Permanent and temporary numbers are both
    right.

    Raises ValueError where it is not a unique pupil number, with words that say what would be right.

    Source: DfE Unique Pupil Numbers guide (check letter, temporary numbers).
    """
    upn = "".join(text.split()).upper()
    if not _SHAPE.fullmatch(upn):
        raise ValueError(
            f"{text!r} is not a unique pupil number: write a letter and 12 digits, like H801200001001 "
            "(a temporary one ends with a letter)."
        )
    right = check_letter(upn[1:])
    if upn[0] != right:
        raise ValueError(f"{upn} is not a unique pupil number: its check letter would be {right}, not {upn[0]}.")
    return upn


def check_letter(body: str) -> str:
    """Give the letter that leads the twelve places after it: the local authority, school, year and serial
    number.

    The places weigh 2 to 13; a temporary number's last letter scores its place in the alphabet, A being 0.

    Raises ValueError where the twelve places are not digits with at most a final letter.

    Source: DfE Unique Pupil Numbers guide.
    """
    if not _BODY.fullmatch(body):
        raise ValueError(
            f"After its letter a unique pupil number has 11 digits and a last digit or letter, not {body!r}."
        )
    scores = (_LETTERS.index(place) if place in _LETTERS else int(place) for place in body)
    return _LETTERS[sum(weight * score for weight, score in enumerate(scores, 2)) % len(_LETTERS)]


def temporary_upn(la_code: str, estab_number: str, year: int, serial: int) -> str:
    """Give a temporary number for a pupil whose own is not known: authority, school, year, serial and a letter.

    Raises ValueError where a part has not its digits, or the serial is past the last letter.

    Source: DfE Unique Pupil Numbers guide (temporary numbers end with a letter).
    """
    number, letter = divmod(serial, len(_LETTERS))
    body = f"{la_code}{estab_number}{year % 100:02d}{number:02d}{_LETTERS[letter]}"
    return check_letter(body) + body


def is_temporary(upn: str) -> bool:
    """True of a number that ends with a letter, given until the pupil's own is known.

    Raises ValueError where it is not a unique pupil number.

    Source: DfE Unique Pupil Numbers guide.
    """
    return check_upn(upn)[-1].isalpha()
