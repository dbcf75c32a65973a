"""What is done to folders of evidence: made, filled with what is frozen, put in order, closed, and given out whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Max

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.queries.calendar import calendar_of
from reporting.actions.evidence_files import Thing, frozen, keep_document
from reporting.models import EvidenceEntry, EvidenceFolder

State = EvidenceFolder.State
Section = EvidenceEntry.Section
LONGEST: Final = 4000
MOST: Final = 99  # two figures stand before a file's name


def make_folder(
    *, school: School, title: str, purpose: str, from_on: date, to_on: date, by: User, at: datetime
) -> EvidenceFolder:  # fmt: skip
    """Begin a folder over some days, from the first of them that is a school day.

    Raises Refused without a title and for days that are none.
    """
    title = _titled(title)
    if to_on < from_on:
        raise Refused("The last day is before the first: choose the days again.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        days = calendar_of(school.pk).days(from_on, to_on)
        from_on = days[0] if days else from_on
        folder = EvidenceFolder.objects.create(
            school=school, title=title, purpose=purpose.strip()[:LONGEST], from_on=from_on, to_on=to_on, made_at=at,
            made_by=by,
        )  # fmt: skip
        _say(folder, "made an evidence folder", by=by, at=at, from_on=f"{from_on}", to_on=f"{to_on}")
    return folder


def write_folder(*, folder: EvidenceFolder, title: str, purpose: str, by: User, at: datetime) -> EvidenceFolder:
    """Say anew what a folder is called and what it is for.

    Raises Refused without a title and for a closed folder.
    """
    title = _titled(title)
    with trail.signed(by=by, at=at, school_id=folder.school_id):
        kept = _open(folder)
        before = {"title": kept.title, "purpose": kept.purpose}
        kept.title, kept.purpose = title, purpose.strip()[:LONGEST]
        kept.save(update_fields=["title", "purpose"])
        after = {"title": kept.title, "purpose": kept.purpose}
        _say(kept, "wrote into an evidence folder", by=by, at=at, before=before, **after)
    return kept


def put_in(*, folder: EvidenceFolder, key: str, section: str, why: str, by: User, at: datetime) -> EvidenceEntry:
    """Put something of the office into a folder: what is frozen already is referred to, the rest is frozen now.

    Raises Refused for what the person is not offered or the folder holds, and for a closed folder.
    """
    with trail.signed(by=by, at=at, school_id=folder.school_id):
        kept = _open(folder)
        thing = frozen(kept, key, by=by, at=at)
        return _enter(kept, thing, section=section or thing.section, why=why, by=by, at=at)


def put_in_document(
    *, folder: EvidenceFolder, name: str, content: bytes, title: str, section: str, why: str, names_pupils: bool,
    by: User, at: datetime,
) -> EvidenceEntry:  # fmt: skip
    """Put a document of the school's own into a folder: PDF, Word, Excel or PNG.

    Raises Refused for anything else, told by its content, and for a closed folder.
    """
    with trail.signed(by=by, at=at, school_id=folder.school_id):
        kept = _open(folder)
        thing = keep_document(kept, name=name, content=content, title=title, names_pupils=names_pupils, by=by, at=at)
        return _enter(kept, thing, section=section, why=why, by=by, at=at)


def change_entry(*, entry: EvidenceEntry, section: str, why: str, by: User, at: datetime) -> EvidenceEntry:
    """Say anew where an entry stands and why it is there.

    Raises Refused for a section that is none, and for a closed folder.
    """
    with trail.signed(by=by, at=at, school_id=entry.school_id):
        folder, kept = _entry(entry)
        before = {"section": kept.section, "why": kept.why}
        if _section(section) != kept.section:
            kept.section, kept.place = section, _last(folder, section) + 1
        kept.why = why.strip()[:300]
        kept.save(update_fields=["section", "place", "why"])
        _say(
            folder,
            "changed an evidence entry",
            by=by,
            at=at,
            before=before,
            entry=str(kept),
            section=section,
            why=kept.why,
        )
    return kept


def move_entry(*, entry: EvidenceEntry, up: bool, by: User, at: datetime) -> EvidenceEntry:
    """Move an entry up or down by one within its section; at the end of it nothing is done.

    Raises Refused for a closed folder.
    """
    with trail.signed(by=by, at=at, school_id=entry.school_id):
        folder, kept = _entry(entry)
        rows = list(folder.entries.filter(section=kept.section, taken_out_at=None).order_by("place", "pk"))
        here = next(n for n, row in enumerate(rows) if row.pk == kept.pk)
        there = here - 1 if up else here + 1
        if 0 <= there < len(rows):
            rows[here], rows[there] = rows[there], rows[here]
            for place, row in enumerate(rows, start=1):
                row.place = place
            EvidenceEntry.objects.bulk_update(rows, ["place"])
            _say(folder, "moved an evidence entry", by=by, at=at, entry=str(kept), place=there + 1)
    return kept


def take_out(*, entry: EvidenceEntry, by: User, at: datetime) -> EvidenceEntry:
    """Take an entry out of its folder; that it stood there stays on record, and so does its file.

    Raises Refused for a closed folder.
    """
    with trail.signed(by=by, at=at, school_id=entry.school_id):
        folder, kept = _entry(entry)
        kept.taken_out_at, kept.taken_out_by = at, by
        kept.save(update_fields=["taken_out_at", "taken_out_by"])
        _say(folder, "took out of an evidence folder", by=by, at=at, entry=str(kept))
    return kept


def close_folder(*, folder: EvidenceFolder, by: User, at: datetime) -> EvidenceFolder:
    """Close a folder: its contents, their order and their words are fixed from then on.

    Raises Refused for an empty folder and one that is closed already.
    """
    with trail.signed(by=by, at=at, school_id=folder.school_id):
        kept = _open(folder)
        files = list(kept.entries.filter(taken_out_at=None).values_list("title", "file__sha256"))
        if not files:
            raise Refused("There is nothing in the folder yet.")
        kept.state, kept.closed_at, kept.closed_by = State.CLOSED, at, by
        kept.save(update_fields=["state", "closed_at", "closed_by"])
        _say(kept, "closed an evidence folder", by=by, at=at, files=[list(one) for one in files])
    return kept


def _enter(
    folder: EvidenceFolder, thing: Thing, *, section: str, why: str, by: User, at: datetime
) -> EvidenceEntry:  # fmt: skip
    standing = folder.entries.filter(taken_out_at=None)
    if standing.filter(file=thing.file).exists():
        raise Refused("This is in the folder already.")
    if standing.count() >= MOST:
        raise Refused(f"A folder holds {MOST} things at most. Begin another.")
    entry = EvidenceEntry.objects.create(
        school_id=folder.school_id, folder=folder, section=_section(section), place=_last(folder, section) + 1,
        source=thing.source, title=thing.title[:200], name=thing.name[:120], why=why.strip()[:300],
        receipt=thing.receipt[:600], on=thing.on, file=thing.file, names_pupils=thing.names_pupils,
        needs=list(thing.needs), added_at=at, added_by=by,
    )  # fmt: skip
    _say(
        folder, "put into an evidence folder", by=by, at=at, entry=str(entry), section=section,
        sha256=thing.file.sha256, names_pupils=thing.names_pupils,
    )  # fmt: skip
    return entry


def _last(folder: EvidenceFolder, section: str) -> int:
    found = folder.entries.filter(section=section).aggregate(last=Max("place"))["last"]
    return int(found or 0)


def _section(section: str) -> str:
    if section not in Section.values:
        raise Refused("Choose the section in which it stands.")
    return section


def _titled(title: str) -> str:
    if not title.strip():
        raise Refused("Give the folder a title.")
    return title.strip()[:150]


def _open(folder: EvidenceFolder) -> EvidenceFolder:
    kept = EvidenceFolder.objects.select_for_update(of=("self",)).select_related("school").get(pk=folder.pk)
    if kept.state != State.OPEN:
        raise Refused("This folder is closed, and stays as it is. Begin another.")
    return kept


def _entry(entry: EvidenceEntry) -> tuple[EvidenceFolder, EvidenceEntry]:
    """Give an entry with its folder, both locked.

    Raises Refused for one taken out.
    """
    folder = _open(entry.folder)
    kept = EvidenceEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if kept.taken_out_at is not None:
        raise Refused("This is not in the folder any more.")
    return folder, kept


def _say(
    folder: EvidenceFolder, verb: str, *, by: User, at: datetime, before: dict[str, Any] | None = None, **after: Any
) -> None:  # fmt: skip
    trail.record(
        verb=verb, by=by, at=at, school_id=folder.school_id, subject_kind="evidence folder", subject_id=folder.pk,
        words=str(folder), before=before, after=after or None,
    )  # fmt: skip


def record_opened(*, entry: EvidenceEntry, by: User, at: datetime) -> None:
    """Write into the trail that one file of a folder was given out."""
    with trail.signed(by=by, at=at, school_id=entry.school_id):
        _say(entry.folder, "opened a file of an evidence folder", by=by, at=at, entry=str(entry))


def record_given_out(
    *, folder: EvidenceFolder, files: Iterable[tuple[str, str]], left_out: Iterable[str], by: User, at: datetime
) -> None:
    """Write into the trail that a folder went out as one file: which files with which hash, and which were left out."""
    with trail.signed(by=by, at=at, school_id=folder.school_id):
        _say(
            folder, "downloaded an evidence folder", by=by, at=at,
            files=[list(one) for one in files], left_out=list(left_out),
        )  # fmt: skip
