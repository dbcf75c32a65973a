"""Files read in through the app: matched, tried, read whole or not at all, traced to their rows, and taken back."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from attendance_office.refusals import Refused
from attendance_office.staff.models import TutorGroup
from registers.actions.coding import Wanted, code_sessions
from registers.actions.imports.running import run_import, run_waiting
from registers.actions.imports.undo import undo_import
from registers.actions.imports.uploads import ask_import, match_columns, upload_file
from registers.models import Enrolment, Import, ImportedRow, Mark, Placement, Pupil, Source, TakenBackMark
from registers.queries.imports import same_file_before, traced
from registers.rules.names import sort_name
from registers.rules.sessions import Session
from registers.rules.upn import is_temporary, temporary_upn
from tests.conftest import MONDAY, MORNING

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parents[3] / "docs" / "samples" / "systems"
FRIDAY = MONDAY - timedelta(days=3)


def read(cast, name, *, dry_run=False, content=None, **options):
    content = content if content is not None else (SAMPLES / name).read_bytes()
    reading = upload_file(school=cast.thornbridge, name=name, content=content, by=cast.sandra, at=MORNING)
    said = {"date_order": reading.mapping.get("date_order", "dmy")} | options
    match_columns(
        reading=reading, feeds=reading.feeds, columns=reading.mapping["columns"], options=said, source_name="", by=cast.sandra,
        at=MORNING,
    )  # fmt: skip
    ask_import(reading=reading, dry_run=dry_run, by=cast.sandra, at=MORNING)
    assert run_waiting(at=MORNING) == 1
    reading.refresh_from_db()
    return reading


@pytest.mark.parametrize(
    "name", ["sims_pupils.csv", "sims_pupils.xml", "arbor_pupils.csv", "bromcom_pupils.csv", "wonde_students.json"]
)
def test_each_systems_pupils_come_in_with_no_edit_by_hand_and_twice_changes_nothing(cast, name):
    first = read(cast, name)
    assert (first.state, first.fault_count, first.added) == ("done", 0, 6), first.faults
    assert Pupil.objects.filter(school=cast.thornbridge, legal_surname="Okafor").exists()
    again = read(cast, name)
    assert (again.state, again.added, again.changed) == ("done", 0, 0)
    assert same_file_before(again).pk == first.pk


def test_microsofts_sample_comes_in_with_temporary_upns_and_no_password(cast):
    done = read(cast, "sds_uk_student.csv", temporary_upns=True)
    assert (done.state, done.added) == ("done", 86), done.faults[:3]
    pupils = Pupil.objects.filter(legal_surname="Klein", legal_forename="Ora")
    assert is_temporary(pupils.get().upn)
    assert (pupils.get().sex, pupils.get().year_group) == ("U", 9)
    assert read(cast, "sds_uk_student.csv", temporary_upns=True).added == 0
    assert temporary_upn("830", "4101", 2026, 23).endswith("01A")


def test_marks_find_their_pupils_by_number_or_name_and_each_knows_its_line(cast):
    read(cast, "sims_pupils.csv")
    done = read(cast, "sims_marks.csv")
    assert (done.state, done.added, done.fault_count) == ("done", 59, 0), done.faults[:3]
    ill = Mark.objects.get(pupil__legal_surname="Jagger", on=MONDAY - timedelta(days=5), half="AM")
    assert ill.code == "I"
    assert [one.row for one in traced(cast.thornbridge.pk, {"mark": [ill.pk]})["mark", ill.pk]] == [3]
    arbor = read(cast, "arbor_marks.csv")
    assert (arbor.added, arbor.changed, arbor.same) == (0, 1, 23)
    assert ImportedRow.objects.get(of_import=arbor).before["code"] == "L"


def test_a_row_that_cannot_be_read_is_told_by_line_column_and_value_and_keeps_the_file_out(cast):
    content = (SAMPLES / "arbor_pupils.csv").read_text("utf-8-sig").replace("04/10/2013", "04/13/2013")
    done = read(cast, "arbor_pupils.csv", content=content.replace(",Female,30/12/2012", ",Girlish,30/12/2012").encode())
    assert (done.state, done.fault_count) == ("refused", 2)
    assert [(one["row"], one["column"], one["value"]) for one in done.faults] == [
        (2, "Date of Birth", "04/13/2013"), (4, "Sex", "Girlish"),
    ]  # fmt: skip
    assert not Pupil.objects.filter(legal_surname="Okafor").exists()
    wrong_upn = (SAMPLES / "arbor_pupils.csv").read_text("utf-8-sig").replace("830410124010", "830410124099")
    done = read(cast, "arbor_pupils.csv", content=wrong_upn.encode())
    assert (done.faults[0]["row"], done.faults[0]["column"]) == (2, "UPN")
    assert "check letter" in done.faults[0]["words"]


def test_a_dry_run_counts_everything_and_keeps_nothing(cast):
    done = read(cast, "sims_pupils.csv", dry_run=True)
    assert (done.state, done.added) == ("checked", 6)
    assert not Pupil.objects.filter(legal_surname="Okafor").exists()
    assert not ImportedRow.objects.exists()


def test_the_columns_of_a_source_are_remembered_and_applied_to_its_next_file(cast):
    odd = b"Number,Family,Given,Sexe\nH801200001001,Ash,Cal,M\n"
    reading = upload_file(school=cast.thornbridge, name="odd.csv", content=odd, by=cast.sandra, at=MORNING)
    with pytest.raises(Refused, match="legal surname"):
        match_columns(reading=reading, feeds="pupils", columns={"upn": "Number"}, options={}, source_name="Odd", by=cast.sandra, at=MORNING)  # fmt: skip
    columns = {"upn": "Number", "legal_surname": "Family", "legal_forename": "Given", "sex": "Sexe"}
    match_columns(reading=reading, feeds="pupils", columns=columns, options={}, source_name="Odd", by=cast.sandra, at=MORNING)  # fmt: skip
    assert Source.objects.get().name == "Odd"
    again = upload_file(school=cast.thornbridge, name="odd2.csv", content=odd, by=cast.sandra, at=MORNING)
    assert again.mapping["columns"] == columns


# ---------- taking back ----------


def test_a_whole_import_is_taken_back_and_the_totals_agree(cast):
    pupils, marks = read(cast, "sims_pupils.csv"), read(cast, "sims_marks.csv")
    with pytest.raises(Refused, match="later depends on it"):
        undo_import(reading=pupils, reason="Wrong school", by=cast.sandra, at=MORNING)
    assert Pupil.objects.filter(legal_surname="Okafor").exists()
    done = undo_import(reading=marks, reason="Wrong week", by=cast.sandra, at=MORNING)
    assert done["mark"] == TakenBackMark.objects.count() == 59
    assert not Mark.objects.exists()
    call_command("verify_rollups")
    undo_import(reading=pupils, reason="Wrong school", by=cast.sandra, at=MORNING)
    assert not Pupil.objects.filter(legal_surname="Okafor").exists()
    assert not TutorGroup.objects.filter(school=cast.thornbridge, name="8H").exists()
    with pytest.raises(Refused, match="nothing to take back"):
        undo_import(reading=pupils, reason="Again", by=cast.sandra, at=MORNING)


def test_what_an_import_changed_goes_back_to_what_it_said(cast):
    Pupil.objects.filter(pk=cast.callum.pk).update(upn="H801200001001", known_as="Cal")
    content = b"UPN,Surname,Forename,Preferred Forename,Gender,DOB,Year,Reg Group,Date of admission\nH801200001001,Ashworth,Callum,Cally,M,04/03/2013,Year  9,9A,03/09/2025\n"  # fmt: skip
    done = read(cast, "one.csv", content=content)
    assert (done.added, done.changed) == (0, 1), done.faults
    cast.callum.refresh_from_db()
    assert cast.callum.known_as == "Cally"
    undo_import(reading=done, reason="Nickname", by=cast.sandra, at=MORNING)
    cast.callum.refresh_from_db()
    assert cast.callum.known_as == "Cal"


def test_a_mark_amended_since_keeps_the_import_where_it_is(cast):
    read(cast, "sims_pupils.csv")
    marks = read(cast, "sims_marks.csv")
    pupil = Pupil.objects.get(legal_surname="Jagger")
    code_sessions(
        school=cast.thornbridge, wanted=[Wanted(pupil.pk, Session(FRIDAY, "AM"), "M")], over=None, reason="Dentist",
        verb="coded", words="x", by=cast.sandra, at=MORNING + timedelta(minutes=1),
    )  # fmt: skip
    with pytest.raises(Refused, match="1 of its marks were amended since"):
        undo_import(reading=marks, reason="x", by=cast.sandra, at=MORNING + timedelta(minutes=2))
    assert Mark.objects.count() == 59


# ---------- workers ----------


def test_a_worker_that_dies_leaves_nothing_and_another_takes_over_three_times_at_most(cast, monkeypatch):
    reading = upload_file(
        school=cast.thornbridge,
        name="p.csv",
        content=(SAMPLES / "sims_pupils.csv").read_bytes(),
        by=cast.sandra,
        at=MORNING,
    )
    ask_import(reading=reading, dry_run=False, by=cast.sandra, at=MORNING)
    Import.objects.update(state="running", alive_at=MORNING - timedelta(minutes=11), attempts=2)
    assert run_waiting(at=MORNING) == 1
    reading.refresh_from_db()
    assert (reading.state, reading.attempts) == ("done", 3)
    Import.objects.update(state="running", alive_at=MORNING - timedelta(minutes=11))
    assert run_waiting(at=MORNING) == 0
    reading.refresh_from_db()
    assert reading.state == "failed"


def test_a_reading_that_breaks_off_says_so_and_the_next_goes_on(cast, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr("registers.actions.imports.running.translate", broken)
    reading = upload_file(school=cast.thornbridge, name="p.csv", content=b"UPN,Surname,Forename\nA,B,C\n", by=cast.sandra, at=MORNING)  # fmt: skip
    assert run_import(reading=reading, at=MORNING).state == "failed"
    assert "RuntimeError" in reading.error


# ---------- the pages ----------


def test_the_pages_take_a_file_from_upload_to_taking_back(cast, sign_in, at_morning, count_queries):
    client = sign_in(cast.sandra)
    path = reverse("registers:import_list")
    bad = client.post(path, {"file": SimpleUploadedFile("x.csv", b"\x00\x01")})
    assert "zero bytes" in bad.content.decode()
    page = client.post(path, {"file": SimpleUploadedFile("sims.csv", (SAMPLES / "sims_pupils.csv").read_bytes())}, follow=True)  # fmt: skip
    text = page.content.decode()
    assert "SIMS report (CSV), 6 rows" in text
    assert "Surname Forename" in text
    reading = Import.objects.get()
    columns = {f"col_{ours}": theirs for ours, theirs in reading.mapping["columns"].items()}
    ask = reverse("registers:import_ask", args=[reading.pk])
    sent = columns | {"feeds": "pupils", "date_order": "dmy", "source_name": "Our SIMS"}
    assert "In line" in client.post(ask, sent | {"act": "dry"}, follow=True).content.decode()
    run_waiting(at=MORNING)
    progress = client.get(reverse("registers:import_progress", args=[reading.pk]))
    assert progress["HX-Refresh"] == "true"
    assert (
        "Dry run: nothing was kept"
        in client.get(reverse("registers:import_detail", args=[reading.pk])).content.decode()
    )
    client.post(ask, sent | {"act": "read"})
    run_waiting(at=MORNING)
    with count_queries(12):
        assert "6 added" in client.get(path).content.decode()
    undone = client.post(reverse("registers:import_undo", args=[reading.pk]), {"reason": "Wrong file"}, follow=True)
    assert "Taken back: " in undone.content.decode()
    file = client.get(reverse("registers:import_file", args=[reading.pk]))
    assert file["Content-Disposition"] == 'attachment; filename="sims.csv"'


def known_well(cast):
    """Give Tom Jagger of the sample, with a record that only SIMS's CSV knows half of."""
    read(cast, "sims_pupils.csv")
    pupil = Pupil.objects.get(school=cast.thornbridge, legal_surname="Jagger")
    kept = {
        "has_protection_plan": True, "is_looked_after": True, "is_vulnerable": True, "is_pp": True, "sen": "K",
        "address": "1 Mill Lane", "postcode": "ZZ1 1AA", "known_as": "Tommy", "sort_name": sort_name("Jagger", "Tommy"), "ethnicity": "WBRI",
    }  # fmt: skip
    Pupil.objects.filter(pk=pupil.pk).update(**kept)
    stay = {"ends_on": MONDAY + timedelta(days=20), "leaving_ground": "a", "destination": "Ridgeway School"}
    Enrolment.objects.filter(pupil=pupil).update(**stay)
    Placement.objects.filter(pupil=pupil).update(to_on=stay["ends_on"])
    return pupil, stay | {"starts_on": Enrolment.objects.get(pupil=pupil).starts_on}


