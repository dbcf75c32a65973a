"""What is done with the trawl: a run is made and frozen, and a person takes up or puts aside what it proposes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from interventions.models import CaseProposal, Trawl
from interventions.queries import trawls as answers
from interventions.queries.trawl_run import Span, raise_open, span_on, write_lines, write_proposals
from interventions.queries.trawls import Summary
from interventions.rules.trawl import Moved
from registers.rules.dates import spoken_date

from .patterns import find_patterns, words_of

AGAIN_AFTER: Final = timedelta(minutes=5)
UNDO_FOR: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Trawled:
    """A run just made: its numbers against the run before, and the cases it proposes."""

    trawl: Trawl
    numbers: Summary
    proposed: int
    raised: int = 0

    @property
    def words(self) -> str:
        """Say what it saw."""
        numbers, moves = self.numbers, self.numbers.moves
        words = (
            f"{numbers.pupils:,} pupils to {spoken_date(self.trawl.counted_to)}: {numbers.persistent} persistently"
            f" absent, {numbers.severe} of them severely."
        )
        if self.trawl.since_id:
            down, up = moves.get(Moved.BELOW_90, 0), moves.get(Moved.ABOVE_90, 0)
            words += f" Since the run before {down} fell to 90 % and {up} rose above it."
        cases = "1 case" if self.proposed == 1 else f"{self.proposed} cases"
        words = f"{words} {cases} proposed." if self.proposed else f"{words} No case proposed."
        if self.raised:
            words += f" {self.raised} that {'is' if self.raised == 1 else 'are'} open stood on a lighter ground before."
        return words


def run_trawl(*, school: School, on: date, by: User | None, at: datetime) -> Trawled:
    """Count every pupil on roll and freeze it; propose cases. The number of statements is the same for any school.

    Raises Refused for a day to come, before the year's first session, and where a person asks within five minutes of
    a run that counts to the same day.
    """
    if on > clock.local(at).date():
        raise Refused("That day has not come yet.")
    span = span_on(school, on, at)
    if span is None:
        raise Refused("The school year has no session yet to be counted.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        there = list(answers.trawls_of(school).filter(year_from=span.year_from))
        if by is not None:
            made_just_now(there, span, at)
        trawl = Trawl.objects.create(
            school=school,
            on=on,
            counted_to=span.counted_to,
            year_from=span.year_from,
            term_from=span.term_from,
            weeks_from=span.weeks_from,
            made_at=at,
            made_by=by,
            since=answers.earlier(there, on=on, year_from=span.year_from),
        )
        write_lines(trawl)
        raised, proposed = raise_open(trawl), write_proposals(trawl)
        trawled = Trawled(trawl, answers.summary(trawl, trawl.since), proposed, len(raised))
        trail.record(
            verb="trawled for persistent absence",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="trawl",
            subject_id=trawl.pk,
            words=trawled.words,
            after={"pupils": trawled.numbers.pupils, "proposed": proposed} | ({"raised": raised} if raised else {}),
        )
    return trawled


def made_just_now(there: Iterable[Trawl], span: Span, at: datetime) -> None:
    """Refuse where one of these runs counts to the same day and was made within five minutes."""
    for one in there:
        if one.counted_to == span.counted_to and abs(at - one.made_at) < AGAIN_AFTER:
            raise Refused(
                f"A run to {spoken_date(span.counted_to)} was made at {clock.local(one.made_at):%H:%M}."
                " Look at that one, or ask again in five minutes."
            )


def trawl_job(*, school: School, on: date, by: User | None, at: datetime) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Do the weekly trawl and search it for patterns; give what it saw and did, and both in words."""
    with transaction.atomic():
        trawled = run_trawl(school=school, on=on, by=by, at=at)
        searched = find_patterns(trawl=trawled.trawl, by=by, at=at)
    numbers = trawled.numbers
    saw = {"pupils": numbers.pupils, "persistent": numbers.persistent, "severe": numbers.severe}
    saw |= {move.value: many for move, many in numbers.moves.items()}
    did = {"proposed": trawled.proposed, "trawl": trawled.trawl.pk, "patterns": len(searched.found)}
    return saw, did, f"{trawled.words} {words_of(searched)}"


