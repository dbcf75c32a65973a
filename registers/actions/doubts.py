"""What is done with doubtful marks: the trawl that finds them, repairing them, and leaving them as they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from attendance_office.audit import trail
from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.models import Doubt, Mark
from registers.queries.doubt_search import Found, search
from registers.queries.doubts import TRAWLED
from registers.rules.codes import Half
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session

from .coding import Coded, Wanted, code_sessions, undo_coding

UNDO_FOR: Final = timedelta(minutes=10)
WEEKS: Final = 4
_AT_ONCE: Final = 1000
_Key = tuple[int, date, str, str]


@dataclass(frozen=True)
class Trawled:
    """What a trawl found: doubts by ground, and how many of them are new, came up again, or are gone."""

    by_ground: dict[str, int]
    new: int
    again: int
    gone: int
    open_now: int


def run_trawl(*, school: School, from_on: date, to_on: date, by: User | None, at: datetime) -> Trawled:
    """Search a period for doubtful marks and bring the worklist to what is found.

    A new doubt is opened; one that holds no more is gone; one that a person left comes up again only when its mark
    has changed since. Nothing of the register is touched.

    Raises Refused where the period ends before it begins.
    """
    if to_on < from_on:
        raise Refused(f"The period ends on {spoken_date(to_on)}, before it begins on {spoken_date(from_on)}.")
    found = {one.key: one for one in search(school.pk, from_on, to_on)}
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        held: dict[_Key, Doubt] = {
            (row.pupil_id, row.on, row.half, row.ground): row
            for row in Doubt.objects.filter(school=school, on__range=(from_on, to_on))
        }
        new = [_row(school, one, at) for key, one in found.items() if key not in held]
        Doubt.objects.bulk_create(new, batch_size=_AT_ONCE)
        again, changed = _come_again(held, found, at)
        gone = [row for key, row in held.items() if key not in found and row.state == Doubt.State.OPEN]
        for row in gone:
            row.state, row.settled_at = Doubt.State.GONE, at
        fields = ["code", "words", "proposed", "facts", "state", "found_at", "settled_at", "settled_by", "why"]
        Doubt.objects.bulk_update([*changed, *gone], fields, batch_size=_AT_ONCE)
        by_ground: dict[str, int] = {}
        for one in found.values():
            by_ground[one.ground] = by_ground.get(one.ground, 0) + 1
        open_now = Doubt.objects.filter(school=school, state=Doubt.State.OPEN).count()
        trawled = Trawled(by_ground, len(new), again, len(gone), open_now)
        trail.record(
            verb=TRAWLED,
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="doubt",
            words=f"{spoken_date(from_on)} to {spoken_date(to_on)}: {words_of(trawled)}",
            after={"grounds": by_ground, "new": len(new), "again": again, "gone": len(gone)},
        )
    return trawled


def trawl_job(*, school: School, on: date, by: User | None, at: datetime) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Do the weekly trawl over the last four weeks; give what it saw and did, and both in words."""
    trawled = run_trawl(school=school, from_on=on - timedelta(weeks=WEEKS), to_on=on, by=by, at=at)
    did = {"new": trawled.new, "again": trawled.again, "gone": trawled.gone}
    return {"grounds": trawled.by_ground}, did, words_of(trawled)


def words_of(trawled: Trawled) -> str:
    """Say what a trawl found."""
    total = sum(trawled.by_ground.values())
    if not total:
        return "No mark is doubtful."
    marks = "1 doubtful mark" if total == 1 else f"{total:,} doubtful marks"
    return (
        f"{marks}: {trawled.new} new, {trawled.again} again, {trawled.gone} put right since. {trawled.open_now} open."
    )


def repair(*, school: School, doubts: Collection[Doubt], code: str = "", reason: str, by: User, at: datetime) -> Coded:
    """Amend doubtful marks: each to the code proposed for it, or all to one code; give what became of them.

    A mark that says by now something else than when it was found is left.

    Raises Refused where a doubt has no proposal and no code is given, and as `code_sessions` does.
    """
    rows = [row for row in doubts if row.state == Doubt.State.OPEN]
    if not rows:
        raise Refused("Nothing is selected that is still open.")
    if not code and (without := sum(not row.proposed for row in rows)):
        raise Refused(f"{without} of them have no proposed code: choose one, or leave them with the reason.")
    marks = {
        (pupil, on, half): said
        for pupil, on, half, said in Mark.objects.filter(
            school=school, pupil__in={row.pupil_id for row in rows}, on__in={row.on for row in rows}
        ).values_list("pupil_id", "on", "half", "code")
    }
    fresh = {
        (row.pupil_id, row.on, row.half): row for row in rows if marks.get((row.pupil_id, row.on, row.half)) == row.code
    }
    if not fresh:
        raise Refused("Each of these marks was changed since the trawl: run it again.")
    with trail.signed(by=by, at=at, school_id=school.pk, reason=reason):
        coded = code_sessions(
            school=school,
            wanted=[Wanted(row.pupil_id, _session(row), code or row.proposed) for row in fresh.values()],
            over={row.code for row in fresh.values()},
            reason=reason,
            verb="repaired doubtful marks",
            words="Doubtful marks repaired",
            by=by,
            at=at,
        )
        done = {(one.pupil_id, one.session.on, one.session.half) for one, _ in coded.amended}
        _settle([row for key, row in fresh.items() if key in done], Doubt.State.REPAIRED, reason, by, at)
    return coded