@pytest.mark.parametrize(
    ("name", "carried"),
    # In SIMS's XML a Preferred Forename that is left out is empty; Wonde writes the number without its zeros.
    [("sims_pupils.xml", {"known_as", "sort_name"}), ("wonde_students.json", {"admission_number"})],
)
def test_what_a_file_does_not_carry_stays_as_the_record_has_it(cast, name, carried):
    pupil, _ = known_well(cast)

    def record():
        of_pupil = {"pupil": pupil}
        return (
            Pupil.objects.filter(pk=pupil.pk).values().get(),
            list(Enrolment.objects.filter(**of_pupil).values()),
            list(Placement.objects.filter(**of_pupil).values()),
        )

    before, *rolls = record()
    done = read(cast, name)
    assert (done.state, done.added, done.fault_count) == ("done", 0, 0), done.faults
    after, *rolls_after = record()
    assert {field for field in before if before[field] != after[field]} == carried
    assert rolls_after == rolls


def test_a_pupil_who_left_is_not_brought_back_by_a_file_without_a_starting_day(cast):
    pupil, stay = known_well(cast)
    Enrolment.objects.filter(pupil=pupil).update(ends_on=FRIDAY)
    Placement.objects.filter(pupil=pupil).update(to_on=FRIDAY)
    done = read(cast, "sims_pupils.xml")
    assert Enrolment.objects.get(pupil=pupil).ends_on == FRIDAY
    assert Enrolment.objects.get(pupil=pupil).starts_on == stay["starts_on"]
    assert any("1 of the pupils have left and stay off the roll" in words for words in done.notes)


