"""Imports: what was read when, what of it wants a person, and which file a row of the record came from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from attendance_office.staff.models import School
from registers.models import Import, ImportedRow


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


@dataclass(frozen=True)
class Origin:
    """The file and line a thing came from."""

    file: str
    row: int
    import_id: int


def came_from(school_id: int, thing: str, keys: Collection[int]) -> dict[int, Origin]:
    """Give the file and line that made each thing, for those that a file made: one query."""
    rows = ImportedRow.objects.filter(
        school_id=school_id, thing=thing, thing_id__in=keys, did=ImportedRow.Did.ADDED
    ).values_list("thing_id", "of_import__file__name", "row", "of_import_id")
    return {key: Origin(name, row, pk) for key, name, row, pk in rows}
