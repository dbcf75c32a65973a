"""What of the office's other worklists is still open: a line of the desk each, empty or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from attendance_office import clock
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from interventions.queries.first_day import counting_down, open_items, to_ring
from interventions.queries.pattern_steps import to_follow
from interventions.queries.trawl_pages import open_proposals
from letters.models import Letter
from letters.queries.doubts import in_doubt
from letters.queries.outbox import messages_for, to_look_at
from registers.queries import doubts
from registers.queries.admissions import no_working_number, returns_due
from registers.queries.agreements import ending_agreements
from registers.queries.imports import imports_to_look_at
from registers.queries.line_messages import waiting
from registers.queries.links import standing_still, to_settle
from registers.rules.dates import spoken_date
from registers.rules.doubts import GROUNDS


@dataclass(frozen=True)
class Worklist:
    """One worklist: how many lines of it are open, what they are in words, and where it is worked."""

    key: str
    title: str
    many: int
    words: str
    url_name: str
    asks: str = ""
    oldest: datetime | None = None


def worklists(school: School, *, user: User, at: datetime, allowed: Collection[Can]) -> list[Worklist]:
    """Give the worklists a person may work, in the order of the morning: two queries."""
    on = clock.local(at).date()
    asked = {key: found for can, some in _asked(school, user, on, at).items() if can in allowed for key, found in some}
    read: Mapping[str, Any] = School.objects.filter(pk=school.pk).values(**asked).get() if asked else {}
    found = []
    if Can.LOG_ABSENCE in allowed:
        words = (
            "Waiting to be logged, the oldest first" if read["messages_now"] else "Every message is logged or put aside"
        )
        found.append(
            Worklist(
                "messages", "Messages on the absence line", read["messages_now"], words, "registers:absence_line",
                oldest=read["oldest_now"],
            )
        )  # fmt: skip
    if Can.AMEND_MARKS in allowed:
        found.append(_doubts(read["doubts_now"]))
    if Can.WORK_PROPOSALS in allowed:
        many = read["proposals_now"]
        words = "By the last trawls, the gravest first" if many else "Each is taken up or put aside"
        found.append(
            Worklist(
                "proposals", "Cases proposed", many, words, "interventions:proposal_list",
                oldest=read["oldest_proposal_now"],
            )
        )  # fmt: skip
    if Can.CONTACT_HOME in allowed and Can.SEE_TRAWL in allowed:
        many = read["patterns_now"]
        words = "Nothing done yet, or to be looked at again" if many else "Each is followed up"
        found.append(
            Worklist("patterns", "Patterns to follow up", many, words, "interventions:pattern_list", "done=open")
        )
    found += _first_day(read, allowed)
    if Can.APPROVE_LETTERS in allowed:
        found += _letters(read)
    if Can.SEE_AGREEMENTS in allowed:
        words = (
            f"The next on {spoken_date(read['next_end_now'])}" if read["agreements_now"] else "None ends in two weeks"
        )
        found.append(
            Worklist(
                "agreements", "Agreements about to end", read["agreements_now"], words, "registers:agreement_list",
                "show=ending",
            )
        )  # fmt: skip
    if Can.EDIT_PUPILS in allowed:
        due = returns_due(school, on)
        words = f"The first by {spoken_date(due[0].last_on)}" if due else "Every joiner and leaver has been returned"
        found.append(Worklist("returns", "Returns to the authority", len(due), words, "registers:admissions"))
    if Can.SEE_CONTACTS in allowed:
        many = read["numbers_now"]
        words = "On roll, and nobody can be rung about them" if many else "Somebody can be rung about every pupil"
        found.append(Worklist("numbers", "Pupils without a working number", many, words, "registers:contact_health"))
    return found + _machinery(read, allowed)


def _machinery(read: Mapping[str, Any], allowed: Collection[Can]) -> list[Worklist]:
    """Give the worklists of what comes in and goes out by itself: files, links, messages."""
    found = []
    if Can.IMPORT in allowed:
        found += _files(read)
    if Can.SEE_OUTBOX in allowed:
        many = read["post_now"]
        words = "Uncertain or failed: nobody knows that they arrived" if many else "None is uncertain or failed"
        found.append(Worklist("post", "Messages to look at", many, words, "letters:message_list", "state=look"))
    return found


def _files(read: Mapping[str, Any]) -> list[Worklist]:
    """Give what files and the link to another system ask of a person; of the link nothing where nothing is wrong."""
    many = read["imports_now"]
    words = "Refused or broken off, and not read since" if many else "No file was refused or broke off"
    found = [Worklist("imports", "Files to look at", many, words, "registers:import_list", "show=look")]
    if said := read["link_now"]:
        found.append(Worklist("link", "The link to Wonde", 1, said, "registers:link_detail"))
    if out := read["out_now"]:
        words = "Uncertain or refused: nobody knows that they stand there"
        found.append(
            Worklist("out", "Marks going out to look at", out, words, "registers:writeback_list", "state=look")
        )
    return found


def _asked(school: School, user: User, on: date, at: datetime) -> Mapping[Can, list[tuple[str, Any]]]:
    """Give what is counted for whom, each as part of one query."""
    messages, ending = waiting(school, user), ending_agreements(school, user, on)
    grounds = doubts.within(school, user).filter(state="open").order_by("pk").values("ground")
    proposals = open_proposals(school, user)
    counting, ring, items = counting_down(school, user, at), to_ring(school, user, at), open_items(school, user)
    letters = Letter.objects.visible_to(user).filter(school=school)
    stuck = to_look_at(messages_for(user, school))
    return {
        Can.LOG_ABSENCE: [
            ("messages_now", _many(messages)),
            ("oldest_now", Subquery(messages.values("received_at")[:1])),
        ],
        Can.AMEND_MARKS: [("doubts_now", ArraySubquery(grounds))],
        Can.WORK_PROPOSALS: [
            ("proposals_now", _many(proposals)),
            ("oldest_proposal_now", Subquery(proposals.order_by("proposed_at").values("proposed_at")[:1])),
        ],
        Can.CONTACT_HOME: [
            ("counting_now", _many(counting)),
            ("next_alert_now", Subquery(counting.order_by("alert__due_at").values("alert__due_at")[:1])),
            ("alert_half_now", Subquery(counting.values("half")[:1])),
            ("ring_now", _many(ring)),
            ("ring_half_now", Subquery(ring.values("half")[:1])),
            ("oldest_ring_now", Subquery(ring.values("opened_at")[:1])),
            ("items_now", _many(items)),
            ("oldest_item_now", Subquery(items.values("since_at")[:1])),
            ("patterns_now", _many(to_follow(school, user, on))),
        ],
        Can.SEE_AGREEMENTS: [
            ("agreements_now", _many(ending)),
            ("next_end_now", Subquery(ending.values("ends_on")[:1])),
        ],
        Can.APPROVE_LETTERS: [
            ("letters_now", _many(letters.filter(state=Letter.State.PROPOSED))),
            ("held_now", _many(letters.filter(state=Letter.State.HELD_BACK))),
            ("doubted_now", _many(in_doubt(school, user))),
            ("oldest_doubt_now", Subquery(in_doubt(school, user).values("doubted_at")[:1])),
        ],
        Can.SEE_CONTACTS: [("numbers_now", _many(no_working_number(school, user, on)))],
        Can.IMPORT: [
            ("imports_now", _many(imports_to_look_at(school))),
            ("out_now", _many(to_settle(school))),
            ("link_now", Subquery(standing_still(school, at)[:1])),
        ],
        Can.SEE_OUTBOX: [("post_now", _many(stuck))],
    }


def _letters(read: Mapping[str, Any]) -> list[Worklist]:
    """Give the worklists of the post room: proposed, held back, and no longer supported by the register."""
    due, held, doubted = read["letters_now"], read["held_now"], read["doubted_now"]
    return [
        Worklist(
            "letters", "Letters due", due,
            "To be approved or set aside" if due else "No letter waits for a decision", "letters:due_list",
        ),
        Worklist(
            "held", "Letters held back", held,
            "No longer due when they were read again" if held else "None is held back", "letters:letter_list",
            "state=held_back",
        ),
        Worklist(
            "doubted", "Letters in doubt", doubted,
            "The register no longer supports them" if doubted else "The register supports every letter",
            "letters:letter_list", "state=doubted", oldest=read["oldest_doubt_now"],
        ),
    ]  # fmt: skip


def _many(rows: QuerySet[Any]) -> Coalesce:
    """Give the number of rows as part of another query."""
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(many=Count("*")).values("many")
    return Coalesce(Subquery(counted), 0)


def _first_day(read: Mapping[str, Any], allowed: Collection[Can]) -> list[Worklist]:
    """Give the lines of first-day contact: alerts that can be stopped, families to ring, and who was not reached."""
    if Can.CONTACT_HOME not in allowed:
        return []
    goes = read["next_alert_now"]
    alerts = f"The next goes at {clock.local(goes):%H:%M}, and can be stopped until then" if goes else "None is waiting"
    calls = "Families whom a person rings" if read["ring_now"] else "Nobody is left to be rung"
    items = "Open until a person closes each" if read["items_now"] else "No item is open"
    return [
        Worklist(
            "alerts", "Alerts counting down", read["counting_now"], alerts, "interventions:first_day",
            _half(read["alert_half_now"]),
        ),
        Worklist(
            "calls", "Calls to make", read["ring_now"], calls, "interventions:call_sheet", _half(read["ring_half_now"]),
            oldest=read["oldest_ring_now"],
        ),
        Worklist(
            "safeguarding", "Nobody reached", read["items_now"], items, "interventions:safeguarding_list",
            oldest=read["oldest_item_now"],
        ),
    ]  # fmt: skip


def _half(half: str | None) -> str:
    """Give the part of an address that names the session of the oldest, where there is one."""
    return f"half={half}" if half else ""


def _doubts(grounds: list[str]) -> Worklist:
    by_ground = Counter(grounds)
    words = ", ".join(f"{GROUNDS[key].title} {many}" for key, many in by_ground.most_common(3))
    return Worklist(
        "doubts", "Doubtful marks", len(grounds), words or "The last trawl left nothing open", "registers:doubt_list"
    )
