"""What stands in a letter's fields: about the pupil, the attendance counted, the home and the school."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.db.models import Count, Q

from attendance_office import clock
from attendance_office.staff.models import School
from letters.models import Letter, Letterhead, LetterKind
from letters.rules.amounts import counted, in_days, level_per_cent, listed, per_cent
from letters.rules.fields import FIELDS
from letters.rules.placeholders import Nought, Value
from letters.rules.reasons import dates_missed
from registers.models import Contact, Mark, Parent, Pupil
from registers.queries.figures import PupilFigures, counts_by_pupil
from registers.rules import codes
from registers.rules.dates import spoken_date

EARLIER: Final = "earlier letter date"
_ABOUT_ATTENDANCE: Final = (LetterKind.LEVEL_1, LetterKind.LEVEL_2, LetterKind.CONCERN, LetterKind.MEETING)
_REMEMBERED: Final = timedelta(days=365)
_HE = {
    "M": {"he": "he", "him": "him", "his": "his"},
    "F": {"he": "she", "him": "her", "his": "her"},
}
_THEY = {"he": "they", "him": "them", "his": "their"}
_ONE = {"has": "has", "is": "is", "was": "was"}
_MANY = {"has": "have", "is": "are", "was": "were"}


@dataclass(frozen=True)
class Home:
    """Whom a letter greets, and which other children of theirs are here."""

    greets: str
    siblings: str = ""


@dataclass(frozen=True)
class Given:
    """What a letter is about beside its pupil: the receipt, what a person filled in, and the day."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    level: str = ""


def values_of(
    pupil: Pupil, *, school: School, head: Letterhead | None, home: Home, given: Given, on: date
) -> dict[str, Value]:
    """Give the value of every field that has one. `head` is the school's letterhead, None before it has any."""
    values: dict[str, Value] = {
        "forename": pupil.forename,
        "surname": pupil.legal_surname,
        "full name": pupil.name,
        "form": pupil.tutor_group.name if pupil.tutor_group else "",
        "year": str(pupil.year_group),
        "siblings": home.siblings,
        "salutation": home.greets,
        "letter date": spoken_date(on),
        "school": school.name,
        "school phone": school.phone,
        "level": given.level,
    }
    values |= _HE.get(pupil.sex, _THEY)
    values |= _ONE if pupil.sex in _HE else _MANY
    if head is not None:
        values |= {
            "adult to ring": head.ring_name,
            "their number": head.ring_phone,
            "signatory": head.signatory,
            "signatory title": head.signatory_title,
        }
    values |= _figures(given.facts)
    values |= {name: text for name, text in given.fields.items() if name in FIELDS and FIELDS[name].is_given}
    return values


def _figures(facts: Mapping[str, Any]) -> dict[str, Value]:
    """Give the fields of attendance from a receipt; none where nothing was possible."""
    if not facts.get("possible"):
        return {}
    possible, attended = int(facts["possible"]), int(facts["attended"])
    missed = possible - attended
    below = Decimal(str(facts["below"])) if facts.get("below") else None
    first, last = date.fromisoformat(facts["from_on"]), date.fromisoformat(facts["to_on"])
    late = int(facts.get("late", 0))
    values: dict[str, Value] = {
        "per cent": per_cent(Fraction(attended, possible), below),
        "below": level_per_cent(below) if below else "",
        "sessions possible": counted(possible, "session"),
        "days possible": in_days(possible),
        "sessions attended": _or_nought(attended),
        "days attended": in_days(attended) if attended else Nought(in_days(0)),
        "sessions missed": _or_nought(missed),
        "days missed": in_days(missed) if missed else Nought(in_days(0)),
        "authorised": _or_nought(int(facts.get("authorised", 0))),
        "unauthorised": _or_nought(int(facts.get("unauthorised", 0))),
        "late": counted(late, "time") if late else "",
        "period": f"from {spoken_date(first)} to {spoken_date(last)}",
        "from": spoken_date(first),
        "to": spoken_date(last),
        "dates missed": dates_missed((date.fromisoformat(on), half, code) for on, half, code in facts["absences"]),
    }
    return values | _compared(facts, Fraction(attended, possible))


def _compared(facts: Mapping[str, Any], rate: Fraction) -> dict[str, Value]:
    earlier = facts.get("earlier") or {}
    if not earlier.get("possible"):
        return {}
    before = Fraction(int(earlier["attended"]), int(earlier["possible"]))
    found: dict[str, Value] = {"per cent before": per_cent(before)}
    if rate > before:
        found["gained"] = per_cent(rate - before).replace("\u00a0%", " percentage points")
    return found


