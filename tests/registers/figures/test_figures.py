"""The one place that counts marks: exact for any period, whichever way it counts."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from registers.models import Enrolment, Mark, Placement
from registers.queries import figures
from registers.rules.codes import code, dated_codes
from registers.rules.rates import Tally, tally
from registers.rules.sessions import Session, monday

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FROM, TO = date(2026, 9, 2), date(2026, 11, 20)
CODES = ["/", "/", "/", "L", "I", "O", "U", "N", "V", "E", "D", "Y4", "#", "Z", "G", "C2"]


def put(school, marks):
    """Put marks {(pupil, on, half): code} on record."""
    Mark.objects.bulk_create(
        Mark(
            school=school, pupil=pupil, on=on, half=half, code=symbol, school_week=monday(on), origin="register",
            recorded_at=AT,
        )
        for (pupil, on, half), symbol in marks.items()
    )  # fmt: skip


@pytest.fixture
def record(cast):
    """Give the cast with a term of marks, weekends and gaps included, and the marks themselves."""
    rng = random.Random(7)
    marks = {}
    for pupil in (cast.callum, cast.amina, cast.tyler, cast.ikra):
        on = FROM
        while on <= TO:
            for half in ("AM", "PM"):
                if rng.random() < (0.9 if on.weekday() < 5 else 0.1):
                    marks[pupil, on, half] = rng.choice(CODES)
            on += timedelta(days=1)
    put(cast.thornbridge, marks)
    put(cast.ridgeway, {(cast.canary, date(2026, 9, 3), "AM"): "O"})
    cast.marks = marks
    return cast


def counted(marks, from_on, to_on):
    """Count by hand: each pupil's tally of the marks in a period."""
    found = {}
    for (pupil, on, _half), symbol in marks.items():
        if from_on <= on <= to_on:
            found[pupil.pk] = found.get(pupil.pk, Tally()) + tally({symbol: 1}, on)
    return found


def test_every_period_counts_as_its_marks_do_by_hand(record):
    rng = random.Random(11)
    days = (TO - FROM).days
    periods = [(FROM + timedelta(days=a), FROM + timedelta(days=b)) for a in range(16) for b in range(a, 16)]
    for _ in range(60):
        first = rng.randrange(-3, days)
        periods.append((FROM + timedelta(days=first), FROM + timedelta(days=first + rng.randrange(0, days))))
    for from_on, to_on in periods:
        found = {one.pupil_id: one.tally for one in figures.counts_by_pupil(record.thornbridge.pk, from_on, to_on)}
        assert found == counted(record.marks, from_on, to_on), (from_on, to_on)


def test_every_kind_of_mark_has_its_own_number(record):
    by_hand = Counter()
    for (pupil, on, _half), symbol in record.marks.items():
        if pupil == record.amina:
            by_hand[code(symbol, on).counts.value] += 1
    [found] = figures.counts_by_pupil(record.thornbridge.pk, FROM, TO, [record.amina.pk])
    assert {kind: getattr(found, kind) for kind in by_hand} == by_hand
    assert found.marks == sum(by_hand.values())


def test_the_year_to_date_starts_in_august_and_ends_on_its_day(record):
    on = date(2026, 10, 14)
    found = {one.pupil_id: one.tally for one in figures.year_to_date(record.thornbridge.pk, on)}
    assert found == counted(record.marks, date(2026, 8, 1), on)


def test_each_statement_is_one_query(record, django_assert_num_queries):
    with django_assert_num_queries(1):
        figures.year_to_date(record.thornbridge.pk, TO)
    with django_assert_num_queries(1):
        figures.counts_by_school([record.thornbridge.pk, record.ridgeway.pk], FROM, TO)


def test_schools_are_counted_side_by_side_and_never_into_each_other(record):
    schools = [record.thornbridge.pk, record.ridgeway.pk]
    found = figures.counts_by_school(schools, FROM, TO)
    assert found[record.ridgeway.pk] == tally({"O": 1}, FROM)
    assert found[record.thornbridge.pk] == sum(counted(record.marks, FROM, TO).values(), Tally())
    pupils = figures.counts_by_school_and_pupil(schools, FROM, TO)
    assert [one.pupil_id for one in pupils[record.ridgeway.pk]] == [record.canary.pk]
    assert figures.counts_by_school(schools, date(2020, 1, 1), date(2020, 6, 1)) == dict.fromkeys(schools, Tally())


def test_an_empty_period_has_no_pupils_and_no_rate(record):
    assert figures.counts_by_pupil(record.thornbridge.pk, TO, FROM) == []
    nothing = figures.school_counts(record.thornbridge.pk, date(2020, 1, 1), date(2020, 6, 1))
    numbers = nothing.as_numbers()
    assert (nothing.pupils, numbers["possible"], numbers["codes"]) == (0, 0, {})
    assert {numbers[name] for name in numbers if name.endswith("percent")} == {None}


