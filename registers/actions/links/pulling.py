"""Bringing in what changed in another system: fetched page by page, kept as files, and read as any file is.

A run is one row. It fetches a list, makes a file of it, waits until that was read, and goes on to the next; each step
is its own commit, so that whoever comes after a dead worker goes on where it stopped. How far the school's record is
brought up to moves on only when all of a run's files stand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from attendance_office import clock
from attendance_office.refusals import Refused
from registers.actions.imports.uploads import Brought, ask_import, upload_file
from registers.feeds import wonde_files
from registers.feeds.remote import ListName, Trouble
from registers.feeds.systems import can_be_read
from registers.feeds.table import LARGEST
from registers.models import Import, Link, Pull, PullPage

from .keeping import OPEN, end_pull
from .remotes import remote_of, say_inward

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=6)
LADDER: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
LONGEST_REST: Final = timedelta(hours=24)
OVERLAP: Final = timedelta(minutes=10)
STALE: Final = timedelta(hours=20)
_LIST_OF: Final[Mapping[str, ListName]] = {"pupils": "students", "contacts": "students", "marks": "marks"}
_FILE_OF: Final = {"pupils": "Wonde pupils", "contacts": "Wonde contacts", "marks": "Wonde session marks"}
_WAITS: Final = frozenset({Import.State.UPLOADED, Import.State.CHECKED})
_WORKS: Final = frozenset({Import.State.WAITING, Import.State.RUNNING})
State = Pull.State


class Lost(Exception):
    """Another worker holds the run by now: what this one did last is undone with its transaction."""


class Pause(Exception):
    """The run goes on at the next look; its words, if any, are for the link's page."""


def pull_due(*, at: datetime, in_time: Callable[[], bool]) -> int:
    """Begin the runs that are due and take every open one as far as it goes; give how many were taken on.

    However many workers call it, one of them has a run. `in_time` says whether there is time for another page.
    """
    _begin_due(at)
    _free_stuck(at)
    done = 0
    for pk in (
        Pull.objects.filter(state__in=OPEN, next_at__lte=at).order_by("next_at", "pk").values_list("pk", flat=True)
    ):
        if not in_time():
            break
        pull = _claim(pk, at)
        if pull is not None:
            _take_on(pull, at, in_time)
            done += 1
    return done


def _begin_due(at: datetime) -> None:
    due = Link.objects.filter(is_on=True, pulls=True).exclude(pulls_made__state__in=OPEN)
    for link in due.exclude(next_pull_at__gt=at):
        Pull.objects.bulk_create(
            [Pull(school_id=link.school_id, link=link, since=link.pulled_to, began_at=at, next_at=at)],
            ignore_conflicts=True,  # another beat may have begun it: one is open at a time
        )


def _free_stuck(at: datetime) -> None:
    """Free the runs of workers that died: nothing of a run is lost with its worker."""
    stuck = Pull.objects.filter(state__in=OPEN, claim__isnull=False, claimed_at__lte=at - LEASE)
    stuck.update(claim=None, claimed_at=None)


def _claim(pk: int, at: datetime) -> Pull | None:
    claim = uuid4()
    free = Pull.objects.filter(pk=pk, state__in=OPEN, claim=None, next_at__lte=at)
    if free.update(claim=claim, claimed_at=at) != 1:
        return None
    return Pull.objects.select_related("link__school").get(pk=pk)


def _take_on(pull: Pull, at: datetime, in_time: Callable[[], bool]) -> None:
    try:
        while _step(pull, at, in_time):
            pass
    except Pause as pause:
        _let_go(pull, next_at=at)
        if str(pause):
            say_inward(pull.link, str(pause), at=at)
    except Trouble as trouble:
        _put_off(pull, trouble, at)
    except Refused as refused:
        _fail(pull, str(refused), at)
    except Lost:
        logger.warning("Run %s of a link is in other hands.", pull.pk)
    except Exception as error:  # one school's run must not stop the others'
        logger.exception("Run %s of a link broke off.", pull.pk)
        _put_off(pull, Trouble(f"It broke off ({type(error).__name__})."), at)


