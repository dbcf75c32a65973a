"""Files given to the app: kept whole, their columns matched, and put in line to be read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.feeds import systems
from registers.feeds.table import Table, Unreadable, read_table
from registers.models import Import, Pull, Source, StoredFile

_KINDS: Final = {
    "csv": "text/csv",
    "xml": "application/xml",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
OPTIONS: Final = ("date_order", "starts_on", "temporary_upns")


@dataclass(frozen=True)
class Brought:
    """What is known of a file that a link brought: whose shape it has, what it brings, the run, and how to match it."""

    system: str
    feeds: str
    pull: Pull
    source: Source | None = None


def upload_file(
    *, school: School, name: str, content: bytes, brought: Brought | None = None, by: User | None, at: datetime
) -> Import:
    """Keep a file and guess what it is; columns that came before from the same source are matched as they were then.

    Of a file that a link brought it is known, and a column that this time says nothing of anybody is left as it is.

    Raises Refused, in words, for a file that is no table or is built to harm.
    """
    try:
        table = read_table(content, name)
    except Unreadable as wrong:
        where = f" (row {wrong.row})" if wrong.row else ""
        raise Refused(f"{wrong}{where}") from wrong
    if other := systems.other_kind(table):
        raise Refused(f"{name} brings {other}. Pupils, contacts, session marks, lessons and seats are read here.")
    guess = systems.guess(table)
    if brought:
        columns = systems.match(table, brought.feeds, system=brought.system)
        guess = replace(guess, system=brought.system, feeds=brought.feeds, mapping=columns)
    with trail.signed(by=by, at=at, school_id=school.pk):
        file = StoredFile.objects.create(
            school=school,
            purpose=StoredFile.Purpose.IMPORT,
            name=name[:200],
            kind=_KINDS[table.shape],
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            content=content,
            added_at=at,
            added_by=by,
        )
        source = brought.source if brought else _source_of(school, guess.system, guess.feeds, table)
        options: dict[str, Any] = {"date_order": guess.date_order, "sure": guess.is_sure_of_dates}
        mapping = dict(source.mapping) if source else {"columns": guess.mapping, **options}
        there = set(table.columns)
        mapping["columns"] = {ours: theirs for ours, theirs in mapping["columns"].items() if theirs in there}
        reading = Import.objects.create(
            school=school,
            file=file,
            pull=brought.pull if brought else None,
            source=source,
            system=guess.system,
            feeds=guess.feeds,
            mapping=mapping,
            rows=len(table.rows),
            made_at=at,
            made_by=by,
        )
        trail.record(
            verb="uploaded a file",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="import",
            subject_id=reading.pk,
            words=f"{name}: {len(table.rows)} rows of {guess.feeds}"[:400],
            after={"sha256": file.sha256, "system": guess.system},
        )
    return reading


def _source_of(school: School, system: str, feeds: str, table: Table) -> Source | None:
    """Give the source whose remembered columns are all in this file, the latest first."""
    rows = Source.objects.filter(school=school, system=system, feeds=feeds).order_by("-used_at", "-pk")
    there = set(table.columns)
    return next((row for row in rows if set(row.mapping.get("columns", {}).values()) <= there), None)


def table_of(reading: Import) -> Table:
    """Give an import's file as a table again.

    Raises Refused where it cannot be read any more.
    """
    try:
        return read_table(bytes(reading.file.content), reading.file.name)
    except Unreadable as wrong:
        raise Refused(str(wrong)) from wrong


def match_columns(
    *,
    reading: Import,
    feeds: str,
    columns: Mapping[str, str],
    options: Mapping[str, Any],
    source_name: str,
    by: User,
    at: datetime,
) -> Import:
    """Say which column of the file is which of ours, and remember it for the next file of the source.

    Raises Refused while it is read or once it was, and where a column that must be there is not matched.
    """
    if feeds not in systems.FEEDS:
        raise Refused("Say what the file brings: pupils, contacts, session marks, lessons or seats.")
    table = table_of(reading)
    chosen = {ours: theirs for ours, theirs in columns.items() if ours in systems.FEEDS[feeds] and theirs}
    strange = sorted(set(chosen.values()) - set(table.columns))
    if strange:
        raise Refused(f"The file has no column {', '.join(strange)}.")
    held = set(chosen) | ({"wide"} if feeds == "marks" and systems.wide_columns(table) else set())
    for ones in systems.NEEDED[feeds]:
        if not held & set(ones):
            wanted = " or ".join(one.replace("_", " ") for one in ones if one != "wide")
            raise Refused(f"Choose the column that holds {wanted}.")
    with trail.signed(by=by, at=at, school_id=reading.school_id):
        row = Import.objects.select_for_update(of=("self",)).select_related("school", "file").get(pk=reading.pk)
        if row.state in {Import.State.WAITING, Import.State.RUNNING, Import.State.DONE, Import.State.UNDONE}:
            raise Refused("The file is being read, or was: upload it again to match it otherwise.")
        mapping: dict[str, Any] = {"columns": chosen} | {key: options.get(key, "") for key in OPTIONS}
        name = source_name.strip() or row.get_system_display()
        source, _ = Source.objects.update_or_create(
            school=row.school,
            name=name[:80],
            feeds=feeds,
            defaults={"system": row.system, "mapping": mapping, "used_at": at},
        )
        row.feeds, row.mapping, row.source, row.state = feeds, mapping, source, Import.State.UPLOADED
        row.save()
        trail.record(
            verb="matched the columns of a file",
            by=by,
            at=at,
            school_id=row.school_id,
            subject_kind="import",
            subject_id=row.pk,
            words=f"{row.file.name}: columns matched as {name}"[:400],
            after=mapping,
        )
    return row


def give_up_import(*, reading: Import, by: User, at: datetime) -> Import:
    """Say that a file is not to be read. Raises Refused while it is read, or once it was."""
    fresh = [Import.State.UPLOADED, Import.State.CHECKED, Import.State.REFUSED, Import.State.FAILED]
    with trail.signed(by=by, at=at, school_id=reading.school_id):
        mine = Import.objects.filter(pk=reading.pk, state__in=fresh)
        if not mine.update(state=Import.State.CANCELLED, finished_at=at):
            raise Refused("The file is being read, or was: there is nothing to give up.")
        trail.record(
            verb="gave a file up",
            by=by,
            at=at,
            school_id=reading.school_id,
            subject_kind="import",
            subject_id=reading.pk,
            words=f"{reading.file.name}: not to be read"[:400],
        )
    reading.refresh_from_db()
    return reading


def ask_import(*, reading: Import, dry_run: bool, by: User | None, at: datetime) -> Import:
    """Put an import in line to be read, for good or as a dry run that keeps nothing.

    Raises Refused where it is in line or was read already.
    """
    with trail.signed(by=by, at=at, school_id=reading.school_id):
        fresh = [Import.State.UPLOADED, Import.State.CHECKED, Import.State.REFUSED, Import.State.FAILED]
        done = Import.objects.filter(pk=reading.pk, state__in=fresh).update(
            state=Import.State.WAITING,
            is_dry_run=dry_run,
            asked_at=at,
            attempts=0,
            rows_done=0,
            added=0,
            changed=0,
            same=0,
            passed_over=0,
            fault_count=0,
            faults=[],
            notes=[],
            error="",
        )
        if not done:
            raise Refused("The file is in line already, or was read.")
        trail.record(
            verb="asked for a file to be read",
            by=by,
            at=at,
            school_id=reading.school_id,
            subject_kind="import",
            subject_id=reading.pk,
            words=f"{reading.file.name}: {'dry run' if dry_run else 'to be read'}"[:400],
        )
    reading.refresh_from_db()
    return reading
