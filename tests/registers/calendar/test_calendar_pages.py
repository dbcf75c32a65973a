"""The calendar, the school's details and the codes, on their pages and for each role."""

import re
from datetime import date, time
from uuid import uuid4

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.staff.models import School
from registers.actions.attendance import save_marks
from registers.actions.entries import Entry as MarkEntry
from registers.models import NonSchoolDay, SessionTimes, Term
from registers.queries.calendar import calendar_of
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING

pytestmark = pytest.mark.usefixtures("at_morning")
CALENDAR = "/office/calendar/"
ADD = "/office/calendar/closure/"


def page(client, path=CALENDAR, **query):
    return client.get(path, query).content.decode()


def add(client, **values):
    return client.post(
        ADD, {"from_on": "2026-11-25", "to_on": "", "half": "", "kind": "inset", "name": "Training", **values}
    )


def test_the_page_says_the_sessions_of_the_year_against_those_expected(cast, sign_in):
    shown = page(sign_in(cast.sandra))
    count = calendar_of(cast.thornbridge.pk).count(date(2026, 8, 1), date(2027, 7, 31))

    assert "<h1>Calendar 2026/27</h1>" in shown
    assert f"{count} sessions, {abs(count - 380)} {'more' if count > 380 else 'fewer'} than the 380 expected." in shown
    assert shown.count('<table class="month">') == 12
    assert shown.count('class="dy ') == 365 + 7, "365 days and seven samples of the key"


def test_each_kind_of_day_is_said_in_words_and_letters_not_in_colour_alone(cast, sign_in):
    shown = page(sign_in(cast.sandra))

    assert re.search(r'<td class="dy inset[^>]*>23<i aria-hidden="true">IN</i><span class="vh">, INSET day', shown)
    assert re.search(r'<td class="dy half_term[^>]*>26<i aria-hidden="true">HT</i><span class="vh">, Half term', shown)
    assert re.search(r'<td class="dy school  ?today">23<span class="vh">, school day, today', shown)


def test_the_chooser_turns_to_last_and_next_year(cast, sign_in):
    client = sign_in(cast.sandra)
    assert "2025/26" in page(client)
    assert "2027/28" in page(client)
    last = page(client, year="2025/26")
    assert "<h1>Calendar 2025/26</h1>" in last
    assert "Wed 3 Sep to Fri 19 Dec</span>" in last
    assert "Without terms no register is owed" in page(client, year="2027/28")


@pytest.mark.parametrize("year", ["2026", "2026/28", "next", "9999999/00", "-001/00"])
def test_a_strange_year_is_not_there(cast, sign_in, year):
    assert sign_in(cast.sandra).get(CALENDAR, {"year": year}).status_code == 404


def test_a_day_is_closed_and_taken_back_on_the_page(cast, sign_in):
    client = sign_in(cast.sandra)
    answer = add(client)
    assert answer["Location"] == f"{CALENDAR}?year=2026/27"
    shown = page(client)
    assert "Closed Wed 25 Nov 2026." in shown
    assert re.search(r'<td class="dy inset[^>]*title="Training">25<i aria-hidden="true">IN</i>', shown)
    row = NonSchoolDay.objects.get(school=cast.thornbridge, on=date(2026, 11, 25))
    assert reverse("registers:closure_remove", args=[row.pk]) in shown

    client.post(reverse("registers:closure_remove", args=[row.pk]))
    assert "Wed 25 Nov 2026 is open again." in page(client)
    assert [line.verb for line in Entry.objects.order_by("pk")] == ["add_closure", "remove_closure"]
    assert {line.by_id for line in Entry.objects.all()} == {cast.sandra.pk}


def test_one_day_of_a_half_term_may_be_taken_back(cast, sign_in):
    row = NonSchoolDay.objects.get(school=cast.thornbridge, on=date(2026, 10, 28))
    sign_in(cast.sandra).post(reverse("registers:closure_remove", args=[row.pk]), {"only": "1"})

    left = NonSchoolDay.objects.filter(school=cast.thornbridge, kind="half_term").order_by("on")
    assert [one.on.day for one in left] == [26, 27, 29, 30]