def test_a_column_that_is_there_and_empty_clears_as_the_page_says(cast):
    pupil, _ = known_well(cast)
    content = (
        f"UPN,Surname,Forename,Gender,DOB,Year,Reg Group,SEN Status\n{pupil.upn},Jagger,Tom,M,22/01/2013,Year  8,8H,\n"
    )
    assert read(cast, "sen.csv", content=content.encode()).changed == 1
    pupil.refresh_from_db()
    assert (pupil.sen, pupil.known_as) == ("N", "Tommy")


def test_contacts_keep_what_their_file_does_not_carry(cast):
    parent = cast.callum.parents.get()
    Pupil.objects.filter(pk=cast.callum.pk).update(upn="H801200001001")
    type(parent).objects.filter(pk=parent.pk).update(do_not_contact=True, why_not="Court order", priority=3)
    type(parent.contact).objects.filter(pk=parent.contact_id).update(
        mobile="07700 900123", email="jo@home.example", address="2 Weir Lane"
    )
    name = parent.contact
    content = (
        f"UPN,Surname,Forename,Relationship,Mobile\nH801200001001,{name.surname},{name.forename},Mother,07700 900123\n"
    )
    done = read(cast, "contacts.csv", content=content.encode())
    assert (done.state, done.feeds, done.added, done.faults) == ("done", "contacts", 0, [])
    parent.refresh_from_db()
    assert (parent.do_not_contact, parent.why_not, parent.priority) == (True, "Court order", 3)
    assert (parent.contact.email, parent.contact.address) == ("jo@home.example", "2 Weir Lane")


