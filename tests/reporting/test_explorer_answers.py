"""The one query layer: whom a question names, what their figures are, and what a reader may not ask."""

from datetime import date
from fractions import Fraction

import pytest
from django.http import QueryDict

from attendance_office.staff.roles import Can
from registers.models import Enrolment, Group, Membership, NonSchoolDay, Placement, Pupil
from registers.queries import figures
from registers.rules.rates import Tally, tally
from registers.rules.sessions import monday
from reporting.queries.asked import asked, in_words, tags
from reporting.queries.explorer import Question, Reader, answer
from reporting.queries.periods import Period, named_periods, year_before
from tests.conftest import MONDAY
from tests.reporting.conftest import FROM, TO, attend, put

TERM = Period("term", "Autumn term", FROM, TO)


def ask(cast, who, query=""):
    reader = Reader.of(who, cast.thornbridge)
    return answer(reader, asked(QueryDict(query), reader=reader, on=MONDAY).question)


def names(found):
    return [line.name.split(",")[0] for line in found.lines]


def by_hand(cast, wanted=lambda pupil, on: True):
    total = Tally()
    for (pupil, on, _), code in cast.marks.items():
        if wanted(pupil, on):
            total += tally({code: 1}, on)
    return total


def test_the_whole_school_is_what_the_marks_give_by_hand(term):
    found = ask(term, term.sandra)
    assert found.figures.tally == by_hand(term)
    assert found.figures.pupils == 25
    assert found.figures.tally == figures.school_counts(term.thornbridge.pk, FROM, MONDAY).tally


def test_axes_narrow_together_and_values_of_one_axis_widen(term):
    found = ask(term, term.sandra, "fsm=yes&sex=M&sex=F&year=9")
    wanted = {pupil for pupil, _, _ in term.marks if pupil.is_fsm and pupil.year_group == 9}
    assert {line.pupil_id for line in found.lines} == {pupil.pk for pupil in wanted}
    assert found.figures.tally == by_hand(term, lambda pupil, _: pupil in wanted)


def test_weeks_and_weekdays_each_add_up_to_the_answer(term):
    found = ask(term, term.sandra, "fsm=no")
    ((_, weeks),) = found.weeks()
    assert sum(weeks.values(), Tally()) == found.figures.tally
    assert list(weeks) == sorted(weeks)
    assert weeks[date(2026, 9, 14)] == by_hand(term, lambda p, on: not p.is_fsm and monday(on) == date(2026, 9, 14))
    assert sum(found.weekdays().values(), Tally()) == found.figures.tally


def test_parts_of_an_axis_add_up_and_say_who_stands_behind_them(term):
    found = ask(term, term.sandra)
    parts = found.parts("year")
    assert [part.words for part in parts] == ["Year 8", "Year 9"]
    assert sum((part.figures.tally for part in parts), Tally()) == found.figures.tally
    assert sorted(pupil for part in parts for pupil in part.pupil_ids) == sorted(found.pupil_ids)


def test_a_tenth_of_the_own_sessions_is_persistent_and_half_is_severe_in_the_answer(cast):
    put(
        cast.thornbridge,
        attend(cast.callum, 10, 100)
        | attend(cast.amina, 9, 100)
        | attend(cast.freya, 10, 101)
        | attend(cast.tyler, 50, 100),
    )
    found = ask(cast, cast.sandra)
    assert [line.name.split(",")[0] for line in found.lines if line.is_persistent] == ["Ashworth", "Maddox"]
    assert [line.name.split(",")[0] for line in found.lines if line.is_severe] == ["Maddox"]
    assert (found.figures.persistently_absent, found.figures.severely_absent) == (2, 1)
    assert names(ask(cast, cast.sandra, "much=persistent")) == ["Ashworth", "Maddox"]
    assert names(ask(cast, cast.sandra, "band=5")) == ["Begum", "Blackwood"]
    assert names(ask(cast, cast.sandra, "near=90&within=1")) == ["Ashworth", "Begum", "Blackwood"]


def test_a_pupil_counts_where_it_sat_at_the_periods_end(term):
    Placement.objects.filter(pupil=term.callum).update(to_on=date(2026, 11, 22))
    Placement.objects.create(
        school=term.thornbridge, pupil=term.callum, tutor_group=term.eight_c, year_group=8, from_on=date(2026, 11, 23)
    )
    Pupil.objects.filter(pk=term.callum.pk).update(tutor_group=term.eight_c, year_group=8)
    reader = Reader.of(term.sandra, term.thornbridge)
    before = answer(reader, Question(Period("x", "", FROM, date(2026, 11, 20)), (("form", ("9A",)),)))
    after = answer(reader, Question(Period("x", "", FROM, date(2026, 11, 23)), (("form", ("9A",)),)))
    assert "Ashworth" in names(before)
    assert "Ashworth" not in names(after)


