"""The post room proved: whether what was approved and written is all accounted for, and what is stuck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from attendance_office.jobs.models import Beat
from attendance_office.staff.models import School
from letters.models import Letter, Message, PrintRun

# The name under which the clock says that it proved.
PROVED: Final = "letters.prove_post"
# What waits longer than this beyond its time is stuck: a worker is down, or nothing works it.
GRACE: Final = timedelta(minutes=5)
_GONE: Final = (Letter.State.SENT, Letter.State.DELIVERED)
# States of a message that took its letter out of the house, or may have.
_TOOK: Final = (Message.State.SENT, Message.State.DELIVERED, Message.State.UNCERTAIN)


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
    """Prove a school's post room: four queries.

    What is counted on one side is never what is counted on the other. The approvals stand in the audit trail, which
    nobody can change; each of them has its letter, and each letter that says it was approved its approval. What lies
    ready has a run or a message that is to take it. What went was taken by one message or one posted run, once; what
    a message took says so. What was made has its message and its file, of the size it had.
    """
    return Proof(school=school, at=at, sums=(*_approvals(school), *_letters(school)), stuck=_stuck(school, at))


def proved_at() -> datetime | None:
    """Give when the clock last had every school's post room proved; None where it never did."""
    return Beat.objects.filter(name=PROVED).values_list("at", flat=True).first()


# Where the approvals of letters stand in the trail, with the letters named.
_APPROVALS: Final = {"approved letters": "school", "wrote letters": "letter template", "made certificates": "print run"}
_SQL: Final = """
    WITH said AS (
        SELECT DISTINCT jsonb_array_elements_text(e.after->'letters')::bigint AS id
        FROM audit_entry e
        WHERE e.school_id = %(school)s AND e.subject_kind = ANY(%(kinds)s) AND e.verb = ANY(%(verbs)s)
          AND jsonb_typeof(e.after->'letters') = 'array'
    )
    SELECT count(s.id), count(s.id) FILTER (WHERE l.id IS NOT NULL),
           count(l.id) FILTER (WHERE l.approved_at IS NOT NULL),
           count(l.id) FILTER (WHERE l.approved_at IS NOT NULL AND s.id IS NOT NULL)
    FROM said s
    FULL JOIN (SELECT id, approved_at FROM letters_letter WHERE school_id = %(school)s) l ON l.id = s.id
"""


def _approvals(school: School) -> tuple[Sum, Sum]:
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"school": school.pk, "kinds": [*_APPROVALS.values()], "verbs": [*_APPROVALS]}
        cursor.execute(_SQL, asked)
        said, there, approved, with_approval = cursor.fetchone()
    return (
        Sum("Letters approved in the audit trail, with their letter", said, there),
        Sum("Letters that say they were approved, with the approval in the trail", approved, with_approval),
    )


def _letters(school: School) -> tuple[Sum, ...]:
    messages = Message.objects.filter(letter=OuterRef("pk"))
    taken = Coalesce(
        Subquery(messages.filter(state__in=_TOOK).order_by().values("letter").annotate(n=Count("pk")).values("n")), 0
    )
    posted: Any = Q(print_run__state=PrintRun.State.POSTED, run_place__isnull=False)
    by_itself: Any = Q(channel__in=[Letter.Channel.EMAIL, Letter.Channel.NOTIFY])
    ready: Any = Q(state=Letter.State.READY)
    on_its_way = Exists(messages.filter(state__in=[Message.State.WAITING, Message.State.CLAIMED]))
    run_to_come: Any = Q(print_run=None) | ~Q(print_run__state=PrintRun.State.POSTED)
    to_be_taken: Any = Q(on_its_way=True) | (~by_itself & run_to_come)
    went: Any = Q(state__in=_GONE)
    mailed: Any = by_itself & Q(made_at__isnull=False)
    kept: Any = Q(made_at__isnull=False)
    whole: Any = Q(file__sha256__gt="", file__size=F("bytes"))
    found = (
        Letter.objects.filter(school=school)
        .annotate(taken=taken, on_paper=Case(When(posted, then=1), default=0))
        .annotate(on_its_way=on_its_way, has_message=Exists(messages))
        .annotate(bytes=Func(F("file__content"), function="octet_length", output_field=IntegerField()))
        .aggregate(
            ready=Count("pk", filter=ready),
            with_a_way=Count("pk", filter=ready & to_be_taken),
            went=Count("pk", filter=went),
            carried=Count("pk", filter=went & Q(taken=1 - F("on_paper"))),
            mailed=Count("pk", filter=mailed),
            with_message=Count("pk", filter=mailed & Q(has_message=True)),
            kept=Count("pk", filter=kept),
            with_file=Count("pk", filter=kept & whole),
        )
    )
    took = Message.objects.filter(school=school, letter__isnull=False, state__in=_TOOK)
    says_so: Any = Q(letter__state=F("state"))
    sides = took.aggregate(took=Count("pk"), said=Count("pk", filter=says_so))
    return (
        Sum("Letters lying ready, with the run or message that is to take them", found["ready"], found["with_a_way"]),
        Sum("Letters that went, with the one message or print run that took them", found["went"], found["carried"]),
        Sum("Messages that took a letter, with the letter that says so", sides["took"], sides["said"]),
        Sum("Letters made for e-mail or Notify, with their message", found["mailed"], found["with_message"]),
        Sum("Letters made, with their whole file", found["kept"], found["with_file"]),
    )


def _named(words: str) -> Value:
    return Value(words, output_field=CharField())


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
