"""Every way to narrow the explorer: offered to who may know it, and giving exactly the pupils that the record gives by hand."""

from datetime import date

import pytest
from django.http import QueryDict

from registers.models import Group, Membership, Pupil
from reporting.queries.asked import asked
from reporting.queries.axes import AXES, GAPS
from reporting.queries.explorer import Reader, answer
from reporting.queries.tables import sheet
from tests.conftest import MONDAY
from tests.factories.cast import put_on_roll
from tests.reporting.conftest import attend, put

FLAGS = {
    "pp": "is_pp", "fsm": "is_fsm", "eal": "is_eal", "cla": "is_looked_after", "cp": "has_protection_plan",
    "cin": "is_in_need", "carer": "is_young_carer",
}  # fmt: skip
BACKGROUNDS = ["WBRI", "WIRI", "MWBC", "AIND", "BCRB", "CHNE", "OOTH", "REFU", ""]


@pytest.fixture
def mixed(cast):
    """Give the cast with thirty-six pupils who differ in everything, each missing one session more than the one before."""
    rows = [
        (
            cast.nine_a if n % 2 else cast.eight_c,
            f"Mixed{n:02d}",
            "Sam",
            {field: n % (at + 2) == 0 for at, field in enumerate(FLAGS.values())}
            | {"sex": "FM"[n % 3 == 0], "sen": "NKE"[n % 3], "ethnicity": BACKGROUNDS[n % 9]},
        )
        for n in range(36)
    ]
    cast.mixed = put_on_roll(*rows)
    put(cast.thornbridge, {key: code for n, one in enumerate(cast.mixed) for key, code in attend(one, n, 60).items()})
    return cast


def ask(cast, query):
    reader = Reader.of(cast.dee, cast.thornbridge)
    return answer(reader, asked(QueryDict(query), reader=reader, on=MONDAY).question)


def found(cast, query):
    return {line.name.split(",")[0] for line in ask(cast, query).lines if line.name.startswith("Mixed")}


def by_hand(cast, wanted):
    return {one.legal_surname for n, one in enumerate(cast.mixed) if wanted(n, one)}


def test_the_page_offers_every_way_there_is_to_who_may_know_all_of_them(mixed, sign_in, at_morning):
    text = sign_in(mixed.dee).get("/explorer/").content.decode()
    for axis in AXES.values():
        if axis.key != "group":  # There are no groups yet.
            assert f"<legend>{axis.words} " in text, axis.key
    assert 'name="near"' in text
    assert 'name="within"' in text
    assert {"year", "form", "sex", "sen", "pp", "fsm", "eal", "cla", "cp", "carer", "ethnicity", "group"} <= set(AXES)


@pytest.mark.parametrize("key", FLAGS)
@pytest.mark.parametrize("value", ["yes", "no"])
def test_a_flag_gives_who_has_it_and_no_gives_the_others(mixed, key, value):
    wanted = by_hand(mixed, lambda n, one: getattr(one, FLAGS[key]) is (value == "yes"))
    assert wanted
    assert found(mixed, f"{key}={value}") == wanted


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("year=9", lambda n, one: n % 2 == 1),
        ("form=8C", lambda n, one: n % 2 == 0),
        ("sex=M", lambda n, one: n % 3 == 0),
        ("sen=K&sen=E", lambda n, one: n % 3 != 0),
        ("ethnicity=W", lambda n, one: n % 9 in (0, 1)),
        ("ethnicity=-", lambda n, one: n % 9 in (7, 8)),
        ("year=9&sex=M&sen=N", lambda n, one: n % 2 == 1 and n % 3 == 0),
        ("much=persistent", lambda n, one: n >= 6),
        ("much=severe", lambda n, one: n >= 30),
        ("much=neither", lambda n, one: n < 6),
        ("band=0", lambda n, one: n < 3),
        ("band=10", lambda n, one: 6 <= n < 9),
        # Within two points of 90 %: from 88 to 92, which are 52.8 to 55.2 of 60 sessions attended.
        ("near=90", lambda n, one: n in (5, 6, 7)),
        ("near=95&within=0", lambda n, one: n == 3),
        ("near=50&within=5", lambda n, one: 27 <= n <= 33),
    ],
)  # fmt: skip
def test_each_way_gives_who_the_record_says(mixed, query, wanted):
    assert found(mixed, query) == by_hand(mixed, wanted)


def test_an_own_group_narrows_and_stands_beside_any_other_way(mixed, sign_in, at_morning):
    group = Group.objects.create(school=mixed.thornbridge, name="Breakfast club")
    Membership.objects.bulk_create(
        Membership(school=mixed.thornbridge, group=group, pupil=one, from_on=date(2026, 9, 2))
        for one in mixed.mixed[:9]
    )
    assert found(mixed, f"group={group.pk}&sex=M") == by_hand(mixed, lambda n, one: n < 9 and n % 3 == 0)
    assert "Breakfast club" in sign_in(mixed.dee).get("/explorer/").content.decode()


def test_every_gap_says_how_many_stand_behind_it_and_leads_to_them(mixed):
    whole = ask(mixed, "")
    gaps = {(gap.axis.key, gap.inside.value): gap for gap in whole.gaps()}
    assert {key for key, _ in gaps} | {"group"} == set(GAPS)
    shown = sheet(whole, "gaps", school=mixed.thornbridge)
    assert len(shown.rows) == len(gaps)
    for row in shown.rows:
        ((key, value),) = row.narrows
        behind = ask(mixed, f"{key}={value}")
        gap = gaps[key, value]
        assert behind.figures == gap.inside.figures
        assert (row.cells[1], row.cells[3]) == (behind.figures.pupils, whole.figures.pupils - behind.figures.pupils)
        ours, theirs = gap.inside.figures.tally, gap.outside.figures.tally
        assert row.cells[5] == ours.attendance_rate - theirs.attendance_rate


def test_a_head_of_year_and_a_tutor_narrow_within_their_own_pupils(mixed):
    for user, year in ((mixed.adeyemi, 9), (mixed.hal, 8)):
        reader = Reader.of(user, mixed.thornbridge)
        seen = answer(reader, asked(QueryDict("sex=M"), reader=reader, on=MONDAY).question)
        assert {line.pupil_id for line in seen.lines} == set(
            Pupil.objects.filter(school=mixed.thornbridge, year_group=year, sex="M").values_list("pk", flat=True)
        )
