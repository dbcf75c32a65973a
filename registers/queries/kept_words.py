"""Words that the office wrote freely: read by whoever works with the pupil, kept by the office from everyone else."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from attendance_office.staff.roles import Can

COMMENT_KEPT: Final = "comment kept by the office"
REASON_KEPT: Final = "reason kept by the office"


def reads_comments(allowed: Collection[Can]) -> bool:
    """Tell whether a person reads comments beside marks, why marks were amended, and what absence notes say.

    The absence line writes into them who rang and what is wrong with the child.
    """
    return Can.READ_COMMENTS in allowed


def reads_reasons(allowed: Collection[Can]) -> bool:
    """Tell whether a person reads why the record was changed: who keeps it, and who sees safeguarding.

    What is written there in free words may tell of anything, of a refuge as of a name.
    """
    return Can.EDIT_PUPILS in allowed or Can.SEE_SAFEGUARDING in allowed


def comment_for(words: str, allowed: Collection[Can]) -> str:
    """Give a comment to whoever reads comments; to everyone else, that there is one."""
    return words if not words or reads_comments(allowed) else COMMENT_KEPT


def reason_for(words: str, allowed: Collection[Can]) -> str:
    """Give the reason of an amendment to whoever reads comments; to everyone else, that there is one."""
    return words if not words or reads_comments(allowed) else REASON_KEPT
