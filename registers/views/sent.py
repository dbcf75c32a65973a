"""What a register page sends: a batch of its script, or its whole form where no script runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, QueryDict

from registers.actions.attendance import Entry


class Unreadable(ValueError):
    """What was sent is not a save; its words say why."""


@dataclass(frozen=True)
class Sent:
    """One save as it was sent."""

    key: UUID
    entries: list[Entry]
    finish: bool


def read_json(request: HttpRequest) -> Sent:
    """Read a batch: {"key", "finish", "entries": [{"pupil", "code", "minutes", "was"}]}. Raises Unreadable."""
    try:
        body = json.loads(request.body)
        entries = [
            Entry(
                pupil_id=int(one["pupil"]),
                code=str(one["code"]),
                minutes_late=None if one.get("minutes") is None else int(one["minutes"]),
                was=None if one.get("was") is None else str(one["was"]),
            )
            for one in body["entries"]
        ]
        return Sent(key=UUID(str(body["key"])), entries=entries, finish=body.get("finish") is True)
    except (ValueError, TypeError, KeyError, AttributeError) as broken:
        raise Unreadable("This is not a register: a key and entries are asked for.") from broken


def read_form(post: QueryDict, *, blank: str = "") -> Sent:
    """Read the whole form; a pupil without a code is left out, or has `blank` where that is given.

    Minutes beside a code that has none are a field left over, and are not sent on. Raises Unreadable.
    """
    entries = []
    try:
        for name, typed in post.items():
            if not name.startswith("code-"):
                continue
            pupil = int(name.removeprefix("code-"))
            code = str(typed).strip().upper() or blank
            minutes = str(post.get(f"minutes-{pupil}", "")).strip()
            if post.get(f"keep-{pupil}") == "theirs" or not code:
                continue
            entries.append(
                Entry(
                    pupil_id=pupil,
                    code=code,
                    minutes_late=_minutes(minutes) if code in {"L", "U"} else None,
                    was=post.get(f"was-{pupil}"),
                )
            )
        return Sent(key=UUID(str(post.get("key"))), entries=entries, finish="finish" in post)
    except ValueError as broken:
        raise Unreadable("This is not a register: load the page again.") from broken


def _minutes(typed: str) -> int | None:
    # What is not a number is refused by the action as minutes that cannot be.
    if not typed:
        return None
    return int(typed) if typed.isdecimal() and len(typed) < 5 else 0