def take_up(*, school: School, proposals: Collection[CaseProposal], why: str = "", by: User, at: datetime) -> Entry:
    """Take proposals up, so that their cases may begin; give the line of the trail by which it can be undone.

    Raises Refused where nothing selected is open any more.
    """
    return _settle(school, proposals, CaseProposal.State.TAKEN_UP, why.strip(), by=by, at=at)


def put_aside(*, school: School, proposals: Collection[CaseProposal], why: str, by: User, at: datetime) -> Entry:
    """Put proposals aside, because; they come up again this school year on a graver ground alone.

    Raises Refused without the reason, and where nothing selected is open any more.
    """
    if not why.strip():
        raise Refused("Say why they are put aside: the reason stays beside them.")
    return _settle(school, proposals, CaseProposal.State.PUT_ASIDE, why.strip(), by=by, at=at)


def undo_settling(*, school: School, entry_id: int, by: User, at: datetime) -> int:
    """Take back one's own taking up or putting aside within ten minutes; give how many are open again.

    Raises Refused where it is another's, longer ago, taken back already, or the pupil has been proposed again since.
    """
    entry = Entry.objects.filter(pk=entry_id, school_id=school.pk, by_id=by.pk, verb__in=_VERBS.values()).first()
    if entry is None:
        raise Refused("There is nothing of yours to take back here.")
    if at - entry.at > UNDO_FOR:
        raise Refused("That was more than ten minutes ago.")
    with trail.signed(by=by, at=at, school_id=school.pk, reason="Undone"):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        rows = CaseProposal.objects.filter(
            school=school, pk__in=(entry.after or {}).get("proposals", []), settled_at=entry.at, settled_by=by
        )
        opened = CaseProposal.objects.filter(school=school, state=CaseProposal.State.PROPOSED)
        if opened.filter(pupil__in=rows.values("pupil")).exists():
            raise Refused("A run has proposed one of these pupils again since: settle that proposal.")
        back = rows.update(state=CaseProposal.State.PROPOSED, settled_at=None, settled_by=None, why="")
        if not back:
            raise Refused("That was taken back already.")
        trail.record(
            verb="undid the settling of proposals", by=by, at=at, school_id=school.pk, subject_kind="case_proposal",
            subject_id=entry.pk, words=f"{_proposals(back)} open again", reason="Undone",
        )  # fmt: skip
    return back


_VERBS: Final = {CaseProposal.State.TAKEN_UP: "took up proposals", CaseProposal.State.PUT_ASIDE: "put proposals aside"}


def _settle(
    school: School,
    proposals: Collection[CaseProposal],
    state: CaseProposal.State,
    why: str,
    *,
    by: User,
    at: datetime,
) -> Entry:
    with trail.signed(by=by, at=at, school_id=school.pk, reason=why):
        rows = list(
            CaseProposal.objects.select_for_update()
            .filter(school=school, pk__in=[one.pk for one in proposals], state=CaseProposal.State.PROPOSED)
            .order_by("pk")
        )
        if not rows:
            raise Refused("Nothing is selected that is still open.")
        keys = [row.pk for row in rows]
        CaseProposal.objects.filter(pk__in=keys).update(state=state, settled_at=at, settled_by=by, why=why[:400])
        return trail.record(
            verb=_VERBS[state],
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="case_proposal",
            subject_id=keys[0] if len(keys) == 1 else "",
            words=f"{_proposals(len(rows))} {state.label.lower()}",
            before={"state": CaseProposal.State.PROPOSED.value},
            after={"state": state.value, "proposals": keys},
            reason=why,
        )


def _proposals(many: int) -> str:
    return "1 proposal" if many == 1 else f"{many} proposals"
