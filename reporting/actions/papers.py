"""What is done to papers: drafted, written into, issued for good; and to the level a school is expected to reach."""

from __future__ import annotations

import hashlib
import logging
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.template.loader import render_to_string

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from letters.pdf import not_in_fonts, print_html
from registers.models import StoredFile
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year
from registers.rules.dates import spoken_date
from reporting.models import Baseline, Paper
from reporting.queries.papers import content_of, held_before

logger = logging.getLogger(__name__)
State = Paper.State
LONGEST: Final = 4000
ASKS: Final = (
    "Governors are asked to note the figures, to ask what stands behind the widest gap, and to agree what leadership "
    "brings back to the next meeting."
)


def set_baseline(
    *, school: School, on: date, attendance: Decimal, note: str, by: User, at: datetime
) -> Baseline:  # fmt: skip
    """Say what attendance is expected of a school in the school year of a day; what it was before is kept.

    Raises Refused for a per cent that is none.
    """
    if not 50 <= attendance < 100:
        raise Refused("The expected attendance is a per cent from 50 to 99.99.")
    year = school_year(on)
    with trail.signed(by=by, at=at, school_id=school.pk):
        row = Baseline.objects.select_for_update(of=("self",)).filter(school=school, school_year=year).first()
        before = f"{row.attendance}" if row is not None else ""
        row = row or Baseline(school=school, school_year=year)
        row.attendance, row.note, row.set_at, row.set_by = attendance, note.strip()[:200], at, by
        row.save()
        trail.record(
            verb="set the expected attendance", by=by, at=at, school_id=school.pk, subject_kind="baseline",
            subject_id=row.pk, words=f"Expected of the school in {year}: {attendance} %", before={"attendance": before},
            after={"attendance": f"{attendance}"},
        )  # fmt: skip
    return row