def _step(pull: Pull, at: datetime, in_time: Callable[[], bool]) -> bool:
    """Take a run one step further; False when it is done. Raises Pause where it has to wait."""
    if not pull.is_fetched:
        _fetch(pull, at, in_time)
    reading = Import.objects.filter(pull=pull, feeds=pull.stage).order_by("-pk").first()
    if reading is None:
        records = _records(pull)
        if not records or _is_not_wanted(pull):
            return _next_stage(pull, at)
        reading = _make_import(pull, records, at)
    if reading.state in {Import.State.DONE, Import.State.CANCELLED}:
        return _next_stage(pull, at)
    if reading.state in _WORKS:
        raise Pause
    what = f"{pull.get_stage_display()} from {pull.link.get_system_display()}"
    if reading.state in _WAITS:
        raise Pause(f"{what} wait for somebody to look at them under Files read in.")
    if at - pull.began_at > STALE:
        raise Refused(f"{what} were not read: {reading.get_state_display().lower()}.")
    raise Pause(f"{what} were not read ({reading.get_state_display().lower()}): look at them under Files read in.")


def _fetch(pull: Pull, at: datetime, in_time: Callable[[], bool]) -> None:
    """Fetch the pages of a stage that are still to come, each kept as it comes.

    Raises Trouble, and Pause when time is up.
    """
    remote, name = remote_of(pull.link), _LIST_OF[pull.stage]
    number = PullPage.objects.filter(pull=pull, list_name=name).count()
    while not pull.is_fetched:
        if not in_time():
            raise Pause
        page = remote.page(name, since=_since(pull, at), at_page=pull.next_page)
        with transaction.atomic():
            PullPage.objects.create(pull=pull, list_name=name, number=number, records=list(page.records))
            pull.records += len(page.records)
            pull.next_page, pull.is_fetched, pull.attempts = page.next_page, not page.next_page, 0
            _keep(pull, "records", "next_page", "is_fetched", "attempts")
        number += 1


def _since(pull: Pull, at: datetime) -> datetime | None:
    """Give from when a list is asked: a first run asks for everybody, and for the marks of its own day."""
    if pull.stage != Pull.Stage.MARKS or pull.since is not None:
        return pull.since
    return clock.local(pull.began_at).replace(hour=0, minute=0, second=0, microsecond=0)


def _records(pull: Pull) -> list[dict[str, Any]]:
    pages = PullPage.objects.filter(pull=pull, list_name=_LIST_OF[pull.stage]).order_by("number")
    # A record that changed while its list was being fetched may stand on two pages: the later is how it is.
    by_id: dict[str, dict[str, Any]] = {}
    for place, record in enumerate(record for page in pages for record in page.records):
        key = str(record.get("id") or f"record {place}")
        by_id.pop(key, None)
        by_id[key] = record
    records = list(by_id.values())
    if pull.stage == Pull.Stage.PUPILS:
        return wonde_files.pupils_of(records)
    return wonde_files.contacts_of(records) if pull.stage == Pull.Stage.CONTACTS else records


def _is_not_wanted(pull: Pull) -> bool:
    """Tell whether a person gave the last file of this kind up; whoever asks for everything anew is asked again."""
    last = Import.objects.filter(pull__link=pull.link, feeds=pull.stage).order_by("-pk").first()
    return pull.since is not None and last is not None and last.state == Import.State.CANCELLED


