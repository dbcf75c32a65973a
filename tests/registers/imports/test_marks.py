"""marks.csv: what may stand, what a second import amends, and what Postgres keeps whatever the hand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from attendance_office.staff.models import User
from registers.models import Amendment, Mark, NonSchoolDay, Term, WeekTotal
from registers.queries.rollups import differences, prove

from .conftest import AT, MARKS, TOBI, read, words_of

LATER = AT + timedelta(days=1)


def marks(*rows):
    return MARKS + "".join(f"{row}\n" for row in rows)


def mark(on="2026-11-23", half="AM", upn=TOBI):
    return Mark.objects.get(pupil__upn=upn, on=date.fromisoformat(on), half=half)


def test_a_changed_mark_is_amended_and_the_first_entry_is_kept(sample, only):
    sandra = User.objects.get(email="s.lund@hartwell.invalid")
    read(only(marks=marks(f"{TOBI},2026-11-23,AM,N,,")))
    report = read(only(marks=marks(f"{TOBI},2026-11-23,AM,I,,Mother rang")), at=LATER, by=sandra)
    assert (report.of("marks.csv").added, report.of("marks.csv").changed) == (0, 1)
    kept = Amendment.objects.get()
    assert (kept.from_code, kept.to_code, kept.to_comment) == ("N", "I", "Mother rang")
    assert (kept.reason, kept.at, kept.by_id) == ("Imported from marks.csv", LATER, sandra.pk)
    assert (kept.by_name, kept.by_role) == ("Mrs S. Lund", "Attendance officer")
    assert mark().recorded_at == AT
    assert differences() == []


def test_an_unchanged_row_writes_nothing_beside_one_that_changed(sample, only):
    rows = [f"{TOBI},2026-11-23,AM,N,,", f"{TOBI},2026-11-23,PM,N,,"]
    read(only(marks=marks(*rows)))

    def versions():
        with connection.cursor() as cursor:
            cursor.execute('SELECT half, xmin, xmax FROM registers_mark WHERE "on" = %s', ["2026-11-23"])
            return {half: versions for half, *versions in cursor.fetchall()}

    before = versions()
    read(only(marks=marks(rows[0].replace(",N,", ",I,"), rows[1])), at=LATER)
    assert versions()["PM"] == before["PM"]
    assert Amendment.objects.count() == 1


def test_a_file_with_one_fault_writes_none_of_its_rows(sample, only):
    report = read(only(marks=marks(f"{TOBI},2026-11-23,AM,/,,", f"{TOBI},2026-11-23,PM,H,,")))
    assert words_of(report, "marks.csv") == [(3, "code", "H ended on 18 Aug 2024: use C if leave was granted, else G.")]
    assert report.of("marks.csv").added == 0
    assert not Mark.objects.filter(on=date(2026, 11, 23)).exists()


@pytest.mark.parametrize(
    ("code", "before", "after", "words"),
    [
        ("F", "2024-07-10", "2024-09-10", "use C if leave was granted, else G"),
        ("H", "2024-07-10", "2024-09-10", "use C if leave was granted, else G"),
        ("J", "2024-08-16", "2024-08-19", "use J1 if leave was granted beforehand"),
        ("Y", "2024-08-16", "2024-08-19", "the one of Y1 to Y7 or Q"),
    ],
)
def test_a_legacy_code_is_read_up_to_its_end_and_refused_after_it(sample, only, code, before, after, words):
    assert read(only(marks=marks(f"{TOBI},{before},AM,{code},,"))).of("marks.csv").added == 1
    found = words_of(read(only(marks=marks(f"{TOBI},{after},AM,{code},,"))), "marks.csv")
    assert [(row, column) for row, column, _ in found] == [(2, "code")]
    assert f"{code} ended on 18 Aug 2024" in found[0][2]
    assert words in found[0][2]


def test_a_newer_code_is_refused_before_its_beginning(sample, only):
    found = words_of(read(only(marks=marks(f"{TOBI},2024-07-10,AM,C2,,"))), "marks.csv")
    assert found == [(2, "code", "C2 began on 19 Aug 2024: on 10 Jul 2024 use C.")]


def test_either_slash_is_the_present_mark_of_its_session(sample, only):
    read(only(marks=marks(f"{TOBI},2026-11-23,AM,\\,,", f"{TOBI},2026-11-23,PM,/,,", f"{TOBI},2026-11-24,am,i,,")))
    assert (mark().code, mark(half="PM").code, mark("2026-11-24").code) == ("/", "\\", "I")


def test_z_and_planned_closures_stand_for_a_pupil_who_has_not_started(sample, only):
    maisie = "F30240012600A"
    rows = [f"{maisie},2026-11-12,AM,Z,,", f"{maisie},2026-10-27,AM,#,,"]
    assert read(only(marks=marks(*rows))).of("marks.csv").added == 2
    found = words_of(read(only(marks=marks(f"{maisie},2026-11-12,PM,/,,"))), "marks.csv")
    assert found[0][2].startswith("The pupil is on roll from Mon 23 Nov 2026. Before it only Z or #")
    cormac = "U302400124006"
    found = words_of(read(only(marks=marks(f"{cormac},2026-11-12,PM,Z,,"))), "marks.csv")
    assert found[0][2] == "The pupil's last day on roll was Thu 22 Oct 2026."


def test_a_planned_closure_stands_on_a_day_the_school_does_not_meet_and_nothing_else_does(sample, only):
    days = ("2026-10-27", "2026-11-21", "2026-08-24", "2026-12-28")
    closed = [f"{TOBI},{on},AM,#,," for on in days]
    assert read(only(marks=marks(*closed))).of("marks.csv").added == 4
    report = read(only(marks=marks(*(row.replace("#", "I") for row in closed))))
    assert report.of("marks.csv").fault_count == 4


def test_half_a_closed_day_takes_marks_in_the_other_half(sample, only):
    school = Term.objects.first().school
    NonSchoolDay.objects.create(
        school=school, on=date(2026, 11, 24), half="PM", kind="closure", name="Parents' evening"
    )
    report = read(only(marks=marks(f"{TOBI},2026-11-24,AM,/,,", f"{TOBI},2026-11-24,PM,/,,")))
    assert words_of(report, "marks.csv")[0][::2] == (
        3,
        "The school did not meet on Tue 24 Nov 2026 PM: Parents' evening. Only # can stand there.",
    )


def test_a_school_year_without_terms_is_not_judged_and_that_is_said(sample, only):
    report = read(only(marks=marks(f"{TOBI},2024-07-10,AM,/,,"))).of("marks.csv")
    assert report.added == 1
    assert report.notes == ["The record has no terms of 2023/24: whether the school met then was not checked."]


def test_marks_of_days_to_come_are_read_and_said(sample, only):
    report = read(only(marks=marks(f"{TOBI},2026-12-01,AM,V,,Trip"))).of("marks.csv")
    assert report.notes == ["1 mark is of days after today, Mon 23 Nov 2026."]


@pytest.mark.parametrize(
    ("code", "minutes", "right"), [("L", "0", 0), ("U", "300", 300), ("L", " 7 ", 7), ("L", "", None)]
)
def test_minutes_late_of_late_codes_are_kept(sample, only, code, minutes, right):
    read(only(marks=marks(f"{TOBI},2026-11-23,AM,{code},{minutes},")))
    assert mark().minutes_late == right


def test_comments_come_through_whole(sample, only):
    comment = "Back\\slash, \\N \\. 'quote' %s {x} Zoë"
    read(only(marks=marks(f'{TOBI},2026-11-23,AM,I,,"{comment}"')))
    assert mark().comment == comment
    assert read(only(marks=marks(f'{TOBI},2026-11-23,AM,I,,"{comment}"'))).changed == 0
    found = words_of(read(only(marks=marks(f"{TOBI},2026-11-24,AM,I,,{'x' * 201}"))), "marks.csv")
    assert found == [(2, "comment", "It has 201 characters; at most 200 are kept.")]


def test_a_temporary_number_and_one_with_spaces_are_right(sample, only):
    report = read(only(marks=marks("F30240012600A,2026-11-23,AM,/,,", "y302 400124001,2026-11-23,AM,/,,")))
    assert report.of("marks.csv").added == 2


def test_a_pupil_of_another_school_is_nobody_here(sample, cast, only):
    upn = "H302400124900"
    cast.canary.upn = upn
    cast.canary.save(update_fields=["upn"])
    found = words_of(read(only(marks=marks(f"{upn},2026-11-23,AM,/,,"))), "marks.csv")
    assert [column for _, column, _ in found] == ["upn"]


def test_a_change_by_raw_sql_leaves_its_amendment_and_right_totals(sample):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registers_mark SET code = 'O' WHERE code = 'I'")
    kept = Amendment.objects.all()
    assert {(one.from_code, one.to_code) for one in kept} == {("I", "O")}
    assert len(kept) == 2
    assert differences() == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM registers_mark",
        "TRUNCATE registers_mark",
        "DELETE FROM registers_amendment",
        "TRUNCATE registers_amendment",
        "UPDATE registers_amendment SET reason = 'another'",
        'UPDATE registers_mark SET school_week = school_week - 7, "on" = "on" - 7 WHERE code = \'I\'',
        "UPDATE registers_mark SET code = 'H' WHERE code = 'I'",
    ],
)
def test_marks_and_amendments_are_neither_deleted_nor_rewritten(sample, only, statement):
    read(only(marks=marks(f"{TOBI},2026-11-16,AM,N,,")))
    assert Amendment.objects.count() == 1
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert (Mark.objects.count(), Amendment.objects.count()) == (250, 1)


def test_week_totals_follow_imports_that_add_change_and_repeat(sample, only):
    codes = ["I", "N", "/", "L", "#", "Z", "V", "D", "Y4", "U", "C2", "G"]
    begin = datetime(2026, 11, 30, tzinfo=UTC).date()
    for shift in (0, 5, 5, 1):
        rows = [
            f"{TOBI},{begin + timedelta(days=day)},{half},{codes[(day * 2 + place + shift) % len(codes)]},,"
            for day in range(5)
            for place, half in enumerate(("AM", "PM"))
        ]
        assert not read(only(marks=marks(*rows))).is_refused
        proof = prove()
        assert proof.differences == []
        assert proof.marks == Mark.objects.count()
        assert proof.weeks == WeekTotal.objects.count()
