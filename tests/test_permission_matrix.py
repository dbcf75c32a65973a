"""Every URL, tried by every role, by nobody and by another school.

MATRIX names each URL once: what it needs (one of these rights), and how to reach it for a pupil, group or row of Thornbridge.
`None` as rights means every signed-in member of staff; "public" means nobody needs to sign in. A URL not listed here fails
the build (tests/test_house.py).
"""

import pkgutil
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from attendance_office.staff.models import Post
from attendance_office.staff.roles import Can
from letters.models import Message
from registers.actions.attendance import Entry, save_marks
from registers.models import Group, Membership
from registers.rules.sessions import Session
from tests import matrix
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import person as make_person
from tests.matrix.way import Way

PEOPLE = (
    "sandra", "laila", "pat", "hal", "adeyemi", "nine", "bea", "dee", "max", "sol", "gov", "tess", "nell", "ada",
)  # fmt: skip
OUTSIDERS = ("olly", "rita")


def register(cast: Any) -> dict[str, Any]:
    return {"group_pk": cast.nine_a.pk, "on": MONDAY.isoformat(), "half": "AM"}


def pupil(cast: Any) -> dict[str, Any]:
    return {"pk": cast.callum.pk}


def person(cast: Any) -> dict[str, Any]:
    return {"pk": make_person(cast.thornbridge, "tutor", "Mr", "Someone", "Else").pk}


def post(cast: Any) -> dict[str, Any]:
    where = person(cast)
    return where | {"post_pk": Post.objects.get(user=where["pk"]).pk}


def term(cast: Any) -> dict[str, Any]:
    return {"pk": cast.thornbridge.terms.first().pk}


def closure(cast: Any) -> dict[str, Any]:
    return {"pk": cast.thornbridge.non_school_days.first().pk}


def csv(cast: Any) -> dict[str, Any]:
    return {"form": "csv"}


def session(cast: Any) -> dict[str, Any]:
    return {"on": MONDAY.isoformat(), "half": "AM"}


def mark(cast: Any) -> dict[str, Any]:
    save_marks(
        school=cast.thornbridge,
        tutor_group=cast.nine_a,
        session=Session(MONDAY, "AM"),
        entries=[Entry(pupil_id=cast.callum.pk, code="N")],
        key=uuid4(),
        finish=False,
        by=cast.pat,
        at=MORNING,
    )
    return {"pk": cast.callum.marks.get().pk}


def group(cast: Any) -> dict[str, Any]:
    return {"pk": Group.objects.create(school=cast.thornbridge, name="Breakfast club").pk}


def group_entry(cast: Any) -> dict[str, Any]:
    return group(cast) | {"entry": 1}


def membership(cast: Any) -> dict[str, Any]:
    where = group(cast)
    row = Membership.objects.create(school=cast.thornbridge, group_id=where["pk"], pupil=cast.callum, from_on=MONDAY)
    return where | {"membership": row.pk}


def message(cast: Any) -> dict[str, Any]:
    row = Message.objects.create(
        school=cast.thornbridge,
        key="matrix",
        kind="chase",
        channel="email",
        recipient=cast.pat,
        recipient_name=cast.pat.signature,
        address=cast.pat.email,
        subject="Register",
        body="Please take it.",
        on=MONDAY,
        half="AM",
        written_at=MORNING,
        written_by="The office itself",
        due_at=MORNING,
    )
    return {"pk": row.pk}


def job(cast: Any) -> dict[str, Any]:
    return {"job": "am_sweep"}


# Arguments that name a row of Thornbridge: to another school it is not there. The others only choose a view.
OWN_SCHOOL = {"": True, "csv": True, "session": True, "job": True} | dict.fromkeys(
    ("register", "pupil", "person", "post", "term", "closure", "mark", "group", "group_entry", "membership", "message"),
    False,
)

