"""The demo's anonymous case study, and the folder of evidence that it lies in with the governors' paper and figures."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Final

from attendance_office import clock
from attendance_office.staff.models import Post, School, User
from attendance_office.staff.roles import Role
from interventions.queries.trawls import trawls_of
from letters.models import Letter
from registers.models import Pupil
from registers.queries.spread import counts_by_week
from registers.rules.ages import school_year_starts
from reporting.actions.case_studies import Words, draft_study, issue_study, write_study
from reporting.actions.evidence import make_folder, put_in
from reporting.models import CaseStudy, EvidenceFolder, Paper
from reporting.rules.following import WEEKS, around

_PARTS: Final = {
    "start": "Days were missed from the first weeks of term, and the family was hard to reach.",
    "tried": "A key adult met the pupil at the gate each morning for half a term; the head of year rang weekly.",
    "impact": "Fewer days are missed than before the first letter; single days still are.",
    "progress": "Teachers of the core subjects gave these before and after.",
    "voice": "The pupil says that it helps to be expected by name at the door. The family wanted one caller.",
    "next_steps": "The key adult stays until the end of term; then the tutor takes over.",
}
_ATTAINMENT: Final = (
    ("English", "Below what was expected", "Just below"),
    ("Mathematics", "Below what was expected", "As expected"),
    ("Science", "Two units missed", "One unit missed"),
)


def lay_out_evidence(*, school: School, at: datetime) -> EvidenceFolder | None:
    """Issue one case study and begin a folder with it, the paper and figures; None where there is a folder.

    None too where nobody had a letter with four whole weeks on both sides of it, or there is no lead.
    """
    post = (
        Post.objects.filter(school=school, role=Role.LEAD, ended_on=None).select_related("user").order_by("pk").first()
    )
    if post is None or EvidenceFolder.objects.filter(school=school).exists():
        return None
    by, today = post.user, clock.local(at).date()
    pupil = _came_back(school, at)
    if pupil is None:
        return None
    study = _study(pupil, by, at)
    folder = make_folder(
        school=school, title="Inspection, attendance", from_on=school_year_starts(today), to_on=today, by=by, at=at,
        purpose="What leadership did about attendance this year, and what came of it.",
    )  # fmt: skip
    paper = Paper.objects.filter(school=school, state=Paper.State.ISSUED).order_by("-issued_at").first()
    trawl = trawls_of(school).first()
    for key, why in (
        (f"paper:{paper.pk}" if paper else "", "What governors read and asked"),
        (f"study:{study.pk}", "One pupil, from the first letter on"),
        ("part:letter_rule", "What the school writes home, and when"),
        (f"trawl:{trawl.pk}" if trawl else "", "How the school sees who is persistently absent, each week"),
        ("part:first_day", "What is done on the first day of an absence"),
    ):
        if key:
            put_in(folder=folder, key=key, section="", why=why, by=by, at=at)
    return folder


def _came_back(school: School, at: datetime) -> Pupil | None:
    """Give the pupil whose attendance was lowest in the weeks before a first letter and rose after it."""
    upto = clock.local(at).date()
    began = school_year_starts(upto)
    first = datetime.combine(began, datetime.min.time(), tzinfo=clock.LONDON)
    gone = Letter.objects.filter(
        school=school, kind="level_1", state__in=(Letter.State.SENT, Letter.State.DELIVERED), sent_at__gte=first
    )
    days = {pupil: clock.local(sent).date() for pupil, sent in gone.values_list("pupil_id", "sent_at") if sent}
    weeks = counts_by_week(school.pk, began, upto, [(pupil, str(pupil)) for pupil in sorted(days)])
    found = []
    for pupil, on in days.items():
        sides = around(weeks.get(str(pupil), {}), on, WEEKS, upto)
        if sides is None:
            continue
        before, after = (side.attendance_rate or Fraction(0) for side in sides)
        found.append((after <= before, before, pupil))
    return Pupil.objects.select_related("school").get(pk=min(found)[2]) if found else None


def _study(pupil: Pupil, by: User, at: datetime) -> CaseStudy:
    to_on = clock.local(at).date()
    study = draft_study(pupil=pupil, from_on=school_year_starts(to_on), to_on=to_on, by=by, at=at)
    words = Words(
        headline="One adult at the gate, and one who rings", parts=_PARTS, attainment=_ATTAINMENT,
        stage=CaseStudy.Stage.KEY_STAGE, tells=(), left_out=(),
    )  # fmt: skip
    return issue_study(study=write_study(study=study, words=words, by=by, at=at), by=by, at=at)