def test_an_own_group_holds_whoever_was_in_it_on_any_day_of_the_period(term):
    group = Group.objects.create(school=term.thornbridge, name="Breakfast club")
    for pupil, first, last in [(term.callum, FROM, date(2026, 9, 10)), (term.amina, date(2026, 11, 24), None)]:
        Membership.objects.create(school=term.thornbridge, group=group, pupil=pupil, from_on=first, to_on=last)
    assert names(ask(term, term.sandra, f"group={group.pk}")) == ["Ashworth"]
    assert names(ask(term, term.sandra, f"group={group.pk}&period=last_week")) == []


def test_who_starts_after_the_inset_days_of_september_has_not_joined_in_the_year(term):
    for day in (2, 3):
        NonSchoolDay.objects.create(school=term.thornbridge, on=date(2026, 9, day), kind="inset", name="INSET day")
    Enrolment.objects.filter(pupil=term.callum).update(starts_on=date(2026, 9, 4))
    Enrolment.objects.filter(pupil=term.freya).update(starts_on=date(2026, 9, 7))
    assert names(ask(term, term.sandra, "roll=joined")) == ["Blackwood"]


def test_who_starts_with_the_term_has_not_joined_in_the_year_to_date(term):
    Enrolment.objects.filter(pupil=term.amina).update(starts_on=date(2026, 10, 5))
    Enrolment.objects.filter(pupil=term.tyler).update(ends_on=date(2026, 10, 9))
    Enrolment.objects.filter(pupil=term.callum).update(starts_on=date(2026, 9, 2))
    assert names(ask(term, term.sandra, "roll=joined")) == ["Begum"]
    assert names(ask(term, term.sandra, "roll=left")) == ["Maddox"]


def test_a_head_of_year_asks_of_the_own_year_alone(term):
    assert {line.year_group for line in ask(term, term.nine).lines} == {8}


def test_an_axis_without_its_right_is_neither_offered_nor_obeyed(term):
    assert "cp" not in Reader.of(term.sol, term.thornbridge).axes
    assert len(ask(term, term.sol, "cp=yes").lines) == 25
    assert names(ask(term, term.dee, "cp=yes")) == ["Maddox"]
    assert "ethnicity" in Reader.of(term.sandra, term.thornbridge).axes
    assert "ethnicity" not in Reader.of(term.bea, term.thornbridge).axes


def test_a_governor_asks_of_the_whole_school_and_cannot_narrow_it(term):
    found = ask(term, term.gov, "form=8C&sex=M&much=severe")
    assert len(found.lines) == 25
    assert not found.reader.sees_pupils
    assert {"sen", "fsm", "group"}.isdisjoint(found.reader.axes)


def test_a_job_asks_of_the_whole_school_with_the_rights_it_names(term):
    reader = Reader.of_school(term.thornbridge, allowed={Can.SEE_MEANS})
    found = answer(reader, Question(TERM))
    (gap,) = [gap for gap in found.gaps() if gap.axis.key == "fsm"]
    assert gap.inside.figures.tally + gap.outside.figures.tally == found.figures.tally
    assert gap.points == gap.inside.figures.tally.attendance_rate - gap.outside.figures.tally.attendance_rate
    assert not [gap for gap in found.gaps() if gap.axis.key in ("sen", "cp")]


def test_the_receipt_names_codes_and_what_is_left_out(term):
    found = ask(term, term.sandra, "form=9A")
    receipt = found.receipt(upto=None)
    assert receipt.figures.codes["#"] == 1
    assert receipt.figures.codes["D"] == 1
    assert sum(receipt.figures.codes.values()) == sum(
        pupil.tutor_group_id == term.nine_a.pk for pupil, _, _ in term.marks
    )


def test_nonsense_in_an_address_narrows_nothing(term):
    found = ask(term, term.sandra, "year=²&group=abc&near=x&within=-3&band=7&sex=Q&period=never")
    assert len(found.lines) == 25
    assert found.question.period.key == "year"