# Doors for a service with a token of its own: nobody's sign-in opens them.
TOLD_BY_A_SERVICE = {"letters:notify_delivery", "letters:notify_reply"}
C = Can
MATRIX: dict[str, Way] = {
    "office:home": Way(None),
    "office:healthz": Way(None),
    "office:readyz": Way(None),
    "letters:notify_delivery": Way(None, post=True, is_fragment=True),
    "letters:notify_reply": Way(None, post=True, is_fragment=True),
    "office:choose_school": Way(None, post=True),
    "office:stay": Way(None, post=True),
    "office:help": Way(None),
    "office:office": Way((C.EDIT_CALENDAR, C.EDIT_STAFF, C.EDIT_JOBS, C.SEE_AUDIT, C.SEE_HEALTH)),
    "office:staff_list": Way((C.EDIT_STAFF,)),
    "office:staff_add": Way((C.EDIT_STAFF,)),
    "office:staff_detail": Way((C.EDIT_STAFF,), "person"),
    "office:post_give": Way((C.EDIT_STAFF,), "person", post=True),
    "office:post_end": Way((C.EDIT_STAFF,), "post", post=True, once=True),
    "office:account_switch": Way((C.EDIT_STAFF,), "person", post=True),
    "office:factor_reset": Way((C.EDIT_STAFF,), "person", post=True),
    "office:role_table": Way((C.EDIT_STAFF, C.SEE_AUDIT)),
    "office:trail": Way((C.SEE_AUDIT,)),
    "reporting:desk": Way((C.SEE_DESK,)),
    "reporting:desk_fresh": Way((C.SEE_DESK,)),
    "reporting:figures": Way((C.SEE_FIGURES,)),
    "reporting:health": Way((C.SEE_HEALTH,)),
    "registers:register_list": Way((C.TAKE_OWN_REGISTER, C.TAKE_ANY_REGISTER)),
    "registers:register_take": Way((C.TAKE_OWN_REGISTER, C.TAKE_ANY_REGISTER), "register", rows="take"),
    "registers:register_open": Way((C.TAKE_OWN_REGISTER, C.TAKE_ANY_REGISTER), "register", post=True, rows="take"),
    "registers:register_save": Way((C.TAKE_OWN_REGISTER, C.TAKE_ANY_REGISTER), "register", post=True, rows="take"),
    "registers:calendar": Way((C.SEE_PUPILS, C.EDIT_CALENDAR, C.SEE_FIGURES, C.EDIT_STAFF)),
    "registers:term_save": Way((C.EDIT_CALENDAR,)),
    "registers:term_change": Way((C.EDIT_CALENDAR,), "term"),
    "registers:closure_add": Way((C.EDIT_CALENDAR,), post=True),
    "registers:closure_remove": Way((C.EDIT_CALENDAR,), "closure", post=True, once=True),
    "registers:times_set": Way((C.EDIT_CALENDAR,), post=True),
    "registers:school_details": Way((C.EDIT_CALENDAR,)),
    "registers:codes": Way((C.SEE_PUPILS, C.EDIT_CALENDAR, C.SEE_FIGURES, C.EDIT_STAFF)),
    "registers:pupil_list": Way((C.SEE_PUPILS,)),
    "registers:pupil_find": Way((C.SEE_PUPILS,), get={"q": "ash"}),
    "registers:pupil_export": Way((C.EXPORT,), "csv", post=True),
    "registers:pupil_detail": Way((C.SEE_PUPILS,), "pupil", rows="group"),
    "registers:pupil_marks": Way((C.SEE_PUPILS,), "pupil", rows="group"),
    "registers:pupil_contacts": Way((C.SEE_CONTACTS,), "pupil", rows="group"),
    "registers:pupil_groups": Way((C.SEE_PUPILS,), "pupil", rows="group"),
    "registers:pupil_record": Way((C.SEE_PUPILS,), "pupil", rows="group"),
    "registers:pupil_change": Way((C.EDIT_PUPILS,), "pupil", rows="group"),
    "registers:mark_amend": Way((C.AMEND_MARKS,), "mark", rows="group"),
    "registers:group_list": Way((C.SEE_PUPILS,)),
    "registers:group_make": Way((C.EDIT_PUPILS,)),
    "registers:group_add_selected": Way((C.EDIT_PUPILS,), post=True),
    "registers:group_detail": Way((C.SEE_PUPILS,), "group"),
    "registers:group_add": Way((C.EDIT_PUPILS,), "group", post=True),
    "registers:group_undo": Way((C.EDIT_PUPILS,), "group_entry", post=True),
    "registers:group_take": Way((C.EDIT_PUPILS,), "membership", post=True, once=True),
    "letters:board": Way((C.SEE_BOARD,)),
    "letters:board_changes": Way(
        (C.SEE_BOARD,), get={"on": "2026-11-23", "half": "AM", "since": "2026-11-23T09:00:00+00:00"}
    ),
    "letters:walk_round": Way((C.SEE_BOARD,)),
    "letters:chase_selected": Way((C.CHASE,), "session", post=True),
    "letters:chase": Way((C.CHASE,), "register", rows="group"),
    "letters:cover": Way((C.ARRANGE_COVER,), "register", rows="group"),
    "letters:message_list": Way((C.SEE_OUTBOX,)),
    "letters:message_detail": Way((C.SEE_OUTBOX,), "message"),
    "letters:message_settle": Way((C.CHASE,), "message", post=True),
    "letters:message_leave": Way((C.CHASE,), "message", post=True),
    "interventions:job_list": Way((C.EDIT_JOBS, C.RUN_JOBS)),
    "interventions:job_edit": Way((C.EDIT_JOBS,), "job"),
    "interventions:job_preview": Way((C.RUN_JOBS,), "job"),
    "interventions:job_run": Way((C.RUN_JOBS,), post=True),
}
for _module in pkgutil.iter_modules(matrix.__path__):
    MATRIX |= getattr(import_module(f"tests.matrix.{_module.name}"), "WAYS", {})

