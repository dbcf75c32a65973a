"""Letters that lie ready handed to GOV.UK Notify to be printed and posted, and brought back while they have not gone.

Notify's envelope has its window elsewhere, so a letter is laid out once more for it; the file that was made for the
school's own envelope is kept, and the trail names it with its hash.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from letters.models import Letter, Message, PrintRun
from letters.queries.outbox import notify_posts_letters
from letters.queries.runs import at_notify, ready_letters
from letters.queries.still_due import verdicts
from letters.rules.notify_page import unread_address

from .outbox import stop_carrying

State = Letter.State
# What a letter is when it is to be made anew: nothing of what was printed before is kept on it.
_ANEW: Final[dict[str, Any]] = {
    "state": State.WAITING, "attempts": 0, "file": None, "made_at": None, "facts_sent": None, "words": "",
    "ended_why": "",
}  # fmt: skip


@dataclass
class HandedOver:
    """What became of the letters that were to go by Notify; those that stay are to be printed, each with the reason."""

    going: list[Letter] = field(default_factory=list)
    held_back: list[Letter] = field(default_factory=list)
    staying: list[tuple[Letter, str]] = field(default_factory=list)


def hand_to_notify(*, school: School, letter_ids: Collection[int], by: User, at: datetime) -> HandedOver:
    """Have Notify print and post letters that lie ready, instead of a print run.

    Each is read again now, again when it is laid out for Notify's page, and again before it is handed over: one that is
    not due any more is held back with the reason. One whose address Notify would not read stays for a print run.
    Raises Refused where Notify is not set up, and where none of them lies ready any more.
    """
    if not notify_posts_letters():
        raise Refused("GOV.UK Notify is not set up here: put the letters together and print them instead.")
    handed = HandedOver()
    with trail.signed(by=by, at=at, school_id=school.pk):
        rows = ready_letters(school, PrintRun.Order.POSTCODE, by).filter(pk__in=letter_ids)
        letters = list(
            rows.select_for_update(of=("self",), skip_locked=True)
            .select_related("policy", "episode", "pupil__tutor_group", "school", "file")
            .defer("file__content")
            .order_by("pk")
        )
        if not letters:
            raise Refused("None of these letters lies ready any more: look at the list again.")
        read = verdicts(letters, at=at)
        for letter in letters:
            if not read[letter.pk].is_due:
                letter.state, letter.ended_why = State.HELD_BACK, read[letter.pk].why_not[:300]
                handed.held_back.append(letter)
            elif why := unread_address([letter.to_name, *letter.to_address.splitlines()]):
                handed.staying.append((letter, why))
            else:
                handed.going.append(letter)
        Letter.objects.bulk_update(handed.held_back, ["state", "ended_why"])
        _make_anew(handed.going, Letter.Channel.NOTIFY, at)
        _say_handed(school, handed, by=by, at=at)
    return handed


def bring_back(*, school: School, letter_ids: Collection[int], by: User, at: datetime) -> list[Letter]:
    """Bring letters back from Notify that have not gone or that it refused: they are made anew for a print run.

    Raises Refused where none of them is to go by Notify any more, and where one is on the line this moment.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        # The post room locks a message before its letter: so does this, and neither waits for the other.
        on_the_line = stop_carrying(letter_ids, why="It is printed here instead.")
        found = at_notify(school, by).filter(pk__in=letter_ids).exclude(pk__in=on_the_line)
        letters = list(found.select_for_update(of=("self",)).select_related("file").defer("file__content"))
        if not letters:
            raise Refused("None of these letters can be brought back: each has gone, or is being handed over.")
        refused = Message.objects.filter(letter__in=letters, state=Message.State.FAILED)
        refused.update(state=Message.State.CANCELLED)
        before = _files(letters)
        _make_anew(letters, Letter.Channel.POST, at)
        trail.record(
            verb="brought letters back from Notify", by=by, at=at, school_id=school.pk, subject_kind="school",
            subject_id=school.pk, words=f"{_letters(len(letters))} to be printed here instead", before=before,
            after={"letters": [one.pk for one in letters]},
        )  # fmt: skip
    return letters


def _make_anew(letters: Sequence[Letter], channel: Letter.Channel, at: datetime) -> None:
    Letter.objects.filter(pk__in=[one.pk for one in letters]).update(channel=channel, due_at=at, **_ANEW)


def _files(letters: Sequence[Letter]) -> dict[str, Any]:
    """Name the file that each letter had until now."""
    return {"files": {str(one.pk): one.file.sha256 for one in letters if one.file}}


def _say_handed(school: School, handed: HandedOver, *, by: User, at: datetime) -> None:
    for letter in handed.held_back:
        trail.record(
            verb="letter", by=by, at=at, school_id=school.pk, subject_kind="letter", subject_id=letter.pk,
            words=f"{letter}: held back instead of going by Notify. {letter.ended_why}",
            before={"state": str(State.READY)}, after={"state": str(letter.state)},
        )  # fmt: skip
    trail.record(
        verb="handed letters to Notify", by=by, at=at, school_id=school.pk, subject_kind="school",
        subject_id=school.pk, words=f"{_letters(len(handed.going))} to be printed and posted by GOV.UK Notify",
        before=_files(handed.going),
        after={
            "letters": [one.pk for one in handed.going],
            "held_back": {str(one.pk): one.ended_why for one in handed.held_back},
            "stay": {str(one.pk): why for one, why in handed.staying},
        },
    )  # fmt: skip


def _letters(many: int) -> str:
    return "1 letter" if many == 1 else f"{many:,} letters"