def _or_nought(sessions: int) -> Value:
    words = counted(sessions, "session")
    return words if sessions else Nought(words)


def receipts(
    school_id: int,
    pupil_ids: Collection[int],
    *,
    from_on: date,
    to_on: date,
    earlier: tuple[date, date] | None = None,
) -> dict[int, dict[str, Any]]:
    """Give each pupil's receipt over some days, and beside it the figures of an earlier time: two or three queries.

    A pupil without a possible session has a receipt of noughts.
    """
    now = {one.pupil_id: one for one in counts_by_pupil(school_id, from_on, to_on, pupil_ids)}
    before = {one.pupil_id: one for one in counts_by_pupil(school_id, *earlier, pupil_ids)} if earlier else {}
    missed: dict[int, list[list[str]]] = {}
    marks = Mark.objects.filter(school=school_id, pupil__in=pupil_ids, on__range=(from_on, to_on))
    for pupil_id, on, half, code in marks.order_by("on", "half").values_list("pupil_id", "on", "half", "code"):
        if codes.code(code, on).counts.is_absent:
            missed.setdefault(pupil_id, []).append([on.isoformat(), half, code])
    found: dict[int, dict[str, Any]] = {}
    for pupil_id in pupil_ids:
        facts = _receipt(now.get(pupil_id, PupilFigures(pupil_id)), from_on, to_on)
        facts["absences"] = missed.get(pupil_id, [])
        if earlier is not None:
            facts["earlier"] = _receipt(before.get(pupil_id, PupilFigures(pupil_id)), *earlier)
        found[pupil_id] = facts
    return found


def _receipt(one: PupilFigures, from_on: date, to_on: date) -> dict[str, Any]:
    return {
        "from_on": from_on.isoformat(),
        "to_on": to_on.isoformat(),
        "possible": one.possible,
        "attended": one.attended,
        "missed": one.possible - one.attended,
        "authorised": one.authorised,
        "unauthorised": one.unauthorised,
        "late": one.late,
    }


def earlier_letter(pupil: Pupil, contacts: Sequence[Contact], *, on: date) -> str:
    """Give the day of the last letter about attendance that went to all of these parents; empty where none did.

    One query. Letters of the last twelve months count; one that was recalled is not spoken of.
    """
    if not contacts:
        return ""
    to_all = Count("addressees", filter=Q(addressees__contact__in=contacts))
    rows = Letter.objects.filter(
        school=pupil.school_id, pupil=pupil, kind__in=_ABOUT_ATTENDANCE, recalled_at=None,
        state__in=[Letter.State.SENT, Letter.State.DELIVERED],
        sent_at__date__range=(on - _REMEMBERED, on),
    )  # fmt: skip
    sent = rows.annotate(to_all=to_all).filter(to_all=len(contacts)).order_by("-sent_at")
    found = sent.values_list("sent_at", flat=True).first()
    return spoken_date(clock.local(found).date()) if found else ""


def greeting(contacts: Sequence[Contact]) -> str:
    """Give whom a letter greets: title and surname, or the whole name of one without a title."""
    names = [
        f"{one.title} {one.surname}".strip() if one.title else f"{one.forename} {one.surname}".strip()
        for one in contacts
    ]
    return listed(names)


def home_of(pupil: Pupil, contacts: Sequence[Contact], *, on: date) -> Home:
    """Give the home of those whom a letter addresses: two queries at most.

    A brother or sister is named only where each of them is that child's parent too and may be told everything.
    """
    if not contacts:
        return Home("")
    links = (
        Parent.objects.filter(contact__in=contacts, may_be_told=Parent.Told.ALL, do_not_contact=False)
        .exclude(pupil=pupil)
        .filter(pupil__in=Pupil.objects.filter(school=pupil.school_id).on_roll(on))
        .select_related("pupil__tutor_group")
        .order_by("pupil__date_of_birth", "pupil_id")
    )
    reached: dict[int, set[int]] = {}
    names: dict[int, str] = {}
    for link in links:
        reached.setdefault(link.pupil_id, set()).add(link.contact_id)
        form = f" ({link.pupil.tutor_group.name})" if link.pupil.tutor_group else ""
        names[link.pupil_id] = f"{link.pupil.forename}{form}"
    everyone = {one.pk for one in contacts}
    return Home(greeting(contacts), listed([names[pk] for pk, found in reached.items() if found == everyone]))
