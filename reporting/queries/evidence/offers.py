"""What of the office may be put into a folder: what was frozen before, and what is read and frozen now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from attendance_office.staff.models import User
from attendance_office.staff.roles import Can
from interventions.queries.trawls import trawls_of
from registers.rules.dates import spoken_date
from reporting.models import CaseStudy, EvidenceFolder, Paper, SavedView, Sending
from reporting.models.distributions import readable

from .made import MADE

# The latest of each: what lies further back is found where it was made.
_MOST: Final = 40


@dataclass(frozen=True)
class Offer:
    """Something that may be put into a folder: its key, its words, and under which head it is offered."""

    head: str
    key: str
    words: str


def offers_of(folder: EvidenceFolder, user: User) -> list[Offer]:
    """Give what a person may put into a folder and is not in it yet: seven queries."""
    inside = set(folder.entries.filter(taken_out_at=None).values_list("source", flat=True))
    return [one for one in _offers(folder, user) if one.key not in inside or one.key.startswith("view:")]


def _offers(folder: EvidenceFolder, user: User) -> Iterator[Offer]:
    school = folder.school
    allowed = user.standing.allowed(school.pk)
    papers = Paper.objects.filter(school=school, state=Paper.State.ISSUED).defer("content").order_by("-issued_at")
    for paper in papers[:_MOST]:
        yield Offer("Governors' papers", f"paper:{paper.pk}", str(paper))
    studies = CaseStudy.objects.filter(school=school, state=CaseStudy.State.ISSUED).defer("content")
    for study in studies.order_by("number", "-edition")[:_MOST]:
        said = f": {study.headline}" if study.headline else ""
        yield Offer("Case studies", f"study:{study.pk}", f"{study}{said}")
    for key, made in MADE.items():
        yield Offer("Read now, over the folder's days", f"part:{key}", made.title)
    for trawl in trawls_of(school)[:_MOST]:
        yield Offer("A trawl for persistent absence", f"trawl:{trawl.pk}", f"Trawl of {spoken_date(trawl.on)}")
    views = SavedView.objects.visible_to(user).filter(school=school).order_by("name", "pk")
    for view in views if Can.SEE_PUPILS in allowed else []:
        yield Offer("A view of the explorer, as you see it", f"view:{view.pk}", view.name)
    sent = Sending.objects.sent_to(user).filter(school=school, report__in=readable(allowed))
    for sending in sent.select_related("tutor_group").defer("content").order_by("-on", "pk")[:_MOST]:
        words = f"{sending.get_report_display()}, {sending.scope}, {spoken_date(sending.on)}"
        yield Offer("Reports as they were sent to you", f"report:{sending.pk}", words)
