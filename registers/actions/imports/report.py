"""What an import has to say: file by file, what was read, written and refused, and what would be right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

# Every fault is counted; so many of one file are kept with their words.
MOST_FAULTS_KEPT: Final = 100_000
LONGEST_VALUE_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file: where it stands and what would be right. Row 1 is the line of the column names."""

    row: int | None
    column: str
    value: str
    words: str


@dataclass
class FileReport:
    """What became of one file. All or nothing: a file with a fault has written nothing."""

    file: str
    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    is_there: bool = True
    encoding: str = ""
    fault_count: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    empty_is_unsaid: bool = False
    """Whether an empty value says nothing, as where a source leaves empty what it may not show; else it clears."""

    @property
    def is_refused(self) -> bool:
        """Tell whether anything was wrong with the file, so that nothing of it was written."""
        return self.fault_count > 0

    def refuse(self, words: str, *, row: int | None = None, column: str = "", value: str = "") -> None:
        """Count a fault and keep its words."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS_KEPT:
            shown = value if len(value) <= LONGEST_VALUE_SHOWN else value[:LONGEST_VALUE_SHOWN] + "..."
            self.faults.append(Fault(row, column, shown, words))

    def note(self, words: str) -> None:
        """Add something worth knowing that is no fault."""
        if words not in self.notes:
            self.notes.append(words)

    def count(self, *, added: int = 0, changed: int = 0, same: int = 0) -> None:
        """Add to what was written."""
        self.added += added
        self.changed += changed
        self.same += same

    def close_refused(self) -> None:
        """Nothing of the file was written; its faults are told from the top down."""
        self.added = self.changed = self.same = 0
        self.faults.sort(key=lambda fault: fault.row or 0)

    def in_words(self) -> str:
        """Give the file's line: "pupils.csv: 12 rows, 12 added, 0 changed, 0 the same"."""
        if not self.is_there and not self.is_refused:
            return f"{self.file}: not there" + (f", {self.added} added without it" if self.added else "")
        if self.is_refused:
            faults = "1 fault" if self.fault_count == 1 else f"{self.fault_count:,} faults"
            return f"{self.file}: REFUSED, {faults}; nothing of it was written"
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        return f"{self.file}: {rows}, {self.added:,} added, {self.changed:,} changed, {self.same:,} the same"


@dataclass
class Report:
    """What became of a folder."""

    files: list[FileReport] = field(default_factory=list)
    dry_run: bool = False
    school: str = ""
    urn: str = ""

    @property
    def is_refused(self) -> bool:
        """Tell whether any file was refused."""
        return any(one.is_refused for one in self.files)

    @property
    def changed(self) -> int:
        """Give how many things were added or changed in all."""
        return sum(one.added + one.changed for one in self.files if not one.is_refused)

    def of(self, file: str) -> FileReport:
        """Give one file's report. Raises KeyError where the import never looked for it."""
        for one in self.files:
            if one.file == file:
                return one
        raise KeyError(file)
