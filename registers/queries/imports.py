"""Imports: what was read when, what of it wants a person, and which file a row of the record came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from attendance_office.staff.models import School, TutorGroup
from registers.models import (
    Contact,
    Enrolment,
    Import,
    ImportedRow,
    Lesson,
    Mark,
    Parent,
    Placement,
    Pupil,
    Seat,
    TeachingGroup,
)
from registers.rules.dates import spoken_date

from .timetable import WEEKDAYS


def imports_of(school: School) -> QuerySet[Import]:
    """Give a school's imports without the bytes of their files, the latest first."""
    return (
        Import.objects.filter(school=school)
        .select_related("file", "source", "made_by", "undone_by")
        .defer("file__content", "faults")
        .order_by("-made_at", "-pk")
    )


def imports_to_look_at(school: School) -> QuerySet[Import]:
    """Give the imports that were refused or broke off and nobody went on with."""
    return imports_of(school).filter(state__in=[Import.State.REFUSED, Import.State.FAILED])


def same_file_before(reading: Import) -> Import | None:
    """Give an earlier import of the very same file that was read and stands."""
    rows = Import.objects.filter(
        school=reading.school_id, file__sha256=reading.file.sha256, state=Import.State.DONE
    ).exclude(pk=reading.pk)
    return rows.select_related("made_by", "file").defer("file__content").order_by("-finished_at").first()


@dataclass(frozen=True, slots=True)
class Origin:
    """The file and line that made or changed a thing, and whether the import stands."""

    did: str
    file: str
    row: int
    import_id: int
    is_undone: bool

    @property
    def words(self) -> str:
        """Say it as a page does: "From pupils.csv, row 12"."""
        begin = "From" if self.did == ImportedRow.Did.ADDED else "Changed by"
        line = f", row {self.row}" if self.row else ""
        return f"{begin} {self.file}{line}{', since taken back' if self.is_undone else ''}"


def traced(school_id: int, things: Mapping[str, Collection[int]]) -> dict[tuple[str, int], tuple[Origin, ...]]:
    """Give the files that made or changed things, by kind of thing and key, the first first: one query.

    `things` names the keys by kind, as `ImportedRow.thing` does; what no file touched is not among them.
    """
    asked = Q(pk__in=[])
    for thing, keys in things.items():
        if keys:
            asked |= Q(thing=thing, thing_id__in=keys)
    if not any(things.values()):
        return {}
    rows = ImportedRow.objects.filter(asked, school_id=school_id).order_by("pk")
    found: dict[tuple[str, int], list[Origin]] = {}
    for thing, key, did, file, row, pk, state in rows.values_list(
        "thing", "thing_id", "did", "of_import__file__name", "row", "of_import_id", "of_import__state"
    ):
        found.setdefault((thing, key), []).append(Origin(did, file, row, pk, state == Import.State.UNDONE))
    return {key: tuple(origins) for key, origins in found.items()}


@dataclass(frozen=True)
class Outcome:
    """What one row of a file did to one thing of the record, in words; of a mark, the code from before."""

    row: int
    did: str
    thing: str
    who: str
    before: str


def outcomes(reading: Import) -> list[Outcome]:
    """Give what each row of a file that was read made and changed, in the order of its rows."""
    made = list(ImportedRow.objects.filter(of_import=reading).order_by("row", "pk"))
    names = _names(made)
    return [
        Outcome(
            one.row,
            one.get_did_display().lower(),
            one.thing,
            names.get((one.thing, one.thing_id), ""),
            str((one.before or {}).get("code", "")) if one.thing == "mark" else "",
        )
        for one in made
    ]


def _names(made: Sequence[ImportedRow]) -> dict[tuple[str, int], str]:
    """Give what the things that rows made are called: one query for each kind."""
    keys: dict[str, set[int]] = {}
    for one in made:
        keys.setdefault(one.thing, set()).add(one.thing_id)
    found: dict[tuple[str, int], str] = {}
    found |= {("pupil", row.pk): str(row) for row in Pupil.objects.filter(pk__in=keys.get("pupil", ()))}
    found |= {("contact", row.pk): str(row) for row in Contact.objects.filter(pk__in=keys.get("contact", ()))}
    found |= {("group", row.pk): row.name for row in TutorGroup.objects.filter(pk__in=keys.get("group", ()))}
    found |= {("class", row.pk): row.name for row in TeachingGroup.objects.filter(pk__in=keys.get("class", ()))}
    lessons = Lesson.objects.filter(pk__in=keys.get("lesson", ())).select_related("teaching_group", "period")
    found |= {
        ("lesson", row.pk): " ".join(
            word for word in (row.teaching_group.name, row.week, dict(WEEKDAYS)[row.weekday], row.period.name) if word
        )
        for row in lessons
    }
    seats = Seat.objects.filter(pk__in=keys.get("seat", ())).select_related("teaching_group", "pupil")
    found |= {("seat", row.pk): f"{row.pupil}, {row.teaching_group.name}" for row in seats}
    models = (("enrolment", Enrolment), ("placement", Placement), ("parent", Parent))
    for name, model in models:
        rows = model.objects.filter(pk__in=keys.get(name, ())).select_related("pupil")  # type: ignore[attr-defined]
        found |= {(name, row.pk): str(row.pupil) for row in rows}
    marks = Mark.objects.filter(pk__in=keys.get("mark", ())).select_related("pupil")
    return found | {("mark", row.pk): f"{row.pupil}, {spoken_date(row.on)} {row.half} {row.code}" for row in marks}
