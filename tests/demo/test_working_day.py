"""The demo's morning: what waits for the office when it opens, and what it makes of a morning that nobody worked."""

from datetime import UTC, date, datetime

import pytest

from attendance_office import clock
from attendance_office.staff.models import User
from registers.actions import demo, doubts
from registers.actions.demo import cast as demo_cast
from registers.actions.demo.illness import add_illness_notes
from registers.actions.demo.joiners import JOINERS_NUMBER
from registers.actions.demo.lessons import TRUANTS
from registers.actions.line_messages import set_aside
from registers.models import AbsenceNote, Agreement, Call, Doubt, Enrolment, LineMessage, Mark, Pupil, Return
from registers.queries.admissions import returns_due
from registers.queries.calendar import calendar_of
from registers.rules.deadlines import new_pupil_return_by, settle_n_by
from registers.rules.sessions import Session
from tests.demo.test_make_school import FRIDAY, SMALL, make, marks_of

TUESDAY = date(2026, 12, 1)
WANTED = demo_cast.DOUBTFUL[demo.THORNBRIDGE.urn]


def lay_out(school, on):
    at = datetime(on.year, on.month, on.day, 9, 0, 30, tzinfo=clock.LONDON).astimezone(UTC)
    demo.lay_out_morning(school=school, day=on, seed=3, by=None, at=at)


@pytest.fixture
def morning(db, monkeypatch):
    """Give the small school with Friday's morning laid out."""
    monkeypatch.setitem(demo_cast.NOT_TAKEN, SMALL.urn, ("9A", "10C"))
    monkeypatch.setitem(demo_cast.DOUBTFUL, SMALL.urn, WANTED)
    school = make(FRIDAY).school
    lay_out(school, FRIDAY)
    return school


def waiting(school):
    return LineMessage.objects.filter(school=school, state="waiting")


def still_open(school):
    return Doubt.objects.filter(school=school, state="open")


def rows(school):
    return [
        list(model.objects.filter(school=school).order_by("pk").values())
        for model in (Doubt, LineMessage, Agreement, Return, Pupil)
    ]


def test_the_morning_has_eight_voicemails_and_two_joiners_whose_returns_fall_due(morning):
    assert waiting(morning).count() == 8
    assert not waiting(morning).filter(body__contains="{").exists()
    joiners = Pupil.objects.filter(school=morning, admission_number__regex=JOINERS_NUMBER)
    assert {pupil.tutor_group.name for pupil in joiners} == {"9A", "10C"}
    every = returns_due(morning, FRIDAY)
    due = [one for one in every if one.kind == "new_pupil"]
    assert {one.enrolment.pupil for one in due} == set(joiners)
    assert [one.last_on for one in every if one.kind == "deletion"] == [date(2026, 11, 19)]
    assert {one.last_on for one in due} == {new_pupil_return_by(FRIDAY)}


def test_ns_on_their_last_day_are_there_and_none_is_past_it(morning):
    calendar = calendar_of(morning.pk)
    last = [
        settle_n_by(Session(mark.on, mark.half), calendar) for mark in Mark.objects.filter(school=morning, code="N")
    ]
    assert min(last) == FRIDAY


def test_twelve_marks_are_doubtful_on_several_grounds_and_each_says_why(morning):
    found = still_open(morning)
    assert found.count() == len(WANTED) + TRUANTS == 12
    assert found.filter(ground="skipped_lesson").count() == TRUANTS
    assert len(set(found.values_list("ground", flat=True))) >= 6
    assert all(found.values_list("words", flat=True))
    assert set(found.values_list("on", flat=True)) == {date(2026, 11, 19)}


def test_laid_out_again_it_changes_nothing_that_people_did(morning):
    officer = User.objects.get(posts__school=morning, posts__role="officer")
    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    first, second = still_open(morning).order_by("pk")[:2]
    doubts.leave(school=morning, doubts=[first], because="Trip list on file", by=officer, at=at)
    doubts.repair(school=morning, doubts=[second], code="O", reason="No ground for it", by=officer, at=at)
    set_aside(message=waiting(morning).first(), why="About lunch", by=officer, at=at)
    kept = rows(morning)
    lay_out(morning, FRIDAY)
    assert rows(morning) == kept


def test_the_joiners_are_on_the_registers_of_the_days_that_follow(morning):
    make(TUESDAY)
    joiners = Pupil.objects.filter(school=morning, admission_number__regex=JOINERS_NUMBER)
    marked = [set(pupil.marks.values_list("on", "half")) for pupil in joiners]
    friday = {(FRIDAY, "AM"), (FRIDAY, "PM")}
    monday = {(date(2026, 11, 30), "AM"), (date(2026, 11, 30), "PM")}
    assert [friday | monday <= one for one in marked] == [True, True]
    assert min(min(one) for one in marked) == (FRIDAY, "AM")


def test_whoever_was_taken_off_the_roll_has_no_mark_afterwards(morning):
    gone = Pupil.objects.filter(school=morning, tutor_group__name="11A").first()
    gone.enrolments.update(ends_on=FRIDAY)
    make(TUESDAY)
    assert gone.marks.exists()
    assert not gone.marks.filter(on__gt=FRIDAY).exists()


def test_a_later_morning_has_its_own_work_and_the_earlier_is_settled(morning):
    make(TUESDAY)
    lay_out(morning, TUESDAY)
    assert waiting(morning).count() == 8
    assert {one.received_at.date() for one in waiting(morning)} == {TUESDAY}
    assert still_open(morning).count() == 12
    assert set(still_open(morning).values_list("on", flat=True)) == {date(2026, 11, 30)}
    assert not Doubt.objects.filter(school=morning, state="left", why="").exists()
    assert sorted(one.kind for one in returns_due(morning, TUESDAY)) == ["deletion", "new_pupil", "new_pupil"]
    (left,) = Enrolment.objects.filter(school=morning, ends_on__gte=date(2026, 11, 1))
    assert not Mark.objects.filter(pupil=left.pupil_id, on__gt=left.ends_on).exists()
    kept = marks_of(morning)
    assert make(TUESDAY).marks == 0
    assert marks_of(morning) == kept


def test_the_illnesses_of_the_last_weeks_have_their_notes_and_the_stomach_goes_round_in_year_8(morning):
    notes = AbsenceNote.objects.filter(school=morning)
    assert notes.count() > 10
    for note in notes:
        held = Mark.objects.filter(school=morning, pupil=note.pupil_id, on=note.from_on, half=note.from_half)
        assert held.get().code == note.told_code == "I"
    assert not notes.filter(to_on__gte=FRIDAY).exists()
    eight = notes.filter(pupil__year_group=8, symptom="stomach")
    assert not eight.filter(from_on__lt=date(2026, 11, 11)).exists()
    assert Call.objects.filter(note__in=notes).count() == notes.count()
    assert add_illness_notes(school=morning, day=FRIDAY, seed=3) == 0