def test_a_school_is_the_sum_of_its_pupils(record):
    total = figures.school_counts(record.thornbridge.pk, FROM, TO)
    by_hand = counted(record.marks, FROM, TO)
    assert total.tally == sum(by_hand.values(), Tally())
    assert total.codes == Counter(record.marks.values())
    assert total.pupils == 4
    assert total.persistently_absent == sum(one.persistently_absent for one in by_hand.values())
    assert total.severely_absent == sum(one.severely_absent for one in by_hand.values())
    assert figures.codes_of_day(record.thornbridge.pk, date(2026, 9, 7)) == {
        half: Counter(symbol for (_, on, at), symbol in record.marks.items() if (on, at) == (date(2026, 9, 7), half))
        for half in ("AM", "PM")
    }


def test_year_groups_add_up_to_the_school_and_follow_the_last_placement(record):
    school = record.thornbridge.pk
    Placement.objects.filter(pupil=record.callum).update(to_on=date(2026, 10, 31))
    Placement.objects.create(
        school=record.thornbridge,
        pupil=record.callum,
        tutor_group=record.eight_c,
        year_group=8,
        from_on=date(2026, 11, 1),
    )
    total = figures.school_counts(school, FROM, TO)
    years = figures.by_year_group(school, FROM, TO)
    assert sum((year.tally for year in years.values()), Tally()) == total.tally
    assert sum(year.missing for year in years.values()) == total.missing
    by_hand = counted(record.marks, FROM, TO)
    assert years[9].tally == by_hand[record.amina.pk]
    before = counted(record.marks, FROM, date(2026, 10, 30))
    october = figures.by_year_group(school, FROM, date(2026, 10, 30))
    assert october[9].tally == before[record.amina.pk] + before[record.callum.pk]
    assert list(years) == [8, 9]


def test_a_session_due_without_a_mark_is_missing_and_never_an_absence(cast):
    school = cast.thornbridge.pk
    monday_, tuesday = date(2026, 11, 16), date(2026, 11, 17)
    put(cast.thornbridge, {(cast.callum, monday_, "AM"): "/", (cast.callum, monday_, "PM"): "\\"})
    total = figures.school_counts(school, monday_, tuesday)
    assert (total.missing, total.tally.absent, total.tally.possible) == (5 * 4 - 2, 0, 2)
    lacking = figures.missing_by_pupil(school, monday_, tuesday)
    assert lacking[cast.callum.pk] == 2
    assert lacking[cast.tyler.pk] == 4
    assert figures.missing(school, monday_, tuesday, upto=Session(monday_, "PM")) == 4 * 2
    assert figures.missing(school, date(2026, 10, 26), date(2026, 10, 30)) == 0  # half term


def test_nothing_is_due_before_the_first_day_or_after_the_last_on_roll(cast):
    school, on = cast.thornbridge.pk, date(2026, 11, 16)
    Enrolment.objects.filter(pupil=cast.callum).update(ends_on=date(2026, 11, 13))
    Enrolment.objects.filter(pupil=cast.amina).update(starts_on=date(2026, 11, 17))
    # A mark from before the first day (Z) stands on no session that was due.
    put(cast.thornbridge, {(cast.amina, on, "AM"): "Z"})
    assert figures.missing(school, on, on) == 3 * 2
    assert figures.missing_by_pupil(school, on, date(2026, 11, 17))[cast.amina.pk] == 2


def test_a_session_is_due_once_its_register_opens(cast):
    def due(on, hour, minute):
        return figures.latest_due(cast.thornbridge.pk, datetime(on.year, on.month, on.day, hour, minute, tzinfo=UTC))

    friday, saturday, monday_ = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)
    assert due(monday_, 8, 39) == Session(friday, "PM")
    assert due(monday_, 8, 40) == Session(monday_, "AM")
    assert due(monday_, 13, 20) == Session(monday_, "PM")
    assert due(saturday, 12, 0) == Session(friday, "PM")
    assert due(date(2025, 8, 1), 12, 0) < Session(date(2025, 8, 1), "AM")


def test_a_mark_counts_by_the_set_of_its_own_day(cast):
    pupil = cast.callum
    put(cast.thornbridge, {(pupil, date(2024, 7, 10), "AM"): "J", (pupil, date(2024, 9, 10), "AM"): "J1"})
    [found] = figures.counts_by_pupil(cast.thornbridge.pk, date(2024, 7, 1), date(2024, 9, 30))
    assert (found.approved, found.authorised) == (1, 1)
    assert {row.symbol for row in dated_codes()} >= {"J", "J1"}
