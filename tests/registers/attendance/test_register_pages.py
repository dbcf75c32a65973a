"""The doors of taking registers: who gets in, what is shown, and that looking writes nothing."""

import json
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance_office.staff.models import TutorGroup
from registers.actions.attendance import record_mark
from registers.models import Cover, Mark, Register
from registers.queries.registers import group_to_take, groups_to_take
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_morning")]
AM = Session(MONDAY, "AM")


def address(name, group, on="2026-11-23", half="AM"):
    return reverse(f"registers:{name}", args=[group.pk, on, half])


def batch(client, group, entries, *, finish=False, key=None, on="2026-11-23", half="AM"):
    body = {"key": str(key or uuid4()), "finish": finish, "entries": entries}
    return client.post(address("register_save", group, on, half), json.dumps(body), content_type="application/json")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("pat", 200), ("sandra", 200), ("laila", 200), ("adeyemi", 200), ("max", 200),
        ("hal", 404), ("nine", 404), ("bea", 404), ("dee", 404), ("olly", 404), ("rita", 404), ("nobody", 404),
        ("gov", 403), ("sol", 403), ("tess", 403), ("ada", 403),
    ],
)  # fmt: skip
def test_who_may_take_the_register_of_9a(cast, sign_in, who, status):
    client = sign_in(cast.people[who])
    assert client.get(address("register_take", cast.nine_a)).status_code == status
    assert client.post(address("register_open", cast.nine_a)).status_code == status
    assert batch(client, cast.nine_a, []).status_code == status
    assert Register.objects.filter(tutor_group=cast.nine_a).exists() == (status == 200)


def test_one_group_and_the_list_of_groups_agree(cast):
    Cover.objects.create(school=cast.thornbridge, tutor_group=cast.eight_c, on=MONDAY, half="AM", user=cast.bea)
    for user in cast.people.values():
        for school in (cast.thornbridge, cast.ridgeway):
            listed = set(groups_to_take(user, school, AM))
            single = {group_to_take(user, school, AM, group.pk) for group in TutorGroup.objects.all()} - {None}
            assert single == listed, user


def test_whoever_covers_may_on_that_session_alone(cast, sign_in):
    Cover.objects.create(school=cast.thornbridge, tutor_group=cast.nine_a, on=MONDAY, half="AM", user=cast.hal)
    client = sign_in(cast.hal)
    assert client.get(address("register_take", cast.nine_a)).status_code == 200
    assert client.get(address("register_take", cast.nine_a, half="PM")).status_code == 404
    assert client.get(address("register_take", cast.nine_a, on="2026-11-24")).status_code == 404
    page = client.get(reverse("registers:register_list")).content.decode()
    assert "Take the 9A register" in page
    assert "Take the 8C register" in page


@pytest.mark.parametrize(("on", "half"), [("2026-11-31", "AM"), ("monday", "AM"), ("2026-11-23", "EVE")])
def test_a_strange_address_is_not_there(cast, sign_in, on, half):
    assert sign_in(cast.pat).get(address("register_take", cast.nine_a, on, half)).status_code == 404


def test_looking_writes_nothing(cast, sign_in):
    client = sign_in(cast.pat)
    client.get(address("register_take", cast.nine_a))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address("register_take", cast.nine_a)).status_code == 200
        assert client.get(reverse("registers:register_list")).status_code == 200
    assert [q["sql"] for q in queries if not q["sql"].startswith(("SELECT", "\n    SELECT", "WITH"))] == []
    assert not Register.objects.exists()


def test_the_sheet_in_at_most_fifteen_queries_and_a_save_in_twelve(cast, sign_in, save, count_queries):
    save({cast.callum: "N"}, by=cast.sandra)
    client = sign_in(cast.pat)
    client.get(address("register_take", cast.nine_a))
    with count_queries(15):
        client.get(address("register_take", cast.nine_a))
    with count_queries(15):
        client.get(reverse("registers:register_list"))
    entries = [{"pupil": p.pk, "code": "/", "was": ""} for p in (cast.amina, cast.freya)]
    with CaptureQueriesContext(connection) as queries:
        assert batch(client, cast.nine_a, entries).status_code == 200
    asked = [q["sql"] for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) <= 12, asked


