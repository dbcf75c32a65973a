"""A trawl by hand: the row waits, a task takes it on, counts, and says what came of it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from interventions.models import TrawlAsk
from interventions.queries.trawl_run import span_on
from interventions.queries.trawls import trawls_of

from .trawl import AGAIN_AFTER, made_just_now, trawl_job

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=5)
MOST_ATTEMPTS: Final = 3
State = TrawlAsk.State


def ask_trawl(*, school: School, by: User, at: datetime) -> TrawlAsk:
    """Ask for a trawl to now; a worker takes it on within seconds.

    Raises Refused while one that was asked for is open, within five minutes of a run to the same day, and before the
    year's first session.
    """
    on = clock.local(at).date()
    span = span_on(school, on, at)
    if span is None:
        raise Refused("The school year has no session yet to be counted.")
    made_just_now(trawls_of(school).filter(year_from=span.year_from, made_at__gt=at - AGAIN_AFTER), span, at)
    try:
        with trail.signed(by=by, at=at, school_id=school.pk):
            made = TrawlAsk.objects.create(school=school, asked_at=at, asked_by=by)
            trail.record(
                verb="asked for a trawl", by=by, at=at, school_id=school.pk, subject_kind="trawl_ask",
                subject_id=made.pk, words="A trawl for persistent absence",
            )  # fmt: skip
    except IntegrityError:
        raise Refused("A trawl is under way. It shows here when it has ended.") from None
    return made


def run_asked(*, at: datetime) -> int:
    """Make every trawl that was asked for and waits; give how many ended.

    However many workers call this, each is made by one. One whose worker died is taken over after five minutes, three
    times at most; a run and what says so are one transaction, so that none is made twice.
    """
    ended = 0
    while (ask := _claim(at)) is not None:
        ended += _run(ask, at)
    return ended


def _claim(at: datetime) -> TrawlAsk | None:
    with transaction.atomic():
        stuck = TrawlAsk.objects.filter(state=State.RUNNING, started_at__lte=at - LEASE)
        stuck.filter(attempts__gte=MOST_ATTEMPTS).update(
            state=State.FAILED, ended_at=at, words="Its worker stopped three times while counting."
        )
        takeable = Q(state=State.WAITING) | Q(state=State.RUNNING, started_at__lte=at - LEASE)
        rows = TrawlAsk.objects.filter(takeable).select_for_update(skip_locked=True, of=("self",))
        ask = rows.select_related("school", "asked_by").order_by("asked_at", "pk").first()
        if ask is None:
            return None
        ask.state, ask.started_at = State.RUNNING, at
        ask.attempts += 1
        ask.save()
        return ask


def _run(ask: TrawlAsk, at: datetime) -> bool:
    try:
        with transaction.atomic():
            if not _mine(ask).select_for_update().exists():
                return False
            _, did, words = trawl_job(school=ask.school, on=clock.local(at).date(), by=ask.asked_by, at=at)
            _mine(ask).update(state=State.DONE, ended_at=at, words=words[:600], trawl_id=did["trawl"])
    except Refused as refused:
        return bool(_mine(ask).update(state=State.REFUSED, ended_at=at, words=str(refused)[:600]))
    except Exception as error:  # one school's must not stop those behind it
        logger.exception("The trawl that was asked for as %s broke off.", ask.pk)
        words = f"It broke off and kept nothing ({type(error).__name__})."
        return bool(_mine(ask).update(state=State.FAILED, ended_at=at, words=words))
    return True


def _mine(ask: TrawlAsk) -> QuerySet[TrawlAsk]:
    """Give the row as long as this attempt still holds it."""
    return TrawlAsk.objects.filter(pk=ask.pk, state=State.RUNNING, attempts=ask.attempts)
