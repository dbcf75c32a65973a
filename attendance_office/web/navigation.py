"""The way round the office, in the words of the job. A way is shown to those who may go it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from attendance_office.staff.roles import Can


@dataclass(frozen=True)
class Way:
    """One entry of the navigation."""

    label: str
    url_name: str
    icon: str
    cans: frozenset[Can]
    section: str
    is_wide: bool = False  # left out of the bottom bar of a phone


WAYS = (
    Way("Desk", "reporting:desk", "n-desk", frozenset({Can.SEE_DESK}), "desk"),
    Way("Registers", "registers:register_list", "n-reg", frozenset({Can.TAKE_OWN_REGISTER}), "registers"),
    Way("Missing", "letters:board", "n-miss", frozenset({Can.SEE_BOARD}), "missing"),
    Way("Pupils", "registers:pupil_list", "n-pup", frozenset({Can.SEE_PUPILS}), "pupils"),
    Way("Post", "letters:message_list", "n-let", frozenset({Can.SEE_OUTBOX}), "post", is_wide=True),
    Way("Figures", "reporting:figures", "n-rep", frozenset({Can.SEE_FIGURES}), "figures", is_wide=True),
    Way(
        "Office",
        "office:office",
        "n-set",
        frozenset({Can.SEE_HEALTH, Can.EDIT_STAFF, Can.SEE_AUDIT}),
        "office",
        is_wide=True,
    ),
)


def ways(request: HttpRequest) -> list[dict[str, Any]]:
    """Give the entries this person may use, the present one marked."""
    school = request.school  # type: ignore[attr-defined]
    allowed = request.user.standing.allowed(school.pk)  # type: ignore[union-attr]
    match = request.resolver_match
    section = getattr(match.func, "section", "") if match else ""
    counts = getattr(request, "nav_counts", {})
    return [
        {
            "label": way.label,
            "url": reverse(way.url_name),
            "icon": way.icon,
            "current": way.section == section,
            "count": counts.get(way.section),
            "wide": way.is_wide,
        }
        for way in WAYS
        if way.cans & allowed
    ]