FINE = {200, 204, 302, 400, 405, 409, 422}
REACHES_NINE_A = {"sandra", "laila", "pat", "adeyemi", "bea", "dee", "max", "sol", "tess"}
TAKES_ANY_NINE_A = {"sandra", "laila", "pat", "adeyemi", "max"}


def kwargs_of(way, cast):
    """Give the URL's arguments, made from the cast."""
    if callable(way.kwargs):
        return way.kwargs(cast)
    return globals()[way.kwargs](cast) if way.kwargs else {}


def is_free(way):
    """Tell whether the arguments name no row of a school."""
    return way.chooses if callable(way.kwargs) else OWN_SCHOOL.get(way.kwargs, True)


def lets_in(way, allowed):
    """Tell whether these rights open the way."""
    return way.cans is None or (bool(allowed & set(way.cans)) and set(way.also) <= allowed)


def ask(sign_in, user, url, way):
    client = sign_in(user)
    if way.post:
        return client.post(url, {}).status_code
    return client.get(url, way.get).status_code


def expected(cast, name, way):
    """Say what a person of the school is answered: let in, refused (403), or not there (404)."""
    user = getattr(cast, name)
    if not lets_in(way, user.standing.allowed(cast.thornbridge.pk)):
        return {403, 404} if way.also else {403}
    if way.rows == "group" and name not in REACHES_NINE_A:
        return {404}
    if way.rows == "runs" and not user.standing.may(Can.APPROVE_LETTERS, cast.thornbridge.pk):
        return {404}
    if way.rows == "own" and name != "adeyemi":
        return {404}
    if way.rows == "sent" and name != "adeyemi" and not user.standing.may(Can.KEEP_REPORTS, cast.thornbridge.pk):
        return {404}
    if way.rows == "take" and name not in TAKES_ANY_NINE_A:
        return {404}
    return FINE