def draft_paper(*, school: School, from_on: date, to_on: date, by: User, at: datetime) -> Paper:
    """Begin a paper over some days, with a sentence of what governors are asked to write anew.

    Raises Refused for days that are none.
    """
    if to_on < from_on:
        raise Refused("The last day is before the first: choose the days again.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        days = calendar_of(school.pk).days(from_on, to_on)
        from_on = days[0] if days else from_on
        paper = Paper.objects.create(
            school=school, title=f"Attendance, {spoken_date(from_on)} to {spoken_date(to_on)}", from_on=from_on,
            to_on=to_on, asks=ASKS, made_at=at, made_by=by,
        )  # fmt: skip
        _say(paper, "drafted a paper", by=by, at=at)
    return paper


def write_paper(*, paper: Paper, title: str, headline: str, asks: str, by: User, at: datetime) -> Paper:
    """Write into a draft: its title, the headline in one's own words, and what is asked.

    Raises Refused for an issued paper and without a title.
    """
    if not title.strip():
        raise Refused("Give the paper a title.")
    with trail.signed(by=by, at=at, school_id=paper.school_id):
        kept = _draft(paper)
        kept.title, kept.headline, kept.asks = title.strip()[:150], headline.strip()[:LONGEST], asks.strip()[:LONGEST]
        kept.save(update_fields=["title", "headline", "asks"])
        _say(kept, "wrote into a paper", by=by, at=at)
    return kept


def issue_paper(*, paper: Paper, by: User, at: datetime) -> Paper:
    """Issue a draft: its figures are read now and frozen, and it is open to governors. It is printed by `print_paper`.

    Raises Refused where it is issued or dropped already, and for letters that its print does not have.
    """
    with trail.signed(by=by, at=at, school_id=paper.school_id):
        kept = _draft(paper)
        if strange := not_in_fonts(f"{kept.title}{kept.headline}{kept.asks}"):
            raise Refused(f"The PDF has no letter for {' '.join(strange[:10])}: take it out of your words.")
        kept.content = content_of(
            kept.school, from_on=kept.from_on, to_on=kept.to_on, at=at, before=held_before(kept)
        )  # fmt: skip
        kept.issued_at, kept.issued_by, kept.state = at, by, State.ISSUED
        kept.save()
        _say(kept, "issued a paper", by=by, at=at)
    return kept


def print_issued(*, at: datetime) -> int:
    """Print the issued papers that are not printed yet and that nobody is printing; give how many were printed.

    One that breaks is begun again at the next call, and the others go on.
    """
    printed_now = 0
    for pk in Paper.objects.filter(state=State.ISSUED, file=None).order_by("pk").values_list("pk", flat=True):
        try:
            printed_now += print_paper(paper_id=pk, by=None, at=at) is not None
        except Exception:
            logger.exception("Paper %s could not be printed.", pk)
    return printed_now


def print_paper(
    *, paper_id: int, by: User | None, at: datetime, waits: bool = False
) -> StoredFile | None:  # fmt: skip
    """Print an issued paper from its frozen content, once, and give its file; whoever comes second is given that one.

    None where another hand is at it, unless one `waits` for it. What breaks half way leaves nothing behind. Raises
    Refused for a paper that is not issued.
    """
    with transaction.atomic():
        rows = Paper.objects.select_for_update(of=("self",), skip_locked=not waits)
        kept = rows.select_related("school", "issued_by", "file").filter(pk=paper_id).first()
        if kept is None:
            return None
        if kept.state != State.ISSUED:
            raise Refused("Only an issued paper is printed.")
        if kept.file is None:
            content = printed(kept)
            with trail.signed(by=by, at=at, school_id=kept.school_id):
                kept.file = StoredFile.objects.create(
                    school=kept.school, purpose=StoredFile.Purpose.PAPER, name=f"paper-{kept.pk}.pdf",
                    kind="application/pdf", size=len(content), sha256=hashlib.sha256(content).hexdigest(),
                    content=content, added_at=at, added_by=kept.issued_by,
                )  # fmt: skip
                kept.save(update_fields=["file"])
                _say(kept, "printed a paper", by=by, at=at, sha256=kept.file.sha256)
        return kept.file


def drop_paper(*, paper: Paper, by: User, at: datetime) -> Paper:
    """Drop a draft: it stays on record and is shown no more.

    Raises Refused for an issued paper.
    """
    with trail.signed(by=by, at=at, school_id=paper.school_id):
        kept = _draft(paper)
        kept.state = State.DROPPED
        kept.save(update_fields=["state"])
        _say(kept, "dropped a paper", by=by, at=at)
    return kept


def next_edition(*, paper: Paper, by: User, at: datetime) -> Paper:
    """Begin the next edition of an issued paper, with its words; the issued one stays as it is.

    A draft of it that is there already is given back: pressing twice begins one.

    Raises Refused for a paper that is not issued, and for one that a later edition has replaced.
    """
    with trail.signed(by=by, at=at, school_id=paper.school_id):
        kept = Paper.objects.select_for_update(of=("self",)).get(pk=paper.pk)
        if kept.state != State.ISSUED:
            raise Refused("Only an issued paper has a next edition: write into the draft.")
        later = Paper.objects.filter(replaces=kept).exclude(state=State.DROPPED).order_by("pk").first()
        if later is not None and later.state == State.DRAFT:
            return later
        if later is not None:
            raise Refused(f"Edition {later.edition} is issued already: begin the next from that one.")
        new = Paper.objects.create(
            school_id=kept.school_id, title=kept.title, from_on=kept.from_on, to_on=kept.to_on,
            headline=kept.headline, asks=kept.asks, edition=kept.edition + 1, replaces=kept, made_at=at, made_by=by,
        )  # fmt: skip
        _say(new, "began a new edition of a paper", by=by, at=at)
    return new


def printed(paper: Paper) -> bytes:
    """Give a paper as PDF, from its content."""
    html = render_to_string("reporting/print/paper.html", {"paper": paper, "content": paper.content})
    return print_html(html, styles=["paper"])


def _draft(paper: Paper) -> Paper:
    kept = Paper.objects.select_for_update(of=("self",)).select_related("school").get(pk=paper.pk)
    if kept.state != State.DRAFT:
        raise Refused("This paper is not a draft any more. What was issued stays as it is; begin a new edition.")
    return kept


def _say(paper: Paper, verb: str, *, by: User | None, at: datetime, **after: str) -> None:
    trail.record(
        verb=verb, by=by, at=at, school_id=paper.school_id, subject_kind="paper", subject_id=paper.pk,
        words=str(paper), after=after or None,
    )  # fmt: skip
