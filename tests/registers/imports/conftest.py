"""Folders to import: the sample set, and copies of it with other contents."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from registers.actions.imports import import_school

SAMPLES = Path(__file__).parents[3] / "docs" / "samples"
AT = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
ON = date(2026, 11, 23)
TOBI = "Y302400124001"
MARKS = "upn,on,session,code,minutes_late,comment\n"


def read(folder, *, on=ON, at=AT, by=None, dry_run=False):
    """Import a folder on the sample's morning, or another day."""
    return import_school(folder=folder, by=by, at=at, on=on, dry_run=dry_run)


def words_of(report, file):
    """Give a file's faults as (row, column, words)."""
    return [(fault.row, fault.column, fault.words) for fault in report.of(file).faults]


@pytest.fixture
def folder(tmp_path):
    """Give a copy of the sample folder that may be changed."""
    return Path(shutil.copytree(SAMPLES / "school", tmp_path / "school"))


@pytest.fixture
def sample(db):
    """Give the sample school's report after it was imported."""
    report = read(SAMPLES / "school")
    assert not report.is_refused, report.files
    return report


@pytest.fixture
def only(tmp_path):
    """Give a function that makes a folder of school.csv and the files given as texts."""

    def _only(**texts):
        made = tmp_path / f"only{len(list(tmp_path.iterdir()))}"
        made.mkdir()
        shutil.copy(SAMPLES / "school" / "school.csv", made)
        for name, text in texts.items():
            data = text if isinstance(text, bytes) else text.encode()
            (made / f"{name}.csv").write_bytes(data)
        return made

    return _only
