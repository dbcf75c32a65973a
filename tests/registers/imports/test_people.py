"""pupils.csv, contacts.csv, groups.csv, staff.csv and the calendar when they are read again with something new."""

from datetime import date, timedelta

import pytest

from attendance_office.staff.models import Post, School, Trust, TutorGroup, User
from registers.models import Contact, Enrolment, NonSchoolDay, Parent, Placement, Pupil, Term

from .conftest import MARKS, ON, TOBI, read, words_of

HEAD = "upn,legal_surname,legal_forename,date_of_birth,sex,year_group,tutor_group,starts_on"
PERSON = f"{TOBI},Adeyemi,Tobi,2012-11-03,M,9"
TOMORROW = ON + timedelta(days=1)


def pupils(*rows, more=""):
    return "".join(f"{row}\n" for row in (HEAD + more, *rows))


def seats(upn=TOBI):
    rows = Placement.objects.filter(pupil__upn=upn).order_by("from_on")
    return [(row.tutor_group.name, row.year_group, row.from_on, row.to_on) for row in rows]


def test_a_column_that_is_absent_leaves_the_record_as_it_is_and_an_empty_value_clears_it(sample, only):
    read(only(pupils=pupils(f"{PERSON},9A,2023-09-04")))
    tobi = Pupil.objects.get(upn=TOBI)
    assert (tobi.is_pp, tobi.address) == (True, "1 Orchard Row, Hartwell")
    report = read(only(pupils=pupils(f"{PERSON},9A,2023-09-04,,", more=",pp,address")))
    tobi.refresh_from_db()
    assert (tobi.is_pp, tobi.address, report.of("pupils.csv").changed) == (False, "", 1)


def test_a_changed_pupil_keeps_the_row_as_it_was_with_hand_and_reason(sample, only):
    sandra = User.objects.get(email="s.lund@hartwell.invalid")
    read(only(pupils=pupils(f"{PERSON},9A,2023-09-04,Tobes", more=",known_as")), by=sandra)
    kept = Pupil.objects.get(upn=TOBI).events.select_related("pgh_context").get()
    assert kept.known_as == ""
    assert kept.pgh_context.metadata["reason"] == "Imported from pupils.csv"
    assert kept.pgh_context.metadata["by"] == "Mrs S. Lund"
    assert Pupil.objects.get(upn=TOBI).sort_name == "adeyemi, tobes"


def test_a_pupil_in_another_group_sits_there_from_the_day_of_the_import(sample, only):
    folder = only(pupils=pupils(f"{PERSON},8C,2023-09-04"))
    report = read(folder, on=TOMORROW)
    assert report.of("pupils.csv").changed == 1
    expected = [("9A", 9, date(2026, 9, 2), ON), ("8C", 9, TOMORROW, None)]
    assert seats() == expected
    assert read(folder, on=TOMORROW + timedelta(days=3)).changed == 0
    assert seats() == expected


def test_a_group_changed_twice_in_a_day_is_corrected(sample, only):
    read(only(pupils=pupils(f"{PERSON},8C,2023-09-04")), on=TOMORROW)
    read(only(pupils=pupils(f"{PERSON},9A,2023-09-04")), on=TOMORROW)
    assert [seat[0] for seat in seats()] == ["9A", "9A"]
    assert seats()[1][2:] == (TOMORROW, None)


def test_a_pupil_taken_out_of_every_group_and_put_back(sample, only):
    report = read(only(pupils=pupils(f"{PERSON},,2023-09-04")), on=TOMORROW)
    assert report.of("pupils.csv").notes == ["1 of the pupils have no tutor group: they are on no register."]
    assert seats() == [("9A", 9, date(2026, 9, 2), ON)]
    back = TOMORROW + timedelta(days=7)
    read(only(pupils=pupils(f"{PERSON},9A,2023-09-04")), on=back)
    assert seats() == [("9A", 9, date(2026, 9, 2), ON), ("9A", 9, back, None)]


def test_a_new_year_group_is_a_new_placement(sample, only):
    read(only(pupils=pupils(f"{PERSON[:-1]}10,9A,2023-09-04")), on=date(2027, 9, 1))
    assert seats() == [("9A", 9, date(2026, 9, 2), date(2027, 8, 31)), ("9A", 10, date(2027, 9, 1), None)]


def test_a_leaver_leaves_roll_and_group_and_may_come_back(sample, only):
    gone = ON + timedelta(days=11)
    left = f"{PERSON},9A,2023-09-04,{gone},b"
    read(only(pupils=pupils(left, more=",ends_on,leaving_ground")), on=TOMORROW)
    assert Enrolment.objects.get(pupil__upn=TOBI).ends_on == gone
    assert seats() == [("9A", 9, date(2026, 9, 2), gone)]
    back = gone + timedelta(days=30)
    read(only(pupils=pupils(f"{PERSON},9A,{back}")), on=back)
    assert list(
        Enrolment.objects.filter(pupil__upn=TOBI).order_by("starts_on").values_list("starts_on", "ends_on")
    ) == [
        (date(2023, 9, 4), gone),
        (back, None),
    ]
    assert seats()[1] == ("9A", 9, back, None)
    assert read(only(pupils=pupils(f"{PERSON},9A,{back}")), on=back).changed == 0