def test_marks_of_a_file_without_comments_leave_the_comment_of_a_code_they_confirm(cast):
    Pupil.objects.filter(pk=cast.callum.pk).update(upn="H801200001001")
    for on, code in ((FRIDAY, "I"), (FRIDAY - timedelta(days=1), "M")):
        Mark.objects.create(
            school=cast.thornbridge, pupil=cast.callum, on=on, half="AM", code=code, comment="Mother rang",
            school_week=on - timedelta(days=on.weekday()), recorded_at=MORNING, recorded_by=cast.sandra,
        )  # fmt: skip
    content = "UPN,Date,Session,Mark\nH801200001001,20/11/2026,AM,I\nH801200001001,19/11/2026,AM,C\n"
    done = read(cast, "marks.csv", content=content.encode())
    assert (done.state, done.feeds, done.same, done.changed) == ("done", "marks", 1, 1), done.faults
    kept = dict(Mark.objects.filter(pupil=cast.callum).values_list("code", "comment"))
    assert kept == {"I": "Mother rang", "C": ""}


def test_taking_an_import_back_restores_what_it_cleared(cast):
    pupil, _ = known_well(cast)
    content = (
        f"UPN,Surname,Forename,Gender,DOB,Year,Reg Group,SEN Status\n{pupil.upn},Jagger,Tom,M,22/01/2013,Year  8,8H,\n"
    )
    undo_import(
        reading=read(cast, "sen.csv", content=content.encode()), reason="Wrong file", by=cast.sandra, at=MORNING
    )
    pupil.refresh_from_db()
    assert pupil.sen == "K"


