"""The same file from two people, a file that nobody wants, and taking back what a later file of the same name changed."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from attendance_office.refusals import Refused
from registers.actions.imports.running import run_waiting
from registers.actions.imports.undo import undo_import
from registers.actions.imports.uploads import ask_import, give_up_import, upload_file
from registers.models import Contact, Import, Mark, Parent, Pupil
from tests.conftest import MONDAY, MORNING

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parents[3] / "docs" / "samples" / "systems"
SIMS = (SAMPLES / "sims_pupils.csv").read_bytes()


def given(cast, by, content=SIMS, name="pupils.csv", at=MORNING):
    reading = upload_file(school=cast.thornbridge, name=name, content=content, by=by, at=at)
    return ask_import(reading=reading, dry_run=False, by=by, at=at)


def read(cast, content, at, name="pupils.csv"):
    reading = given(cast, cast.sandra, content, name, at)
    assert run_waiting(at=at) == 1
    reading.refresh_from_db()
    assert reading.state == "done", reading.faults
    return reading


def test_the_same_file_from_two_people_is_read_once_and_changes_nothing_the_second_time(cast):
    first, second = given(cast, cast.sandra), given(cast, cast.max, at=MORNING + timedelta(seconds=1))
    assert run_waiting(at=MORNING + timedelta(minutes=1)) == 2
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.added, first.same) == (6, 0)
    assert (second.added, second.changed, second.same) == (0, 0, 6)
    assert first.file.sha256 == second.file.sha256
    with pytest.raises(Refused, match="in line already, or was read"):
        ask_import(reading=first, dry_run=False, by=cast.sandra, at=MORNING)
    # The second made nothing: taking it back leaves the first's pupils alone.
    undo_import(reading=second, reason="Read twice", by=cast.max, at=MORNING + timedelta(minutes=2))
    assert Pupil.objects.filter(legal_surname="Okafor").exists()


def test_a_later_file_of_the_same_name_keeps_the_first_from_being_taken_back(cast):
    first = read(cast, SIMS, MORNING)
    changed = SIMS.replace(b"Jagger, Tom", b"Jagger, Thomas")
    later = read(cast, changed, MORNING + timedelta(minutes=5))
    assert later.changed == 1
    with pytest.raises(Refused, match="1 of its pupils were changed since"):
        undo_import(reading=first, reason="Wrong", by=cast.sandra, at=MORNING + timedelta(minutes=6))
    assert Pupil.objects.get(legal_surname="Jagger").legal_forename == "Thomas"
    undo_import(reading=later, reason="Wrong", by=cast.sandra, at=MORNING + timedelta(minutes=7))
    assert Pupil.objects.get(legal_surname="Jagger").legal_forename == "Tom"


def test_a_file_that_is_given_up_is_not_read_and_cannot_be_once_it_was(cast, sign_in, at_morning):
    reading = upload_file(school=cast.thornbridge, name="p.csv", content=SIMS, by=cast.sandra, at=MORNING)
    client = sign_in(cast.sandra)
    client.post(reverse("registers:import_give_up", args=[reading.pk]))
    reading.refresh_from_db()
    assert reading.state == "cancelled"
    page = client.get(reverse("registers:import_detail", args=[reading.pk])).content.decode()
    assert "It is not read." in page
    assert "Read it for good" not in page
    with pytest.raises(Refused, match="in line already, or was read"):
        ask_import(reading=reading, dry_run=False, by=cast.sandra, at=MORNING)
    with pytest.raises(Refused, match="nothing to give up"):
        give_up_import(reading=read(cast, SIMS, MORNING), by=cast.sandra, at=MORNING)


def test_contacts_are_taken_back_with_their_links_and_those_before_stay(cast):
    Pupil.objects.filter(pk=cast.callum.pk).update(upn="H801200001001")
    mother = cast.callum.parents.get().contact
    content = (
        "UPN,Surname,Forename,Relationship,Mobile\n"
        f"H801200001001,{mother.surname},{mother.forename},Mother,07700 900999\n"
        "H801200001001,Hill,Sam,Uncle,07700 900123\n"
    ).encode()
    done = read(cast, content, MORNING, "contacts.csv")
    assert (done.feeds, done.added, done.changed) == ("contacts", 1, 1)
    undo_import(reading=done, reason="Wrong file", by=cast.sandra, at=MORNING + timedelta(minutes=1))
    mother.refresh_from_db()
    assert mother.mobile == "07700 900418"
    assert not Contact.objects.filter(surname="Hill").exists()
    assert Parent.objects.filter(pupil=cast.callum).count() == 1


def test_the_report_of_rows_runs_nothing_in_a_spreadsheet_and_shows_no_more_than_the_code_from_before(
    cast, sign_in, at_morning
):
    Pupil.objects.filter(pk=cast.callum.pk).update(upn="H801200001001", is_looked_after=True)
    Mark.objects.create(
        school=cast.thornbridge, pupil=cast.callum, on=MONDAY, half="AM", code="N", comment="Court", school_week=MONDAY,
        recorded_at=MORNING - timedelta(minutes=1), recorded_by=cast.sandra, origin="register",
    )  # fmt: skip
    done = read(cast, b"UPN,Date,Session,Mark\nH801200001001,23/11/2026,AM,I\n", MORNING, "marks.csv")
    assert done.changed == 1
    client = sign_in(cast.max)
    answer = client.post(reverse("registers:import_rows", args=[done.pk, "csv"]))
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["Row"], row["What became of it"], row["Of what"], row["Before"]) == ("2", "changed", "mark", "N")
    assert "Court" not in str(row)
    wrong = upload_file(
        school=cast.thornbridge, name="w.csv", content=b"UPN,Date,Session,Mark\n=1+1,23/11/2026,AM,=HYPERLINK(1)\n",
        by=cast.max, at=MORNING,
    )  # fmt: skip
    ask_import(reading=wrong, dry_run=True, by=cast.max, at=MORNING)
    run_waiting(at=MORNING)
    assert Import.objects.get(pk=wrong.pk).state == "refused"
    answer = client.post(reverse("registers:import_faults", args=[wrong.pk, "csv"])).content.decode()
    assert "'=" in answer
    assert '"=' not in answer


def test_a_number_that_is_another_pupils_here_gives_nobody_their_record(cast):
    Pupil.objects.filter(pk=cast.callum.pk).update(upn="H801200001001", admission_number="004100")
    stranger = b"Adno,Surname,Forename,Gender,DOB,Year\n4100,Okafor,Ngozi,F,04/10/2013,8\n"
    reading = given(cast, cast.sandra, stranger)
    assert run_waiting(at=MORNING) == 1
    reading.refresh_from_db()
    assert (reading.state, reading.faults[0]["row"]) == ("refused", 2)
    assert "another pupil's here, of another name and birthday" in reading.faults[0]["words"]
    marks = b'Adno,Surname Forename,20/11/2026 AM\n4100,"Begum, Amina",I\n'
    reading = given(cast, cast.sandra, marks, "marks.csv", MORNING + timedelta(minutes=1))
    assert run_waiting(at=MORNING + timedelta(minutes=1)) == 1
    reading.refresh_from_db()
    assert "another pupil's here than the name" in reading.faults[0]["words"]
    # The same pupil under a new surname is the same pupil.
    married = b"Adno,Surname,Forename,Gender,DOB,Year\n4100,Hill,Callum,M,04/03/2013,9\n"
    assert read(cast, married, MORNING + timedelta(minutes=2)).changed == 1
    cast.callum.refresh_from_db()
    assert (cast.callum.legal_surname, cast.callum.upn) == ("Hill", "H801200001001")


@pytest.mark.parametrize(
    ("heads", "words"),
    [
        ("ID,School DfE Number,First Name,Last Name,Username,Password,Teacher Number,Title", "brings teachers"),
        ("ID,School DfE Number,Section Name,Section Number", "brings classes"),
        ("Section ID,ID", "brings who sits in which class"),
        ("DfE Number,Name,Grade Low,Grade High", "brings schools"),
    ],
)
def test_the_files_beside_the_pupils_in_microsofts_set_are_known_and_refused(cast, heads, words):
    content = f"{heads}\n{','.join('x' for _ in heads.split(','))}\n".encode()
    with pytest.raises(Refused, match=words):
        upload_file(school=cast.thornbridge, name="Teacher.csv", content=content, by=cast.sandra, at=MORNING)
    assert not Import.objects.exists()


def test_a_report_by_class_names_a_pupil_once_for_each_and_is_read_once(cast):
    one = "<Record><UPN>{}</UPN><Legal_x0020_Surname>Okafor</Legal_x0020_Surname><Legal_x0020_Forename>{}</Legal_x0020_Forename><Gender>F</Gender><DOB>2013-10-04</DOB><Year>Year  8</Year><Reg>8H</Reg><Class>{}</Class></Record>"
    rows = [("Q830410124010", "Ngozi", "8A/En"), ("Q830410124010", "Ngozi", "8A/Ma"), ("E830410124011", "Tom", "8A/En")]
    content = f"<SuperStarReport>{''.join(one.format(*row) for row in rows)}</SuperStarReport>".encode()
    done = read(cast, content, MORNING, "sims.xml")
    assert (done.added, done.passed_over, done.rows) == (2, 1, 3)
    rows.append(("Q830410124010", "Nkechi", "8A/Sc"))
    content = f"<SuperStarReport>{''.join(one.format(*row) for row in rows)}</SuperStarReport>".encode()
    reading = given(cast, cast.sandra, content, "sims.xml", MORNING + timedelta(minutes=1))
    assert run_waiting(at=MORNING + timedelta(minutes=1)) == 1
    reading.refresh_from_db()
    assert (reading.state, reading.faults[0]["row"], reading.faults[0]["column"]) == ("refused", 4, "UPN")
