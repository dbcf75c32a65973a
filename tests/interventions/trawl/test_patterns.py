"""Patterns as a run finds them: spells counted in Postgres, frozen, shown to who may see the pupil."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from interventions.actions.patterns import find_patterns
from interventions.actions.trawl import run_trawl
from interventions.models import PatternFlag
from interventions.queries import pattern_search
from interventions.queries.pattern_search import kinds_of_sessions, search
from interventions.rules.patterns import Kind
from registers.models import Contact, Lesson, LessonMark, Parent, Period, TeachingGroup
from registers.queries.calendar import calendar_of
from registers.rules.codes import code
from registers.rules.sessions import Session
from tests.conftest import MORNING
from tests.factories.cast import put_on_roll

from .conftest import away, put, run

PATH = reverse("interventions:pattern_list")
TO = date(2026, 12, 18)


def kinds(cast, on, half="AM", to=TO):
    bits = kinds_of_sessions(calendar_of(cast.thornbridge.pk), date(2026, 8, 1), to)[Session(on, half)]
    return {kind for kind, bit in pattern_search._BIT.items() if bits & bit}


def test_each_session_is_of_its_kinds(cast):
    assert kinds(cast, date(2026, 9, 2)) == {Kind.WEDNESDAY, Kind.ROUND_HOLIDAY, Kind.FIRST_WEEK}
    assert kinds(cast, date(2026, 9, 4), "PM") == {Kind.FRIDAY, Kind.FRIDAY_PM, Kind.FIRST_WEEK}
    assert kinds(cast, date(2026, 9, 14)) == {Kind.AFTER_WEEKEND}
    assert kinds(cast, date(2026, 10, 22)) == {Kind.THURSDAY, Kind.ROUND_HOLIDAY}
    assert kinds(cast, date(2026, 11, 2)) == {Kind.ROUND_HOLIDAY, Kind.FIRST_WEEK}
    assert kinds(cast, date(2026, 11, 10), "PM") == {Kind.TUESDAY}
    assert kinds(cast, TO, "PM") == {Kind.FRIDAY, Kind.FRIDAY_PM, Kind.ROUND_HOLIDAY}


def test_a_run_to_a_day_within_a_week_does_not_take_that_day_for_the_last_before_a_holiday(cast):
    assert kinds(cast, date(2026, 11, 19), to=date(2026, 11, 19)) == {Kind.THURSDAY}


def test_spells_are_counted_as_they_are_by_hand(chance):
    trawl = run(chance)
    rows = pattern_search._rows(pattern_search._COUNTS, pattern_search._values(trawl))
    marks = {}
    for (pupil, on, half), symbol in chance.marks.items():
        if on <= trawl.counted_to and code(symbol, on).counts.is_possible:
            marks.setdefault(pupil.pk, {})[on, half] = not code(symbol, on).counts.is_attended
    bits = kinds_of_sessions(calendar_of(chance.thornbridge.pk), date(2026, 8, 1), trawl.counted_to)
    for row in rows:
        counted, before = Counter(), False
        for (on, half), absent in sorted(marks[row[0]].items()):
            if not before:
                kinds_here = [kind for kind, bit in pattern_search._BIT.items() if bits[Session(on, half)] & bit]
                for kind in ("all", *kinds_here):
                    counted[kind, "chances"] += 1
                    counted[kind, "began"] += absent
            before = absent
        assert (row[1], row[2]) == (counted["all", "began"], counted["all", "chances"])
        for place, kind in enumerate(pattern_search._BY_SESSION):
            assert (row[3 + 2 * place], row[4 + 2 * place]) == (counted[kind, "began"], counted[kind, "chances"])


def test_a_pupil_who_misses_friday_afternoons_is_flagged_and_nobody_else(patterned):
    flags = {row.kind: row for row in PatternFlag.objects.all()}
    assert {row.pupil_id for row in flags.values()} == {patterned.callum.pk}
    assert set(flags) == {"friday_pm"}  # and the Fridays, which are less surprising, are not said twice
    flag = flags["friday_pm"]
    assert (flag.here, flag.spells) == (7, 7)
    assert flag.one_in > 10**5
    held = calendar_of(patterned.thornbridge.pk).sessions(date(2026, 9, 2), date(2026, 11, 19))
    assert flag.facts["own_chances_in_all"] == len(held) - 7  # none can begin right after an absence


WEEKDAYS = {0: "after_weekend", 1: "tuesday", 2: "wednesday", 3: "thursday", 4: "friday"}


@pytest.fixture
def whole_year(cast):
    """Give the days of last school year, and forty pupils of it who were away on eight of no pattern."""
    cast.days = calendar_of(cast.thornbridge.pk).days(date(2025, 9, 3), date(2026, 7, 16))
    others = put_on_roll(*((cast.nine_a, f"Other{n:02d}", "Jo", {}) for n in range(40)))
    put(cast.thornbridge, {
        (pupil, on, half): "O" if (at + n * 5) % 23 == 0 and half == "AM" else ("/" if half == "AM" else "\\")
        for n, pupil in enumerate(others) for at, on in enumerate(cast.days) for half in ("AM", "PM")
    })  # fmt: skip
    return cast


def flags_of(cast, absent):
    """Give the kinds by which Callum is shown, who was away on some mornings of the year and on no other."""
    put(cast.thornbridge, {
        (cast.callum, on, half): "O" if on in absent and half == "AM" else ("/" if half == "AM" else "\\")
        for on in cast.days for half in ("AM", "PM")
    })  # fmt: skip
    at = datetime(2026, 7, 17, 7, tzinfo=UTC)
    made = run_trawl(school=cast.thornbridge, on=date(2026, 7, 17), by=None, at=at)
    find_patterns(trawl=made.trawl, by=None, at=MORNING)
    return set(PatternFlag.objects.filter(pupil=cast.callum).values_list("kind", flat=True))


@pytest.mark.parametrize("weekday", WEEKDAYS)
def test_whoever_is_away_on_one_day_of_the_week_is_shown_for_that_day(whole_year, weekday):
    assert flags_of(whole_year, [on for on in whole_year.days if on.weekday() == weekday][3::3]) == {WEEKDAYS[weekday]}


def test_whoever_is_away_round_holidays_or_in_first_weeks_is_shown_for_that(whole_year):
    turns = [
        (before, after)
        for before, after in zip(whole_year.days, whole_year.days[1:], strict=False)
        if (after - before).days > 6
    ]
    assert len(turns) == 2
    round_holidays = {on for turn in turns for on in turn} | {whole_year.days[0]}
    assert "round_holiday" in flags_of(whole_year, {*round_holidays, whole_year.days[40], whole_year.days[90]})


def test_whoever_is_away_in_first_weeks_is_shown_for_that(whole_year):
    firsts = [date(2025, 9, 3), date(2026, 1, 5), date(2026, 4, 13)]
    weeks = {on + timedelta(days=n) for on in firsts for n in range(0, 5, 2)}
    assert flags_of(whole_year, weeks & set(whole_year.days)) == {"first_week"}


def test_a_school_of_chance_shows_none(chance):
    searched = search(run(chance))
    assert searched.tests > 100
    assert searched.found == []


def test_siblings_away_together_are_flagged_from_both_sides_and_named_only_within_reach(cast, sign_in, at_morning):
    days = calendar_of(cast.thornbridge.pk).days(date(2026, 9, 7), date(2026, 11, 19))
    together = set(days[3:45:5])
    others = put_on_roll(*((cast.nine_a, f"Other{n:02d}", "Jo", {}) for n in range(40)))
    for n, pupil in enumerate(others):
        away(cast, pupil, lambda s: False, {days[(n * 3 + k * 7) % len(days)] for k in range(7)})
    away(cast, cast.callum, lambda s: False, together)
    away(cast, cast.tyler, lambda s: False, together)
    shared = Parent.objects.get(pupil=cast.callum).contact
    Parent.objects.create(school=cast.thornbridge, pupil=cast.tyler, contact=shared, relationship="Mother")
    find_patterns(trawl=run(cast), by=None, at=MORNING)
    flags = PatternFlag.objects.filter(kind="sibling")
    assert set(flags.values_list("pupil", "other")) == {
        (cast.callum.pk, cast.tyler.pk),
        (cast.tyler.pk, cast.callum.pk),
    }
    assert "those of Tyler Maddox did" in sign_in(cast.sandra).get(PATH).content.decode()
    narrow = sign_in(cast.adeyemi).get(PATH).content.decode()
    assert "those of a brother or sister did" in narrow
    assert "Maddox" not in narrow


def test_lessons_missed_while_in_school_are_held_against_the_other_subjects(cast):
    period = Period.objects.create(school=cast.thornbridge, name="P1", half="AM", starts_at=time(9), ends_at=time(10))
    lessons = {}
    for weekday, subject in enumerate(("PE", "Maths", "English", "Science", "Art"), 1):
        group = TeachingGroup.objects.create(school=cast.thornbridge, name=f"9{subject}", subject=subject, year_group=9)
        lessons[weekday] = Lesson.objects.create(
            school=cast.thornbridge, teaching_group=group, weekday=weekday, period=period, from_on=date(2026, 9, 2)
        )
    others = put_on_roll(*((cast.nine_a, f"Other{n:02d}", "Jo", {}) for n in range(20)))
    days = calendar_of(cast.thornbridge.pk).days(date(2026, 9, 7), date(2026, 11, 19))
    marks = []
    for n, pupil in enumerate((*others, cast.callum)):
        away(cast, pupil, lambda s: False)
        for place, on in enumerate(days):
            skips = on.weekday() == 0 if pupil == cast.callum else (place + n) % 11 == 0
            marks.append(LessonMark(
                school=cast.thornbridge, pupil=pupil, lesson=lessons[on.isoweekday()], on=on, code="N" if skips else "/",
                recorded_at=MORNING,
            ))  # fmt: skip
    LessonMark.objects.bulk_create(marks)
    found = search(run(cast)).found
    assert [(one.pupil_id, one.kind, one.subject, one.evidence.here) for one, _ in found] == [
        (cast.callum.pk, Kind.LESSON, "PE", sum(on.weekday() == 0 for on in days))
    ]


def test_both_halves_of_a_double_lesson_are_one_time_out(cast):
    """Three doubles missed are six lessons, and three times out: too few to be tested at all."""
    first, second = (
        Period.objects.create(school=cast.thornbridge, name=name, half="AM", starts_at=time(at), ends_at=time(at + 1))
        for name, at in (("P1", 9), ("P2", 10))
    )
    rooms = {}
    for subject, weekdays in (("PE", (1,)), ("Maths", (2, 3, 4, 5))):
        group = TeachingGroup.objects.create(school=cast.thornbridge, name=f"9{subject}", subject=subject, year_group=9)
        for weekday in weekdays:
            rooms[weekday] = [
                Lesson.objects.create(
                    school=cast.thornbridge, teaching_group=group, weekday=weekday, period=one, from_on=date(2026, 9, 2)
                )
                for one in (first, second)
            ]
    days = calendar_of(cast.thornbridge.pk).days(date(2026, 9, 7), date(2026, 11, 19))
    away(cast, cast.callum, lambda s: False)
    skipped = [on for on in days if on.weekday() == 0][:3]
    LessonMark.objects.bulk_create(
        LessonMark(
            school=cast.thornbridge, pupil=cast.callum, lesson=lesson, on=on, code="N" if on in skipped else "/",
            recorded_at=MORNING,
        )
        for on in days for lesson in rooms[on.isoweekday()]
    )  # fmt: skip
    rows = pattern_search._rows(pattern_search._LESSONS, pattern_search._values(run(cast)))
    mondays = sum(on.weekday() == 0 for on in days)
    assert rows == [
        (cast.callum.pk, "Maths", 0, 2 * (len(days) - mondays)),
        (cast.callum.pk, "PE", 3, 2 * mondays - 3),
    ]


def test_two_pupils_of_one_social_worker_are_no_siblings(cast):
    days = calendar_of(cast.thornbridge.pk).days(date(2026, 9, 7), date(2026, 11, 19))
    others = put_on_roll(*((cast.nine_a, f"Other{n:02d}", "Jo", {}) for n in range(40)))
    for n, pupil in enumerate(others):
        away(cast, pupil, lambda s: False, {days[(n * 3 + k * 7) % len(days)] for k in range(7)})
    for pupil in (cast.callum, cast.tyler):
        away(cast, pupil, lambda s: False, set(days[3:45:5]))
    worker = Contact.objects.create(school=cast.thornbridge, surname="Ward")
    for pupil in (cast.callum, cast.tyler):
        Parent.objects.create(
            school=cast.thornbridge, pupil=pupil, contact=worker, relationship="Social worker", lives_with=False,
            has_responsibility=False,
        )  # fmt: skip
    find_patterns(trawl=run(cast), by=None, at=MORNING)
    assert not PatternFlag.objects.filter(kind="sibling").exists()


def test_a_search_is_five_queries_and_once_a_run_and_frozen(patterned, count_queries):
    with count_queries(5):
        search(patterned.trawl)
    with pytest.raises(Refused, match="already"):
        find_patterns(trawl=patterned.trawl, by=None, at=MORNING)
    for statement in ("UPDATE interventions_patternflag SET here = 1", "DELETE FROM interventions_patternflag"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Entry.objects.get(verb="searched for patterns of absence").words.startswith("1 pattern stands of")


def test_the_page_says_why_and_how_surprising_and_sends_what_it_shows(patterned, sign_in, at_morning, count_queries):
    client = sign_in(patterned.sandra)
    page = client.get(PATH).content.decode()
    assert "Patterns of absence, 1" in page
    assert "7 of 7 absences began on a Friday afternoon" in page
    assert "tests were made" in page
    with count_queries(15):
        client.get(PATH, {"kind": "friday_pm", "year": "9", "q": "ash"})
    assert "No pattern stands here" in client.get(PATH, {"kind": "tuesday"}).content.decode()
    assert "No pattern stands here" in sign_in(patterned.nine).get(PATH).content.decode()
    client = sign_in(patterned.sandra)
    sent = client.post(
        reverse("interventions:pattern_export", args=["csv"]), {"query": "kind=friday_pm"}
    ).content.decode()
    assert sent.count("\n") == 2
    assert "own chances in all" in sent
    own = client.get(reverse("interventions:pupil_absence", args=[patterned.callum.pk])).content.decode()
    assert "began on a Friday afternoon" in own


def test_without_a_run_the_page_says_so(cast, sign_in, at_morning):
    assert "No trawl has run yet" in sign_in(cast.sandra).get(PATH).content.decode()
