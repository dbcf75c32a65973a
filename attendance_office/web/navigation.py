"""The way round the office, in the words of the job. A way is shown to those who may go it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

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
    also: frozenset[Can] = frozenset()  # needed besides

    def is_for(self, allowed: frozenset[Can]) -> bool:
        """Tell whether a person with these rights may go it."""
        return bool(self.cans & allowed) and self.also <= allowed


# A section of several pages: its first page that a person may see is where its entry leads.
SUBWAYS: dict[str, tuple[Way, ...]] = {
    "marks": (
        Way("No reason yet", "registers:unexplained_list", "", frozenset({Can.AMEND_MARKS}), "unexplained"),
        Way("Missing marks", "registers:missing_marks", "", frozenset({Can.AMEND_MARKS}), "missing"),
        Way("Doubtful", "registers:doubt_list", "", frozenset({Can.AMEND_MARKS}), "doubtful"),
        Way("Lates", "registers:late_list", "", frozenset({Can.SEE_LATES}), "lates"),
    ),
    "first_day": (
        Way("Without a reason", "interventions:first_day", "", frozenset({Can.CONTACT_HOME}), "first_day"),
        Way("Call sheet", "interventions:call_sheet", "", frozenset({Can.CONTACT_HOME}), "calls"),
        Way("Nobody reached", "interventions:safeguarding_list", "", frozenset({Can.CONTACT_HOME}), "safeguarding"),
        Way("Settings", "interventions:alert_settings", "", frozenset({Can.EDIT_LETTERS}), "settings"),
    ),
    "letters": (
        Way("Letters due", "letters:due_list", "", frozenset({Can.SEE_LETTERS}), "due"),
        Way("All letters", "letters:letter_list", "", frozenset({Can.SEE_LETTERS}), "letters"),
        Way("Write", "letters:write", "", frozenset({Can.APPROVE_LETTERS}), "write"),
        Way("Certificates", "letters:certificates", "", frozenset({Can.MAKE_CERTIFICATES}), "certificates"),
        Way("Rewards", "letters:reward_list", "", frozenset({Can.MAKE_CERTIFICATES}), "rewards"),
        Way("Print runs", "letters:run_list", "", frozenset({Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES}), "runs"),
        Way("Stops", "letters:stop_list", "", frozenset({Can.SEE_LETTERS}), "stops"),
        Way("When due", "letters:policy", "", frozenset({Can.SEE_LETTERS}), "policy"),
        Way("Templates", "letters:template_list", "", frozenset({Can.EDIT_LETTERS}), "templates"),
        Way("Letterhead", "letters:letterhead", "", frozenset({Can.EDIT_LETTERS}), "letterhead"),
    ),
    "registers": (
        Way("Registers", "registers:register_list", "", frozenset({Can.TAKE_OWN_REGISTER}), "registers"),
        Way("Lessons", "registers:lesson_day", "", frozenset({Can.TAKE_OWN_LESSON, Can.ARRANGE_COVER}), "lessons"),
        Way("Timetable", "registers:timetable", "", frozenset({Can.SEE_PUPILS}), "timetable"),
        Way("Classes", "registers:class_list", "", frozenset({Can.SEE_PUPILS}), "classes"),
        Way("Periods and weeks", "registers:timetable_days", "", frozenset({Can.EDIT_TIMETABLE}), "days"),
    ),
    "pupils": (
        Way("Pupils", "registers:pupil_list", "", frozenset({Can.SEE_PUPILS}), "pupils"),
        Way("Joiners and leavers", "registers:admissions", "", frozenset({Can.EDIT_PUPILS}), "admissions"),
        Way("Contacts", "registers:contact_health", "", frozenset({Can.SEE_CONTACTS}), "contacts"),
        Way("Agreements", "registers:agreement_list", "", frozenset({Can.SEE_AGREEMENTS}), "agreements"),
        Way("Groups", "registers:group_list", "", frozenset({Can.SEE_PUPILS}), "groups"),
        Way("Imports", "registers:import_list", "", frozenset({Can.IMPORT}), "imports"),
    ),
    # The first nine stand in the line of the page, the others under More.
    "figures": (
        Way("Figures", "reporting:figures", "", frozenset({Can.SEE_FIGURES}), "figures"),
        Way("Trust", "reporting:trust", "", frozenset({Can.SEE_TRUST}), "trust"),
        Way("Explorer", "reporting:explorer", "", frozenset({Can.SEE_FIGURES}), "explorer"),
        Way("Persistent absence", "interventions:trawl", "", frozenset({Can.SEE_TRAWL}), "absence"),
        Way("Patterns", "interventions:pattern_list", "", frozenset({Can.SEE_TRAWL}), "patterns"),
        Way("Cases proposed", "interventions:proposal_list", "", frozenset({Can.SEE_TRAWL}), "proposals"),
        Way(
            "Illness",
            "reporting:illness",
            "",
            frozenset({Can.SEE_FIGURES}),
            "illness",
            also=frozenset({Can.SEE_MARK_REASONS}),
        ),
        Way("Sent to you", "reporting:sent_list", "", frozenset({Can.READ_SENT}), "sent"),
        Way("Papers", "reporting:paper_list", "", frozenset({Can.SEE_FIGURES}), "papers"),
        Way("Visits", "reporting:visit_list", "", frozenset({Can.SEE_VISITS}), "visits"),
        Way("Case studies", "reporting:case_list", "", frozenset({Can.SEE_FIGURES}), "studies"),
        Way("Evidence folders", "reporting:evidence_list", "", frozenset({Can.SEE_EVIDENCE}), "evidence"),
        Way("Form league", "reporting:league", "", frozenset({Can.SEE_FIGURES}), "league"),
        Way("Certificates", "letters:certificates", "", frozenset({Can.MAKE_CERTIFICATES}), "certificates"),
        Way("Distributions", "reporting:distributions", "", frozenset({Can.KEEP_REPORTS}), "distributions"),
        Way(
            "Why it differs",
            "reporting:differs",
            "",
            frozenset({Can.SEE_FIGURES}),
            "differs",
            also=frozenset({Can.SEE_PUPILS}),
        ),
    ),
}
WAYS = (
    Way("Desk", "reporting:desk", "n-desk", frozenset({Can.SEE_DESK}), "desk"),
    Way("Absence line", "registers:absence_line", "call", frozenset({Can.LOG_ABSENCE}), "absence"),
    Way("Registers", "registers:register_list", "n-reg", frozenset({Can.TAKE_OWN_REGISTER}), "registers"),
    Way("First day", "interventions:first_day", "alert", frozenset({Can.CONTACT_HOME}), "first_day", is_wide=True),
    Way("Missing", "letters:board", "n-miss", frozenset({Can.SEE_BOARD}), "missing"),
    Way("Marks", "", "edit", frozenset({Can.AMEND_MARKS, Can.SEE_LATES}), "marks", is_wide=True),
    Way("Pupils", "registers:pupil_list", "n-pup", frozenset({Can.SEE_PUPILS}), "pupils"),
    Way(
        "Letters",
        "",
        "letter",
        frozenset({Can.SEE_LETTERS, Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES, Can.EDIT_LETTERS}),
        "letters",
        is_wide=True,
    ),
    Way("Post", "letters:message_list", "n-let", frozenset({Can.SEE_OUTBOX}), "post", is_wide=True),
    Way("Reports", "", "n-rep", frozenset({Can.SEE_FIGURES, Can.READ_SENT}), "figures", is_wide=True),
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
            "url": reverse(way.url_name or _first(way.section, allowed)),
            "icon": way.icon,
            "current": way.section == section,
            "count": counts.get(way.section),
            "wide": way.is_wide,
        }
        for way in WAYS
        if way.is_for(allowed) and (way.url_name or _first(way.section, allowed))
    ]


def subways(request: HttpRequest, section: str) -> list[dict[str, str]]:
    """Give the pages of a section that this person may see, each with its key, for the line under the head."""
    school = request.school  # type: ignore[attr-defined]
    allowed = request.user.standing.allowed(school.pk)  # type: ignore[union-attr]
    return [
        {"key": way.section, "label": way.label, "url": reverse(way.url_name)}
        for way in SUBWAYS[section]
        if way.is_for(allowed) and _is_there(way)
    ]


def _first(section: str, allowed: frozenset[Can]) -> str:
    """Give the first page of a section that a person may see."""
    return next((way.url_name for way in SUBWAYS[section] if way.is_for(allowed) and _is_there(way)), "")


def _is_there(way: Way) -> bool:
    try:
        reverse(way.url_name)
    except NoReverseMatch:
        return False
    return True
