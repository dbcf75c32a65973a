"""Names as a list sorts them and a search finds them: without accents, without case."""

from __future__ import annotations

import unicodedata
from typing import Final

# Letters that Unicode does not take apart into a plain letter and its sign.
_PLAIN: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_APOSTROPHES: Final = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u00a0": " "})


def folded(text: str) -> str:
    """Give a text in small letters without accents and with single spaces: "Łukasz  Nuñez" is "lukasz nunez".

    Source: house style (Unicode NFKD, marks taken away, casefold).
    """
    apart = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold().translate(_PLAIN)
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(plain.split())


def sort_name(surname: str, forename: str) -> str:
    """Give the key by which an English list sorts a person: surname, comma, forename, folded.

    Source: house style.
    """
    return f"{folded(surname)}, {folded(forename)}"
