"""pupils.csv: the admission register, with each pupil's stay on roll and place in a tutor group."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any, Final

from attendance_office.staff.models import TutorGroup
from registers.models import Enrolment, Pupil
from registers.rules.dates import spoken_date
from registers.rules.names import sort_name
from registers.rules.upn import check_upn

from .columns import GROUPS
from .fields import Row
from .placements import place
from .roll import Stay, enrol
from .task import Task, rows
from .writing import reconcile

_SEXES: Final = {"f": "F", "m": "M", "female": "F", "male": "M", "u": "U", "not recorded": "U"}
_SEN: Final = {"n": "N", "none": "N", "k": "K", "sen support": "K", "e": "E", "ehc plan": "E"}
_KINDS: Final = {kind.lower(): kind for kind in Enrolment.Kind.values}
_GROUNDS: Final = {letter: letter for letter in "abcdefghijklmno"}
_TEXTS: Final = (
    "known_as", "middle_names", "former_surname", "admission_number", "address", "postcode", "last_school",
    "ethnicity", "first_language",
)  # fmt: skip
_FLAGS: Final = (
    ("eal", "is_eal"),
    ("pp", "is_pp"),
    ("fsm", "is_fsm"),
    ("looked_after", "is_looked_after"),
    ("child_protection", "has_protection_plan"),
    ("in_need", "is_in_need"),
    ("young_carer", "is_young_carer"),
    ("vulnerable", "is_vulnerable"),
)


def read_pupils(task: Task) -> None:
    """Bring the admission register to what the file says. A pupil is known by the UPN; nobody is taken off it.

    Source: SI 2024/208 reg 8 (contents of the admission register).
    """
    wanted: dict[str, dict[str, Any]] = {}
    stays: dict[str, Stay] = {}
    places: dict[str, Row] = {}
    sitting: dict[str, str] = {}
    for row in rows(task.path, task.report):
        upn = _upn(row)
        values, stay, group = _values(row), _stay(row), row.text("tutor_group")
        if not upn or stay is None:
            continue
        if upn in places:
            row.refuse("upn", f"{upn} stands in row {places[upn].number} as well.")
            continue
        _check_birth(row, values, stay, task.on)
        wanted[upn] = values | {"upn": upn}
        stays[upn], places[upn], sitting[upn] = stay, row, group
    groups = _groups(task, wanted, places, sitting)
    if task.report.is_refused:
        return
    for upn, group in sitting.items():
        wanted[upn]["tutor_group"] = groups.get(group)
    if without := sum(not group for group in sitting.values()):
        task.report.note(f"{without:,} of the pupils have no tutor group: they are on no register.")
    held = {
        pupil.upn: pupil
        for pupil in Pupil.objects.filter(school=task.school, upn__in=wanted).select_related("tutor_group")
    }
    for upn, values in wanted.items():
        _complete(values, held.get(upn))
    written = reconcile(Pupil, wanted, held, school=task.school)
    pupils = {upn: written.rows[upn] for upn in wanted}
    enrolments, touched = enrol(task, pupils, stays, places)
    if task.report.is_refused:
        return
    touched |= place(task, pupils, enrolments)
    written.changed |= touched - written.new
    written.count_in(task.report, len(wanted))


def _upn(row: Row) -> str:
    if not row.raw("upn").strip():
        row.refuse("upn", "A UPN is missing: a letter and 12 digits, like H801200001001.")
        return ""
    try:
        return check_upn(row.raw("upn"))
    except ValueError as wrong:
        row.refuse("upn", str(wrong))
        return ""


def _values(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = {
        "legal_surname": row.text("legal_surname", must=True),
        "legal_forename": row.text("legal_forename", must=True),
        "date_of_birth": row.date("date_of_birth", weekday="", must=True),
        "sex": row.choice("sex", _SEXES, must=True),
        "year_group": row.year("year_group", must=True),
    }
    values |= {column: row.text(column) for column in _TEXTS if row.has(column)}
    values |= {field: row.flag(column) for column, field in _FLAGS if row.has(column)}
    if row.has("sen"):
        values["sen"] = row.choice("sen", _SEN) or Pupil.Sen.NONE.value
    return values


def _stay(row: Row) -> Stay | None:
    starts_on = row.date("starts_on", weekday="", must=True)
    ends_on = row.date("ends_on", weekday="")
    ground = row.choice("leaving_ground", _GROUNDS)
    destination = row.text("destination")
    kind = row.choice("enrolment", _KINDS)
    if starts_on is None:
        return None
    if ends_on is not None and ends_on < starts_on:
        row.refuse("ends_on", f"The last day on roll comes before the starting day, {spoken_date(starts_on)}.")
        return None
    if ground and ends_on is None and row.has("ends_on") and not row.raw("ends_on").strip():
        row.refuse("leaving_ground", "A pupil who leaves on a ground has a last day on roll: fill in ends_on.")
    values: dict[str, Any] = {"starts_on": starts_on}
    if row.has("ends_on"):
        values["ends_on"] = ends_on
    if row.has("leaving_ground"):
        values["leaving_ground"] = ground
    if row.has("destination"):
        values["destination"] = destination
    if row.has("enrolment"):
        values["kind"] = kind or Enrolment.Kind.SINGLE.value
    return Stay(starts_on, ends_on, values)


def _check_birth(row: Row, values: dict[str, Any], stay: Stay, on: date) -> None:
    born = values["date_of_birth"]
    if born is None:
        return
    if born > on:
        row.refuse("date_of_birth", f"{spoken_date(born)} lies ahead. Is the year right?")
    elif born >= stay.starts_on:
        row.refuse("date_of_birth", f"The pupil would start on {spoken_date(stay.starts_on)}, before being born.")


def _groups(
    task: Task, wanted: dict[str, dict[str, Any]], places: dict[str, Row], sitting: dict[str, str]
) -> dict[str, TutorGroup]:
    """Give the tutor groups by name; without groups.csv those that are not there yet are made from the pupils' rows."""
    groups = {group.name: group for group in TutorGroup.objects.filter(school=task.school)}
    unknown = {name for name in sitting.values() if name and name not in groups}
    if not unknown:
        return groups
    if task.is_there(GROUPS):
        hint = f"{GROUPS} was refused." if task.was_refused(GROUPS) else f"Add it to {GROUPS}, or take {GROUPS} away."
        for upn, name in sitting.items():
            if name in unknown:
                places[upn].refuse("tutor_group", f"There is no tutor group of this name. {hint}")
        return groups
    if task.report.is_refused:
        return groups
    years: dict[str, Counter[int]] = {name: Counter() for name in sorted(unknown)}
    for upn, name in sitting.items():
        if name in unknown:
            years[name][wanted[upn]["year_group"]] += 1
    made = TutorGroup.objects.bulk_create(
        TutorGroup(school=task.school, name=name, year_group=min((-pupils, year) for year, pupils in found.items())[1])
        for name, found in years.items()
    )
    task.report.note(f"{len(made)} tutor groups were made from the pupils' rows.")
    return groups | {group.name: group for group in made}


def _complete(values: dict[str, Any], pupil: Pupil | None) -> None:
    """Add what follows from the row: the name to sort by, with the forename in daily use."""
    known_as = values.get("known_as", pupil.known_as if pupil else "")
    values["sort_name"] = sort_name(values["legal_surname"], known_as or values["legal_forename"])
