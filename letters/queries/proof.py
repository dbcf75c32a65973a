"""The post room proved: whether what was approved and written is all accounted for, and what is stuck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, Value

from attendance_office.staff.models import School
from letters.models import Letter, Message, PrintRun

# What waits longer than this beyond its time is stuck: a worker is down, or nothing works it.
GRACE: Final = timedelta(minutes=5)
_OPEN: Final = (Letter.State.WAITING, Letter.State.CLAIMED, Letter.State.READY)
_GONE: Final = (Letter.State.SENT, Letter.State.DELIVERED)


@dataclass(frozen=True)
class Sum:
    """One sum of the proof: what there should be, and what was found."""

    words: str
    should: int
    found: int

    @property
    def fits(self) -> bool:
        """Tell whether both are one number."""
        return self.should == self.found


@dataclass(frozen=True)
class Stuck:
    """Something that should have moved on: what, how many, and since when the oldest."""

    words: str
    many: int
    since: datetime | None


@dataclass(frozen=True)
class Proof:
    """What a look at one school's post room found."""

    school: School
    at: datetime
    sums: tuple[Sum, ...]
    stuck: tuple[Stuck, ...]

    @property
    def fits(self) -> bool:
        """Tell whether every sum fits and nothing is stuck."""
        return all(one.fits for one in self.sums) and not self.stuck

    @property
    def words(self) -> str:
        """Say in a line what does not fit and what is stuck; that all does, where it does."""
        wrong = [f"{one.words}: {one.found:,} of {one.should:,}" for one in self.sums if not one.fits]
        return "; ".join(wrong + [f"{one.words}: {one.many:,}" for one in self.stuck]) or "Every sum fits"


def proof_of(school: School, *, at: datetime) -> Proof:
    """Prove a school's post room: five queries.

    Approved letters are the sum of what became of them; a letter that says it went was carried by a message that went
    or a print run that was posted; every letter by e-mail that is made has its one message.
    """
    letters = Letter.objects.filter(school=school, approved_at__isnull=False)
    by_state = dict(letters.order_by().values_list("state").annotate(many=Count("pk")))
    return Proof(
        school=school, at=at, sums=_sums(school, letters.count(), by_state), stuck=_stuck(school, at)
    )  # fmt: skip


def _sums(school: School, approved: int, by_state: Mapping[str, int]) -> tuple[Sum, ...]:
    ended = sum(by_state.get(state, 0) for state in Letter.State.values if state not in _OPEN)
    still_open = sum(by_state.get(state, 0) for state in _OPEN)
    carried: Any = Exists(Message.objects.filter(letter=OuterRef("pk"), state=OuterRef("state")))
    went: Any = Q(state__in=_GONE)
    posted: Any = Q(print_run__state=PrintRun.State.POSTED, run_place__isnull=False)
    found = Letter.objects.filter(school=school).aggregate(
        went=Count("pk", filter=went),
        carried=Count("pk", filter=went & (carried | posted)),
        mailed=Count("pk", filter=_by_mail()),
        with_message=Count("pk", filter=_by_mail() & Exists(Message.objects.filter(letter=OuterRef("pk")))),
        kept=Count("pk", filter=Q(made_at__isnull=False)),
        with_file=Count("pk", filter=Q(made_at__isnull=False, file__sha256__gt="")),
    )
    return (
        Sum("Approved letters with what became of each", approved, ended + still_open),
        Sum("Letters that went, with the message or print run that took them", found["went"], found["carried"]),
        Sum("Letters made for e-mail or Notify, with their message", found["mailed"], found["with_message"]),
        Sum("Letters made, with their file", found["kept"], found["with_file"]),
    )  # fmt: skip


def _named(words: str) -> Value:
    return Value(words, output_field=CharField())


def _by_mail() -> Any:
    return Q(channel__in=[Letter.Channel.EMAIL, Letter.Channel.NOTIFY], made_at__isnull=False)


def _stuck(school: School, at: datetime) -> tuple[Stuck, ...]:
    late, letters = at - GRACE, Letter.objects.filter(school=school)
    messages = Message.objects.filter(school=school)
    waiting = letters.filter(state=Letter.State.WAITING, due_at__lte=late)
    making = Letter.objects.filter(school=school, state=Letter.State.CLAIMED, claimed_at__lte=late).order_by(
        "claimed_at"
    )
    unsent = messages.filter(state=Message.State.WAITING, due_at__lte=late)
    held = Message.objects.filter(school=school, state=Message.State.CLAIMED, claimed_at__lte=late).order_by(
        "claimed_at"
    )
    runs = PrintRun.objects.filter(school=school, state=PrintRun.State.WAITING, made_at__lte=late)
    stopped = PrintRun.objects.filter(school=school, state=PrintRun.State.STOPPED)
    rows = (
        waiting.annotate(what=_named("Letters waiting to be made"), since=F("due_at")),
        making.annotate(what=_named("Letters being made for too long"), since=F("claimed_at")),
        unsent.annotate(what=_named("Messages waiting to be sent"), since=F("due_at")),
        held.annotate(what=_named("Messages on their way for too long"), since=F("claimed_at")),
        runs.annotate(what=_named("Print runs waiting to be put together"), since=F("made_at")),
        stopped.annotate(what=_named("Print runs that could not be put together"), since=F("made_at")),
    )
    found: dict[str, list[datetime]] = {}
    first, *rest = (one.order_by().values_list("what", "since") for one in rows)
    for what, since in first.union(*rest, all=True):
        found.setdefault(what, []).append(since)
    return tuple(Stuck(what, len(since), min(since)) for what, since in sorted(found.items()))