def test_the_answer_to_a_batch(cast, sign_in):
    client = sign_in(cast.pat)
    entries = [
        {"pupil": cast.callum.pk, "code": "L", "minutes": None, "was": ""},
        {"pupil": cast.amina.pk, "code": "\\", "was": ""},
        {"pupil": cast.freya.pk, "code": "L", "minutes": 6, "was": ""},
    ]
    answer = batch(client, cast.nine_a, entries, finish=True)
    assert answer.status_code == 200
    body = answer.json()
    assert body["marks"] == {
        str(cast.callum.pk): ["U", None], str(cast.amina.pk): ["/", None], str(cast.freya.pk): ["L", 6],
    }  # fmt: skip
    assert (body["saved"], body["completed"], body["version"]) == ("09:14", "09:14", 1)
    assert "closed at 09:10" in body["notes"][str(cast.callum.pk)]
    assert body["counts"]["late"] == 1


def test_the_sheet_brings_the_better_codes_and_a_form_without_script_names_who_came_after(cast, sign_in):
    client = sign_in(cast.pat)
    page = client.get(address("register_take", cast.nine_a)).context["page"]
    assert [code["s"] for code in page["better"]] == ["M", "I"]
    assert page["amends"] is False
    sent = {"key": str(uuid4()), f"code-{cast.callum.pk}": "L", "save": "1"}
    told = client.post(address("register_save", cast.nine_a), sent, follow=True).content.decode()
    assert "Ashworth, Callum: The register closed at 09:10: arrived after it, so U, unless M, I" in told


def test_the_same_batch_five_times_has_one_answer(cast, sign_in):
    client, key = sign_in(cast.pat), uuid4()
    entries = [{"pupil": cast.callum.pk, "code": "N", "was": ""}]
    answers = [batch(client, cast.nine_a, entries, key=key).json() for _ in range(5)]
    assert all(answer == answers[0] for answer in answers)
    assert Register.objects.get().version == 1


@pytest.mark.parametrize("body", ["[]", "{}", '{"key": "x", "entries": []}', '{"key": 1, "entries": [1]}', "null"])
def test_what_is_no_batch_is_said_so(cast, sign_in, body):
    url = address("register_save", cast.nine_a)
    answer = sign_in(cast.pat).post(url, body, content_type="application/json")
    assert answer.status_code == 400
    assert "not a register" in answer.json()["words"]


def test_a_refused_batch_names_the_pupil(cast, sign_in):
    answer = batch(sign_in(cast.pat), cast.nine_a, [{"pupil": cast.callum.pk, "code": "C", "was": ""}])
    assert answer.status_code == 422
    assert list(answer.json()["pupils"]) == [str(cast.callum.pk)]
    answer = batch(sign_in(cast.pat), cast.nine_a, [{"pupil": cast.canary.pk, "code": "/", "was": ""}])
    assert (answer.status_code, "Canary" in answer.content.decode()) == (422, False)


def test_a_batch_that_clashes_says_who_when_and_what(cast, sign_in, save):
    save({cast.callum: "M"}, by=cast.sandra)
    answer = batch(sign_in(cast.pat), cast.nine_a, [{"pupil": cast.callum.pk, "code": "/", "was": ""}])
    assert answer.status_code == 409
    assert answer.json()["clashes"] == [
        {"pupil": cast.callum.pk, "yours": "/", "theirs": "M", "who": "Mrs S. Pugh", "at": "09:14"}
    ]


def form(cast, marks, **more):
    data = {"key": str(uuid4()), **more}
    for pupil, (code, was) in marks.items():
        data |= {f"code-{pupil.pk}": code, f"was-{pupil.pk}": was}
    return data


def test_the_whole_form_without_a_script(cast, sign_in, code_of):
    client, url = sign_in(cast.sandra), address("register_save", cast.nine_a)
    data = form(cast, {cast.callum: ("l", ""), cast.amina: ("", ""), cast.freya: ("i", "")}, save="1")
    answer = client.post(url, data | {f"minutes-{cast.callum.pk}": "6", f"minutes-{cast.freya.pk}": "4"}, follow=True)
    assert answer.status_code == 200
    assert "9A: saved 09:14, 2 of 3 marked." in answer.content.decode()
    assert Mark.objects.get(pupil=cast.callum).minutes_late == 6
    answer = client.post(url, form(cast, {cast.amina: ("", "")}, fill="1", finish="1"))
    assert answer.status_code == 302
    assert answer["Location"] == address("register_take", cast.eight_c)
    assert code_of(cast.amina) == "/"


