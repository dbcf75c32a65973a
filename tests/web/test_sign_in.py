"""Signing in: password, second factor, lock-out, idle lock, and what browsers and logs are left with."""

import logging
import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from attendance_office import clock
from attendance_office.staff import actions
from attendance_office.web.middleware import POLL
from tests.conftest import MORNING

PASSWORD = "correct horse battery"
LOGIN = "/account/login/"


@pytest.fixture(autouse=True)
def _fresh_office(db, settings):
    settings.OFFICE_SECOND_FACTOR = False
    cache.clear()


@pytest.fixture
def hands(monkeypatch):
    """Give a clock whose hands a test can move."""

    class Hands:
        at = MORNING

        def move(self, **by):
            self.at += timedelta(**by)

    hands = Hands()
    monkeypatch.setattr(clock, "now", lambda: hands.at)
    return hands


@pytest.fixture
def two_factors(settings):
    settings.OFFICE_SECOND_FACTOR = True


def try_in(client, email, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def is_in(client):
    return not client.get("/").headers.get("Location", "").startswith(LOGIN)


def code_now(secret, step=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def test_the_right_password_opens_the_first_page(cast, client):
    answer = try_in(client, cast.sandra.email)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_in(client)


def test_an_address_is_known_whatever_its_case(cast, client):
    try_in(client, cast.sandra.email.upper())

    assert is_in(client)


def test_a_wrong_password_says_the_same_as_an_unknown_address(cast, client):
    wrong = try_in(client, cast.sandra.email, "not this one at all")
    unknown = try_in(client, "nobody.here@school.invalid", "not this one at all")

    def words(answer):
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|content="\w{64}"', "", answer.content.decode())
        return page.replace(cast.sandra.email, "").replace("nobody.here@school.invalid", "")

    assert wrong.status_code == unknown.status_code == 200
    assert words(wrong) == words(unknown)
    assert not is_in(client)


def test_a_switched_off_account_says_the_same_as_a_wrong_password_until_the_password_is_right(cast, client):
    cast.sandra.is_active = False
    cast.sandra.save()

    assert "There is a problem" in try_in(client, cast.sandra.email, "not this one at all").content.decode()
    try_in(client, cast.sandra.email)
    assert not is_in(client)


def test_a_reset_says_the_same_for_a_known_and_an_unknown_address(cast, client):
    known = client.post("/account/password/reset/", {"email": cast.sandra.email}, follow=True)
    unknown = client.post("/account/password/reset/", {"email": "nobody.here@school.invalid"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain
    assert known.content == unknown.content
    assert [message.to for message in mail.outbox] == [[cast.sandra.email], ["nobody.here@school.invalid"]]
    assert "no account under it" in mail.outbox[1].body
    assert "sign up" not in mail.outbox[1].body.lower()


def test_the_link_of_a_reset_sets_a_password_once_and_does_not_sign_in(cast, client):
    client.post("/account/password/reset/", {"email": cast.sandra.email})
    link = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", mail.outbox[0].body).group(1)

    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": "three words together", "password2": "three words together"})
    assert not is_in(client)
    assert "This link no longer works" in client.get(link, follow=True).content.decode()
    try_in(client, cast.sandra.email, "three words together")
    assert is_in(client)


@pytest.mark.parametrize("weak", ["elevenchars", "password1234", "sandra.pugh@137001"])
def test_short_common_and_own_names_are_no_passwords(cast, client, weak):
    client.post("/account/password/reset/", {"email": cast.sandra.email})
    link = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", mail.outbox[0].body).group(1)
    form = client.get(link, follow=True)
    answer = client.post(form.request["PATH_INFO"], {"password1": weak, "password2": weak})

    assert "There is a problem" in answer.content.decode()


def test_nobody_signs_up(cast, client):
    page = client.get("/account/signup/")
    assert "Accounts are made by the school" in page.content.decode()
    client.post("/account/signup/", {"email": "new@school.invalid", "password1": PASSWORD})
    assert not type(cast.sandra).objects.filter(email="new@school.invalid").exists()


def test_nobody_changes_the_own_address_past_the_trail(cast, sign_in):
    client = sign_in(cast.sandra)
    answer = client.post("/account/email/", {"action_add": "", "email": "other@elsewhere.invalid"})

    assert answer.status_code == 404


def test_ten_wrong_passwords_lock_the_account_even_for_the_right_one(cast, client):
    for _ in range(10):
        try_in(client, cast.sandra.email, "not this one at all")
    answer = try_in(client, cast.sandra.email)

    assert "Too many failed login attempts" in answer.content.decode()
    assert not is_in(client)


def test_nine_wrong_passwords_do_not(cast, client):
    for _ in range(9):
        try_in(client, cast.sandra.email, "not this one at all")
    try_in(client, cast.sandra.email)

    assert is_in(client)


def test_a_school_behind_one_address_is_not_locked_out_by_one_pupil(cast, client, hands, settings):
    for number in range(130):
        try_in(client, f"guess{number}@school.invalid", "not this one at all")
    try_in(client, cast.sandra.email)

    assert is_in(client)


def test_an_address_with_many_failures_leaves_each_account_three_tries(cast, client, hands):
    for number in range(100):
        try_in(client, f"guess{number}@school.invalid", "not this one at all")
    for _ in range(3):
        assert "Too many" not in try_in(client, cast.pat.email, "not this one at all").content.decode()

    assert "Too many" in try_in(client, cast.pat.email, "not this one at all").content.decode()
    assert (
        "Too many" not in try_in(client, cast.hal.email, "not this one at all", REMOTE_ADDR="10.2.3.4").content.decode()
    ), "another address is another school"


def test_many_colleagues_sign_in_within_a_minute_from_one_address(cast, client):
    for _ in range(40):
        client.logout()
        assert try_in(client, cast.pat.email).status_code == 302


def test_an_officer_is_sent_to_set_up_a_second_factor_and_reaches_nothing_before(cast, client, two_factors):
    try_in(client, cast.sandra.email)

    for path in ("/", "/help/", reverse("registers:codes"), reverse("office:staff_list")):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_activate_totp")), path


def test_a_tutor_of_one_class_needs_no_second_factor(cast, client, two_factors):
    try_in(client, cast.pat.email)

    assert client.get("/")["Location"] != reverse("mfa_activate_totp")
    assert is_in(client)


def test_a_second_factor_is_set_up_and_asked_for_at_the_next_sign_in(cast, client, two_factors):
    try_in(client, cast.sandra.email)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert wrong.status_code == 200
    client.post(reverse("mfa_activate_totp"), {"code": code_now(secret)})
    assert Authenticator.objects.filter(user=cast.sandra, type="totp").exists()
    assert "mfa" not in client.get("/")["Location"]

    client.post(reverse("account_logout"))
    assert try_in(client, cast.sandra.email)["Location"] == reverse("mfa_authenticate")
    assert not is_in(client), "a password alone is not enough"
    client.post(reverse("mfa_authenticate"), {"code": "123456"})
    assert not is_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_now(secret, step=0)})
    assert is_in(client)


def test_setting_up_late_or_changing_a_second_factor_asks_for_the_password_again(cast, client, two_factors, hands):
    try_in(client, cast.sandra.email)
    client.get("/")
    hands.move(minutes=6)
    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith(reverse("account_reauthenticate"))

    TOTP.activate(cast.pat, generate_totp_secret())
    client.post(reverse("account_logout"))
    try_in(client, cast.pat.email)
    secret = Authenticator.objects.get(user=cast.pat).wrap().instance.data["secret"]
    client.post(reverse("mfa_authenticate"), {"code": code_now(secret)})
    answer = client.get(reverse("mfa_deactivate_totp"))
    assert "reauthenticate" in answer["Location"]


def test_a_code_is_good_once(cast, client, two_factors):
    secret = generate_totp_secret()
    TOTP.activate(cast.sandra, secret)
    code = code_now(secret)
    try_in(client, cast.sandra.email)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert is_in(client)
    client.post(reverse("account_logout"))

    try_in(client, cast.sandra.email)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert not is_in(client)


def test_a_recovery_code_opens_once(cast, client, two_factors):
    TOTP.activate(cast.sandra, generate_totp_secret())
    one = RecoveryCodes.activate(cast.sandra).get_unused_codes()[0]

    try_in(client, cast.sandra.email)
    client.post(reverse("mfa_authenticate"), {"code": one})
    assert is_in(client)
    client.post(reverse("account_logout"))
    try_in(client, cast.sandra.email)
    client.post(reverse("mfa_authenticate"), {"code": one})
    assert not is_in(client)


def test_wrong_codes_lock_too(cast, client, two_factors):
    secret = generate_totp_secret()
    TOTP.activate(cast.sandra, secret)
    try_in(client, cast.sandra.email)
    for _ in range(10):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    client.post(reverse("mfa_authenticate"), {"code": code_now(secret)})

    assert not is_in(client)


def test_a_reset_of_the_password_does_not_skip_the_second_factor(cast, client, two_factors):
    TOTP.activate(cast.sandra, generate_totp_secret())
    client.post("/account/password/reset/", {"email": cast.sandra.email})
    link = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", mail.outbox[0].body).group(1)
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": "three words together", "password2": "three words together"})

    assert try_in(client, cast.sandra.email, "three words together")["Location"] == reverse("mfa_authenticate")


def test_fifteen_minutes_without_use_lock_the_session(cast, client, hands):
    try_in(client, cast.sandra.email)
    assert is_in(client)
    hands.move(minutes=15)
    assert is_in(client)
    hands.move(minutes=15, seconds=1)

    answer = client.get("/help/")
    assert answer["Location"] == f"{LOGIN}?next=/help/"
    assert "Locked after 15 minutes without use" in client.get(answer["Location"]).content.decode()
    assert not is_in(client)
    assert not Session.objects.filter(session_key=client.cookies["office_session"].value, expire_date=None).exists()


def test_polling_does_not_keep_a_session_open(cast, client, hands):
    try_in(client, cast.sandra.email)
    is_in(client)
    for _ in range(16):
        hands.move(minutes=1)
        answer = client.get("/", headers={POLL: "1", "HX-Request": "true"})

    assert (answer.status_code, answer["HX-Redirect"]) == (204, LOGIN)
    assert not is_in(client)


def test_a_session_in_steady_use_ends_after_eight_hours(cast, client, hands):
    try_in(client, cast.sandra.email)
    for _ in range(48):
        assert is_in(client)
        hands.move(minutes=10)
    hands.move(minutes=1)

    answer = client.get("/", follow=True)
    assert "Signed out after 8 hours" in answer.content.decode()
    assert not is_in(client)


def test_staying_signed_in_counts_as_use(cast, client, hands):
    try_in(client, cast.sandra.email)
    is_in(client)
    hands.move(minutes=14)
    assert client.post("/stay/").status_code == 204
    hands.move(minutes=14)

    assert is_in(client)


def test_a_switched_off_person_is_out_at_the_next_request(cast, client, at_morning):
    try_in(client, cast.sandra.email)
    assert is_in(client)

    actions.switch_account(person=cast.sandra, school=cast.thornbridge, is_active=False, by=cast.ada, at=at_morning)

    assert not is_in(client)


def test_a_changed_password_ends_the_sessions_elsewhere(cast, client, client_elsewhere):
    try_in(client, cast.sandra.email)
    try_in(client_elsewhere, cast.sandra.email)
    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": "three words together", "password2": "three words together"},
    )

    assert not is_in(client_elsewhere)


@pytest.fixture
def client_elsewhere():
    from django.test import Client

    return Client()


def test_a_new_session_begins_at_sign_in_and_signing_out_ends_it(cast, client):
    client.get(LOGIN)
    before = client.cookies.get("office_session")
    try_in(client, cast.sandra.email)
    key = client.cookies["office_session"].value
    assert before is None or before.value != key
    answer = client.post(reverse("account_logout"))

    assert not Session.objects.filter(session_key=key).exists()
    assert answer["Clear-Site-Data"] == '"cache"'


def test_cookies_are_kept_from_scripts_and_strangers(cast, client):
    try_in(client, cast.sandra.email)
    cookie = client.cookies["office_session"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert client.cookies["office_csrf"]["samesite"] == "Lax"


POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
}  # fmt: skip


@pytest.mark.parametrize("path", [LOGIN, "/account/password/reset/", "/no/such/page/", "/healthz", "/readyz", "/"])
def test_every_answer_carries_the_whole_policy(cast, client, path):
    answer = client.get(path)

    assert set(answer["Content-Security-Policy"].split("; ")) == POLICY
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


def test_pages_of_someone_signed_in_are_stored_nowhere(cast, client):
    try_in(client, cast.sandra.email)
    for path in ("/", "/no/such/page/", reverse("office:staff_list"), LOGIN):
        assert "no-store" in client.get(path)["Cache-Control"], path


def test_pages_carry_no_inline_style_or_script(cast, client):
    for path in (LOGIN, "/account/password/reset/", "/account/signup/", "/no/such/page/"):
        page = client.get(path).content.decode()
        assert "style=" not in page, path
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"\son\w+=", page), path


