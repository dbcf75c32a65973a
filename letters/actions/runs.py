"""Print runs: letters put together, joined from what was printed, taken to the post by a person."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Case, Q, Value, When

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from letters import pdf
from letters.models import Letter, PrintRun
from letters.queries.runs import in_order, no_longer_due, ready_letters
from letters.queries.still_due import verdicts
from registers.models import StoredFile
from registers.rules.dates import spoken_date

from .doubts import hold_apologies_back, put_apologies_back

logger = logging.getLogger(__name__)

UNDO_WITHIN: Final = timedelta(minutes=10)
LEASE: Final = timedelta(minutes=3)
MOST_ATTEMPTS: Final = 3
AGAIN_AFTER: Final = timedelta(minutes=1)
State = Letter.State
_HEADS: Final = ("No.", "To", "Address", "About", "Letter", "Pages")


def put_together(*, school: School, order: str, is_two_sided: bool = False, by: User, at: datetime) -> PrintRun:
    """Take the letters that lie ready into a print run: posted ones by postcode, those given by hand by form.

    Raises Refused where none lies ready. A letter is in one run only.
    `is_two_sided` for paper printed on both sides: then no letter begins on the back of another.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        found = ready_letters(school, order, by).select_for_update(of=("self",), skip_locked=True)
        ids = list(found.values_list("pk", flat=True))
        if not ids:
            raise Refused("No letter lies ready that is not in a print run already.")
        run = PrintRun.objects.create(
            school=school, title=f"Letters, {spoken_date(clock.local(at).date())}", order=order,
            is_two_sided=is_two_sided, made_at=at, made_by=by,
        )  # fmt: skip
        Letter.objects.filter(pk__in=ids).update(print_run=run)
        trail.record(
            verb="put a print run together", by=by, at=at, school_id=school.pk, subject_kind="print run",
            subject_id=run.pk, words=f"{run}: {len(ids)} letters", after={"letters": ids},
        )  # fmt: skip
    return run


def join_next(*, by: User | None = None, at: datetime) -> PrintRun | None:
    """Join the files of the next run whose letters are all made; give it, None where none is to be joined.

    Each letter is read again: one that is not due any more is held back with the reason. Letters recalled or failed by
    then drop out. Files are joined as they were kept: one whose bytes are not those that were kept, or cannot be read,
    drops out and has failed. A run that cannot be joined is tried three times, then it stops and says why.
    """
    claimed = _claim(at)
    if claimed is None:
        return None
    if claimed.attempts > MOST_ATTEMPTS:
        _stop(claimed, "Its worker stopped three times while putting it together.", by, at)
        return claimed
    try:
        with trail.signed(by=by, at=at, school_id=claimed.school_id):
            waiting = PrintRun.objects.filter(pk=claimed.pk, state=PrintRun.State.WAITING, attempts=claimed.attempts)
            run = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("school", "made_by").first()
            if run is not None:
                _join(run, by, at)
                return run
    except Exception as error:  # one bad run must not stop those behind it
        logger.exception("Print run %s could not be put together.", claimed.pk)
        why = str(error) if isinstance(error, pdf.NotPrinted) else f"It broke off ({type(error).__name__})."
        _put_off(claimed, why, by, at)
    return claimed


def _claim(at: datetime) -> PrintRun | None:
    """Count a try, in a commit of its own, so that a run that stops its worker is not tried for ever."""
    being_made = Letter.objects.filter(state__in=[State.WAITING, State.CLAIMED]).values("print_run")
    with transaction.atomic():
        run = (
            PrintRun.objects.filter(Q(due_at=None) | Q(due_at__lte=at), state=PrintRun.State.WAITING)
            .exclude(pk__in=being_made.filter(print_run__isnull=False))
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("school")
            .order_by("pk")
            .first()
        )
        if run is not None:
            run.attempts, run.due_at = run.attempts + 1, at + LEASE
            run.save(update_fields=["attempts", "due_at"])
    return run


def _put_off(run: PrintRun, why: str, by: User | None, at: datetime) -> None:
    if run.attempts >= MOST_ATTEMPTS:
        _stop(run, why, by, at)
    else:
        ours = PrintRun.objects.filter(pk=run.pk, state=PrintRun.State.WAITING, attempts=run.attempts)
        ours.update(due_at=at + AGAIN_AFTER, ended_why=why[:300])


def _stop(run: PrintRun, why: str, by: User | None, at: datetime) -> None:
    with trail.signed(by=by, at=at, school_id=run.school_id):
        ours = PrintRun.objects.filter(pk=run.pk, state=PrintRun.State.WAITING, attempts=run.attempts)
        if ours.update(state=PrintRun.State.STOPPED, ended_why=why[:300], due_at=None):
            trail.record(
                verb="could not join a print run", by=by, at=at, school_id=run.school_id, subject_kind="print run",
                subject_id=run.pk, words=f"{run}: {why}", before={"state": "waiting"}, after={"state": "stopped"},
            )  # fmt: skip


