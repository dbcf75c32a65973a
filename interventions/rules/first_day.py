"""What a parent's answer may mean, as a proposal for a person to agree to."""

from __future__ import annotations

import re
from typing import Final

_MEANS: Final = (
    ("M", re.compile(r"\b(dentist|doctor|gp|hospital|appointment|optician|orthodontist|clinic)\b", re.IGNORECASE)),
    (
        "I",
        re.compile(r"\b(ill|sick|unwell|poorly|vomit\w*|temperature|fever|cold|flu|headache)\b", re.IGNORECASE),
    ),
)


def proposed_code(text: str) -> str:
    """Give the code that the words of an answer propose, I or M; empty where they say neither.

    A proposal is shown beside the words and codes nothing: the person who reads them chooses.

    Source: SI 2024/208 reg 10 (I and M); house style.
    """
    return next((code for code, said in _MEANS if said.search(text)), "")
