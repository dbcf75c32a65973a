"""A run of the trawl: exact, frozen, comparable, the same number of statements for any school."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from attendance_office.audit.models import Entry
from attendance_office.jobs.models import Run
from attendance_office.refusals import Refused
from interventions.actions.due import run_due, run_job
from interventions.actions.trawl import put_aside, run_trawl, take_up, undo_settling
from interventions.models import CaseProposal, Trawl, TrawlLine
from interventions.queries.trawls import Wish, lines, summary
from interventions.rules.trawl import BANDS, GROUNDS, Moved, Standing, band_of, ground_for, movements
from registers.models import Enrolment
from registers.queries import figures
from registers.rules.rates import Tally, tally
from registers.rules.sessions import monday

from .conftest import AT_SEVEN, FRIDAY, THURSDAY, WEEK, attend, put


def trawl(cast, on=FRIDAY, at=None, by=None):
    return run_trawl(school=cast.thornbridge, on=on, by=by, at=at or datetime(on.year, on.month, on.day, 7, tzinfo=UTC))


def line(run, pupil):
    return TrawlLine.objects.get(trawl=run.trawl, pupil=pupil)


def by_hand(marks, to_on):
    """Count each pupil's standing from the marks alone."""
    weeks = defaultdict(lambda: defaultdict(Tally))
    for (pupil, on, _half), symbol in marks.items():
        if date(2026, 8, 1) <= on <= to_on:
            weeks[pupil.pk][monday(on)] += tally({symbol: 1}, on)
    found = {}
    for pupil_id, counted in weeks.items():
        possible = [counted[week] for week in sorted(counted) if counted[week].possible]
        broken = good = 0
        for one in reversed(possible):
            if not one.absent:
                break
            broken += 1
        for one in reversed(possible):
            if one.absent:
                break
            good += 1
        last_four = sorted({monday(on) for _, on, _ in marks if on <= to_on})[-4:][0]
        found[pupil_id] = Standing(
            year=sum(counted.values(), Tally()),
            weeks=sum((one for week, one in counted.items() if week >= last_four), Tally()),
            good_run=good,
            broken_run=broken,
            broken_weeks=sum(one.absent > 0 for one in possible),
        )
    return found


def standing(row):
    return Standing(row.year, row.weeks, row.good_run, row.broken_run, row.broken_weeks)


def test_thirty_eight_of_380_is_persistent_and_39_of_391_is_not(cast):
    days = [date(2025, 8, 1) + timedelta(days=n) for n in range(360)]
    for pupil, absent, possible in ((cast.callum, 38, 380), (cast.amina, 37, 380), (cast.freya, 39, 391), (cast.tyler, 190, 380)):  # fmt: skip
        sessions = [(on, half) for on in days if on.weekday() < 5 for half in ("AM", "PM")][:possible]
        put(cast.thornbridge, {(pupil, on, half): "O" if n < absent else "/" for n, (on, half) in enumerate(sessions)})
    run = trawl(cast, on=date(2026, 7, 17))
    assert {pupil: line(run, getattr(cast, pupil)).year_band for pupil in ("callum", "amina", "freya", "tyler", "ikra")} == {
        "callum": 2, "amina": 1, "freya": 1, "tyler": 5, "ikra": None,
    }  # fmt: skip
    assert (run.numbers.persistent, run.numbers.severe, run.numbers.pupils) == (2, 1, 5)


def test_every_line_is_what_the_marks_say_by_hand(chance):
    for to_on, on in ((THURSDAY, FRIDAY), (date(2026, 9, 30), date(2026, 10, 1)), (date(2026, 9, 2), date(2026, 9, 3))):
        run = trawl(chance, on=on)
        assert run.trawl.counted_to == to_on
        hand = by_hand(chance.marks, to_on)
        rows = {row.pupil_id: row for row in TrawlLine.objects.filter(trawl=run.trawl)}
        assert len(rows) == 65
        for pupil_id, row in rows.items():
            assert standing(row) == hand.get(pupil_id, Standing())
            assert [row.year_band, row.term_band, row.weeks_band] == [
                band_of(one) for one in (row.year, row.term, row.weeks)
            ]