def leave(*, school: School, doubts: Collection[Doubt], because: str, by: User | None, at: datetime) -> Entry:
    """Leave doubtful marks as they are, because; give the line of the trail by which it can be undone.

    Raises Refused without the reason and where nothing is open.
    """
    if not because.strip():
        raise Refused("Say why they are left: the reason is shown when they come up again.")
    rows = [row for row in doubts if row.state == Doubt.State.OPEN]
    if not rows:
        raise Refused("Nothing is selected that is still open.")
    with trail.signed(by=by, at=at, school_id=school.pk, reason=because):
        _settle(rows, Doubt.State.LEFT, because.strip(), by, at)
        return trail.record(
            verb="left doubtful marks",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="doubt",
            words=f"{len(rows)} doubtful {'mark' if len(rows) == 1 else 'marks'} left as they are",
            after={"doubts": [row.pk for row in rows]},
            reason=because,
        )


def undo_settling(*, school: School, entry_id: int, by: User, at: datetime) -> int:
    """Take back one's own repair or leaving within ten minutes; give how many doubts are open again.

    Raises Refused where it is another's, longer ago, or taken back already.
    """
    entry = Entry.objects.filter(pk=entry_id, school_id=school.pk, by_id=by.pk).first()
    if entry is None or entry.verb not in {"left doubtful marks", "repaired doubtful marks"}:
        raise Refused("There is nothing of yours to take back here.")
    if at - entry.at > UNDO_FOR:
        raise Refused("That was more than ten minutes ago.")
    with trail.signed(by=by, at=at, school_id=school.pk, reason="Undone"):
        if entry.verb == "repaired doubtful marks":
            undo_coding(school=school, entry_id=entry_id, by=by, at=at)
        state = Doubt.State.LEFT if entry.verb == "left doubtful marks" else Doubt.State.REPAIRED
        rows = Doubt.objects.filter(school=school, state=state, settled_at=entry.at, settled_by=by)
        back = rows.update(state=Doubt.State.OPEN, settled_at=None, settled_by=None, why="")
        if not back:
            raise Refused("That was taken back already.")
        trail.record(
            verb="undid the settling of doubts", by=by, at=at, school_id=school.pk, subject_kind="doubt",
            subject_id=entry.pk, words=f"{back} doubtful marks are open again", reason="Undone",
        )  # fmt: skip
    return back


def _row(school: School, one: Found, at: datetime) -> Doubt:
    return Doubt(
        school=school,
        pupil_id=one.pupil_id,
        on=one.session.on,
        half=one.session.half,
        ground=one.ground,
        code=one.code,
        words=one.words,
        proposed=one.proposed,
        facts=one.facts,
        found_at=at,
    )


def _come_again(held: dict[_Key, Doubt], found: dict[_Key, Found], at: datetime) -> tuple[int, list[Doubt]]:
    """Bring the doubts that are there to what was found; give how many came up again, and all that changed."""
    again, changed = 0, []
    for key, one in found.items():
        row = held.get(key)
        if row is None:
            continue
        stays = row.state == Doubt.State.LEFT and row.code == one.code
        said = (row.code, row.words, row.proposed, row.facts)
        if stays or (row.state == Doubt.State.OPEN and said == (one.code, one.words, one.proposed, one.facts)):
            continue
        if row.state != Doubt.State.OPEN:
            again += 1
            row.found_at, row.state = at, Doubt.State.OPEN
            row.settled_at, row.settled_by, row.why = None, None, ""
        row.code, row.words, row.proposed, row.facts = one.code, one.words, one.proposed, one.facts
        changed.append(row)
    return again, changed


def _settle(rows: Sequence[Doubt], state: Doubt.State, why: str, by: User | None, at: datetime) -> None:
    Doubt.objects.filter(pk__in=[row.pk for row in rows], state=Doubt.State.OPEN).update(
        state=state, settled_at=at, settled_by=by, why=why[:400]
    )


def _session(row: Doubt) -> Session:
    return Session(row.on, cast("Half", row.half))
