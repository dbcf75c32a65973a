"""What each row of a file made or changed, kept so that the import can be taken back whole."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.db import connection, models
from django.db.models import Max, QuerySet

from attendance_office.staff.models import TutorGroup
from registers.models import (
    Contact,
    Enrolment,
    Import,
    ImportedRow,
    Lesson,
    Parent,
    Placement,
    Pupil,
    Seat,
    TeachingGroup,
)
from registers.rules.names import folded

# In the order in which they are made; an import is taken back in the other.
THINGS: Final[tuple[tuple[str, type[models.Model]], ...]] = (
    ("group", TutorGroup),
    ("pupil", Pupil),
    ("enrolment", Enrolment),
    ("placement", Placement),
    ("contact", Contact),
    ("parent", Parent),
    ("class", TeachingGroup),
    ("lesson", Lesson),
    ("seat", Seat),
)
# Whose row it is that Postgres shows: of this transaction, which is not over; never what somebody else did meanwhile.
_OWN: Final = "pg_xact_status((pg_current_xact_id()::text::bigint - age({0}))::text::xid8) = 'in progress'"
_AT_ONCE: Final = 2000
_MARKS: Final = """
    INSERT INTO registers_importedrow (school_id, import_id, row, thing, thing_id, did, before)
    SELECT m.school_id, %(reading)s, coalesce(l.row, 0), 'mark', m.id, 'added', NULL
    FROM registers_mark m LEFT JOIN pg_temp.import_lines l
      ON l.pupil_id = m.pupil_id AND l."on" = m."on" AND l.half = m.half
    WHERE m.school_id = %(school)s AND m.origin = 'import' AND m.id > %(mark)s AND {own_mark}
    UNION ALL
    SELECT a.school_id, %(reading)s, coalesce(l.row, 0), 'mark', a.mark_id, 'changed',
           jsonb_build_object('code', a.from_code, 'minutes_late', a.from_minutes, 'comment', a.from_comment,
                              'now', a.to_code)
    FROM registers_amendment a LEFT JOIN pg_temp.import_lines l
      ON l.pupil_id = a.pupil_id AND l."on" = a."on" AND l.half = a.half
    WHERE a.school_id = %(school)s AND a.id > %(amendment)s AND {own_amendment}