def test_a_broken_page_says_so_with_the_policy_and_logs_no_pupil(cast, client, console, monkeypatch):
    def break_down(*_args, **_kwargs):
        raise ValueError("Zzyzx Canary, UPN T000000000001, is absent")

    monkeypatch.setattr("attendance_office.web.views.home.render", break_down)
    client.raise_request_exception = False
    try_in(client, cast.sandra.email)
    answer = client.get("/help/?q=Zzyzx+Canary")

    assert answer.status_code == 500
    assert "Something broke in the office" in answer.content.decode()
    assert "Canary" not in answer.content.decode()
    assert set(answer["Content-Security-Policy"].split("; ")) == POLICY
    assert "no-store" in answer["Cache-Control"]
    said = console.getvalue()
    assert "/help/" in said
    assert "ValueError at" in said
    assert "break_down" in said
    assert not re.search("zzyzx|canary|T0000", said, re.IGNORECASE)


def test_a_page_that_is_not_there_logs_its_path_without_the_query(cast, client, console):
    client.get("/no/such/page/?q=Zzyzx+Canary")

    assert "/no/such/page/" in console.getvalue()
    assert "Canary" not in console.getvalue()


def test_a_broken_row_in_the_database_logs_no_value_of_it(cast, console):
    try:
        type(cast.canary).objects.create(
            school=cast.ridgeway, upn=cast.canary.upn, legal_surname="Canary", legal_forename="Zzyzx",
            sort_name="canary, zzyzx", date_of_birth=cast.canary.date_of_birth, sex="F", year_group=9,
        )  # fmt: skip
    except Exception:
        logging.getLogger("registers").exception("Could not save")

    assert "IntegrityError" in console.getvalue()
    assert not re.search("zzyzx|canary", console.getvalue(), re.IGNORECASE)


def test_healthz_asks_nothing_of_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"alive\n")


def test_readyz_says_yes_when_the_database_answers_and_nothing_waits(client):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True})


def test_readyz_says_no_and_why_while_the_database_is_away(client, monkeypatch):
    from django.db import OperationalError, connection

    def away(*_args, **_kwargs):
        raise OperationalError("could not connect to server: host=secret.example")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", away)
        answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"ready": False, "why": "The database does not answer."})


def test_a_person_without_a_post_sees_nothing(cast, client):
    try_in(client, cast.nobody.email)

    answer = client.get("/")
    assert answer.status_code == 403
    assert "no post in a school" in answer.content.decode()
    assert client.get(reverse("registers:codes")).status_code == 404


def test_sign_in_goes_on_to_the_page_asked_for_and_never_elsewhere(cast, client):
    assert client.post(LOGIN, {"login": cast.pat.email, "password": PASSWORD, "next": "/help/"})["Location"] == "/help/"
    client.post(reverse("account_logout"))
    away = client.post(LOGIN, {"login": cast.pat.email, "password": PASSWORD, "next": "https://elsewhere.invalid/"})
    assert away.headers.get("Location", "/") == "/"