# ---------- where it came from ----------

CONTACTS = (
    "UPN,Contact Surname,Contact Forename,Relationship,Mobile\n"
    "{one},Rowe,Jo,Mother,07700 900111\n{one},Rowe,Sam,Father,07700 900222\n{two},Rowe,Jo,Aunt,07700 900111\n"
)


def test_pupils_enrolments_contacts_and_marks_say_file_and_row_where_they_are_shown(cast, sign_in, at_morning):
    pupils, marks = read(cast, "sims_pupils.csv"), read(cast, "sims_marks.csv")
    tom = Pupil.objects.get(school=cast.thornbridge, legal_surname="Jagger")
    other = Pupil.objects.get(school=cast.thornbridge, legal_surname="Okafor")
    content = CONTACTS.format(one=tom.upn, two=other.upn).encode()
    contacts = read(cast, "people.csv", content=content)
    assert contacts.state == "done", contacts.faults
    client = sign_in(cast.sandra)

    def shown(tab, pupil=tom):
        return client.get(reverse(f"registers:{tab}", args=[pupil.pk])).content.decode()

    row = ImportedRow.objects.get(of_import=pupils, thing="pupil", thing_id=tom.pk).row
    record = shown("pupil_record")
    assert record.count(f"From sims_pupils.csv, row {row}<") == 3, "the pupil, the stay on roll and the form"
    assert reverse("registers:import_detail", args=[pupils.pk]) in record
    page = shown("pupil_contacts")
    assert "From people.csv, row 2<" in page
    assert "From people.csv, row 3<" in page
    assert "From people.csv, row 4<" in shown("pupil_contacts", other)
    assert f'{reverse("registers:import_detail", args=[marks.pk])}">From sims_marks.csv, row 3<' in shown("pupil_marks")
    sent = client.post(reverse("registers:pupil_marks_export", args=[tom.pk, "csv"]), {"query": ""}).content.decode()
    assert "From sims_marks.csv, row 3" in sent
    mark = tom.marks.order_by("on", "half").first()
    assert "From sims_marks.csv, row" in client.get(reverse("registers:mark_amend", args=[mark.pk])).content.decode()


def test_a_change_by_a_file_says_so_and_only_who_imports_gets_the_way_to_it(cast, sign_in, at_morning):
    read(cast, "sims_pupils.csv")
    tom = Pupil.objects.get(school=cast.thornbridge, legal_surname="Jagger")
    content = (SAMPLES / "sims_pupils.csv").read_text(encoding="cp1252").replace("Jagger, Tom", "Jagger, Thomas")
    changed = read(cast, "new.csv", content=content.encode())
    assert changed.changed == 1, changed.faults
    line = ImportedRow.objects.get(of_import=changed, thing="pupil").row
    page = sign_in(cast.dee).get(reverse("registers:pupil_record", args=[tom.pk])).content.decode()
    assert f"Changed by new.csv, row {line}" in page
    assert reverse("registers:import_detail", args=[changed.pk]) not in page
    undo_import(reading=changed, reason="Wrong list", by=cast.sandra, at=MORNING)
    page = sign_in(cast.sandra).get(reverse("registers:pupil_record", args=[tom.pk])).content.decode()
    assert f"Changed by new.csv, row {line}, since taken back" in page


def test_a_thing_of_another_school_or_of_no_file_has_no_origin(cast):
    read(cast, "sims_pupils.csv")
    tom = Pupil.objects.get(school=cast.thornbridge, legal_surname="Jagger")
    assert traced(cast.ridgeway.pk, {"pupil": [tom.pk]}) == {}
    assert traced(cast.thornbridge.pk, {"pupil": [cast.callum.pk], "mark": []}) == {}
    assert traced(cast.thornbridge.pk, {"mark": []}) == {}


def test_the_office_and_the_pupils_pages_lead_to_the_imports(cast, sign_in, at_morning):
    client, way = sign_in(cast.sandra), reverse("registers:import_list")
    for page in ("office:office", "registers:pupil_list", "registers:admissions", "registers:contact_health"):
        assert f'href="{way}"' in client.get(reverse(page)).content.decode(), page
    assert f'href="{way}"' not in sign_in(cast.adeyemi).get(reverse("registers:pupil_list")).content.decode()
