"""Making a small demo school, coming back to it later, and leaving alone what people did meanwhile."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import override_settings

from attendance_office import clock
from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import MAY, Role
from registers.actions import demo
from registers.actions.attendance import amend_mark
from registers.actions.demo import cast as demo_cast
from registers.models import Amendment, Enrolment, Mark, Placement, Pupil, Register
from registers.queries import figures
from registers.queries.field_history import stay_changes
from registers.queries.pupil_record import changes_of
from registers.queries.registers import Status, registers_of
from registers.rules.deadlines import settle_n_by
from registers.rules.sessions import Session
from reporting.models import Paper

FRIDAY = date(2026, 11, 20)
SMALL = demo.Plan(
    urn="199099",
    name="Small School",
    estab_number="4199",
    domain="small.example",
    years=(9, 10, 11),
    letters="AC",
    per_group=6,
)


@pytest.fixture
def small(db, monkeypatch):
    """Give the small school on the morning of Friday 20 November 2026."""
    monkeypatch.setitem(demo_cast.NOT_TAKEN, SMALL.urn, ("9A",))
    monkeypatch.setitem(demo_cast.PART_TAKEN, SMALL.urn, ("10C",))
    monkeypatch.setitem(demo_cast.VULNERABLE_AWAY, SMALL.urn, ("10A",))
    return make(FRIDAY).school


def make(on):
    at = datetime(on.year, on.month, on.day, 9, 0, 30, tzinfo=clock.LONDON).astimezone(UTC)
    return demo.make_school(plan=SMALL, seed=3, on=on, by=None, at=at)


def marks_of(school):
    return list(
        Mark.objects.filter(school=school).order_by("on", "half", "pupil").values_list("on", "half", "pupil", "code")
    )


def test_the_school_is_full_and_its_past_is_complete(small):
    on_roll = Pupil.objects.filter(school=small).on_roll(FRIDAY)
    assert on_roll.count() == 36
    assert Pupil.objects.filter(school=small).count() == 48
    assert all(pupil.parents.exists() for pupil in Pupil.objects.filter(school=small))
    assert TutorGroup.objects.filter(school=small, posts__role="tutor").count() == 6
    yesterday = date(2026, 11, 19)
    assert figures.missing(small.pk, date(2025, 9, 1), yesterday) == 0
    assert all(line.status is Status.COMPLETE for line in registers_of(small, Session(yesterday, "PM")))
    assert not Register.objects.filter(school=small, on__gt=FRIDAY).exists()
    assert not Mark.objects.filter(school=small, on=FRIDAY, half="PM").exists()


def test_the_morning_is_as_it_stands_at_nine(small):
    lines = {line.tutor_group.name: line for line in registers_of(small, Session(FRIDAY, "AM"))}
    assert {name for name, line in lines.items() if line.is_owed} == {"9A", "10C"}
    assert lines["9A"].status is Status.NOT_OPENED
    assert lines["9A"].vulnerable_unmarked == 1
    assert lines["10C"].status is Status.PART
    away = Mark.objects.get(school=small, on=FRIDAY, pupil__tutor_group__name="10A", pupil__is_vulnerable=True)
    assert away.code == "N"


def test_absences_without_a_reason_are_never_older_than_the_law_allows(small):
    from registers.queries.calendar import calendar_of

    calendar = calendar_of(small.pk)
    unknown = Mark.objects.filter(school=small, code="N")
    last = [settle_n_by(Session(mark.on, mark.half), calendar) for mark in unknown]
    assert min(last) >= FRIDAY
    assert len(set(last)) >= 4


def test_made_again_on_the_same_morning_it_changes_nothing(small):
    kept = marks_of(small)
    made = make(FRIDAY)
    assert (made.is_new, made.pupils, made.marks, made.registers) == (False, 0, 0, 0)
    assert marks_of(small) == kept


def test_coming_back_fills_the_days_between_and_leaves_what_people_did(small):
    officer = User.objects.get(posts__school=small, posts__role="officer")
    changed = Mark.objects.filter(school=small, on=date(2026, 11, 18), code="/").first()
    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    amend_mark(mark=changed, code="M", minutes_late=None, comment="Dentist", reason="Letter seen", by=officer, at=at)
    before = len(marks_of(small))
    made = make(date(2026, 12, 1))
    assert not made.is_new
    assert made.pupils == 0
    assert len(marks_of(small)) == before + made.marks
    changed.refresh_from_db()
    assert (changed.code, changed.comment) == ("M", "Dentist")
    assert figures.missing(small.pk, date(2025, 9, 1), date(2026, 11, 30)) == 0
    assert not Register.objects.filter(school=small, on__lt=date(2026, 12, 1), completed_at=None).exists()
    assert not Mark.objects.filter(school=small, code="N", on__lte=FRIDAY).exists()
    assert (
        made.settled
        == Amendment.objects.filter(school_id=small.pk, from_code="N", reason="Reason given by the parent").count()
    )
    assert made.settled > 0
    assert make(date(2026, 12, 1)).marks == 0


def test_a_new_school_year_moves_everybody_up(small):
    nine_a = set(Pupil.objects.filter(school=small, tutor_group__name="9A").values_list("pk", flat=True))
    eldest = set(Pupil.objects.filter(school=small, year_group=11).on_roll(FRIDAY).values_list("pk", flat=True))
    made = make(date(2027, 9, 8))
    assert made.pupils == 12
    assert nine_a == set(Pupil.objects.filter(school=small, tutor_group__name="10A").values_list("pk", flat=True))
    assert not Enrolment.objects.filter(pupil__in=eldest, ends_on=None).exists()
    assert Pupil.objects.filter(school=small).on_roll(date(2027, 9, 8)).count() >= 35
    assert Placement.objects.filter(school=small, to_on=None, from_on__lt=date(2027, 9, 1)).count() == 0
    assert figures.missing(small.pk, date(2025, 9, 1), date(2027, 9, 7)) == 0


def test_the_record_names_who_moved_everybody_up_and_took_the_leavers_off(small):
    """The small school has no data manager: its officer did it."""
    make(date(2027, 9, 8))
    keeper = User.objects.get(posts__school=small, posts__role="officer").signature
    moved = Pupil.objects.filter(school=small, year_group=11).on_roll(date(2027, 9, 8)).first()
    (change, *_) = changes_of(moved, MAY[Role.OFFICER])
    assert (change.title, change.before, change.after) == ("Year group", "10", "11")
    assert (change.by, change.reason) == (keeper, "New school year 2027/28")
    assert change.at == datetime(2027, 9, 1, 7, 40, tzinfo=clock.LONDON)
    left = list(Enrolment.objects.filter(school=small, ends_on__isnull=False))
    ended = [one for one in stay_changes(left, reads_reasons=True) if one.title == "Last day on roll"]
    assert len(ended) == len(left) > 0
    assert {(one.by, one.reason) for one in ended} == {(keeper, "End of the last school year")}
    assert not Pupil.events.rel.related_model.objects.filter(pgh_label="update", pgh_context=None).exists()


def test_a_copy_has_the_same_figures_under_its_own_name(small):
    since = date(2026, 9, 1)
    plan = demo.Plan(
        **{**SMALL.__dict__, "urn": "199097", "name": "Copy", "estab_number": "4197", "domain": "copy.example"}
    )
    copy = demo.copy_school(plan=plan, source=small, since=since, by=None, at=datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert figures.school_counts(copy.pk, since, FRIDAY) == figures.school_counts(small.pk, since, FRIDAY)
    assert not Mark.objects.filter(school=copy).exclude(pupil__school=copy).exists()
    assert Mark.objects.filter(school=copy).order_by("on").first().on >= since
    owed = {line.tutor_group.name for line in registers_of(copy, Session(FRIDAY, "AM")) if line.is_owed}
    assert owed == {"9A", "10C"}


@override_settings(OFFICE_CLOCK_SHIFT=0)
def test_the_demo_prepares_sweeps_and_prints_its_sign_ins_and_does_so_once(db, monkeypatch):
    tiny = demo.Plan(**{**demo.THORNBRIDGE.__dict__, "letters": "A", "per_group": 3})
    monkeypatch.setattr(demo, "THORNBRIDGE", tiny)
    monkeypatch.setattr(demo, "RIDGEWAY", demo.Plan(**{**demo.RIDGEWAY.__dict__, "per_group": 1}))
    monkeypatch.setattr(demo, "NEIGHBOURS", ())
    monkeypatch.setitem(demo_cast.CAST, tiny.urn, tuple(p for p in demo.CAST[tiny.urn] if p.group in {"", "9A"}))
    monkeypatch.setitem(demo_cast.COVERS, tiny.urn, ())
    at = datetime(2026, 11, 20, 9, 0, 30, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)
    monkeypatch.setattr(clock, "today", lambda: FRIDAY)
    out = io.StringIO()
    call_command("demo", "--prepare", stdout=out)
    said = out.getvalue()
    assert "The office's clock: Fri 20 Nov 2026, 09:00" in said
    assert "Register not taken: to Mrs P. Hargreave. 9A: not opened" in said
    assert "sandra.pugh@thornbridge.example" in said
    assert demo.PASSWORD in said
    paper = Paper.objects.get()
    assert (paper.state, paper.to_on, paper.issued_by.last_name) == ("issued", FRIDAY - timedelta(days=7), "Abara")
    assert "The attendance expected of the school in 2026/27 is 93.40 %." in " ".join(paper.content["headline"])
    sandra = User.objects.get(email="sandra.pugh@thornbridge.example")
    assert sandra.check_password(demo.PASSWORD)
    again = io.StringIO()
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(minutes=20))
    call_command("demo", "--prepare", stdout=again)
    assert "Thornbridge Academy: as it was left" in again.getvalue()
    assert "It ran at 09:00" in again.getvalue()
    assert School.objects.count() == 2
    assert Paper.objects.count() == 1


def test_the_clock_shift_is_one_number(db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    out = io.StringIO()
    call_command("demo", "--clock-shift", stdout=out)
    shown = datetime(2026, 11, 22, 12, 0, tzinfo=UTC) + timedelta(seconds=int(out.getvalue()))
    assert shown == datetime(2026, 11, 20, 9, 0, 30, tzinfo=UTC)
