"""What is done to case studies: drafted from a pupil's file, written into, words let stand, issued, dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Max
from django.template.loader import render_to_string

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from letters.pdf import print_html
from registers.models import Pupil, StoredFile
from registers.rules.names import folded
from reporting.models import CaseStudy, LetStand
from reporting.queries.case_study import content_of, open_hits, told_of
from reporting.rules.anonymous import GROUND_WORDS

State = CaseStudy.State
LONGEST: Final = 4000
ROWS: Final = 12  # of attainment, at most
_TEXTS: Final = ("start", "tried", "impact", "progress", "voice", "next_steps")


@dataclass(frozen=True)
class Words:
    """All that an author says in a study: one line, its parts, rows of attainment, what is told and left out."""

    headline: str
    parts: Mapping[str, str]
    attainment: Sequence[tuple[str, str, str]]
    stage: str
    tells: Collection[str]
    left_out: Collection[str]


def draft_study(*, pupil: Pupil, from_on: date, to_on: date, by: User, at: datetime) -> CaseStudy:
    """Begin a study over some days of a pupil's file, under the school's next letter.

    A draft about the same pupil and days is given back as it is: pressing twice begins one.

    Raises Refused for days that are none.
    """
    if to_on < from_on:
        raise Refused("The last day is before the first: choose the days again.")
    with trail.signed(by=by, at=at, school_id=pupil.school_id):
        # One at a time in a school: two studies never bear one letter.
        school = School.objects.select_for_update(of=("self",), no_key=True).get(pk=pupil.school_id)
        found = CaseStudy.objects.filter(
            school=school, pupil=pupil, from_on=from_on, to_on=to_on, state=State.DRAFT
        ).first()
        if found is not None:
            return found
        last = CaseStudy.objects.filter(school=school).aggregate(last=Max("number"))["last"] or 0
        study = CaseStudy.objects.create(
            school=school, pupil=pupil, number=last + 1, from_on=from_on, to_on=to_on, made_at=at, made_by=by
        )
        _say(study, "drafted a case study", by=by, at=at, pupil=pupil.pk, from_on=f"{from_on}", to_on=f"{to_on}")
    return study


def write_study(*, study: CaseStudy, words: Words, by: User, at: datetime) -> CaseStudy:
    """Write into a draft. What it said before is in its history.

    Raises Refused for an issued study, and for telling of the pupil what the record does not say or the author may not
    see.
    """
    allowed = by.standing.allowed(study.school_id)
    with trail.signed(by=by, at=at, school_id=study.school_id):
        kept = _draft(study)
        may_tell = {one.key for one in told_of(kept.pupil, words.stage, allowed)}
        # What a colleague with other rights ticked stays ticked.
        if unknown := set(words.tells) - may_tell - set(kept.tells):
            raise Refused(f"The record does not say this of the pupil: {', '.join(sorted(unknown))}.")
        before = {name: getattr(kept, name) for name in ("headline", *_TEXTS, "attainment", "stage", "tells")}
        kept.headline, kept.stage = words.headline.strip()[:200], words.stage
        for part in _TEXTS:
            setattr(kept, part, words.parts.get(part, "").strip()[:LONGEST])
        kept.attainment = [list(row) for row in words.attainment if any(row)][:ROWS]
        kept.tells, kept.left_out = sorted(words.tells), sorted(words.left_out)
        kept.save()
        changed = [name for name, was in before.items() if getattr(kept, name) != was]
        _say(kept, "wrote into a case study", by=by, at=at, changed=changed, left_out=len(kept.left_out))
    return kept


def let_stand(*, study: CaseStudy, part: str, ground: str, word: str, why: str, by: User, at: datetime) -> LetStand:
    """Let a word stand that could name somebody, with a reason that is kept.

    Raises Refused without a reason, for an issued study, and for a word that stands there no more.
    """
    if not why.strip():
        raise Refused("Say why it may stand.")
    with trail.signed(by=by, at=at, school_id=study.school_id, reason=why):
        kept = _draft(study)
        asked = (part, ground, folded(word))
        hit = next((one for one in open_hits(kept, by.standing.allowed(kept.school_id)) if one.key == asked), None)
        if hit is None:
            raise Refused("This word is not in the study any more, or stands already.")
        row = LetStand.objects.create(
            school_id=kept.school_id, study=kept, part=part, ground=ground, word=folded(word)[:200],
            why=why.strip()[:300], at=at, by=by,
        )  # fmt: skip
        _say(
            kept, "let a word stand in a case study", by=by, at=at, reason=why.strip(),
            part=part, ground=GROUND_WORDS[hit.ground],
        )  # fmt: skip
    return row


def issue_study(*, study: CaseStudy, by: User, at: datetime) -> CaseStudy:
    """Issue a draft: its figures are read now, printed and frozen, and whoever sees figures may read it.

    Raises Refused while a word of it could name somebody, and where it is issued or dropped already.
    """
    with trail.signed(by=by, at=at, school_id=study.school_id):
        kept = _draft(study)
        if found := open_hits(kept, by.standing.allowed(kept.school_id)):
            words = "One word could" if len(found) == 1 else f"{len(found)} words could"
            raise Refused(f"{words} still name somebody: reword each, or let it stand with a reason.")
        kept.content = content_of(kept, by=by, at=at)
        kept.issued_at, kept.issued_by = at, by
        content = printed(kept)
        name = f"case-study-{kept.label.lower().replace(' ', '-')}-edition-{kept.edition}.pdf"
        kept.file = StoredFile.objects.create(
            school=kept.school, purpose=StoredFile.Purpose.CASE_STUDY, name=name, kind="application/pdf",
            size=len(content), sha256=hashlib.sha256(content).hexdigest(), content=content, added_at=at, added_by=by,
        )  # fmt: skip
        kept.state = State.ISSUED
        kept.save()
        _say(kept, "issued a case study", by=by, at=at, sha256=kept.file.sha256)
    return kept


def drop_study(*, study: CaseStudy, by: User, at: datetime) -> CaseStudy:
    """Drop a draft: it stays on record and is shown no more.

    Raises Refused for an issued study.
    """
    with trail.signed(by=by, at=at, school_id=study.school_id):
        kept = _draft(study)
        kept.state = State.DROPPED
        kept.save(update_fields=["state"])
        _say(kept, "dropped a case study", by=by, at=at)
    return kept


def next_study(*, study: CaseStudy, by: User, at: datetime) -> CaseStudy:
    """Begin the next edition of an issued study, with its words; the issued one stays as it is.

    A draft of the next edition that is there already is given back.

    Raises Refused for a study that is not issued.
    """
    if study.state != State.ISSUED:
        raise Refused("Only an issued study has a next edition: write into the draft.")
    with trail.signed(by=by, at=at, school_id=study.school_id):
        School.objects.select_for_update(of=("self",), no_key=True).get(pk=study.school_id)
        editions = CaseStudy.objects.filter(school=study.school_id, number=study.number).order_by("-edition")
        if (open_one := editions.filter(state=State.DRAFT).first()) is not None:
            return open_one
        copied = {
            name: getattr(study, name)
            for name in ("stage", "headline", *_TEXTS, "attainment", "tells", "left_out", "from_on", "to_on", "number")
        }
        new = CaseStudy.objects.create(
            school_id=study.school_id, pupil_id=study.pupil_id, edition=editions[0].edition + 1, replaces=study,
            made_at=at, made_by=by, **copied,
        )  # fmt: skip
        _say(new, "began a new edition of a case study", by=by, at=at)
    return new


def printed(study: CaseStudy) -> bytes:
    """Give a study as PDF, from its content."""
    html = render_to_string("reporting/print/case_study.html", {"study": study, "content": study.content})
    return print_html(html, styles=["paper", "study"])


def _draft(study: CaseStudy) -> CaseStudy:
    kept = (
        CaseStudy.objects.select_for_update(of=("self",)).select_related("school", "pupil__school").get(pk=study.pk)
    )  # fmt: skip
    if kept.state != State.DRAFT:
        raise Refused("This study is not a draft any more. What was issued stays as it is; begin a new edition.")
    return kept


def _say(study: CaseStudy, verb: str, *, by: User, at: datetime, reason: str = "", **after: Any) -> None:
    # Its words name nobody: the trail is read by people who may not see the pupil.
    trail.record(
        verb=verb, by=by, at=at, school_id=study.school_id, subject_kind="case study", subject_id=study.pk,
        words=str(study), after=after or None, reason=reason,
    )  # fmt: skip