def _make_import(pull: Pull, records: Sequence[Mapping[str, Any]], at: datetime) -> Import:
    """Make the file of a stage; it is read at once where a person has read one of the same kind and let it stand."""
    content = wonde_files.as_file(records)
    if len(content) > LARGEST:
        raise Refused(f"{len(records):,} records are more than one file takes: bring them in as files, by year group.")
    name = f"{_FILE_OF[pull.stage]} {clock.local(pull.began_at):%Y-%m-%d %H.%M}.json"
    last = Import.objects.filter(pull__link=pull.link, feeds=pull.stage).exclude(pull=pull).order_by("-pk").first()
    trusted = last is not None and last.state == Import.State.DONE and last.source is not None
    source = last.source if trusted and last is not None else None
    with transaction.atomic():
        if pull.state != State.READING:
            pull.state = State.READING
            _keep(pull, "state")
        reading = upload_file(
            school=pull.link.school,
            name=name,
            content=content,
            brought=Brought("wonde", pull.stage, pull, source),
            by=None,
            at=at,
        )
        if source is not None and can_be_read(reading.feeds, reading.mapping["columns"]):
            reading = ask_import(reading=reading, dry_run=False, by=None, at=at)
    return reading


def _next_stage(pull: Pull, at: datetime) -> bool:
    after = {Pull.Stage.PUPILS: Pull.Stage.CONTACTS}
    if pull.link.pulls_marks:
        after[Pull.Stage.CONTACTS] = Pull.Stage.MARKS
    following = after.get(Pull.Stage(pull.stage))
    if following is None:
        _finish(pull, at)
        return False
    pull.stage = following
    pull.is_fetched = following != Pull.Stage.MARKS
    pull.next_page = ""
    pull.state = State.FETCHING if following == Pull.Stage.MARKS else pull.state
    _keep(pull, "stage", "is_fetched", "next_page", "state")
    return True


def _finish(pull: Pull, at: datetime) -> None:
    """End a run: the record stands as the other system did when the run began, ten minutes for its clock taken off."""
    with transaction.atomic():
        _keep(pull)
        end_pull(pull, State.DONE, "", at=at)
        Link.objects.filter(pk=pull.link_id).update(
            pulled_to=pull.began_at - OVERLAP,
            next_pull_at=at + timedelta(minutes=settings.OFFICE_WONDE_MINUTES),
            pull_failures=0,
        )
    say_inward(pull.link, "", at=at)


def _put_off(pull: Pull, trouble: Trouble, at: datetime) -> None:
    """Wait for the next rung of the ladder, or as long as the other side asks; after the last the run has failed."""
    if pull.attempts >= len(LADDER):
        _fail(pull, str(trouble), at)
        return
    rest = max(LADDER[pull.attempts], trouble.wait or timedelta())
    pull.attempts += 1
    pull.error = str(trouble)[:400]
    _keep(pull, "attempts", "error")
    _let_go(pull, next_at=at + rest)
    say_inward(pull.link, str(trouble), at=at)


def _fail(pull: Pull, words: str, at: datetime) -> None:
    """End a run that did not come through: the next asks from the same time on, after a longer rest each time."""
    with transaction.atomic():
        _keep(pull)
        end_pull(pull, State.FAILED, words, at=at)
        failures = pull.link.pull_failures + 1
        rest = min(LONGEST_REST, timedelta(minutes=settings.OFFICE_WONDE_MINUTES) * 2**failures)
        Link.objects.filter(pk=pull.link_id).update(next_pull_at=at + rest, pull_failures=failures)
    say_inward(pull.link, words, at=at)


def _mine(pull: Pull) -> Any:
    return Pull.objects.filter(pk=pull.pk, claim=pull.claim, state__in=OPEN)


def _keep(pull: Pull, *fields: str) -> None:
    """Write fields of a run as long as this hand holds it. Raises Lost where it does not, so that nothing is kept."""
    if _mine(pull).update(**{name: getattr(pull, name) for name in fields or ("claim",)}) != 1:
        raise Lost


def _let_go(pull: Pull, *, next_at: datetime) -> None:
    _mine(pull).update(claim=None, claimed_at=None, next_at=next_at)