def test_a_starting_day_is_corrected_and_never_so_that_marks_lose_their_roll(sample, only):
    read(only(pupils=pupils(f"{PERSON},9A,2023-09-01")))
    assert Enrolment.objects.get(pupil__upn=TOBI).starts_on == date(2023, 9, 1)
    found = words_of(read(only(pupils=pupils(f"{PERSON},9A,2026-11-17"))), "pupils.csv")
    assert [(row, column) for row, column, _ in found] == [(2, "starts_on")]
    assert "marks would fall outside the days on roll, the first on Wed 15 Jul 2026" in found[0][2]
    found = words_of(read(only(pupils=pupils(f"{PERSON},9A,2023-09-01,2026-11-17", more=",ends_on"))), "pupils.csv")
    assert found[0][1] == "ends_on"
    assert Enrolment.objects.get(pupil__upn=TOBI).starts_on == date(2023, 9, 1)


def test_a_stay_over_two_stays_of_the_record_is_refused(sample, only):
    read(only(pupils=pupils(f"{PERSON},9A,2023-09-04,2026-11-30", more=",ends_on")))
    read(only(pupils=pupils(f"{PERSON},9A,2027-01-04")))
    found = words_of(read(only(pupils=pupils(f"{PERSON},9A,2023-09-01"))), "pupils.csv")
    assert "overlaps more than one" in found[0][2]


def test_a_pupil_who_starts_later_sits_from_the_starting_day(sample, only):
    upn = "F302400124900"
    row = f"{upn},New,Comer,2013-01-01,F,9,9A,2027-01-06"
    found = words_of(read(only(pupils=pupils(row))), "pupils.csv")
    right = found[0][2].split("would be ")[1][0]
    read(only(pupils=pupils(f"{right}{row[1:]}")))
    assert seats(right + upn[1:]) == [("9A", 9, date(2027, 1, 6), None)]


def test_a_group_that_is_nowhere_is_refused_where_groups_csv_is_there(sample, only):
    groups = "name,year_group\n9A,9\n"
    found = words_of(read(only(groups=groups, pupils=pupils(f"{PERSON},9Z,2023-09-04"))), "pupils.csv")
    assert found == [
        (2, "tutor_group", "There is no tutor group of this name. Add it to groups.csv, or take groups.csv away.")
    ]
    assert not TutorGroup.objects.filter(name="9Z").exists()


def test_contacts_without_a_reference_are_one_person_by_name_and_number(sample, only):
    head = "upn,title,forename,surname,relationship,mobile,email\n"
    both = (
        f"{TOBI},Mr,Kola,Adeyemi,Father,07700 900301,\nM302400124002,Mr,Kola,Adeyemi,Uncle,07700 900301,k@a.invalid\n"
    )
    report = read(only(contacts=head + both))
    assert report.of("contacts.csv").added == 2
    kola = Contact.objects.get(forename="Kola")
    assert (kola.email, kola.children.count()) == ("k@a.invalid", 2)
    assert read(only(contacts=head + both)).changed == 0
    report = read(only(contacts=head + f"{TOBI},Mr,Kola,Adeyemi,Father,07700 900399,\n"))
    kola.refresh_from_db()
    assert (report.of("contacts.csv").changed, kola.mobile) == (1, "07700 900399")
    other = read(only(contacts=head + "A302400124012,Mr,Kola,Adeyemi,Friend,07700 900777,\n"))
    assert other.of("contacts.csv").added == 1
    assert Contact.objects.filter(forename="Kola").count() == 2


def test_a_changed_contact_is_changed_for_each_child(sample, folder):
    path = folder / "contacts.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("07700 900104", "07700 900555"), encoding="utf-8")
    report = read(folder)
    assert report.of("contacts.csv").changed == 2
    assert Contact.objects.get(reference="C004").mobile == "07700 900555"
    assert Parent.objects.count() == 38


def test_staff_read_again_change_names_keep_posts_and_never_give_back_an_ended_one(sample, only):
    head = "email,title,forename,surname,role,year_group,tutor_group\n"
    petra = User.objects.get(email="p.dyer@hartwell.invalid")
    petra.set_password("correct horse battery")
    petra.save()
    Post.objects.filter(user__email="h.tran@hartwell.invalid").update(ended_on=date(2026, 10, 1))
    report = read(
        only(
            staff=head
            + "P.Dyer@hartwell.invalid,Mrs,Petra,Dyer-Holt,Tutor or teacher,,9A\n"
            + "h.tran@hartwell.invalid,Mr,Huy,Tran,tutor,,8C\n"
        )
    )
    petra.refresh_from_db()
    assert (petra.last_name, petra.has_usable_password(), petra.posts.count()) == ("Dyer-Holt", True, 1)
    assert Post.objects.get(user__email="h.tran@hartwell.invalid").ended_on == date(2026, 10, 1)
    assert "ended on Thu 1 Oct 2026" in report.of("staff.csv").notes[0]
    assert (report.of("staff.csv").added, report.of("staff.csv").changed) == (0, 1)