def test_a_day_with_marks_is_refused_on_the_page_with_their_number(cast, sign_in):
    save_marks(
        school=cast.thornbridge,
        tutor_group=cast.nine_a,
        session=Session(MONDAY, "AM"),
        entries=[MarkEntry(pupil_id=cast.callum.pk, code="/"), MarkEntry(pupil_id=cast.amina.pk, code="N")],
        key=uuid4(),
        finish=False,
        by=cast.pat,
        at=MORNING,
    )
    answer = add(sign_in(cast.sandra), from_on="2026-11-23", name="Snow")
    shown = answer.content.decode()

    assert "<title>Error: Calendar 2026/27" in shown
    assert "2 marks were already taken in those sessions, so the school was open." in shown
    assert 'value="Snow"' in shown, "what was typed stays"
    assert not NonSchoolDay.objects.filter(on=MONDAY).exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"from_on": ""}, "First day: This field is required."),
        ({"from_on": "25 Nov"}, "First day: Enter a valid date."),
        ({"kind": "picnic"}, "Kind: Select a valid choice"),
        ({"half": "noon"}, "Closed: Select a valid choice"),
        ({"from_on": "2026-11-28"}, "The school does not meet then"),
    ],
)
def test_a_closure_that_cannot_be_is_refused_at_its_field(cast, sign_in, values, words):
    assert words in add(sign_in(cast.sandra), **values).content.decode()


def test_a_term_is_changed_on_the_page_and_kept_when_refused(cast, sign_in):
    client = sign_in(cast.sandra)
    term = Term.objects.get(school=cast.thornbridge, school_year="2026/27", name="Summer")
    url = reverse("registers:term_change", args=[term.pk])
    assert 'value="2027-07-21"' in page(client, url)

    client.post(url, {"name": "Summer", "starts_on": "2027-04-12", "ends_on": "2027-07-23"})
    term.refresh_from_db()
    assert term.ends_on == date(2027, 7, 23)

    refused = client.post(url, {"name": "Summer", "starts_on": "2027-03-01", "ends_on": "2027-07-23"})
    assert "Spring 2026/27 runs from" in refused.content.decode()
    term.refresh_from_db()
    assert term.starts_on == date(2027, 4, 12)


def test_a_term_is_added_to_the_year_that_is_shown(cast, sign_in):
    client = sign_in(cast.sandra)
    client.post(
        reverse("registers:term_save"),
        {"year": "2027/28", "name": "Autumn", "starts_on": "2027-09-01", "ends_on": "2027-12-17"},
    )

    assert Term.objects.get(school=cast.thornbridge, school_year="2027/28").name == "Autumn"
    assert "Saved Autumn 2027/28." in page(client)


def test_times_are_set_on_the_page_from_a_day_on(cast, sign_in):
    client = sign_in(cast.sandra)
    values = {"half": "AM", "from_on": "2027-01-04", "opens_at": "08:45", "closes_at": "09:15"}
    client.post(reverse("registers:times_set"), values)

    row = SessionTimes.objects.get(school=cast.thornbridge, from_on=date(2027, 1, 4))
    assert (row.half, row.opens_at, row.closes_at) == ("AM", time(8, 45), time(9, 15))
    assert "Morning from Mon 4 Jan 2027" in page(client)
    refused = client.post(reverse("registers:times_set"), values | {"from_on": "2026-11-20"}).content.decode()
    assert "The earliest day is today, Mon 23 Nov 2026" in refused


def test_the_details_of_the_school_are_changed_and_its_numbers_are_not(cast, sign_in):
    client = sign_in(cast.sandra)
    url = reverse("registers:school_details")
    client.post(
        url,
        {"name": "Thornbridge Academy", "phone": "01629 555 0100", "email": "office@school.invalid", "urn": "999999"},
    )

    school = School.objects.get(pk=cast.thornbridge.pk)
    assert (school.phone, school.urn) == ("01629 555 0100", "137001")
    assert Entry.objects.get(verb="change_school").after == {
        "phone": "01629 555 0100",
        "email": "office@school.invalid",
    }
    again = client.post(url, {"name": school.name, "phone": school.phone, "email": school.email})
    assert again.status_code == 302
    assert Entry.objects.filter(verb="change_school").count() == 1
    assert "There is a problem" in client.post(url, {"name": ""}).content.decode()


