"""What stands in a folder, in its order, and which of it a person may open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from attendance_office.staff.roles import Can
from reporting.models import EvidenceEntry, EvidenceFolder
from reporting.rules.evidence import plain_name

# What a file that names pupils may tell of them: its reader has to have what the person had for whom it was made.
TELLING: Final = (
    Can.SEE_MARK_REASONS,
    Can.SEE_CONTACTS,
    Can.SEE_NEEDS,
    Can.SEE_MEANS,
    Can.SEE_SAFEGUARDING,
    Can.SEE_BACKGROUND,
)
_ORDER: Final = {section: at for at, section in enumerate(EvidenceEntry.Section.values)}


@dataclass(frozen=True)
class Line:
    """An entry with its number in the folder, its file's plain name, and whether this reader may open it."""

    number: int
    entry: EvidenceEntry
    name: str
    is_open: bool


def is_open_to(entry: EvidenceEntry, allowed: Collection[Can]) -> bool:
    """Tell whether a person with these rights may open an entry: one that names pupils with all that it needs."""
    return not entry.names_pupils or {Can.SEE_PUPILS, *(Can(need) for need in entry.needs)} <= set(allowed)


def lines_of(folder: EvidenceFolder, allowed: Collection[Can]) -> list[Line]:
    """Give what stands in a folder, section by section in its order: one query, without the files' bytes."""
    rows = folder.entries.filter(taken_out_at=None).select_related("file", "added_by").defer("file__content")
    found = sorted(rows, key=lambda one: (_ORDER[one.section], one.place, one.pk))
    return [
        Line(number, entry, plain_name(number, entry.name, entry.on, entry.file.kind), is_open_to(entry, allowed))
        for number, entry in enumerate(found, start=1)
    ]
