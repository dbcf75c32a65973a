"""The files of evidence folders: referred to where they are frozen, else printed and kept; given out as one ZIP."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import PurePath
from typing import Any, Final
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.http import QueryDict
from django.template.loader import render_to_string

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from interventions.models import Trawl
from letters.pdf import print_html
from registers.models import StoredFile
from registers.rules.dates import spoken_date
from reporting.actions.papers import print_paper
from reporting.models import CaseStudy, EvidenceEntry, EvidenceFolder, Paper, SavedView, Sending
from reporting.queries import tables
from reporting.queries.asked import asked, in_words
from reporting.queries.evidence import Line, made_of, offers_of
from reporting.queries.evidence.folders import TELLING
from reporting.queries.evidence.made import MADE, trawl_content
from reporting.queries.explorer import Reader, answer
from reporting.queries.paper_parts import of_sheets
from reporting.rules.evidence import kind_of

Section = EvidenceEntry.Section
LARGEST: Final = 10 * 1024 * 1024
LARGEST_FOLDER: Final = 100 * 1024 * 1024


@dataclass(frozen=True)
class Thing:
    """Something frozen that may stand in a folder: its file, its words, the day it is of, and whom it tells of."""

    source: str
    title: str
    name: str
    section: str
    on: date
    file: StoredFile
    receipt: str = ""
    names_pupils: bool = False
    needs: Sequence[str] = ()


def frozen(folder: EvidenceFolder, key: str, *, by: User, at: datetime) -> Thing:
    """Give something of the office as it is put into a folder.

    Raises Refused for what the person is not offered for this folder.
    """
    if key not in {one.key for one in offers_of(folder, by)}:
        raise Refused("Choose what is to be put into the folder; what is in it is not offered again.")
    kind, _, rest = key.partition(":")
    if kind == "part":
        return _part(folder, rest, by=by, at=at)
    pk = int(rest)
    if kind == "paper":
        paper = Paper.objects.defer("content").get(pk=pk)
        # One that is issued and waits to be printed is printed now, from what was frozen.
        file = print_paper(paper_id=pk, by=by, at=at, waits=True)
        title, name = f"Governors' paper: {paper}", "Governors' paper"
        return _referred(key, file, title, name, Section.LEADERSHIP, paper.issued_at)
    if kind == "study":
        study = CaseStudy.objects.select_related("file").get(pk=pk)
        return _referred(key, study.file, str(study), str(study).replace(",", ""), Section.ACTION, study.issued_at)
    if kind == "report":
        return _report(key, Sending.objects.select_related("pdf", "user", "tutor_group").get(pk=pk))
    if kind == "trawl":
        trawl = Trawl.objects.select_related("school").get(pk=pk)
        content = trawl_content(trawl)
        file = _printed(folder, key, content, receipt="", by=by, at=at)
        receipt = f"The run of {spoken_date(trawl.on)}, made {_moment(trawl.made_at)}"
        return Thing(key, content["title"], "Trawl for persistent absence", Section.ABSENCE, trawl.on, file, receipt)
    return _view(folder, key, SavedView.objects.get(pk=pk), by=by, at=at)


def _referred(
    key: str, file: StoredFile | None, title: str, name: str, section: str, issued_at: datetime | None
) -> Thing:  # fmt: skip
    if file is None or issued_at is None:
        raise Refused("This has not been issued.")
    return Thing(
        key, title, name, section, clock.local(issued_at).date(), file, f"As it was issued {_moment(issued_at)}"
    )


def _report(key: str, sending: Sending) -> Thing:
    held = sending.user.standing.allowed(sending.school_id)
    title = f"{sending.get_report_display()}, {sending.scope}"
    return Thing(
        key, title, title, Section.LEADERSHIP, sending.on, sending.pdf,
        f"As it was sent to {sending.user.signature}, made {_moment(sending.made_at)}", names_pupils=True,
        needs=[can.value for can in TELLING if can in held],
    )  # fmt: skip


def _part(folder: EvidenceFolder, key: str, *, by: User, at: datetime) -> Thing:
    content = made_of(key, folder, at)
    if content is None:
        raise Refused("Choose what is to be put into the folder.")
    receipt = f"{_days(folder)}; whole school, as a reader who sees figures only; read {_moment(at)}"
    file = _printed(folder, f"part:{key}", content, receipt=receipt, by=by, at=at)
    made = MADE[key]
    return Thing(f"part:{key}", made.title, made.title, made.section, clock.local(at).date(), file, receipt)


def _view(folder: EvidenceFolder, key: str, view: SavedView, *, by: User, at: datetime) -> Thing:
    """Print a saved view of the explorer as its reader sees it now: it may tell of few pupils, or name them."""
    query = QueryDict(view.query)
    reader = Reader.of(by, folder.school)
    today = clock.local(at).date()
    found = answer(reader, asked(query, reader=reader, on=today).question)
    sheet = tables.sheet(
        found, query.get("view", ""), by=query.get("by", ""), by2=query.get("by2", ""), measure=query.get("show", ""),
        school=folder.school,
    ).sorted(query.get("sort", ""))  # fmt: skip
    receipt = f"{in_words(found, query)}; as {by.signature} sees it; read {_moment(at)}"
    content = {"title": view.name, "sections": [of_sheets("view", sheet.title, [], [sheet])], "notes": []}
    file = _printed(folder, key, content, receipt=receipt, by=by, at=at)
    held = by.standing.allowed(folder.school_id)
    return Thing(
        key, f"Explorer: {view.name}", view.name, Section.TIME, today, file, receipt, names_pupils=True,
        needs=[can.value for can in TELLING if can in held],
    )  # fmt: skip


def _printed(
    folder: EvidenceFolder, key: str, content: dict[str, Any], *, receipt: str, by: User, at: datetime
) -> StoredFile:  # fmt: skip
    html = render_to_string(
        "reporting/print/evidence_sheet.html",
        {"content": content, "school": folder.school, "receipt": receipt, "at": at},
    )
    name = f"evidence-{key.replace(':', '-')}-{clock.local(at):%Y-%m-%d}.pdf"
    return _kept(folder, name, "application/pdf", print_html(html, styles=["paper", "evidence"]), by=by, at=at)


def _kept(folder: EvidenceFolder, name: str, kind: str, content: bytes, *, by: User, at: datetime) -> StoredFile:
    return StoredFile.objects.create(
        school=folder.school, purpose=StoredFile.Purpose.EVIDENCE, name=name[:200], kind=kind, size=len(content),
        sha256=hashlib.sha256(content).hexdigest(), content=content, added_at=at, added_by=by,
    )  # fmt: skip


def keep_document(
    folder: EvidenceFolder, *, name: str, content: bytes, title: str, names_pupils: bool, by: User, at: datetime
) -> Thing:  # fmt: skip
    """Keep a document of the school's own: PDF, Word, Excel or PNG, up to 10 MB.

    Raises Refused for anything else, told by its content and not by its name.
    """
    if not content:
        raise Refused(f"{name} is empty.")
    if len(content) > LARGEST:
        raise Refused(f"{name} has {len(content) / 1024**2:.0f} MB; at most 10 MB are kept.")
    kind = kind_of(content, _members(content))
    if not kind:
        raise Refused(f"{name} is no PDF, PNG, Word or Excel document, or holds a macro.")
    said = title.strip() or PurePath(name).stem
    file = _kept(folder, name, kind, content, by=by, at=at)
    receipt = f"The school's own document, kept {_moment(at)}"
    return Thing(
        f"document:{file.pk}", said, said, "", clock.local(at).date(), file, receipt, names_pupils=names_pupils
    )


def _members(content: bytes) -> list[str]:
    """Give the names of the files in an office document; none where it is no whole one."""
    try:
        with ZipFile(BytesIO(content)) as book:
            return book.namelist()
    except BadZipFile:
        return []


def zipped(
    folder: EvidenceFolder, lines: Sequence[Line], *, with_names: bool, at: datetime
) -> tuple[bytes, list[Line]]:
    """Give a folder as one ZIP with its index and the files that may go out in it, and those lines.

    What names pupils is in it only `with_names` and where its reader may open it.

    Raises Refused where nothing may go out, and where the files are too large together.
    """
    going = [line for line in lines if not line.entry.names_pupils or (with_names and line.is_open)]
    if not going:
        raise Refused("Nothing in this folder may go out like this.")
    if sum(line.entry.file.size for line in going) > LARGEST_FOLDER:
        raise Refused("The files are larger together than 100 MB: take them one by one.")
    files = StoredFile.objects.filter(pk__in=[line.entry.file_id for line in going])
    contents = dict(files.values_list("pk", "content"))
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as book:
        _write(book, "00 Contents.pdf", index(folder, lines, going, at=at), at)
        for line in going:
            _write(book, line.name, bytes(contents[line.entry.file_id]), line.entry.added_at)
    return out.getvalue(), going


def _write(book: ZipFile, name: str, content: bytes, at: datetime) -> None:
    book.writestr(ZipInfo(name, clock.local(at).timetuple()[:6]), content)


def index(folder: EvidenceFolder, lines: Sequence[Line], going: Sequence[Line], *, at: datetime) -> bytes:
    """Give the index of a folder as a PDF: what is in it with day and hash, and what this copy leaves out."""
    inside = {line.number for line in going}
    sections = [
        (words, [line for line in lines if line.entry.section == key and line.number in inside])
        for key, words in Section.choices
    ]
    said = {"folder": folder, "sections": [one for one in sections if one[1]], "left_out": len(lines) - len(going)}
    html = render_to_string("reporting/print/evidence_index.html", said | {"at": at})
    return print_html(html, styles=["paper", "evidence"])


def _days(folder: EvidenceFolder) -> str:
    return f"{spoken_date(folder.from_on)} to {spoken_date(folder.to_on)}"


def _moment(at: datetime) -> str:
    here = clock.local(at)
    return f"{spoken_date(here.date())}, {here:%H:%M}"