def test_the_terms_and_weeks_are_what_the_figures_say_of_those_days(chance):
    run = trawl(chance, on=date(2026, 11, 25))
    for period, first in (
        ("year", run.trawl.year_from),
        ("term", run.trawl.term_from),
        ("weeks", run.trawl.weeks_from),
    ):
        kept = {row.pupil_id: getattr(row, period) for row in TrawlLine.objects.filter(trawl=run.trawl)}
        asked = {
            one.pupil_id: one.tally
            for one in figures.counts_by_pupil(chance.thornbridge.pk, first, run.trawl.counted_to)
        }
        assert {pk: one for pk, one in kept.items() if one.possible} == {
            pk: one for pk, one in asked.items() if one.possible
        }
    assert (run.trawl.term_from, run.trawl.weeks_from) == (date(2026, 8, 31), date(2026, 11, 2))


def test_the_last_four_school_weeks_leave_the_half_term_out(cast):
    attend(cast.callum)
    assert trawl(cast, on=date(2026, 11, 13)).trawl.weeks_from == date(2026, 10, 12)


def test_the_bands_part_the_pupils_of_every_run(chance):
    run = trawl(chance)
    counted = sum(sum(row) for row in run.numbers.bands.values()) + sum(run.numbers.without.values())
    assert counted == run.numbers.pupils == Enrolment.objects.filter(school=chance.thornbridge).count()
    assert len(next(iter(run.numbers.bands.values()))) == len(BANDS)


def test_movements_in_postgres_are_those_of_the_rule_and_of_the_worked_rows(chance):
    first, second = trawl(chance, on=date(2026, 11, 6)).trawl, None
    Enrolment.objects.filter(pupil=chance.more[0]).update(ends_on=date(2026, 11, 10))
    Enrolment.objects.filter(pupil=chance.more[1]).update(starts_on=date(2026, 11, 9))
    second = trawl(chance, on=date(2026, 11, 27)).trawl
    for now, before in ((second, first), (first, second)):
        olds = {row.pupil_id: standing(row) for row in TrawlLine.objects.filter(trawl=before)}
        news = {row.pupil_id: standing(row) for row in TrawlLine.objects.filter(trawl=now)}
        ruled = {pk: movements(olds.get(pk), news.get(pk)) for pk in {*olds, *news}}
        found, total = lines(now, before, Wish(moved_only=True))
        assert {one.pupil_id: frozenset(one.moves) for one in found} == {
            pk: moves for pk, moves in ruled.items() if moves
        }
        assert total == len(found) > 10
        counted = summary(now, before).moves
        assert counted == {move: n for move in Moved if (n := sum(move in moves for moves in ruled.values()))}


def test_a_run_held_against_itself_moved_nobody(chance):
    run = trawl(chance).trawl
    assert summary(run, run).moves == {}
    assert lines(run, run, Wish(moved_only=True)) == ([], 0)


def test_who_left_is_lost_and_who_joined_is_new_and_the_first_run_moved_nobody(cast):
    attend(cast.callum)
    Enrolment.objects.filter(pupil=cast.amina).update(starts_on=date(2026, 11, 16))
    first = trawl(cast, on=FRIDAY - WEEK)
    assert first.numbers.moves == {}
    assert first.trawl.since is None
    Enrolment.objects.filter(pupil=cast.callum).update(ends_on=date(2026, 11, 17))
    second = trawl(cast)
    assert second.numbers.moves == {Moved.NEW: 1, Moved.LOST: 1}
    assert second.trawl.since == first.trawl
    [lost], _ = lines(second.trawl, first.trawl, Wish(move=Moved.LOST))
    assert (lost.pupil_id, lost.now, lost.shown.year_group) == (cast.callum.pk, None, 9)


def test_the_day_itself_counts_once_its_last_register_has_closed(cast):
    attend(cast.callum, to_on=FRIDAY)
    assert trawl(cast, at=datetime(2026, 11, 20, 13, 49, tzinfo=UTC)).trawl.counted_to == THURSDAY
    assert trawl(cast, at=datetime(2026, 11, 20, 13, 50, tzinfo=UTC)).trawl.counted_to == FRIDAY