def test_the_codes_in_force_are_listed_with_what_they_count_as_and_who_enters_them(cast, sign_in):
    shown = page(sign_in(cast.pat), "/office/codes/")

    assert "<h1>Codes, 34</h1>" in shown
    assert "Unauthorised absence, 4" in shown
    assert "Whoever takes the register" in shown
    assert "Ended before then, " in shown


def test_the_codes_of_an_earlier_day_are_those_of_that_day(cast, sign_in):
    shown = page(sign_in(cast.pat), "/office/codes/", on="2024-07-10")

    assert "In force on Wed 10 Jul 2024" in shown
    assert "Agreed family holiday" in shown
    assert "Nobody: read from older registers only" in shown
    assert "Leave, part-time timetable" not in shown
    assert "No codes are held for that day" in page(sign_in(cast.pat), "/office/codes/", on="2001-01-01")


CHANGES = [
    ("registers:closure_add", {"from_on": "2026-11-25", "kind": "inset"}),
    ("registers:term_save", {"year": "2027/28", "name": "A", "starts_on": "2027-09-01", "ends_on": "2027-12-17"}),
    ("registers:times_set", {"half": "AM", "from_on": "2027-01-04", "opens_at": "08:45", "closes_at": "09:15"}),
    ("registers:school_details", {"name": "Renamed"}),
]


@pytest.mark.parametrize("name", ["pat", "adeyemi", "bea", "dee", "sol", "gov", "tess"])
def test_who_may_not_change_the_calendar_sees_it_without_forms_and_changes_nothing(cast, sign_in, name):
    client = sign_in(getattr(cast, name))
    shown = page(client)
    assert "Days the year leaves out" not in shown
    assert "Take back" not in shown
    assert "Add a term" not in shown

    def state():
        return [list(model.objects.order_by("pk").values()) for model in (NonSchoolDay, Term, SessionTimes, School)]

    before = state()
    row = NonSchoolDay.objects.filter(school=cast.thornbridge).first()
    for url, data in [
        *((reverse(way), data) for way, data in CHANGES),
        (reverse("registers:closure_remove", args=[row.pk]), {}),
    ]:
        assert client.post(url, data).status_code == 403, url
    assert state() == before


@pytest.mark.parametrize("name", ["sandra", "laila", "max", "ada"])
def test_who_may_change_the_calendar_can(cast, sign_in, name):
    client = sign_in(getattr(cast, name))
    for way, data in CHANGES:
        assert client.post(reverse(way), data).status_code == 302, way


def test_rows_of_another_school_are_not_there(cast, sign_in):
    client = sign_in(cast.sandra)
    closure = NonSchoolDay.objects.filter(school=cast.ridgeway).first()
    term = Term.objects.filter(school=cast.ridgeway).first()

    assert client.post(reverse("registers:closure_remove", args=[closure.pk])).status_code == 404
    assert client.get(reverse("registers:term_change", args=[term.pk])).status_code == 404
    assert client.post(reverse("registers:term_change", args=[term.pk]), {"name": "Mine"}).status_code == 404
    assert NonSchoolDay.objects.filter(pk=closure.pk).exists()


def test_nothing_is_changed_by_looking(cast, sign_in):
    client = sign_in(cast.sandra)
    row = NonSchoolDay.objects.filter(school=cast.thornbridge).first()

    assert client.get(reverse("registers:closure_remove", args=[row.pk])).status_code == 405
    assert client.get(reverse("registers:closure_add")).status_code == 405
    assert client.get(reverse("registers:times_set")).status_code == 405
    assert client.get(reverse("registers:term_save")).status_code == 200
    assert not Entry.objects.exists()


def test_the_page_asks_the_database_a_fixed_number_of_times(cast, sign_in, count_queries):
    client = sign_in(cast.sandra)
    NonSchoolDay.objects.bulk_create(
        NonSchoolDay(school=cast.thornbridge, on=date(2027, 5, day), kind="closure", name=f"Day {day}")
        for day in (4, 5, 6, 10, 12, 14)
    )
    with count_queries(16):
        client.get(CALENDAR)
