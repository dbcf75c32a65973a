"""Coded marks out to another system: rows made from marks and amendments, claimed, read again, handed over, stamped.

Each step is its own commit. What broke before the hand-over is tried again; what broke inside it is uncertain and a
person's to settle; nothing is handed over a second time by itself. No register waits for any of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from registers.feeds.remote import Remote, Sending, Trouble, Unknown
from registers.models import Link, Writeback
from registers.queries.links import Now, as_they_stand, names_there

from .remotes import remote_of, say_outward

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=6)
LADDER: Final = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60), timedelta(hours=4),
    timedelta(hours=12),
)  # fmt: skip
BATCH: Final = 50
HOLDS: Final = timedelta(minutes=15)
UNNAMED: Final = timedelta(hours=1)
# No transaction that marks pupils takes longer: what is older than this is committed or never will be.
SETTLES_IN: Final = timedelta(minutes=3)
State = Writeback.State

_GATHER: Final = """
    WITH fresh AS (
        SELECT m.id FROM registers_mark m
        WHERE m.school_id = %(school)s AND m.id > %(marks)s AND m.origin <> 'import'
        UNION
        SELECT a.mark_id FROM registers_amendment a
        WHERE a.school_id = %(school)s AND a.id > %(amendments)s AND a.reason NOT LIKE 'Imported from %%'
    ), made AS (
        INSERT INTO registers_writeback
            (school_id, link_id, mark_id, pupil_id, "on", half, code, key, state, made_at, attempts, next_at,
             remote_id, error)
        SELECT m.school_id, %(link)s, m.id, m.pupil_id, m."on", m.half, m.code,
               m.id || ':' || coalesce((SELECT max(a.id) FROM registers_amendment a WHERE a.mark_id = m.id), 0),
               'waiting', %(at)s, 0, %(at)s, '', ''
        FROM fresh JOIN registers_mark m ON m.id = fresh.id
        ORDER BY m.id
        ON CONFLICT (link_id, key) DO NOTHING
        RETURNING id, pupil_id, "on", half
    ), overtaken AS (
        UPDATE registers_writeback w SET state = 'overtaken', error = ''
        FROM made
        WHERE w.link_id = %(link)s AND w.pupil_id = made.pupil_id AND w."on" = made."on" AND w.half = made.half
          AND w.state = 'waiting'
    )
    SELECT count(*) FROM made
"""
_MOVE_ON: Final = """
    UPDATE registers_link SET
        wrote_to = greatest(wrote_to, coalesce((
            SELECT max(id) FROM registers_mark
            WHERE school_id = %(school)s AND id > %(marks)s AND recorded_at <= %(settled)s), 0)),
        wrote_amendments_to = greatest(wrote_amendments_to, coalesce((
            SELECT max(id) FROM registers_amendment
            WHERE school_id = %(school)s AND id > %(amendments)s AND at <= %(settled)s), 0))
    WHERE id = %(link)s
"""
_TAKEN_BACK: Final = """
    INSERT INTO registers_writeback
        (school_id, link_id, mark_id, pupil_id, "on", half, code, key, state, made_at, attempts, next_at, remote_id,
         error)
    SELECT t.school_id, %(link)s, t.mark_id, t.pupil_id, t."on", t.half, t.code, t.mark_id || ':back', 'failed',
           %(at)s, 0, %(at)s, '',
           'Taken back here after it had gone. Take it out there by hand, then say that it is done.'
    FROM registers_takenbackmark t
    WHERE t.school_id = %(school)s AND EXISTS (
        SELECT FROM registers_writeback w
        WHERE w.link_id = %(link)s AND w.pupil_id = t.pupil_id AND w."on" = t."on" AND w.mark_id = t.mark_id
          AND w.state IN ('sent', 'uncertain'))
    ON CONFLICT (link_id, key) DO NOTHING
"""
# What was in doubt or refused of a session no longer matters once a later code of it has arrived.
_OVERTAKE: Final = """
    UPDATE registers_writeback e SET state = 'overtaken' FROM registers_writeback s
    WHERE s.id = ANY(%s) AND e.link_id = s.link_id AND e.pupil_id = s.pupil_id AND e."on" = s."on" AND e.half = s.half
      AND e.id < s.id AND e.state IN ('failed', 'uncertain')
