"""What is read for a folder when it is put in: parts of a paper, a trawl, first-day contact, the rule on letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.db.models import Q

from attendance_office import clock
from attendance_office.web.export import Cell, Column
from interventions.models import Attempt, FirstDay, SafeguardingItem, Trawl
from interventions.queries.trawls import before, summary, trawls_of
from interventions.rules.trawl import BANDS, MOVED_WORDS, Moved
from letters.queries.policies import below_words, policies_in_force
from registers.queries.figures import latest_due
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session
from reporting.models import EvidenceEntry, EvidenceFolder, Paper
from reporting.queries.explorer import Reader
from reporting.queries.few import PERSISTENT_FROM
from reporting.queries.league import COLUMNS, Wish, file_rows, league, period_before
from reporting.queries.league_rule import league_rule
from reporting.queries.paper_parts import section, table
from reporting.queries.papers import MAY_TELL, content_of, held_before
from reporting.queries.periods import Period
from reporting.queries.sheets import SUPPRESSED
from reporting.rules.league import LEAST_SESSIONS
from reporting.rules.small_numbers import SMALL, HiddenGrid, hidden_grid, is_small

Section = EvidenceEntry.Section
_LEAGUE: Final = ("Form", "Place", "Pupils", "Attended", "Attendance", "Before", "Change, points")
# The bands that another table adds up: those of the persistently absent, and the others.
_PARTS: Final = (range(PERSISTENT_FROM), range(PERSISTENT_FROM, len(BANDS)))
_SPOKEN: Final = (Attempt.Outcome.SPOKE, Attempt.Outcome.EXPECTED, Attempt.Outcome.CALLS_BACK)


# A section of words, charts and tables, and the notes that go with it.
Read = tuple[dict[str, Any], list[str]]


@dataclass(frozen=True)
class Made:
    """Something read for a folder: its title, where it stands, and what gives its section of words and tables."""

    title: str
    section: str
    read: Callable[[EvidenceFolder, datetime], Read]


def made_of(key: str, folder: EvidenceFolder, at: datetime) -> dict[str, Any] | None:
    """Give the content of something read now over a folder's days; None for a key that is none."""
    made = MADE.get(key)
    if made is None:
        return None
    found, notes = made.read(folder, at)
    return {"title": made.title, "sections": [found], "notes": notes}


def trawl_content(trawl: Trawl) -> dict[str, Any]:
    """Give a run of the trawl in numbers of pupils: bands by year group, and what moved since the run before."""
    since = before(list(trawls_of(trawl.school)), trawl)
    found = summary(trawl, since)
    heads = [Column("Year group"), *(Column(band.words) for band in BANDS)]
    # Each year's line has its sum in another table, and each band's in the line below: neither is to give a few away.
    gone = hidden_grid(list(found.bands.values()), column_parts=_PARTS) if found.bands else HiddenGrid()
    rows: list[tuple[Cell, ...]] = [
        (f"Year {year}", *(SUPPRESSED if (r, c) in gone.cells else number for c, number in enumerate(row)))
        for r, (year, row) in enumerate(found.bands.items())
    ]
    whole: list[Cell] = [
        SUPPRESSED if c in gone.columns else sum(row[c] for row in found.bands.values()) for c in range(len(BANDS))
    ]
    tables = [
        table(
            "Pupils by absence in the year so far", heads, rows, total=("Whole school", *whole) if rows else (),
            notes=[f"Numbers below {SMALL} are held back, with others from which they could be worked out."],
        )
    ]  # fmt: skip
    words = [f"{found.pupils:,} pupils, counted to {spoken_date(trawl.counted_to)}."]
    if since is not None:
        moved: list[tuple[Cell, ...]] = [(MOVED_WORDS[one], _few(found.moves.get(one, 0))) for one in Moved]
        tables.append(
            table(f"Moved since {spoken_date(since.on)}", [Column("What happened"), Column("Pupils")], moved)
        )  # fmt: skip
    title = f"Weekly trawl for persistent absence, {spoken_date(trawl.on)}"
    return {
        "title": title,
        "sections": [section("trawl", "Persistent and severe absence", words, [], tables)],
        "notes": [_NOBODY],
    }


_NOBODY: Final = f"Nobody is named. Numbers from 1 to {SMALL - 1} are held back."


def _few(number: int) -> Cell:
    return SUPPRESSED if is_small(number) else number