# Pages of the sign-in library and what each answers to somebody who has not signed in: a page (200), that there is
# none (404), or the way to the entrance (302). No page but these is without the office's own door.
ENTRANCE = {
    "account_login": 200,
    "account_logout": 302,
    "account_inactive": 200,
    "account_signup": 200,
    "account_reauthenticate": 302,
    "account_email": 302,
    "account_email_verification_sent": 200,
    "account_change_password": 302,
    "account_set_password": 302,
    "account_reset_password": 200,
    "account_confirm_login_code": 302,
    "account_confirm_email": 200,
    "account_reset_password_from_key_done": 200,
    "account_reset_password_from_key": 200,
    "account_reset_password_done": 200,
    "mfa_index": 302,
    "mfa_authenticate": 302,
    "mfa_reauthenticate": 302,
    "mfa_activate_totp": 302,
    "mfa_deactivate_totp": 302,
    "mfa_view_recovery_codes": 302,
    "mfa_generate_recovery_codes": 302,
    "mfa_download_recovery_codes": 302,
    "socialaccount_login_cancelled": 200,
    "socialaccount_login_error": 302,
    "socialaccount_signup": 302,
    "socialaccount_connections": 302,
    "/account/social/login/cancelled/": 302,
    "/account/social/login/error/": 302,
    "/account/social/signup/": 302,
    "/account/social/connections/": 302,
    "openid_connect_login": 404,
    "openid_connect_callback": 404,
}
ENTRANCE_KWARGS = {
    "account_confirm_email": {"key": "MTIz:1abc:none"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "none"},
    "openid_connect_login": {"provider_id": "none"},
    "openid_connect_callback": {"provider_id": "none"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ENTRANCE))
def test_a_page_of_the_entrance_shows_a_stranger_no_pupil_and_no_colleague(name, cast, client):
    url = name if name.startswith("/") else reverse(name, kwargs=ENTRANCE_KWARGS.get(name))
    answer = client.get(url)
    assert answer.status_code == ENTRANCE[name]
    page = answer.content.decode()
    assert not [one for one in (*cast.pupils.values(), *cast.people.values()) if str(one) in page]


def assert_a_stranger_is_sent_to_sign_in(name, answer):
    if name in ("office:healthz", "office:readyz"):
        assert answer.status_code == 200
    else:
        assert answer.status_code == 302
        assert "/account/login/" in answer["Location"]


@pytest.mark.parametrize("name", sorted(MATRIX))
def test_a_url_lets_in_whom_the_table_says_and_nobody_else(name, cast, sign_in, client, at_morning):
    way = MATRIX[name]
    url = reverse(name, kwargs=kwargs_of(way, cast))
    anonymous = client.post(url) if way.post else client.get(url, way.get)
    if name in TOLD_BY_A_SERVICE:
        assert {anonymous.status_code, sign_in(cast.sandra).post(url).status_code} == {401}
        return
    assert_a_stranger_is_sent_to_sign_in(name, anonymous)
    wrong = {}
    for person_name in PEOPLE:
        should = expected(cast, person_name, way)
        got = ask(sign_in, getattr(cast, person_name), url, way)
        if name == "office:home" and person_name == "ada":
            should = FINE
        if got not in should and not (way.once and should is FINE and got == 404):
            wrong[person_name] = (got, sorted(should))
    for person_name in OUTSIDERS:
        user = getattr(cast, person_name)
        allowed = lets_in(way, user.standing.allowed(cast.ridgeway.pk))
        if not allowed:
            should = {403}
        elif is_free(way):
            should = FINE
        else:
            should = {404}
        got = ask(sign_in, user, url, way)
        if got not in should:
            wrong[f"{person_name} of another school"] = (got, sorted(should))
    got = ask(sign_in, cast.nobody, url, way)
    if way.cans is not None and got != 404:
        wrong["nobody, who has no post"] = (got, [404])
    assert wrong == {}
