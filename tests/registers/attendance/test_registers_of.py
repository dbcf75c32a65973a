"""Who has taken the register and who owes it."""

from datetime import date, timedelta

import pytest

from attendance_office.staff.models import TutorGroup
from registers.models import Cover, Enrolment, Mark, Placement, Register
from registers.queries.registers import NO_TUTOR, Status, registers_of
from registers.rules.sessions import Session
from tests.factories.staff import TutorGroupFactory

MONDAY = date(2026, 11, 23)
AM = Session(MONDAY, "AM")

pytestmark = pytest.mark.django_db


def put(pupil, code, at, origin="register", session=AM):
    """Put a mark as the record would hold it, whatever wrote it."""
    return Mark.objects.create(
        school=pupil.school,
        pupil=pupil,
        on=session.on,
        half=session.half,
        code=code,
        origin=origin,
        school_week=session.monday,
        recorded_at=at,
    )


def line(school, name, session=AM, **kwargs):
    return {line.tutor_group.name: line for line in registers_of(school, session, **kwargs)}[name]


def test_a_register_nobody_touched_is_owed_by_its_tutor(cast):
    found = line(cast.thornbridge, "9A")
    assert (found.status, found.expected, found.marked, found.register) == (Status.NOT_OPENED, 3, 0, None)
    assert found.owner == (cast.pat, "Mrs P. Hargreave")
    assert found.is_owed


def test_planned_marks_alone_are_nobodys_taking(cast, morning):
    for pupil in (cast.callum, cast.amina, cast.freya):
        put(pupil, "M", morning, origin="planned")
    found = line(cast.thornbridge, "9A")
    assert (found.status, found.marked, found.unmarked) == (Status.NOT_OPENED, 3, 0)
    assert found.is_owed


def test_each_status(cast, morning):
    group = cast.nine_a
    Register.objects.create(
        school=group.school, tutor_group=group, on=MONDAY, half="AM", opened_at=morning, opened_by=cast.pat
    )
    assert line(cast.thornbridge, "9A").status is Status.OPENED
    put(cast.callum, "/", morning)
    assert line(cast.thornbridge, "9A").status is Status.PART
    put(cast.amina, "M", morning, origin="planned")
    put(cast.freya, "/", morning)
    found = line(cast.thornbridge, "9A")
    assert found.status is Status.COMPLETE
    assert not found.is_owed
    assert found.status.words == "Taken"


def test_marks_read_from_a_file_make_a_register_taken_without_a_register_row(cast, morning):
    for pupil in (cast.callum, cast.amina, cast.freya):
        put(pupil, "/", morning, origin="import")
    assert line(cast.thornbridge, "9A").status is Status.COMPLETE


def test_a_register_finished_before_a_pupil_joined_is_part_again(cast, morning):
    Register.objects.create(
        school=cast.thornbridge,
        tutor_group=cast.eight_c,
        on=MONDAY,
        half="AM",
        opened_at=morning,
        saved_at=morning,
        completed_at=morning,
    )
    put(cast.tyler, "/", morning)
    found = line(cast.thornbridge, "8C")
    assert (found.status, found.unmarked) == (Status.PART, 1)


def test_cover_owes_it_first_with_or_without_an_account(cast):
    cover = Cover.objects.create(school=cast.thornbridge, tutor_group=cast.nine_a, on=MONDAY, half="AM", user=cast.hal)
    assert line(cast.thornbridge, "9A").owner == (cast.hal, "Mr H. Tranter")
    assert line(cast.thornbridge, "9A", Session(MONDAY, "PM")).owner == (cast.pat, "Mrs P. Hargreave")
    cover.user, cover.name = None, "Mr Supply"
    cover.save()
    assert line(cast.thornbridge, "9A").owner == (None, "Mr Supply")


def test_a_group_without_a_tutor_and_a_group_without_pupils(cast):
    TutorGroupFactory(school=cast.thornbridge, name="7X", year_group=7)
    found = line(cast.thornbridge, "7X")
    assert found.owner == (None, NO_TUTOR)
    assert not found.is_owed


def test_a_past_day_asks_who_sat_there_then_and_who_was_on_roll(cast):
    moved = MONDAY - timedelta(days=5)
    Placement.objects.filter(pupil=cast.callum).update(to_on=moved - timedelta(days=1))
    Placement.objects.create(
        school=cast.thornbridge, pupil=cast.callum, tutor_group=cast.eight_c, year_group=8, from_on=moved
    )
    Enrolment.objects.filter(pupil=cast.freya).update(ends_on=moved)
    before, after = Session(date(2026, 11, 17), "AM"), AM
    assert [line(cast.thornbridge, "9A", day).expected for day in (before, after)] == [3, 1]
    assert [line(cast.thornbridge, "8C", day).expected for day in (before, after)] == [2, 3]


def test_vulnerable_pupils_without_a_mark_are_counted(cast, morning):
    assert line(cast.thornbridge, "8C").vulnerable_unmarked == 1
    put(cast.tyler, "N", morning)
    assert line(cast.thornbridge, "8C").vulnerable_unmarked == 0


def test_a_group_no_longer_used_is_left_out_unless_pupils_sat_there(cast):
    TutorGroup.objects.filter(
        pk__in=[cast.eight_c.pk, TutorGroupFactory(school=cast.thornbridge, name="Old").pk]
    ).update(is_used=False)
    assert [one.tutor_group.name for one in registers_of(cast.thornbridge, AM)] == ["8C", "9A"]


def test_reach_and_cover_say_who_sees_which(cast):
    def seen(user):
        return [one.tutor_group.name for one in registers_of(cast.thornbridge, AM, visible_to=user)]

    assert seen(cast.sandra) == ["8C", "9A"]
    assert seen(cast.pat) == ["9A"]
    assert seen(cast.adeyemi) == ["9A"]
    assert seen(cast.gov) == []
    assert seen(cast.olly) == []
    Cover.objects.create(school=cast.thornbridge, tutor_group=cast.eight_c, on=MONDAY, half="AM", user=cast.pat)
    assert seen(cast.pat) == ["8C", "9A"]


def test_the_number_of_queries_does_not_grow_with_groups(cast, django_assert_num_queries):
    for number in range(10):
        TutorGroupFactory(school=cast.thornbridge, name=f"7{number}", year_group=7)
    with django_assert_num_queries(5):
        found = registers_of(cast.thornbridge, AM)
        assert [one.owner[1] for one in found]
    assert len(found) == 12