def test_a_person_of_another_school_gets_a_post_and_keeps_the_name(cast, sample, only):
    head = "email,title,forename,surname,role\n"
    olly = cast.olly
    report = read(only(staff=head + f"{olly.email},Sir,Oliver,Renamed,officer\n"))
    olly.refresh_from_db()
    assert olly.last_name == "Marsden"
    assert olly.posts.filter(school__urn="137901", role="officer").exists()
    assert "works for another school too" in report.of("staff.csv").notes[0]


def test_one_school_never_touches_another(cast, sample):
    assert Pupil.objects.filter(school=cast.thornbridge).count() == 5
    assert TutorGroup.objects.get(school=cast.thornbridge, name="9A").room == "B12"


def test_the_school_is_brought_up_to_date_by_its_urn(sample, only):
    folder = only()
    head = "urn,name,la_code,estab_number,phase,trust\n"
    (folder / "school.csv").write_text(head + "137901,Hartwell Academy,302,4999,Secondary,Vale Trust\n")
    assert read(folder).of("school.csv").changed == 1
    school = School.objects.get(urn="137901")
    assert (school.name, school.trust, school.postcode) == ("Hartwell Academy", Trust.objects.get(), "ZZ1 1ZZ")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("13790,H,302,4999,Secondary", "A URN has six digits"),
        ("137901,H,32,4999,Secondary", "three digits"),
        ("137901,H,302,499,Secondary", "four digits"),
        ("137901,,302,4999,Secondary", "A value is missing"),
        ("137901,H,302,4001,Secondary", "Taken School, URN 137777, has this number"),
        ("137901,H,302,4999,Secondary\n137902,I,302,4998,Secondary", "2 schools"),
        ("", "no school"),
    ],
)
def test_a_school_that_is_not_right_stops_the_folder(db, only, row, words):
    School.objects.create(urn="137777", name="Taken School", la_code="302", estab_number="4001", phase="Primary")
    folder = only(groups="name,year_group\n9A,9\n")
    (folder / "school.csv").write_text(f"urn,name,la_code,estab_number,phase\n{row}\n")
    report = read(folder)
    assert words in report.of("school.csv").faults[0].words
    assert School.objects.count() == 1
    assert not TutorGroup.objects.exists()


def test_a_calendar_that_would_leave_marks_on_closed_days_is_refused(sample, only):
    days = "on,kind,name\n2026-11-17,closure,Snow\n"
    found = words_of(read(only(non_school_days=days)), "non_school_days.csv")
    assert "20 marks were taken in sessions that would not be held any more" in found[0][2]
    assert not NonSchoolDay.objects.filter(name="Snow").exists()
    terms = "school_year,term,starts_on,ends_on\n2026/27,Autumn,2026-09-02,2026-11-13\n"
    assert read(only(terms=terms)).of("terms.csv").is_refused
    assert Term.objects.get(school_year="2026/27", name="Autumn").ends_on == date(2026, 12, 18)


def test_a_term_is_corrected_and_a_weekday_beside_its_dates_is_believed(sample, only):
    terms = "school_year,term,starts_on,ends_on,starts_weekday,ends_weekday\n"
    terms += "2026-27,Summer,Mon 12 Apr 2027,2027-07-23,,Fri\n"
    assert read(only(terms=terms)).of("terms.csv").changed == 1
    assert Term.objects.get(school_year="2026/27", name="Summer").ends_on == date(2027, 7, 23)


def test_a_file_that_names_what_a_refused_one_should_have_brought_says_so(db, folder):
    path = folder / "pupils.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(TOBI, "A" + TOBI[1:]), encoding="utf-8")
    report = read(folder)
    assert report.of("pupils.csv").is_refused
    assert words_of(report, "contacts.csv")[0][2] == "No pupil of the school has this UPN. pupils.csv was refused."
    assert words_of(report, "marks.csv")[0][2] == "No pupil of the school has this UPN. pupils.csv was refused."
    assert not report.of("groups.csv").is_refused
    assert TutorGroup.objects.count() == 8


def test_a_pupil_who_was_never_on_roll_has_no_marks(sample, only):
    Enrolment.objects.filter(pupil__upn="F30240012600A").delete()
    found = words_of(read(only(marks=MARKS + "F30240012600A,2026-11-23,AM,/,,\n")), "marks.csv")
    assert "never been on roll" in found[0][2]
