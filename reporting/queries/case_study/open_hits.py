"""What of a study's words could still name somebody: neither reworded nor let stand on purpose."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from attendance_office.staff.roles import Can
from reporting.models import CaseStudy, LetStand
from reporting.rules.anonymous import Ground, Hit, hits

from .knowing import names_of, told_of

# What an author writes, by field, in the order in which it is read.
PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "headline": "In one line",
        "start": "Starting point",
        "tried": "What was tried",
        "impact": "Impact",
        "progress": "Attainment and progress",
        "attainment": "Attainment, before and after",
        "voice": "The pupil's and the family's voice",
        "next_steps": "What next",
        "tells": "What is told of the pupil",
    }
)


def open_hits(study: CaseStudy, allowed: Collection[Can]) -> list[Hit]:
    """Give what could still name somebody, in the order of the study. A word let stand in any edition stands."""
    texts = {part: getattr(study, part) for part in PARTS if part not in ("attainment", "tells")}
    texts["attainment"] = "\n".join("; ".join(row) for row in study.attainment)
    found = hits({part: texts[part] for part in PARTS if part in texts}, names_of(study.pupil), study.tells)
    found += [
        Hit("tells", one.words, Ground.FEW)
        for one in told_of(study.pupil, study.stage, allowed)
        if one.key in study.tells and one.is_few
    ]
    stands = set(
        LetStand.objects.filter(school=study.school_id, study__number=study.number).values_list(
            "part", "ground", "word"
        )
    )
    return [hit for hit in found if hit.key not in stands]