"""


def write_back(*, at: datetime, in_time: Callable[[], bool]) -> int:
    """Make rows of what was marked and amended since, and hand over what waits; give how many marks arrived.

    Of any number of workers one has a row. `in_time` says whether there is time for another hand-over.
    """
    settle_stuck(at=at)
    arrived = 0
    for link in Link.objects.filter(is_on=True, writes_back=True).select_related("school").order_by("pk"):
        try:
            gather(link=link, at=at)
            arrived += _deliver(link, at, in_time)
        except Exception:  # one school's link must not stop the others'
            logger.exception("Link %s could not be written to.", link.pk)
    return arrived


def gather(*, link: Link, by: User | None = None, at: datetime) -> int:
    """Make a waiting row for each mark made or amended since the last look; give how many are new.

    A row of the same mark that still waits is overtaken: only the newest code goes. Marks and amendments that came from
    files are left out: they are the other system's own, or of years it has.
    """
    asked: dict[str, Any] = {
        "school": link.school_id,
        "link": link.pk,
        "marks": link.wrote_to,
        "amendments": link.wrote_amendments_to,
        "at": at,
        "settled": at - SETTLES_IN,
    }
    with trail.signed(by=by, at=at, school_id=link.school_id), connection.cursor() as cursor:
        cursor.execute(_GATHER, asked)
        (made,) = cursor.fetchone()
        cursor.execute(_TAKEN_BACK, asked)
        cursor.execute(_MOVE_ON, asked)
    return int(made)


def _deliver(link: Link, at: datetime, in_time: Callable[[], bool]) -> int:
    arrived = 0
    while in_time():
        claim, rows = _claim(link, at)
        if not rows:
            return arrived
        try:
            arrived += _hand_over(link, claim, rows, at)
        except Trouble as trouble:
            _hold_all(link, claim, trouble, at)
            return arrived
    return arrived


def _claim(link: Link, at: datetime) -> tuple[UUID, list[Writeback]]:
    """Take rows that are due, the longest waiting first; one that was refused before goes alone."""
    claim = uuid4()
    due = Writeback.objects.filter(link=link, state=State.WAITING, next_at__lte=at).order_by("next_at", "pk")
    due = due.exclude(mark_id__in=Writeback.objects.filter(link=link, state=State.CLAIMED).values("mark_id"))
    keys = list(due.filter(attempts=0).values_list("pk", flat=True)[:BATCH])
    keys = keys or list(due.values_list("pk", flat=True)[:1])
    taken = Writeback.objects.filter(pk__in=keys, state=State.WAITING)
    taken.update(state=State.CLAIMED, claim=claim, claimed_at=at, handed_at=None)
    return claim, list(Writeback.objects.filter(claim=claim, state=State.CLAIMED).order_by("pk")) if keys else []


@dataclass(frozen=True)
class _Ready:
    row: Writeback
    sending: Sending


def _hand_over(link: Link, claim: UUID, rows: Sequence[Writeback], at: datetime) -> int:
    """Read the marks again and hand over those that stand; give how many arrived.

    Raises Trouble that would meet every mark alike.
    """
    remote = remote_of(link)
    ready = _ready(link, rows, at)
    if not ready:
        return 0
    keys = [one.row.pk for one in ready]
    mine = Writeback.objects.filter(pk__in=keys, claim=claim, state=State.CLAIMED)
    if mine.update(handed_at=at) != len(keys):
        return 0  # the lease ran out and another hand has some of them
    return _send(link, remote, ready, claim, at)


def _send(link: Link, remote: Remote, ready: Sequence[_Ready], claim: UUID, at: datetime) -> int:
    mine = Writeback.objects.filter(pk__in=[one.row.pk for one in ready], claim=claim, state=State.CLAIMED)
    try:
        number = remote.send_marks([one.sending for one in ready])
    except Unknown as doubt:
        with transaction.atomic():
            many = mine.update(state=State.UNCERTAIN, error=str(doubt)[:400])
            _record(link, f"{many} coded marks may or may not have arrived: {doubt}", at)
        say_outward(link, str(doubt), at=at)
        return 0
    except Trouble as trouble:
        mine.update(handed_at=None)
        if trouble.of_the_link:
            raise
        _refused(link, ready, claim, trouble, at)
        return 0
    with transaction.atomic():
        many = mine.update(state=State.SENT, sent_at=at, remote_id=number, error="", claim=None)
        with connection.cursor() as cursor:
            cursor.execute(_OVERTAKE, [[one.row.pk for one in ready]])
    say_outward(link, "", at=at)
    return many


def _ready(link: Link, rows: Sequence[Writeback], at: datetime) -> list[_Ready]:
    """Give what can go of claimed rows. One whose mark says something else by now is overtaken; one without a name
    there waits for it.
    """
    marks = as_they_stand([row.mark_id for row in rows])
    pupils, codes = names_there(link, [row.pupil_id for row in rows])
    found: list[_Ready] = []
    for row in rows:
        mark = marks.get(row.mark_id)
        if mark is None:
            _end(row, State.OVERTAKEN, "The mark was taken back here before it went.")
        elif mark.key != row.key:
            _end(row, State.OVERTAKEN, "")
        elif row.pupil_id not in pupils:
            _wait_for_name(row, "The pupil's id in Wonde is not known here yet: bring the pupils in.", at)
        elif mark.code not in codes:
            _wait_for_name(row, f"No attendance code of Wonde's is matched to {mark.code} yet.", at)
        else:
            found.append(_Ready(row, _sending(link, mark, pupils[row.pupil_id], codes[mark.code])))
    return found


def _sending(link: Link, mark: Now, student_id: str, code_id: str) -> Sending:
    comment = mark.comment if link.writes_comments else ""
    return Sending(student_id, mark.on, mark.half, code_id, mark.minutes_late, comment)


def _mine(row: Writeback) -> Any:
    return Writeback.objects.filter(pk=row.pk, claim=row.claim, state=State.CLAIMED)


def _end(row: Writeback, state: State, words: str) -> None:
    _mine(row).update(state=state, error=words, claim=None)


def _wait_for_name(row: Writeback, words: str, at: datetime) -> None:
    _mine(row).update(state=State.WAITING, claim=None, claimed_at=None, next_at=at + UNNAMED, error=words)


def _hold_all(link: Link, claim: UUID, trouble: Trouble, at: datetime) -> None:
    """Let all of a link's rows rest: what is wrong would meet each of them. It costs none of them an attempt."""
    until = at + (trouble.wait or HOLDS)
    with transaction.atomic():
        mine = Writeback.objects.filter(link=link, claim=claim, state=State.CLAIMED)
        mine.update(state=State.WAITING, claim=None, claimed_at=None, handed_at=None, error=str(trouble)[:400])
        Writeback.objects.filter(link=link, state=State.WAITING, next_at__lt=until).update(next_at=until)
    say_outward(link, str(trouble), at=at)


