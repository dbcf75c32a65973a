"""The list of pupils: who is in it for whom, narrowed by what, in how many queries."""

from __future__ import annotations

import pytest
from django.urls import reverse

from registers.models import Enrolment, Pupil
from registers.queries import figures, pupils
from registers.rules.names import folded, sort_name
from tests.factories.cast import make_pupil

LIST = "registers:pupil_list"


def _names(answer):
    return [line.pupil.legal_forename for line in answer.context["table"].data]


def _list(client, **query):
    return client.get(reverse(LIST), query)


@pytest.fixture
def office(year, sign_in, at_morning):
    return sign_in(year.sandra)


def test_the_count_is_in_heading_and_title(office):
    answer = _list(office)
    assert "<h1>Pupils, 5</h1>" in answer.content.decode()
    assert "<title>Pupils (5)" in answer.content.decode()


def test_each_role_sees_the_pupils_within_reach(year, sign_in, at_morning):
    seen = {
        who: set(_names(_list(sign_in(year.people[who]))))
        for who in ("sandra", "pat", "adeyemi", "hal", "tess", "olly")
    }
    nine = {"Callum", "Amina", "Freya"}
    assert seen["pat"] == seen["adeyemi"] == nine
    assert seen["hal"] == {"Tyler", "Ikra"}
    assert seen["sandra"] == seen["tess"] == nine | {"Tyler", "Ikra"}
    assert seen["olly"] == {"Zzyzx"}


def test_a_governor_is_refused(year, sign_in, at_morning):
    assert _list(sign_in(year.gov)).status_code == 403


def test_the_year_so_far_is_that_of_the_figures(year, office, morning):
    answer = _list(office)
    line = next(line for line in answer.context["table"].data if line.pupil == year.callum)
    counted = {one.pupil_id: one for one in figures.year_to_date(year.thornbridge.pk, morning.date())}[year.callum.pk]
    assert line.tally == counted.tally
    assert (line.tally.attended, line.tally.possible, line.tally.late) == (91, 101, 3)
    assert line.absence == ""
    assert "91 of 101" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "ash"}, {"Callum"}),
        ({"q": "call ash"}, {"Callum"}),
        ({"q": "8c"}, {"Tyler", "Ikra"}),
        ({"year": "8"}, {"Tyler", "Ikra"}),
        ({"sex": "M"}, {"Callum", "Tyler"}),
        ({"sen": "K"}, {"Freya"}),
        ({"sen": "any"}, {"Freya"}),
        ({"pp": "yes"}, {"Amina"}),
        ({"fsm": "no", "year": "9"}, {"Callum", "Freya"}),
        ({"flag": "is_vulnerable"}, {"Tyler"}),
        ({"below": "95"}, {"Callum"}),
        ({"below": "90.1"}, {"Callum"}),
        ({"below": "90"}, set()),
        ({"on": "2025-09-02"}, set()),
        ({"on": "2025-09-03"}, {"Callum", "Amina", "Freya", "Tyler", "Ikra"}),
        ({"year": "nonsense", "below": "x", "on": "31/31/2026"}, {"Callum", "Amina", "Freya", "Tyler", "Ikra"}),
    ],
)
def test_the_list_is_narrowed(office, query, names):
    assert set(_names(_list(office, **query))) == names


def test_a_form_filter_holds_forms_of_ones_own_reach(year, office):
    assert set(_names(_list(office, form=year.eight_c.pk))) == {"Tyler", "Ikra"}
    assert len(_names(_list(office, form=year.ridgeway_nine_a.pk))) == 5


def test_filters_stand_as_tags_that_take_them_off(office):
    page = _list(office, year="9", below="95").content.decode()
    assert "Attendance below 95 %" in page
    assert 'href="?below=95">Year 9' in page.replace("&amp;", "&")


def test_a_filter_on_what_one_may_not_see_is_neither_offered_nor_obeyed(year, sign_in, at_morning):
    client = sign_in(year.hal)
    answer = _list(client, flag="is_vulnerable", pp="yes")
    assert set(_names(answer)) == {"Tyler", "Ikra"}
    for words in ("Safeguarding", "Highly vulnerable", "Pupil premium", "Free school meals"):
        assert words not in answer.content.decode()


