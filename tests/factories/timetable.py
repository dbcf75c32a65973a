"""A small timetable for the cast: three periods, two weeks, three classes. Lesson marks are made by saving, never here."""

from datetime import date, time
from types import SimpleNamespace
from uuid import uuid4

from registers.actions.entries import Entry
from registers.actions.lessons import save_lesson_marks
from registers.models import Lesson, Period, Seat, TeachingGroup, TimetableWeek
from tests.conftest import MONDAY

SEPTEMBER = date(2026, 9, 7)
_TIMES = (
    ("P1", "AM", time(9, 10), time(10, 10)),
    ("P2", "AM", time(10, 10), time(11, 10)),
    ("P3", "PM", time(13, 40), time(14, 40)),
)


def make_timetable(cast):
    """Give Thornbridge its timetable, once in a test; 7 Sep 2026 is a week B, which makes 23 Nov 2026 one too.

    Pat teaches 9A English on Monday P1 in both weeks and P3 in week B, Hal 9A science on Monday P2, and 8C English.
    """
    school = cast.thornbridge
    if not Period.objects.filter(school=school).exists():
        _make(cast, school)
    p1, p2, p3 = Period.objects.filter(school=school).order_by("starts_at")
    groups = {one.name: one for one in TeachingGroup.objects.filter(school=school)}
    lessons = {
        (one.teaching_group.name, one.period.name): one
        for one in Lesson.objects.filter(school=school).select_related("teaching_group", "period")
    }
    return SimpleNamespace(
        school=school, p1=p1, p2=p2, p3=p3,
        nine_en=groups["9A/En"], nine_sc=groups["9A/Sc"], eight_en=groups["8C/En"],
        en_p1=lessons["9A/En", "P1"], en_p3=lessons["9A/En", "P3"], sc_p2=lessons["9A/Sc", "P2"],
        eight_p2=lessons["8C/En", "P2"],
    )  # fmt: skip


def _make(cast, school):
    periods = Period.objects.bulk_create(
        Period(school=school, name=name, half=half, starts_at=starts, ends_at=ends)
        for name, half, starts, ends in _TIMES
    )
    TimetableWeek.objects.create(school=school, monday=SEPTEMBER, letter="B")
    p1, p2, p3 = periods
    nine_en, nine_sc, eight_en = TeachingGroup.objects.bulk_create(
        [
            TeachingGroup(school=school, name="9A/En", subject="English", year_group=9),
            TeachingGroup(school=school, name="9A/Sc", subject="Science", year_group=9),
            TeachingGroup(school=school, name="8C/En", subject="English", year_group=8),
        ]
    )
    day = {"school": school, "weekday": 1, "from_on": SEPTEMBER}
    Lesson.objects.bulk_create(
        [
            Lesson(**day, teaching_group=nine_en, week="", period=p1, teacher=cast.pat, room="E14"),
            Lesson(**day, teaching_group=nine_en, week="B", period=p3, teacher=cast.pat, room="E14"),
            Lesson(**day, teaching_group=nine_sc, week="", period=p2, teacher=cast.hal, room="S2"),
            Lesson(**day, teaching_group=eight_en, week="", period=p2, teacher=cast.pat, room="E14"),
        ]
    )
    nine, eight = (cast.callum, cast.amina, cast.freya), (cast.tyler, cast.ikra)
    Seat.objects.bulk_create(
        Seat(school=school, teaching_group=group, pupil=pupil, from_on=SEPTEMBER)
        for group, pupils in ((nine_en, nine), (nine_sc, nine), (eight_en, eight))
        for pupil in pupils
    )


def take_lesson(lesson, marks, *, by, at, on=MONDAY, key=None, finish=False, was=None):
    """Save marks of a lesson by pupil: take_lesson(lesson, {cast.callum: ("L", 6), cast.amina: "N"}, by=..., at=...)."""
    entries = [
        Entry(pupil.pk, *([said] if isinstance(said, str) else said), was=(was or {}).get(pupil))
        for pupil, said in marks.items()
    ]
    return save_lesson_marks(lesson=lesson, on=on, entries=entries, key=key or uuid4(), finish=finish, by=by, at=at)