def try_again(*, run: PrintRun, by: User, at: datetime) -> PrintRun:
    """Have a run that could not be put together tried again from the beginning.

    Raises Refused where it has not stopped.
    """
    with trail.signed(by=by, at=at, school_id=run.school_id):
        row = PrintRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if row.state != PrintRun.State.STOPPED:
            raise Refused(f"This run has not stopped: {row.get_state_display().lower()}.")
        before = {"state": "stopped", "why": row.ended_why}
        row.state, row.attempts, row.due_at, row.ended_why = PrintRun.State.WAITING, 0, None, ""
        row.save(update_fields=["state", "attempts", "due_at", "ended_why"])
        trail.record(
            verb="tried a print run again", by=by, at=at, school_id=row.school_id, subject_kind="print run",
            subject_id=row.pk, words=f"{row}: to be put together again", before=before, after={"state": "waiting"},
        )  # fmt: skip
    return row


def _join(run: PrintRun, by: User | None, at: datetime) -> None:
    found = run.letters.filter(state=State.READY).select_for_update(of=("self",))
    letters = in_order(run, found.select_related("file", "pupil__tutor_group", "policy", "episode", "school"))
    read = verdicts(letters, at=at)
    for letter in letters:
        if not read[letter.pk].is_due:
            _leave_out(letter, State.HELD_BACK, read[letter.pk].why_not, by, at)
    letters = [letter for letter in letters if read[letter.pk].is_due]
    whole: list[Letter] = []
    contents: list[bytes] = []
    counts: list[int] = []
    for letter in letters:
        content = bytes(letter.file.content) if letter.file else b""
        if not letter.file or hashlib.sha256(content).hexdigest() != letter.file.sha256:
            logger.error("Letter %s: its kept file is not what was printed.", letter.pk)
            _leave_out(letter, State.FAILED, "Its kept file is not what was printed.", by, at)
            continue
        try:
            pages = pdf.pages(content)
        except pdf.NotPrinted as fault:
            _leave_out(letter, State.FAILED, str(fault), by, at)
            continue
        whole.append(letter)
        contents.append(content)
        counts.append(pages)
    for place, letter in enumerate(whole, 1):
        letter.run_place = place
    Letter.objects.bulk_update(whole, ["run_place"], batch_size=200)
    cover = pdf.cover_list(_cover(run, whole, counts, at))
    content = pdf.join([cover, *contents], title=run.title, is_two_sided=run.is_two_sided)
    run.file = StoredFile.objects.create(
        school=run.school, purpose=StoredFile.Purpose.PRINT_RUN, name=f"print-run-{run.pk}.pdf", kind="application/pdf",
        size=len(content), sha256=hashlib.sha256(content).hexdigest(), content=content, added_at=at,
    )  # fmt: skip
    run.state, run.ready_at, run.pages = PrintRun.State.READY, at, pdf.pages(content)
    run.due_at, run.ended_why = None, ""
    run.save()
    trail.record(
        verb="joined a print run", by=by, at=at, school_id=run.school_id, subject_kind="print run",
        subject_id=run.pk, words=f"{run}: {len(whole)} letters on {run.pages} pages",
        after={"letters": [one.pk for one in whole], "sha256": run.file.sha256},
    )  # fmt: skip


def _leave_out(letter: Letter, state: Letter.State, why: str, by: User | None, at: datetime) -> None:
    Letter.objects.filter(pk=letter.pk).update(state=state, ended_why=why[:300])
    trail.record(
        verb="letter", by=by, at=at, school_id=letter.school_id, subject_kind="letter", subject_id=letter.pk,
        words=f"{letter}: left out of its print run. {why}", before={"state": "ready"}, after={"state": str(state)},
    )  # fmt: skip


def _on_a_line(address: str) -> str:
    """Give an address on one line, its postcode never broken in two."""
    *street, last = address.splitlines() or [""]
    return ", ".join([*street, last.replace(" ", "\u00a0")])