def _refused(link: Link, ready: Sequence[_Ready], claim: UUID, trouble: Trouble, at: datetime) -> None:
    """Send what was refused together one by one; what is refused alone has failed."""
    rows = Writeback.objects.filter(pk__in=[one.row.pk for one in ready], claim=claim, state=State.CLAIMED)
    if len(ready) > 1:
        rows.update(state=State.WAITING, claim=None, claimed_at=None, attempts=1, next_at=at, error=str(trouble)[:400])
        return
    with transaction.atomic():
        rows.update(state=State.FAILED, claim=None, error=str(trouble)[:400])
        _record(link, f"A coded mark was refused there: {trouble}", at)


def settle_stuck(*, at: datetime) -> dict[str, int]:
    """Put right what a dead worker left: not yet handed over goes back to wait, else it is uncertain."""
    stuck = Writeback.objects.filter(state=State.CLAIMED, claimed_at__lte=at - LEASE)
    doubtful = stuck.filter(handed_at__isnull=False).update(
        state=State.UNCERTAIN, error="Its worker stopped during the hand-over."
    )
    waiting = 0
    for row in stuck.filter(handed_at=None):
        attempts = row.attempts + 1
        if attempts > len(LADDER):
            waiting += _mine(row).update(state=State.FAILED, error="Its worker stopped before each hand-over.")
            continue
        waiting += _mine(row).update(
            state=State.WAITING, claim=None, claimed_at=None, attempts=attempts, next_at=at + LADDER[attempts - 1]
        )
    return {"waiting": waiting, "uncertain": doubtful}


def settle(*, link: Link, keys: Sequence[int], arrived: bool, by: User, at: datetime) -> int:
    """Settle by a person's word what may have arrived or was refused: it stands there, or it is sent again.

    Raises Refused where none of them is in doubt any more, and for marks taken back, which cannot be sent.
    """
    open_rows = Writeback.objects.filter(link=link, pk__in=keys, state__in=[State.UNCERTAIN, State.FAILED])
    with trail.signed(by=by, at=at, school_id=link.school_id):
        rows = list(open_rows.select_for_update())
        if not rows:
            raise Refused("None of these is in doubt any more. Look at them again.")
        if not arrived and any(row.key.endswith(":back") for row in rows):
            raise Refused("A mark that was taken back here cannot be sent: take it out there, and say it is done.")
        if arrived:
            open_rows.update(state=State.SENT, sent_at=at, error="")
        else:
            open_rows.update(
                state=State.WAITING, claim=None, claimed_at=None, handed_at=None, attempts=0, next_at=at, error=""
            )
        words = "stand there, as they say" if arrived else "are to be sent again"
        trail.record(
            verb="settled marks written back",
            by=by,
            at=at,
            school_id=link.school_id,
            subject_kind="link",
            subject_id=link.pk,
            words=f"{link}: {len(rows)} coded marks {words}",
            before={str(row.pk): row.state for row in rows[:200]},
        )
    return len(rows)


def _record(link: Link, words: str, at: datetime) -> None:
    trail.record(
        verb="wrote marks back",
        by=None,
        at=at,
        school_id=link.school_id,
        subject_kind="link",
        subject_id=link.pk,
        words=f"{link}: {words}",
    )
