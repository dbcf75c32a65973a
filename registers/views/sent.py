"""What a register page sends: a batch of its script, or its whole form where no script runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict

from attendance_office import clock
from attendance_office.refusals import Conflict, Refused
from registers.actions.attendance import EntriesRefused, Entry, Saved
from registers.models import Pupil
from registers.queries.marks import Clash


class Unreadable(ValueError):
    """What was sent is not a save; its words say why."""


@dataclass(frozen=True)
class Sent:
    """One save as it was sent."""

    key: UUID
    entries: list[Entry]
    finish: bool


def read_json(request: HttpRequest, *, where: bool = False) -> Sent:
    """Read a batch: {"key", "finish", "entries": [{"pupil", "code", "minutes", "was", "where"}]}. Raises Unreadable.

    Where a pupil is who is not in a lesson is read with `where` alone, which a session's page does not ask.
    """
    try:
        body = json.loads(request.body)
        entries = [
            Entry(
                pupil_id=int(one["pupil"]),
                code=str(one["code"]),
                minutes_late=None if one.get("minutes") is None else int(one["minutes"]),
                comment=str(one.get("where") or "") if where else "",
                was=None if one.get("was") is None else str(one["was"]),
            )
            for one in body["entries"]
        ]
        return Sent(key=UUID(str(body["key"])), entries=entries, finish=body.get("finish") is True)
    except (ValueError, TypeError, KeyError, AttributeError) as broken:
        raise Unreadable("This is not a register: a key and entries are asked for.") from broken


def read_form(post: QueryDict, *, blank: str = "", blanks: Mapping[int, str] | None = None) -> Sent:
    """Read the whole form; a pupil without a code is left out, or has `blank`, or what `blanks` names, where given.

    Minutes beside a code that has none are a field left over, and are not sent on. Raises Unreadable.
    """
    entries = []
    try:
        for name, typed in post.items():
            if not name.startswith("code-"):
                continue
            pupil = int(name.removeprefix("code-"))
            code = str(typed).strip().upper() or (blank and (blanks or {}).get(pupil, blank))
            minutes = str(post.get(f"minutes-{pupil}", "")).strip()
            if post.get(f"keep-{pupil}") == "theirs" or not code:
                continue
            entries.append(
                Entry(
                    pupil_id=pupil,
                    code=code,
                    minutes_late=_minutes(minutes) if code in {"L", "U"} else None,
                    comment=str(post.get(f"where-{pupil}", "")) if code == "M" else "",
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


def answer_batch(request: HttpRequest, save: Callable[[Sent], Saved], *, where: bool = False) -> HttpResponse:
    """Save a batch of a page's script and answer it: what was saved, or in words why it was not."""
    try:
        saved = save(read_json(request, where=where))
    except Unreadable as unreadable:
        return JsonResponse({"words": str(unreadable)}, status=400)
    except Conflict as conflict:
        return JsonResponse({"words": str(conflict), "clashes": _said(conflict)}, status=409)
    except EntriesRefused as refused:
        return JsonResponse({"words": str(refused), "pupils": refused.by_pupil}, status=422)
    except Refused as refused:
        return JsonResponse({"words": str(refused)}, status=422)
    return JsonResponse(
        {
            "version": saved.version,
            "saved": time_of(saved.saved_at),
            "completed": time_of(saved.completed_at),
            "counts": saved.counts,
            "marks": saved.marks,
            "notes": saved.notes,
        }
    )


def asked_of(conflict: Conflict, sent: Sent) -> dict[str, Any]:
    """Give what a page asks where two people wrote: both entries of each pupil, and the rest of what was sent."""
    clashes = cast("list[Clash]", conflict.details)
    asked = {one.pupil_id for one in clashes}
    entries = {entry.pupil_id: entry for entry in sent.entries}
    return {
        "words": str(conflict),
        "clashes": [(clash, entries[clash.pupil_id]) for clash in clashes],
        "rest": [entry for entry in sent.entries if entry.pupil_id not in asked],
        "finish": sent.finish,
    }


def saved_line(name: str, saved: Saved) -> str:
    """Say what a save of a whole form did, and of whom a mark became another than was entered."""
    names = Pupil.objects.in_bulk(saved.notes) if saved.notes else {}
    counts, notes = saved.counts, " ".join(f"{names[pupil]}: {note}" for pupil, note in saved.notes.items())
    marked = counts["expected"] - counts["unmarked"]
    return f"{name}: saved {time_of(saved.saved_at)}, {marked} of {counts['expected']} marked. {notes}".strip()


def _said(conflict: Conflict) -> list[dict[str, Any]]:
    return [
        {"pupil": one.pupil_id, "yours": one.yours, "theirs": one.theirs, "who": one.who, "at": time_of(one.at)}
        for one in cast("list[Clash]", conflict.details)
    ]


def time_of(at: datetime | None) -> str:
    """Give an instant as the page says it, "" for none."""
    return f"{clock.local(at):%H:%M}" if at else ""
