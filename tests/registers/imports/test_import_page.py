"""docs/import.md says what the import does."""

import re

from registers.actions.imports import columns, reading
from registers.actions.imports.marks import LONGEST_LATE
from registers.actions.imports.report import MOST_FAULTS_KEPT

from .conftest import SAMPLES

PAGE = (SAMPLES.parent / "import.md").read_text(encoding="utf-8")


def test_the_page_lists_every_column_of_every_file_and_which_must_be_there():
    sections = dict(re.findall(r"^## (\w+\.csv)\n(.*?)(?=^## )", PAGE, flags=re.MULTILINE | re.DOTALL))
    assert list(sections) == list(columns.FILES)
    for name, text in sections.items():
        listed = re.findall(r"^\| `(\w+)` \| (yes)? ?\|", text, flags=re.MULTILINE)
        assert {(column, must == "yes") for column, must in listed} == {
            (column.name, column.is_required) for column in columns.FILES[name]
        }, name
        for column in columns.FILES[name]:
            said = re.search(
                rf"^\| `{column.name}` .*\((\d+) characters|^\| `{column.name}` \| \w* ?\| (\d+) char", text, re.M
            )
            if said:
                assert int(said[1] or said[2]) == column.longest, (name, column.name)


def test_the_page_gives_the_limits():
    assert (
        f"{reading.LARGEST_FILE // 1024**2} MB, {reading.MOST_ROWS:,} rows and {reading.MOST_COLUMNS} columns" in PAGE
    )
    assert f"0 to {LONGEST_LATE}" in PAGE
    assert f"{MOST_FAULTS_KEPT:,} faults" in PAGE


def test_the_samples_carry_the_columns_that_must_be_there():
    for name, known in columns.FILES.items():
        for folder in ("school", "bad"):
            head = (SAMPLES / folder / name).read_text(encoding="utf-8").splitlines()[0].split(",")
            assert {column.name for column in known if column.is_required} <= set(head), (folder, name)
            assert set(head) <= {column.name for column in known}, (folder, name)
