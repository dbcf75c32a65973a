"""The two commands as they are typed."""

import csv
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from attendance_office.audit.models import Entry
from attendance_office.staff.models import School
from registers.models import Pupil, WeekTotal
from registers.queries.rollups import differences

from .conftest import SAMPLES, TOBI


def typed(name, *arguments):
    """Give a command's exit code and what it printed."""
    out = io.StringIO()
    try:
        call_command(name, *arguments, stdout=out)
    except SystemExit as left:
        return left.code, out.getvalue()
    return 0, out.getvalue()


def test_import_school_prints_a_line_for_each_file(db, at_morning):
    code, out = typed("import_school", str(SAMPLES / "school"))
    assert code == 0
    assert "Hartwell Sample School, URN 137901" in out
    assert "marks.csv: 250 rows, 250 added, 0 changed, 0 the same (UTF-8)" in out
    assert "Nothing had to change." in typed("import_school", str(SAMPLES / "school"))[1]
    assert Entry.objects.filter(verb="imported a file").first().at == at_morning


def test_a_dry_run_is_called_one_and_keeps_nothing(db, at_morning):
    code, out = typed("import_school", str(SAMPLES / "school"), "--dry-run")
    assert (code, out.splitlines()[0]) == (0, "Dry run: nothing is kept.")
    assert "pupils.csv: 36 rows, 36 added" in out
    assert not Pupil.objects.exists()


def test_a_refused_file_leaves_with_one_and_the_report_names_every_fault(sample, at_morning, tmp_path):
    kept = tmp_path / "faults.csv"
    code, out = typed("import_school", str(SAMPLES / "bad"), "--report", str(kept))
    assert code == 1
    assert "pupils.csv: REFUSED, 13 faults; nothing of it was written" in out
    assert "row 2, upn, 'A302400124001': A302400124001 is not a unique pupil number: its check letter would be Y" in out
    with kept.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "file": "terms.csv",
        "row": "2",
        "column": "starts_on",
        "value": "Mon 1 Sep 2027",
        "what would be right": "2027-09-01 is a Wednesday, not a Monday: put right the date or the weekday.",
    }
    assert len([row for row in rows if row["file"] == "marks.csv"]) == 19


def test_a_long_list_of_faults_is_cut_on_screen_and_whole_in_the_file(sample, at_morning, only, tmp_path):
    rows = "".join(f"{TOBI},=cmd{n},AM,/,,\n" for n in range(30))
    folder = only(marks="upn,on,session,code,minutes_late,comment\n" + rows)
    kept = tmp_path / "faults.csv"
    _, out = typed("import_school", str(folder), "--report", str(kept))
    assert "and 10 more; --report FILE.csv writes all" in out
    with kept.open(encoding="utf-8-sig", newline="") as file:
        values = [row["value"] for row in csv.DictReader(file)]
    assert len(values) == 30
    assert values[0] == "'=cmd0"


def test_a_folder_that_is_none_is_refused_in_words(db, tmp_path):
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("import_school", str(tmp_path / "nowhere"))


def test_files_are_read_in_the_name_of_a_person_who_may(cast, at_morning):
    with pytest.raises(CommandError, match="no post that may import"):
        call_command("import_school", str(SAMPLES / "school"), "--by", cast.pat.email)
    with pytest.raises(CommandError, match="Nobody here has the address"):
        call_command("import_school", str(SAMPLES / "school"), "--by", "who@nowhere.invalid")
    assert typed("import_school", str(SAMPLES / "school"), "--by", cast.sandra.email.upper())[0] == 0
    assert Entry.objects.get(verb="imported a file", subject_id="marks.csv").by_id == cast.sandra.pk


def spoil():
    """Change totals behind the record's back, as nothing in the office can."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registers_weektotal SET present = present + 1 WHERE present > 8")
        cursor.execute("DELETE FROM registers_weektotal WHERE unauthorised > 0")


def test_verify_rollups_proves_that_totals_are_right(sample):
    code, out = typed("verify_rollups")
    assert (code, out) == (0, f"250 marks, {WeekTotal.objects.count()} week totals, 0 differences.\n")


def test_verify_rollups_names_what_differs_and_leaves_with_one(sample):
    spoil()
    found = differences()
    assert found
    code, out = typed("verify_rollups")
    assert code == 1
    assert f"{len(found)} differences." in out
    assert "week of Mon 16 Nov 2026: present 10, marks give 9" in out or "present" in out
    other = School.objects.create(urn="137555", name="Other", la_code="302", estab_number="4111", phase="Primary")
    assert typed("verify_rollups", "--school", other.urn) == (0, "0 marks, 0 week totals, 0 differences.\n")
    with pytest.raises(CommandError, match="No school has the URN 1"):
        call_command("verify_rollups", "--school", "1")


def test_verify_rollups_makes_totals_right_and_the_trail_says_so(sample, at_morning):
    spoil()
    wrong = len(differences())
    code, out = typed("verify_rollups", "--rebuild")
    assert code == 0
    assert f"Counted anew: {wrong} were not right, 0 differ now." in out
    assert differences() == []
    line = Entry.objects.get(verb="rebuilt week totals")
    assert (line.after, line.at) == ({"not_right": wrong}, at_morning)
    assert typed("verify_rollups", "--rebuild")[0] == 0
    assert Entry.objects.filter(verb="rebuilt week totals").count() == 1