def test_a_form_refused_comes_back_as_it_was_typed(cast, sign_in):
    answer = sign_in(cast.pat).post(
        address("register_save", cast.nine_a), form(cast, {cast.callum: ("qq", ""), cast.amina: ("i", "")}, save="1")
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing was saved." in page
    assert 'value="QQ"' in page
    assert not Mark.objects.exists()


def test_a_form_that_clashes_asks_which_stays(cast, sign_in, save, code_of):
    save({cast.callum: "M"}, by=cast.sandra)
    client, url = sign_in(cast.pat), address("register_save", cast.nine_a)
    answer = client.post(url, form(cast, {cast.callum: ("/", ""), cast.amina: ("N", "")}, save="1"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Mrs S. Pugh at 09:14" in page
    assert (code_of(cast.callum), code_of(cast.amina)) == ("M", "")
    both = form(cast, {cast.callum: ("/", "M"), cast.amina: ("N", "")}, save="1")
    client.post(url, both | {f"keep-{cast.callum.pk}": "theirs"})
    assert (code_of(cast.callum), code_of(cast.amina)) == ("M", "N")
    client.post(url, form(cast, {cast.callum: ("/", "M")}, save="1") | {f"keep-{cast.callum.pk}": "mine"})
    assert code_of(cast.callum) == "/"


def test_reasons_are_for_those_who_may_see_them(cast, sign_in):
    record_mark(
        pupil=cast.callum, session=Session(MONDAY, "PM"), code="M", comment="Orthodontist", by=cast.sandra, at=MORNING
    )
    url = address("register_take", cast.nine_a, half="PM")
    assert 'Planned: <span class="private">Orthodontist' in sign_in(cast.sandra).get(url).content.decode()
    page = sign_in(cast.pat).get(url).content.decode()
    assert "Orthodontist" not in page
    assert "Planned: Medical or dental appointment" in page


def test_a_session_not_begun_is_looked_at_and_not_taken(cast, sign_in):
    page = sign_in(cast.pat).get(address("register_take", cast.nine_a, half="PM")).content.decode()
    assert "This register opens at 13:20" in page
    assert 'id="finish"' not in page
    assert (
        "does not meet" in sign_in(cast.pat).get(address("register_take", cast.nine_a, "2026-11-22")).content.decode()
    )


def test_the_last_ten_and_the_year_stand_beside_each_name(cast, sign_in, save):
    for day, code in ((16, "/"), (20, "I")):
        session = Session(MONDAY.replace(day=day), "AM")
        save({cast.callum: code}, by=cast.sandra, session=session)
    page = sign_in(cast.pat).get(address("register_take", cast.nine_a)).content.decode()
    assert "Last ten, Mon 16 to Fri 20 Nov" in page
    assert "illness" in page
    assert ">50.0<" in page


def test_the_list_by_day_and_session(cast, sign_in, save):
    marks = dict.fromkeys((cast.callum, cast.amina, cast.freya), "/")
    save(marks, by=cast.sandra, finish=True)
    page = sign_in(cast.sandra).get(reverse("registers:register_list")).content.decode()
    assert "Registers, Monday morning" in page
    assert "1 of 2 still to take" in page
    assert "Taken 09:14" in page
    assert "Not opened" in page
    assert "for Mrs P. Hargreave" in page
    past = (
        sign_in(cast.sandra)
        .get(reverse("registers:register_list"), {"on": "2026-11-20", "half": "PM"})
        .content.decode()
    )
    assert "Registers, Friday afternoon" in past
    assert "2 of 2 still to take" in past
    closed = sign_in(cast.sandra).get(reverse("registers:register_list"), {"on": "2026-11-22"}).content.decode()
    assert "The school does not meet" in closed


def test_the_list_shows_a_tutor_the_own_register_and_no_other(cast, sign_in):
    page = sign_in(cast.pat).get(reverse("registers:register_list")).content.decode()
    assert "Take the 9A register" in page
    assert "8C" not in page
    page = sign_in(cast.bea).get(reverse("registers:register_list")).content.decode()
    assert "8C" in page
    assert address("register_take", cast.eight_c) not in page