def test_the_address_holds_the_order_and_nonsense_in_it_is_passed_over(office):
    assert _names(_list(office, sort="-name"))[0] == "Tyler"
    assert _names(_list(office, sort="name"))[0] == "Callum"
    assert _names(_list(office, sort="pupil__school; drop table", page="9999", size="1e9"))[0] == "Callum"


def test_a_leaver_is_listed_on_the_days_on_roll_only(year, office):
    Enrolment.objects.filter(pupil=year.ikra).update(ends_on="2026-10-02", leaving_ground="a")
    assert "Ikra" not in _names(_list(office))
    assert "Ikra" in _names(_list(office, on="2026-10-02"))


def test_nobody_fits_is_said_in_words(office):
    assert "No pupil fits these filters" in _list(office, q="qqqq").content.decode()


def test_the_list_takes_the_same_few_queries_for_few_and_for_many(year, office, count_queries):
    with count_queries(13):
        _list(office)
    for n in range(60):
        make_pupil(year.eight_c, f"Many{n:02d}", "Alex")
    with count_queries(13):
        assert len(_names(_list(office, size="all"))) == 65


def test_pages_of_fifty_of_a_hundred_and_all(year, office):
    for n in range(60):
        make_pupil(year.eight_c, f"Many{n:02d}", "Alex")
    for size, rows in (("50", 50), ("100", 65), ("all", 65), ("junk", 50)):
        assert len(_list(office, size=size).context["table"].page.object_list) == rows


# ---------- find a pupil ----------
def _find(client, text):
    answer = client.get(reverse("registers:pupil_find"), {"q": text})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("text", ["ash", "ASHW", "cal", "Callum A", "ashworth, cal", "9a"])
def test_three_letters_from_anywhere_find_a_pupil(office, text):
    assert "Ashworth, Callum" in _find(office, text)


def test_accents_hyphens_apostrophes_and_the_name_in_use_are_found(year, office):
    for surname, forename in [("Wójcik-Łęcki", "Zofia"), ("O\u2019Brien", "Siân")]:
        pupil = make_pupil(year.eight_c, surname, forename)
        Pupil.objects.filter(pk=pupil.pk).update(sort_name=sort_name(surname, forename))
    Pupil.objects.filter(pk=year.ikra.pk).update(known_as="Izzy")
    for text, name in [
        ("woj", "Zofia"),
        ("lecki", "Zofia"),
        ("zof", "Zofia"),
        ("brien", "Siân"),
        ("o'b", "Siân"),
        ("sian", "Siân"),
        ("izz", "Izzy"),
        ("ikr", "Izzy"),
    ]:
        assert name in _find(office, text), text


def test_a_upn_finds_its_pupil(year, office):
    assert "Ashworth, Callum" in _find(office, year.callum.upn)


def test_two_letters_find_nobody_and_what_is_inside_a_word_is_no_start(office):
    assert _find(office, "as").strip() == ""
    assert "Ashworth" not in _find(office, "worth")


def test_find_holds_ten_at_most_says_how_many_and_stays_within_reach(year, sign_in, at_morning):
    for n in range(14):
        make_pupil(year.eight_c, f"Zeb{n:02d}", "Alex")
    page = _find(sign_in(year.hal), "zeb")
    assert page.count("<li>") == 10
    assert "10 of 14" in page
    assert "Zeb" not in _find(sign_in(year.pat), "zeb").replace("&ldquo;zeb&rdquo;", "")
    assert "Zzyzx" not in _find(sign_in(year.sandra), "can")


def test_find_escapes_what_was_typed(office):
    assert "<script>" not in _find(office, "<script>alert(1)</script>")


def test_find_takes_few_queries(year, office, count_queries):
    _find(office, "ash")
    with count_queries(5):
        _find(office, "ash")


def test_names_fold_for_sorting():
    assert sort_name("Łukasz", "Nuñez ") == "lukasz, nunez"
    assert folded("Straße  Ørsted") == "strasse orsted"


def test_the_reach_of_a_find_is_the_reach_of_the_pages(year, morning):
    found, total = pupils.find("9a", school=year.thornbridge, user=year.pat, on=morning.date())
    assert total == len(found) == 3