def _paper(key: str) -> Callable[[EvidenceFolder, datetime], Read]:
    """Give what reads one part of a paper over the folder's days, holding back what papers near it held back."""

    def _read(folder: EvidenceFolder, at: datetime) -> Read:
        days = Paper(school=folder.school, from_on=folder.from_on, to_on=folder.to_on)
        content = content_of(folder.school, from_on=folder.from_on, to_on=folder.to_on, at=at, before=held_before(days))
        return next(part for part in content["sections"] if part["key"] == key), content["notes"]

    return _read


def _league(folder: EvidenceFolder, at: datetime) -> Read:
    """Give the forms in their places, as the page shows them to a reader who sees figures only."""
    reader = Reader.of_school(folder.school, allowed=MAY_TELL, sees_pupils=False)
    period = Period("folder", "The folder's days", folder.from_on, folder.to_on)
    rule = league_rule(folder.school)
    wish = Wish(
        period,
        period_before(folder.school_id, period),
        least=rule.least_sessions if rule else LEAST_SESSIONS,
        is_without_medical=rule is not None and rule.is_without_medical,
    )
    found = league(reader, wish, upto=latest_due(folder.school_id, at) or Session(folder.to_on, "PM"))
    kept = [next(at for at, one in enumerate(COLUMNS) if one.heading == head) for head in _LEAGUE]
    rows = [[row[at] for at in kept] for row in file_rows(found)]
    heads = [COLUMNS[at] for at in kept]
    found_table = [table("Forms in their places", heads, rows)] if rows else []
    return section("league", "Form league", [], [], found_table), list(found.notes)


def _first_days(folder: EvidenceFolder, at: datetime) -> Read:
    """Give first-day contact in numbers of families and sessions: three queries."""
    days = FirstDay.objects.filter(school=folder.school_id, on__range=(folder.from_on, folder.to_on))
    attempts = Attempt.objects.filter(first_day__in=days)
    items = SafeguardingItem.objects.filter(first_day__in=days)
    rows: list[tuple[Cell, ...]] = [
        ("A family with a pupil absent without a reason, in one session", _few(days.count())),
        ("... of them sent a message", _few(days.filter(alert__isnull=False).count())),
        ("Calls made", _few(attempts.count())),
        ("... of them with somebody spoken to", _few(attempts.filter(outcome__in=_SPOKEN).count())),
        ("Families of whom nobody was reached, raised to safeguarding", _few(items.count())),
        ("... of them closed by a person, with what is known", _few(items.filter(~Q(closed_at=None)).count())),
    ]
    words = ["What the school does on the first day of an absence that nobody has explained."]
    found = table("First-day contact", [Column("What"), Column("Number")], rows)
    return section("first-day", "First-day contact", words, [], [found]), [_NOBODY]


def _letter_rule(folder: EvidenceFolder, at: datetime) -> Read:
    """Give the school's rule on letters as it stands on the folder's last day."""
    on = min(folder.to_on, clock.local(at).date())
    rows: list[tuple[Cell, ...]] = [
        (
            f"Level {level}", f"Below {below_words(row.below)}", row.get_counted_display(), row.least_possible,
            f"{row.cooling_off_days} days", "Yes" if row.tells_head_of_year else "No",
        )
        for level, row in sorted(policies_in_force(folder.school_id, on).items())
    ]  # fmt: skip
    heads = ("Letter", "When", "Counted over", "Least sessions", "Between two letters", "Head of year told")
    words = [f"The school's rule as it stood on {spoken_date(on)}. 95 and 90 per cent have no standing in law."]
    found = table("When letters go home", [Column(head) for head in heads], rows)
    return section("letter-rule", "When letters go home", words, [], [found] if rows else []), [_NOBODY]


MADE: Final[Mapping[str, Made]] = MappingProxyType(
    {
        "trend": Made("How attendance has gone", Section.TIME, _paper("trend")),
        "persistent": Made("Persistent and severe absence", Section.TIME, _paper("persistent")),
        "years": Made("Year groups", Section.TIME, _paper("years")),
        "lates": Made("Lateness, and days of the week", Section.TIME, _paper("lates")),
        "league": Made("Form league", Section.TIME, _league),
        "groups": Made("Groups and their gaps", Section.GROUPS, _paper("groups")),
        "letters": Made("Letters, and what followed them", Section.ACTION, _paper("letters")),
        "fairness": Made("Are letters sent fairly", Section.GROUPS, _paper("fairness")),
        "first_day": Made("First-day contact in figures", Section.ABSENCE, _first_days),
        "letter_rule": Made("When letters go home: the school's rule", Section.LEADERSHIP, _letter_rule),
    }
)