""".format(own_mark=_OWN.format("m.xmin"), own_amendment=_OWN.format("a.xmin"))  # noqa: S608 - our own words alone


class Trace:
    """Remembers where the record stood before a file was read, and tells afterwards what the file did."""

    def __init__(self, reading: Import, path: Path) -> None:
        self.reading, self.path = reading, path
        self.last = {name: _last(model) for name, model in THINGS}
        self.events = {name: _last_event(model) for name, model in THINGS}
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(id), 0) FROM registers_mark")
            (self.mark,) = cursor.fetchone()
            cursor.execute("SELECT coalesce(max(id), 0) FROM registers_amendment")
            (self.amendment,) = cursor.fetchone()

    def keep(self, lines: list[int], touched: Mapping[tuple[str, int], int]) -> None:
        """Write down what was made and changed since, each with the line of the file where one is known.

        `touched` gives the lines of our own file by kind and key, as far as the reader knows them.
        """
        if self.reading.feeds == "marks":
            self._keep_marks(lines)
            return
        of_pupil = self._lines_of_pupils(lines)
        # The first line of our own file holds the names.
        of_thing = {key: lines[number - 2] for key, number in touched.items()}
        if self.reading.feeds == "contacts":
            of_thing |= self._lines_of_contacts(lines)
        rows: list[ImportedRow] = []
        for name, model in THINGS:
            school = {"school": self.reading.school_id}
            made = own(model._default_manager.filter(pk__gt=self.last[name], **school))  # noqa: SLF001
            rows += [self._row(name, thing, of_pupil, of_thing, ImportedRow.Did.ADDED, None) for thing in made]
            event = event_of(model)
            if event is None:
                continue
            kept: dict[int, Any] = {}
            changed = event.objects.filter(
                pgh_id__gt=self.events[name], pgh_label="update", pgh_obj_id__lte=self.last[name], **school
            )
            for one in own(changed).order_by("-pgh_id"):
                kept[one.pgh_obj_id] = one
            rows += [
                self._row(name, one, of_pupil, of_thing, ImportedRow.Did.CHANGED, _values(one, model))
                for one in kept.values()
            ]
        ImportedRow.objects.bulk_create(rows, batch_size=_AT_ONCE)

    def _row(
        self,
        name: str,
        thing: Any,
        of_pupil: dict[int, int],
        of_thing: dict[tuple[str, int], int],
        did: str,
        before: dict[str, Any] | None,
    ) -> ImportedRow:
        pk = thing.pgh_obj_id if did == ImportedRow.Did.CHANGED else thing.pk
        pupil = pk if name == "pupil" else getattr(thing, "pupil_id", None)
        return ImportedRow(
            school_id=self.reading.school_id,
            of_import=self.reading,
            row=of_thing.get((name, pk)) or of_pupil.get(pupil or 0, 0),
            thing=name,
            thing_id=pk,
            did=did,
            before=before,
        )

    def _lines_of_pupils(self, lines: list[int]) -> dict[int, int]:
        upns = dict(Pupil.objects.filter(school=self.reading.school_id).values_list("upn", "pk"))
        found: dict[int, int] = {}
        for line, (upn,) in zip(lines, self._cells("upn"), strict=False):
            if upn in upns:
                found.setdefault(upns[upn], line)
        return found

    def _lines_of_contacts(self, lines: list[int]) -> dict[tuple[str, int], int]:
        """Give the first line that names each contact, and the line of each link of a contact to a pupil."""
        named: dict[tuple[str, ...], int] = {}
        for line, (upn, surname, forename) in zip(lines, self._cells("upn", "surname", "forename"), strict=False):
            named.setdefault((upn, folded(surname), folded(forename)), line)
        found: dict[tuple[str, int], int] = {}
        links = Parent.objects.filter(school=self.reading.school_id).order_by("pk")
        for pk, contact, upn, surname, forename in links.values_list(
            "pk", "contact_id", "pupil__upn", "contact__surname", "contact__forename"
        ):
            at = named.get((upn, folded(surname), folded(forename)))
            if at is not None:
                found["parent", pk] = at
                found["contact", contact] = min(at, found.get(("contact", contact), at))
        return found

    def _keep_marks(self, lines: list[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                'CREATE TEMPORARY TABLE import_lines (pupil_id bigint, "on" date, half text, row int) ON COMMIT DROP'
            )
            upns = dict(Pupil.objects.filter(school=self.reading.school_id).values_list("upn", "pk"))
            with cursor.copy("COPY pg_temp.import_lines FROM STDIN") as copy:
                for line, (upn, on, half) in zip(lines, self._cells("upn", "on", "session"), strict=False):
                    if upn in upns:
                        copy.write_row((upns[upn], date.fromisoformat(on), half, line))
            cursor.execute("ANALYZE pg_temp.import_lines")
            cursor.execute(
                _MARKS,
                {
                    "reading": self.reading.pk,
                    "school": self.reading.school_id,
                    "mark": self.mark,
                    "amendment": self.amendment,
                },
            )
            cursor.execute("DROP TABLE pg_temp.import_lines")

    def _cells(self, *names: str) -> Iterator[tuple[str, ...]]:
        """Give these columns of each row that was read, in order."""
        with self.path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield tuple(row.get(name) or "" for name in names)


def own(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Give those rows that this transaction wrote."""
    xmin = f'"{rows.model._meta.db_table}".xmin'
    return rows.extra(where=[_OWN.format(xmin)])  # noqa: S610 - our own table's name alone is put in


def event_of(model: type[models.Model]) -> Any:
    """Give the model in which Postgres keeps a model's rows as they were, None where it keeps none."""
    name = f"{model.__name__}Event"
    return apps.get_model("registers", name) if name.lower() in apps.all_models["registers"] else None


def _last(model: type[models.Model]) -> int:
    return model._default_manager.aggregate(last=Max("pk"))["last"] or 0  # noqa: SLF001


def _last_event(model: type[models.Model]) -> int:
    event = event_of(model)
    return (event.objects.aggregate(last=Max("pgh_id"))["last"] or 0) if event is not None else 0


def _values(event: Any, model: type[models.Model]) -> dict[str, Any]:
    """Give a row as it was before, as JSON keeps it."""
    said = {}
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        value = getattr(event, field.attname)
        said[field.attname] = value.isoformat() if isinstance(value, (date, datetime)) else value
    return said