def _cover(run: PrintRun, letters: Sequence[Letter], counts: Sequence[int], at: datetime) -> pdf.CoverList:
    here = clock.local(at)
    rows = [
        (
            str(letter.run_place),
            letter.to_name,
            _on_a_line(letter.to_address) or "By hand",
            f"{letter.pupil}{', ' + letter.pupil.tutor_group.name if letter.pupil.tutor_group else ''}",
            re.sub(r" (?=\d$)", "\u00a0", letter.get_kind_display()),
            str(pages),
        )
        for letter, pages in zip(letters, counts, strict=True)
    ]
    many = "1 letter" if len(rows) == 1 else f"{len(rows):,} letters"
    by = f" by {run.made_by.signature}" if run.made_by else ""
    return pdf.CoverList(
        title=f"Print run {run.pk}: {run.title}",
        house=run.school.name,
        made=f"Put together on {spoken_date(here.date())} at {here:%H:%M}{by}. {run.get_order_display()}.",
        heads=_HEADS,
        rows=rows,
        notes=[f"{many}, {sum(counts):,} pages"],
    )


def take_out_letters(*, run: PrintRun, letter_ids: Collection[int], by: User, at: datetime) -> list[Letter]:
    """Take letters out of a run that is joined: a person takes the paper out by hand, and each is held back.

    Raises Refused where the run is not ready to print, and where none of them lies in it and is not due any more.
    """
    with trail.signed(by=by, at=at, school_id=run.school_id):
        row = PrintRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if row.state != PrintRun.State.READY:
            raise Refused(f"Letters are taken out of a run that is ready to print: {row.get_state_display().lower()}.")
        found = {one.pk: (one, why) for one, why in no_longer_due(row, at=at, locked=True)}
        out = [found[pk] for pk in sorted(set(letter_ids)) if pk in found]
        if not out:
            raise Refused("None of these letters is to be taken out: look at the run again.")
        for letter, why in out:
            _leave_out(letter, State.HELD_BACK, why, by, at)
    return [letter for letter, _ in out]


def mark_posted(*, run: PrintRun, with_those_not_due: bool = False, by: User, at: datetime) -> int:
    """Say that a run was taken to the post, or given out; give how many letters went.

    Its letters are read again: where some are not due any more it is refused until they are taken out, or until the
    person says that they went all the same. Raises Refused before it is ready too, and where it was said already.
    """
    with trail.signed(by=by, at=at, school_id=run.school_id):
        row = PrintRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if row.state in {PrintRun.State.WAITING, PrintRun.State.STOPPED}:
            raise Refused("This run is not put together yet.")
        if row.state == PrintRun.State.POSTED:
            raise Refused("This run is marked as posted already.")
        not_due = no_longer_due(row, at=at, locked=True)
        if not_due and not with_those_not_due:
            many = "1 letter is" if len(not_due) == 1 else f"{len(not_due)} letters are"
            raise Refused(f"{many} not due any more: take the paper out first, or say that it went all the same.")
        row.state, row.posted_at, row.posted_by = PrintRun.State.POSTED, at, by
        row.save(update_fields=["state", "posted_at", "posted_by"])
        went = row.letters.filter(state=State.READY, run_place__isnull=False).update(
            state=State.SENT, sent_at=at, sent_by=by
        )
        put_apologies_back(row)
        trail.record(
            verb="marked a print run posted", by=by, at=at, school_id=row.school_id, subject_kind="print run",
            subject_id=row.pk, words=f"{row}: {went} letters posted", before={"state": "ready"},
            after={"state": "posted", "not_due": {str(one.pk): why for one, why in not_due}},
        )  # fmt: skip
    return went


def take_back_posted(*, run: PrintRun, by: User, at: datetime) -> int:
    """Take back that a run was posted, within ten minutes; give how many letters lie ready again.

    A letter that was recalled meanwhile has not gone then, and stays recalled; apologies that were drafted wait until
    the letter goes. Raises Refused later than that, where it is not marked as posted, and where an apology has gone.
    """
    with trail.signed(by=by, at=at, school_id=run.school_id):
        row = PrintRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if row.state != PrintRun.State.POSTED or row.posted_at is None:
            raise Refused("This run is not marked as posted.")
        if at - row.posted_at > UNDO_WITHIN:
            raise Refused("It was marked as posted more than ten minutes ago, and stays so.")
        hold_apologies_back(row)
        back = row.letters.filter(state=State.SENT, sent_at=row.posted_at, run_place__isnull=False).update(
            state=Case(When(recalled_at=None, then=Value(State.READY)), default=Value(State.RECALLED)),
            sent_at=None,
            sent_by=None,
        )
        row.state, row.posted_at, row.posted_by = PrintRun.State.READY, None, None
        row.save(update_fields=["state", "posted_at", "posted_by"])
        trail.record(
            verb="took back a posted print run", by=by, at=at, school_id=row.school_id, subject_kind="print run",
            subject_id=row.pk, words=f"{row}: {back} letters lie ready again", before={"state": "posted"},
            after={"state": "ready"},
        )  # fmt: skip
    return back
