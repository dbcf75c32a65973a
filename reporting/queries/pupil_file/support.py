"""What the weekly trawl saw: where the pupil moved, patterns that appeared, cases proposed and what came of them;
and case studies."""

from __future__ import annotations

from datetime import date

from attendance_office.staff.roles import Can
from interventions.models import CaseProposal, PatternFlag, PatternStep, TrawlLine
from interventions.queries.pattern_steps import identity_words
from interventions.queries.patterns import flags_of
from interventions.queries.trawl_pages import standing
from interventions.rules.trawl import MOVED_WORDS, Moved, Standing, movements
from registers.rules.dates import spoken_date
from reporting.models import CaseStudy

from .entries import KINDS, Entry, Scope, done, joined


def trawls(scope: Scope) -> list[Entry]:
    """Give the trawls at which the pupil had moved since the one before it of the same school year."""
    rows = TrawlLine.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil).select_related("trawl")
    by_day: dict[date, TrawlLine] = {row.trawl.on: row for row in rows.order_by("trawl__on", "trawl__made_at")}
    link = scope.link("interventions:pupil_absence", scope.pupil.pk, "Trawl by trawl")
    found = []
    last: tuple[date, Standing] | None = None
    for row in by_day.values():
        now = standing(row)
        moved = movements(last[1], now) if last is not None and last[0] == row.trawl.year_from else frozenset()
        last = (row.trawl.year_from, now)
        if moved:
            first, *rest = [MOVED_WORDS[one] for one in Moved if one in moved]
            words = "; ".join([first, *(more[0].lower() + more[1:] for more in rest)])
            more = f"Year to date {row.year.attended} of {row.year.possible} sessions attended"
            found.append(Entry(KINDS["trawl"], row.trawl.on, joined(words), more=joined(more), link=link))
    return found


def patterns(scope: Scope) -> list[Entry]:
    """Give each pattern once a school year, when a trawl first found it."""
    rows = (
        PatternFlag.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil)
        .select_related("trawl", "other__tutor_group")
        .order_by("trawl__on", "trawl__made_at", "pk")
    )
    first: dict[tuple[date, str, str, int | None], PatternFlag] = {}
    for row in rows:
        first.setdefault((row.trawl.year_from, row.kind, row.subject, row.other_id), row)
    link = scope.link("interventions:pupil_absence", scope.pupil.pk, "Patterns")
    return [
        Entry(
            KINDS["patterns"], flag.row.trawl.on, f"Pattern found: {_lower(flag.title)}.",
            more=joined(flag.why, f"By chance {flag.chance} pupils would show as much"), link=link,
        )
        for flag in flags_of(list(first.values()), scope.user)
    ]  # fmt: skip


def pattern_steps(scope: Scope) -> list[Entry]:
    """Give what was done about patterns; with whom and what was said to whoever rings homes."""
    rows = PatternStep.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil, struck=None)
    found = []
    for row in rows.select_related("flag", "contact", "by").order_by("done_on", "at", "pk"):
        what = f"{row.get_kind_display()} about a pattern: {_lower(identity_words(row.flag))}"
        whom = scope.named(row.contact) if row.contact else ""
        said = (whom, row.words) if scope.may(Can.CONTACT_HOME) else ()
        again = f"Look again {spoken_date(row.look_again_on)}" if row.look_again_on else ""
        link = scope.link("interventions:pattern_detail", row.flag_id, "What was done")
        more = joined(*said, again)
        found.append(Entry(KINDS["patterns"], row.done_on, joined(what), more=more, by=row.by.signature, link=link))
    return found


def cases(scope: Scope) -> list[Entry]:
    """Give the cases proposed, and what a person made of each."""
    link = scope.link("interventions:pupil_absence", scope.pupil.pk, "Cases and trawls")
    found = []
    rows = CaseProposal.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil).select_related("settled_by")
    for row in rows:
        ground = row.get_ground_display()
        words = f"Case proposed: {_lower(ground)}."
        found.append(done("cases", row.proposed_at, words, link=link))
        if row.settled_at is not None:
            words = f"Proposed case {row.get_state_display().lower()}."
            found.append(done("cases", row.settled_at, words, more=joined(row.why), by=row.settled_by, link=link))
    return found


def _lower(words: str) -> str:
    return f"{words[:1].lower()}{words[1:]}"


def studies(scope: Scope) -> list[Entry]:
    """Give the anonymous case studies drafted from the file and issued."""
    found = []
    rows = CaseStudy.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil)
    for row in rows.select_related("made_by", "issued_by").defer("content"):
        link = scope.link("reporting:case_detail", row.pk, "The study") if row.state != row.State.DROPPED else None
        found.append(done("studies", row.made_at, f"{row} drafted.", by=row.made_by, link=link))
        if row.issued_at is not None:
            found.append(done("studies", row.issued_at, f"{row} issued without a name.", by=row.issued_by, link=link))
    return found