def test_a_frozen_run_stays_whatever_the_register_becomes_and_refuses_every_change(cast):
    attend(cast.callum, absent=20)
    run = trawl(cast).trawl
    put(cast.thornbridge, {(cast.amina, THURSDAY, "AM"): "O"})
    assert line(type("R", (), {"trawl": run}), cast.amina).year == Tally()
    for statement in (
        "UPDATE interventions_trawlline SET year_band = 0", "DELETE FROM interventions_trawlline", "TRUNCATE interventions_trawlline CASCADE",
        "UPDATE interventions_trawl SET counted_to = '2026-01-01'", "DELETE FROM interventions_trawl", "DELETE FROM interventions_caseproposal",
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_run_asks_the_same_number_of_statements_of_two_pupils_and_of_sixty_five(cast, request):
    attend(cast.callum)
    trawl(cast, on=FRIDAY - 2 * WEEK)
    with CaptureQueriesContext(connection) as few:
        trawl(cast, on=FRIDAY - WEEK)
    request.getfixturevalue("chance_more")
    with CaptureQueriesContext(connection) as many:
        trawl(cast)
    assert len(few) == len(many) <= 17, [one["sql"][:90] for one in many]


@pytest.fixture
def chance_more(cast):
    from tests.factories.cast import put_on_roll

    rng = random.Random(2)
    more = put_on_roll(*((cast.nine_a, f"More{n:02d}", "Ali", {}) for n in range(60)))
    for pupil in more:
        attend(pupil, absent=rng.randrange(40))
    return cast


def test_a_run_for_a_day_to_come_or_before_the_first_session_is_refused(cast):
    with pytest.raises(Refused, match="not come yet"):
        run_trawl(school=cast.thornbridge, on=FRIDAY + WEEK, by=None, at=AT_SEVEN)
    with pytest.raises(Refused, match="no session yet"):
        trawl(cast, on=date(2026, 8, 20))
    assert Trawl.objects.count() == 0


def test_a_second_press_of_the_button_is_refused_in_words(cast):
    attend(cast.callum)
    trawl(cast, by=cast.sandra)
    with pytest.raises(Refused, match="A run to Thu 19 Nov 2026 was made at 07:00"):
        trawl(cast, by=cast.sandra, at=AT_SEVEN + timedelta(minutes=1))
    trawl(cast, by=cast.sandra, at=AT_SEVEN + timedelta(minutes=6))
    assert Trawl.objects.filter(school=cast.thornbridge).count() == 2


def test_in_the_week_of_an_inset_friday_the_clock_trawls_on_thursday(cast):
    """Friday 23 October is an INSET day: the week's page goes on Thursday, and would tell of the movements before."""
    attend(cast.callum)
    run_due(at=datetime(2026, 10, 21, 6, 5, tzinfo=UTC))
    assert Trawl.objects.count() == 0
    run_due(at=datetime(2026, 10, 22, 6, 5, tzinfo=UTC))
    run_due(at=datetime(2026, 10, 22, 6, 6, tzinfo=UTC))
    run_due(at=datetime(2026, 10, 23, 6, 5, tzinfo=UTC))
    assert Trawl.objects.get(school=cast.thornbridge).on == date(2026, 10, 22)
    assert Run.objects.get(school=cast.thornbridge, job="absence_trawl").due_on == date(2026, 10, 22)


def test_the_clock_trawls_on_friday_morning_and_two_beats_make_one_run(cast):
    attend(cast.callum, absent=70)
    run_due(at=datetime(2026, 11, 19, 7, 5, tzinfo=UTC))
    assert Trawl.objects.count() == 0
    run_due(at=datetime(2026, 11, 20, 7, 1, tzinfo=UTC))
    run_due(at=datetime(2026, 11, 20, 7, 2, tzinfo=UTC))
    made = Trawl.objects.get(school=cast.thornbridge)
    run = Run.objects.get(school=cast.thornbridge, job="absence_trawl")
    assert (run.state, run.did) == ("done", {"proposed": 1, "trawl": made.pk, "patterns": 0})
    assert (
        run.words
        == "5 pupils to Thu 19 Nov 2026: 1 persistently absent, 1 of them severely. 1 case proposed. No pattern stands of 0 tested."
    )
    again = run_job(school=cast.thornbridge, job="absence_trawl", on=FRIDAY, by=cast.sandra, at=run.started_at + timedelta(hours=1))  # fmt: skip
    assert again.pk == run.pk
    assert Entry.objects.filter(verb="trawled for persistent absence", school_id=cast.thornbridge.pk).count() == 1


def test_another_schools_pupils_are_in_no_run_but_their_own(cast):
    attend(cast.callum)
    attend(cast.canary, absent=90)
    run = trawl(cast)
    assert not TrawlLine.objects.filter(trawl=run.trawl, pupil=cast.canary).exists()
    own = run_trawl(school=cast.ridgeway, on=FRIDAY, by=None, at=AT_SEVEN)
    assert own.trawl.since is None
    assert own.numbers.pupils == 1


# ---------- proposals ----------


def test_proposals_in_postgres_are_those_of_the_rule(chance):
    first = trawl(chance, on=FRIDAY - WEEK).trawl
    second = trawl(chance, on=date(2026, 11, 27)).trawl
    olds = {row.pupil_id: standing(row) for row in TrawlLine.objects.filter(trawl=first)}
    news = {row.pupil_id: standing(row) for row in TrawlLine.objects.filter(trawl=second)}
    at_first = {pk: one for pk, now in olds.items() if (one := ground_for(None, now))}
    at_second = {pk: one for pk, now in news.items() if pk not in at_first and (one := ground_for(olds.get(pk), now))}
    kept = {row.pupil_id: row for row in CaseProposal.objects.all()}
    assert {pk: row.ground for pk, row in kept.items()} == {pk: one.value for pk, one in (at_first | at_second).items()}
    assert len({row.ground for row in kept.values()}) >= 2
    assert {row.gravity for row in kept.values()} <= set(range(len(GROUNDS)))
    assert all(kept[pk].line.trawl_id == (first if pk in at_first else second).pk for pk in kept)


@pytest.fixture
def proposed(cast):
    """Callum is persistently absent and worsening: one case is proposed."""
    attend(cast.callum, absent=12)
    trawl(cast)
    return CaseProposal.objects.get()


def test_what_is_open_is_not_proposed_again(cast, proposed):
    assert proposed.ground == "worsening"
    attend(cast.callum, absent=4, from_on=date(2026, 11, 20), to_on=date(2026, 11, 26))
    trawl(cast, on=FRIDAY + WEEK)
    assert CaseProposal.objects.count() == 1


def test_what_is_open_stands_on_the_graver_ground_of_a_later_run(cast):
    """Nobody has looked at Callum's case yet, and he is severely absent by now: it is not to wait below the others."""
    attend(cast.callum, absent=45)
    first = trawl(cast)
    assert (first.proposed, CaseProposal.objects.get().ground) == (1, "worsening")
    attend(cast.callum, absent=38, from_on=date(2026, 11, 20), to_on=date(2026, 12, 17))
    later = trawl(cast, on=date(2026, 12, 18))
    row = CaseProposal.objects.get()
    assert (row.ground, row.gravity, row.state, row.proposed_on) == ("severe", 0, "proposed", date(2026, 12, 18))
    assert row.line.trawl == later.trawl
    assert (later.proposed, later.raised) == (0, 1)
    assert later.words.endswith("No case proposed. 1 that is open stood on a lighter ground before.")
    said = Entry.objects.filter(verb="trawled for persistent absence").latest("at").after
    assert said["raised"] == [[row.pk, "worsening", "severe"]]
    again = trawl(cast, on=date(2026, 12, 18), at=AT_SEVEN + timedelta(days=60))
    assert again.raised == 0


def test_what_is_open_from_an_earlier_year_stands_on_this_years_figures(cast, proposed):
    CaseProposal.objects.update(ground="severe", gravity=0, proposed_on=date(2026, 7, 10))
    later = trawl(cast, on=FRIDAY + WEEK)
    row = CaseProposal.objects.get()
    assert (row.ground, row.proposed_on, row.line.trawl) == ("worsening", FRIDAY + WEEK, later.trawl)


def test_what_was_taken_up_or_put_aside_is_never_raised(cast):
    attend(cast.callum, absent=45)
    trawl(cast)
    take_up(school=cast.thornbridge, proposals=list(CaseProposal.objects.all()), by=cast.sandra, at=AT_SEVEN)
    attend(cast.callum, absent=38, from_on=date(2026, 11, 20), to_on=date(2026, 12, 17))
    assert trawl(cast, on=date(2026, 12, 18)).raised == 0
    assert CaseProposal.objects.get().ground == "worsening"


def test_a_proposal_is_taken_up_by_whom_and_when_and_that_is_on_the_trail(cast, proposed):
    entry = take_up(school=cast.thornbridge, proposals=[proposed], by=cast.sandra, at=AT_SEVEN)
    proposed.refresh_from_db()
    assert (proposed.state, proposed.settled_by, proposed.settled_at) == ("taken_up", cast.sandra, AT_SEVEN)
    assert (entry.words, entry.before) == ("1 proposal taken up", {"state": "proposed"})
    with pytest.raises(Refused, match="Nothing is selected that is still open"):
        put_aside(school=cast.thornbridge, proposals=[proposed], why="x", by=cast.bea, at=AT_SEVEN)
    trawl(cast, on=FRIDAY + WEEK)
    assert CaseProposal.objects.count() == 1


def test_a_proposal_is_put_aside_with_a_reason_and_comes_again_only_on_a_graver_ground(cast, proposed):
    with pytest.raises(Refused, match="Say why"):
        put_aside(school=cast.thornbridge, proposals=[proposed], why="  ", by=cast.sandra, at=AT_SEVEN)
    put_aside(
        school=cast.thornbridge,
        proposals=[proposed],
        why="Operation, home until Christmas",
        by=cast.sandra,
        at=AT_SEVEN,
    )
    trawl(cast, at=AT_SEVEN + timedelta(hours=1))
    assert CaseProposal.objects.count() == 1
    attend(cast.callum, absent=10, from_on=date(2026, 11, 20), to_on=date(2026, 12, 17))
    trawl(cast, on=date(2026, 12, 18))
    assert [row.ground for row in CaseProposal.objects.order_by("pk")] == ["worsening"]


def test_a_graver_ground_is_proposed_after_a_lighter_one_was_put_aside(cast):
    attend(cast.callum, absent=45)
    trawl(cast)
    one = CaseProposal.objects.get()
    assert one.ground == "worsening"
    put_aside(school=cast.thornbridge, proposals=[one], why="Known", by=cast.sandra, at=AT_SEVEN)
    attend(cast.callum, absent=38, from_on=date(2026, 11, 20), to_on=date(2026, 12, 17))
    trawl(cast, on=date(2026, 12, 18))
    assert list(CaseProposal.objects.order_by("pk").values_list("ground", "state")) == [
        ("worsening", "put_aside"), ("severe", "proposed"),
    ]  # fmt: skip


def test_ones_own_settling_is_taken_back_within_ten_minutes(cast, proposed):
    entry = put_aside(school=cast.thornbridge, proposals=[proposed], why="Wrong pupil", by=cast.sandra, at=AT_SEVEN)
    with pytest.raises(Refused, match="nothing of yours"):
        undo_settling(school=cast.thornbridge, entry_id=entry.pk, by=cast.bea, at=AT_SEVEN)
    with pytest.raises(Refused, match="more than ten minutes"):
        undo_settling(school=cast.thornbridge, entry_id=entry.pk, by=cast.sandra, at=AT_SEVEN + timedelta(minutes=11))
    assert (
        undo_settling(school=cast.thornbridge, entry_id=entry.pk, by=cast.sandra, at=AT_SEVEN + timedelta(minutes=9))
        == 1
    )
    proposed.refresh_from_db()
    assert (proposed.state, proposed.why, proposed.settled_by) == ("proposed", "", None)
    with pytest.raises(Refused, match="taken back already"):
        undo_settling(school=cast.thornbridge, entry_id=entry.pk, by=cast.sandra, at=AT_SEVEN + timedelta(minutes=9))
