"""Taking a whole import back, while nothing later depends on it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError, connection, models
from django.db.models import ProtectedError

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from registers.actions.hand import by_hand
from registers.models import Import, ImportedRow, RemoteName

from .task import wait_for_turn
from .tracing import THINGS, event_of
from .who import PUPIL

_AMENDED_SINCE: Final = """
    SELECT count(*) FROM registers_importedrow r JOIN registers_amendment a ON a.mark_id = r.thing_id
    WHERE r.import_id = %s AND r.thing = 'mark' AND (r.did = 'added' OR a.at > %s)
"""
_MARKED_SINCE: Final = """
    SELECT count(*) FROM registers_importedrow r
    JOIN registers_seat s ON s.id = r.thing_id
    JOIN registers_lesson l ON l.teaching_group_id = s.teaching_group_id
    JOIN registers_lessonmark m ON m.school_id = r.school_id AND m.lesson_id = l.id AND m.pupil_id = s.pupil_id
    WHERE r.import_id = %s AND r.thing = 'seat' AND m.recorded_at > %s
"""
_TAKE_BACK: Final = """
    DELETE FROM registers_mark m USING registers_importedrow r
    WHERE r.import_id = %s AND r.thing = 'mark' AND r.did = 'added' AND m.id = r.thing_id
"""
_AMEND_BACK: Final = """
    UPDATE registers_mark m
    SET code = r.before->>'code', minutes_late = (r.before->>'minutes_late')::smallint,
        comment = coalesce(r.before->>'comment', '')
    FROM registers_importedrow r
    WHERE r.import_id = %s AND r.thing = 'mark' AND r.did = 'changed' AND m.id = r.thing_id
"""


_MANY: Final = {"class": "classes"}


def undo_import(*, reading: Import, reason: str, by: User, at: datetime) -> Counter[str]:
    """Take back all that an import made and changed; give how many things of each kind.

    Marks it made go into the table of marks taken back, marks it changed are amended back, other rows go with their
    history kept. All of it or nothing.

    Raises Refused without a reason, for an import that was not read, and where something later depends on it.
    """
    if not reason.strip():
        raise Refused("Say why the import is taken back: the record keeps the reason.")
    done: Counter[str] = Counter()
    try:
        with by_hand(reading.school_id, reason, by=by, at=at):
            wait_for_turn(reading.school.urn)
            row = Import.objects.select_for_update(of=("self",)).select_related("file", "school").get(pk=reading.pk)
            if row.state != Import.State.DONE:
                raise Refused(f"There is nothing to take back: {row.get_state_display().lower()}.")
            _check(row)
            done += _marks(row)
            done += _rows(row)
            row.state, row.undone_at, row.undone_by = Import.State.UNDONE, at, by
            row.why_undone = reason.strip()
            row.save()
            trail.record(
                verb="took an import back",
                by=by,
                at=at,
                school_id=row.school_id,
                subject_kind="import",
                subject_id=row.pk,
                words=f"{row.file.name}: {sum(done.values())} things taken back"[:400],
                after=dict(done),
                reason=reason,
            )
    except (ProtectedError, IntegrityError) as held:
        raise Refused(
            "Something later depends on it: marks, notes, agreements or groups of its pupils, registers of its lessons."
            " Nothing was taken back."
        ) from held
    return done


def _check(row: Import) -> None:
    """Refuse where what the import made or changed was changed since."""
    wrong = []
    with connection.cursor() as cursor:
        cursor.execute(_AMENDED_SINCE, [row.pk, row.finished_at])
        (amended,) = cursor.fetchone()
        cursor.execute(_MARKED_SINCE, [row.pk, row.finished_at])
        (marked,) = cursor.fetchone()
    if amended:
        wrong.append(f"{amended} of its marks were amended since.")
    if marked:
        wrong.append(f"{marked} marks of lessons were made since in the seats of its pupils.")
    for name, model in THINGS:
        event = event_of(model)
        if event is None:
            continue
        later = _changed_later(event, row, name)
        if later:
            wrong.append(f"{len(later)} of its {_MANY.get(name, name + 's')} were changed since.")
    if wrong:
        raise Refused(" ".join([*wrong, "Nothing was taken back."]))


def _changed_later(event: Any, row: Import, name: str) -> list[int]:
    """Give the things whose last change is not this import's own: another hand's, or a later file's of one name."""
    keys = set(ImportedRow.objects.filter(of_import=row, thing=name).values_list("thing_id", flat=True))
    own = (f"Imported from {row.file.name}", row.finished_at)
    last: dict[int, tuple[str, datetime | None]] = {}
    for one in event.objects.filter(pgh_obj_id__in=keys).select_related("pgh_context").order_by("pgh_id"):
        said = (one.pgh_context.metadata or {}) if one.pgh_context else {}
        at = said.get("at")
        last[one.pgh_obj_id] = (str(said.get("reason", "")), datetime.fromisoformat(at) if at else None)
    return [pk for pk, hand in last.items() if hand != own]


def _marks(row: Import) -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(_AMEND_BACK, [row.pk])
        back = cursor.rowcount
        cursor.execute("SELECT set_config('office.taking_back', %s, true)", [f"import:{row.pk}"])
        cursor.execute(_TAKE_BACK, [row.pk])
        gone = cursor.rowcount
        cursor.execute("SELECT set_config('office.taking_back', '', true)")
    return Counter({"mark": gone, "mark amended back": back})


def _rows(row: Import) -> Counter[str]:
    done: Counter[str] = Counter()
    for name, model in reversed(THINGS):
        made = ImportedRow.objects.filter(of_import=row, thing=name)
        changed = list(made.filter(did=ImportedRow.Did.CHANGED).values_list("thing_id", "before"))
        for pk, before in changed:
            model._default_manager.filter(pk=pk).update(**_restored(model, before))  # noqa: SLF001
        keys = list(made.filter(did=ImportedRow.Did.ADDED).values_list("thing_id", flat=True))
        if name == "group":
            # A form that somebody else's pupils sit in by now stays.
            keys = [pk for pk in keys if not model._default_manager.filter(pk=pk, pupils__isnull=False).exists()]  # noqa: SLF001
        gone, _ = model._default_manager.filter(pk__in=keys).delete()  # noqa: SLF001
        if name == PUPIL:
            RemoteName.objects.filter(school=row.school_id, thing=PUPIL, thing_id__in=[str(pk) for pk in keys]).delete()
        if gone or changed:
            done[name] += gone + len(changed)
    return done


def _restored(model: type[models.Model], before: dict[str, Any] | None) -> dict[str, Any]:
    """Give a row's values from before, as the fields hold them."""
    said = json.loads(before) if isinstance(before, str) else before or {}
    values = {}
    for field in model._meta.concrete_fields:
        if field.attname not in said:
            continue
        value = said[field.attname]
        if value is not None and isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
            value = date.fromisoformat(value)
        values[field.attname] = value
    return values