def test_tags_take_off_one_value_at_a_time(term):
    reader = Reader.of(term.sandra, term.thornbridge)
    query = QueryDict("year=8&year=9&fsm=yes&near=90&within=2")
    found = answer(reader, asked(query, reader=reader, on=MONDAY).question)
    shown = tags(found, query)
    assert [tag.words for tag in shown] == ["Year 8", "Year 9", "Free school meals: Yes", "Within 2 points of 90 %"]
    assert shown[0].without == "?year=9&fsm=yes&near=90&within=2"
    assert "Year to date" in in_words(found, query)


@pytest.mark.parametrize(
    ("query", "fault"),
    [("from_on=2026-11-20&to_on=2026-11-10", "before the first"), ("from_on=x", "first and the last day"),
     ("from_on=2020-01-01&to_on=2026-01-01", "three school years"), ("from_on=0001-01-01&to_on=0001-01-05", "is a slip"),
     ("from_on=9999-12-20&to_on=9999-12-31", "is a slip")],
)  # fmt: skip
def test_own_dates_that_are_none_are_refused_in_words(term, query, fault):
    reader = Reader.of(term.sandra, term.thornbridge)
    found = asked(QueryDict(f"period=own&{query}"), reader=reader, on=MONDAY)
    assert fault in found.fault
    assert found.question.period.key == "year"


@pytest.mark.parametrize(
    ("query", "fault"),
    [("near=150", "number to 100"), ("near=x", "number to 100"), ("near=\u0669\u0660", "number to 100"),
     ("near=0", "number to 100"), ("near=90&within=99", "points to 20"), ("near=90&within=-1", "points to 20")],
)  # fmt: skip
def test_a_threshold_that_is_none_is_said_and_narrows_nothing(term, query, fault):
    reader = Reader.of(term.sandra, term.thornbridge)
    found = asked(QueryDict(query), reader=reader, on=MONDAY)
    assert fault in found.fault
    assert found.question.near is None


def test_a_threshold_may_have_a_fraction_and_stays_exact(term):
    reader = Reader.of(term.sandra, term.thornbridge)
    query = QueryDict("near=92.5&within=0.5&year=9")
    found = answer(reader, asked(query, reader=reader, on=MONDAY).question)
    assert [tag.words for tag in tags(found, query)][-1] == "Within 0.5 points of 92.5 %"
    assert tags(found, query)[-1].without == "?year=9"
    assert found.lines == tuple(
        line
        for line in found.everyone
        if line.year_group == 9
        and line.tally.possible
        and abs(Fraction(line.tally.attended, line.tally.possible) - Fraction(925, 1000)) <= Fraction(5, 1000)
    )


def test_the_half_term_turns_at_its_holiday(cast):
    def half(on):
        found = next(one for one in named_periods(cast.thornbridge.pk, on) if one.key == "half_term")
        return found.from_on, found.to_on

    assert half(date(2026, 9, 30)) == (date(2026, 9, 2), date(2026, 9, 30))
    assert half(date(2026, 10, 28)) == (date(2026, 9, 2), date(2026, 10, 22))  # Friday 23 is an INSET day
    assert half(date(2026, 11, 23)) == (date(2026, 11, 2), date(2026, 11, 23))  # from a Monday on
    NonSchoolDay.objects.create(school=cast.thornbridge, on=date(2026, 11, 2), kind="inset", name="INSET day")
    assert half(date(2026, 11, 23))[0] == date(2026, 11, 3)


def test_a_year_before_lays_mondays_on_mondays(cast):
    named = {one.key: one for one in named_periods(cast.thornbridge.pk, MONDAY)}
    before = year_before(named["week"])
    assert before.from_on.weekday() == 0
    assert before.from_on == date(2025, 11, 24)
    assert year_before(named["year"]).from_on == date(2025, 8, 1)
    assert (named["year_before"].from_on, named["year_before"].to_on) == (date(2025, 8, 1), date(2025, 11, 24))


def test_another_schools_pupil_is_in_no_answer(term):
    assert "Canary" not in names(ask(term, term.sandra))


def test_an_answer_is_six_questions_and_its_parts_none(term, django_assert_num_queries):
    reader = Reader.of(term.sandra, term.thornbridge)
    assert reader.axes
    with django_assert_num_queries(6):
        found = answer(reader, Question(TERM))
    with django_assert_num_queries(0):
        found.parts("year")
        found.gaps()
        found.bands()
    with django_assert_num_queries(1):
        found.weeks("year")
    with django_assert_num_queries(1):
        found.weekdays()
