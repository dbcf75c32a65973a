"""Staff, their posts, who may do what, and the trail of it."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from attendance_office.staff import actions
from attendance_office.staff.models import Post, User
from attendance_office.staff.roles import MAY, Can, Role
from tests.conftest import MONDAY, MORNING
from tests.factories.staff import PostFactory, UserFactory

pytestmark = pytest.mark.usefixtures("at_morning")
NEW = {
    "title": "Mr",
    "first_name": "Jo",
    "last_name": "Newman",
    "email": "Jo.Newman@school.invalid",
    "phone": "214",
    "role": "officer",
}


def said(answer):
    return [str(message) for message in answer.context["messages"]] if answer.context else []


def give(person, school, role, **more):
    return actions.give_post(person=person, school=school, role=role, by=None, at=MORNING, **more)


def test_a_person_is_added_with_a_first_post_and_sets_the_password_by_post(cast, sign_in):
    client = sign_in(cast.laila)
    answer = client.post(reverse("office:staff_add"), NEW)

    assert answer["Location"] == reverse("office:staff_list")
    person = User.objects.get(email="jo.newman@school.invalid")
    assert person.posts.get().role == "officer"
    assert not person.has_usable_password()
    assert [line.verb for line in Entry.objects.order_by("pk")] == ["add_person", "give_post"]
    assert {line.by_id for line in Entry.objects.all()} == {cast.laila.pk}

    outside = Client()
    outside.post("/account/password/reset/", {"email": person.email})
    link = re.search(r"https?://[^/]+(/account/password/reset/key/\S+)", mail.outbox[0].body).group(1)
    form = outside.get(link, follow=True)
    new = {"password1": "three words together", "password2": "three words together"}
    outside.post(form.request["PATH_INFO"], new)
    outside.post("/account/login/", {"login": person.email, "password": "three words together"})
    assert "_auth_user_id" in outside.session


def test_a_post_that_cannot_be_given_makes_no_account(cast, sign_in):
    answer = sign_in(cast.laila).post(reverse("office:staff_add"), NEW | {"role": "head_of_year"})

    assert answer.status_code == 200
    assert "A head of year needs a year group" in answer.content.decode()
    assert not User.objects.filter(email__iexact=NEW["email"]).exists()
    assert not Entry.objects.exists()


def test_someone_of_another_school_keeps_the_account_and_gets_the_post(cast, sign_in):
    sign_in(cast.laila).post(reverse("office:staff_add"), NEW | {"email": cast.olly.email, "role": "pastoral"})

    cast.olly.refresh_from_db()
    assert cast.olly.last_name == "Marsden"
    assert {post.school for post in cast.olly.posts.all()} == {cast.ridgeway, cast.thornbridge}


def test_someone_who_works_here_is_not_added_again(cast, sign_in):
    answer = sign_in(cast.laila).post(reverse("office:staff_add"), NEW | {"email": cast.pat.email.upper()})

    assert "works here already" in answer.content.decode()
    assert cast.pat.posts.count() == 1


def test_an_empty_form_says_what_is_missing(cast, sign_in):
    page = sign_in(cast.laila).post(reverse("office:staff_add"), {"email": ""}).content.decode()

    assert "<title>Error: Add a person" in page
    assert "There is a problem" in page


def test_the_list_names_everyone_with_a_post_and_can_be_narrowed(cast, sign_in):
    client = sign_in(cast.ada)
    page = client.get(reverse("office:staff_list")).content.decode()

    assert "Staff, 12" in page
    assert "Hargreave" in page
    assert "Marsden" not in page
    assert "Stott" not in page, "the trust appoints its own"
    narrowed = client.get(reverse("office:staff_list"), {"q": "tutor of 8c"}).content.decode()
    assert "Tranter" in narrowed
    assert "Hargreave" not in narrowed
    assert "Nobody matches" in client.get(reverse("office:staff_list"), {"q": "zzz"}).content.decode()


@pytest.mark.parametrize(
    "path", ["office:staff_detail", "office:post_give", "office:account_switch", "office:factor_reset"]
)
def test_a_person_of_another_school_is_not_there(cast, sign_in, path):
    client = sign_in(cast.laila)
    url = reverse(path, args=[cast.olly.pk])
    answer = client.get(url) if path == "office:staff_detail" else client.post(url, {"on": "0", "reason": "x"})

    assert answer.status_code == 404
    assert User.objects.get(pk=cast.olly.pk).is_active


def test_a_post_of_another_school_is_not_ended_by_way_of_a_colleague(cast, sign_in):
    theirs = cast.olly.posts.get()
    give(cast.olly, cast.thornbridge, Role.PASTORAL)
    answer = sign_in(cast.laila).post(reverse("office:post_end", args=[cast.olly.pk, theirs.pk]))

    assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.ended_on is None


def test_a_post_is_given_and_ended_and_its_rights_go_with_it(cast, sign_in):
    client = sign_in(cast.ada)
    client.post(
        reverse("office:post_give", args=[cast.pat.pk]), {"role": "head_of_year", "year_group": "8", "tutor_group": ""}
    )
    post = cast.pat.posts.get(role="head_of_year")
    assert User.objects.get(pk=cast.pat.pk).standing.may(Can.CHASE, cast.thornbridge.pk)

    client.post(reverse("office:post_end", args=[cast.pat.pk, post.pk]))
    post.refresh_from_db()
    assert post.ended_on == MONDAY
    assert not User.objects.get(pk=cast.pat.pk).standing.may(Can.CHASE, cast.thornbridge.pk)
    assert [line.words for line in Entry.objects.order_by("pk")] == [
        "Pat Hargreave became Head of year 8",
        "Pat Hargreave is no longer head of year",
    ]


def test_the_same_post_is_not_given_twice(cast, sign_in):
    answer = sign_in(cast.ada).post(
        reverse("office:post_give", args=[cast.sandra.pk]), {"role": "officer"}, follow=True
    )

    assert said(answer) == ["Sandra Pugh already holds this post."]


def test_a_post_without_its_year_is_refused_in_words(cast, sign_in):
    answer = sign_in(cast.ada).post(
        reverse("office:post_give", args=[cast.pat.pk]), {"role": "head_of_year"}, follow=True
    )

    assert said(answer) == ["A head of year needs a year group. Choose one."]


def test_a_form_of_another_school_cannot_be_tutored(cast, sign_in):
    client = sign_in(cast.ada)
    client.post(
        reverse("office:post_give", args=[cast.bea.pk]), {"role": "tutor", "tutor_group": cast.ridgeway_nine_a.pk}
    )

    assert not cast.bea.posts.filter(role="tutor").exists()
    with pytest.raises(Refused, match="belongs to another school"):
        give(cast.bea, cast.thornbridge, Role.TUTOR, tutor_group=cast.ridgeway_nine_a)


def test_nobody_is_made_trust_lead_by_a_school(cast, sign_in):
    client = sign_in(cast.ada)
    client.post(reverse("office:post_give", args=[cast.bea.pk]), {"role": "trust_lead"})

    assert not cast.bea.posts.filter(role="trust_lead").exists()


def test_the_last_post_that_manages_staff_does_not_end(cast, sign_in):
    client = sign_in(cast.ada)
    client.post(reverse("office:post_end", args=[cast.laila.pk, cast.laila.posts.get().pk]))
    assert cast.laila.posts.get().ended_on == MONDAY

    answer = client.post(reverse("office:post_end", args=[cast.ada.pk, cast.ada.posts.get().pk]), follow=True)
    assert said(answer)[-1] == (
        "This is the last post that can manage staff here. Give another person such a post first."
    )
    assert cast.ada.posts.get().ended_on is None


def test_a_manager_whose_account_is_off_does_not_count_as_one(cast):
    User.objects.filter(pk=cast.laila.pk).update(is_active=False)

    with pytest.raises(Refused, match="last post that can manage staff"):
        actions.end_post(post=cast.ada.posts.get(), on=MONDAY, by=cast.ada, at=MORNING)


def test_a_post_is_not_ended_twice(cast):
    post = cast.pat.posts.get()
    actions.end_post(post=post, on=MONDAY, by=cast.ada, at=MORNING)

    with pytest.raises(Refused, match="already ended"):
        actions.end_post(post=post, on=MONDAY, by=cast.ada, at=MORNING)


def signed_in_elsewhere(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["second_factor"] = True
    session.save()
    return client


def test_switching_an_account_off_ends_its_sessions_and_on_lets_it_in_again(cast, sign_in):
    theirs = signed_in_elsewhere(cast.pat)
    other = signed_in_elsewhere(cast.hal)
    assert theirs.get("/")["Location"] == reverse("registers:register_list")

    client = sign_in(cast.laila)
    client.post(reverse("office:account_switch", args=[cast.pat.pk]), {"on": "0"})

    assert "/account/login/" in theirs.get("/")["Location"]
    assert other.get("/")["Location"] == reverse("registers:register_list")
    client.post(reverse("office:account_switch", args=[cast.pat.pk]), {"on": "1"})
    assert User.objects.get(pk=cast.pat.pk).is_active
    assert [line.words for line in Entry.objects.order_by("pk")] == [
        "Pat Hargreave may no longer sign in",
        "Pat Hargreave may sign in again",
    ]


def test_nobody_switches_off_the_own_account(cast, sign_in):
    answer = sign_in(cast.laila).post(reverse("office:account_switch", args=[cast.laila.pk]), {"on": "0"}, follow=True)

    assert said(answer) == ["You cannot switch off your own account. Ask a colleague who manages staff."]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("office:account_switch", {"on": "0"}),
        ("office:factor_reset", {"reason": "rang from the school"}),
        ("office:staff_detail", {"title": "Mr", "first_name": "O", "last_name": "M", "email": "mine@evil.invalid"}),
    ],
)
def test_an_account_that_opens_another_school_is_not_changed_from_here(cast, sign_in, path, data):
    give(cast.olly, cast.thornbridge, Role.PASTORAL)
    TOTP.activate(cast.olly, generate_totp_secret())
    before = User.objects.filter(pk=cast.olly.pk).values().get()
    answer = sign_in(cast.laila).post(reverse(path, args=[cast.olly.pk]), data, follow=True)

    assert "also works for another school or the trust" in answer.content.decode()
    assert User.objects.filter(pk=cast.olly.pk).values().get() == before
    assert Authenticator.objects.filter(user=cast.olly).exists()


def test_a_new_address_replaces_the_old_one_for_signing_in(cast, sign_in):
    EmailAddress.objects.create(user=cast.pat, email=cast.pat.email, verified=True, primary=True)
    old = cast.pat.email
    data = {"title": "Mrs", "first_name": "Pat", "last_name": "Hargreave-Lee", "email": "Pat.Lee@school.invalid"}
    sign_in(cast.laila).post(reverse("office:staff_detail", args=[cast.pat.pk]), data)

    line = Entry.objects.get(verb="change_person")
    assert line.before == {"last_name": "Hargreave", "email": old}
    assert line.after == {"last_name": "Hargreave-Lee", "email": "pat.lee@school.invalid"}
    outside = Client()
    outside.post("/account/login/", {"login": old, "password": "correct horse battery"})
    assert "_auth_user_id" not in outside.session
    outside.post("/account/login/", {"login": "pat.lee@school.invalid", "password": "correct horse battery"})
    assert "_auth_user_id" in outside.session


def test_an_address_of_another_account_is_refused_whatever_its_case(cast):
    with pytest.raises(Refused, match="already belongs to another account"):
        actions.change_person(
            person=cast.pat,
            school=cast.thornbridge,
            changes={"email": cast.hal.email.upper()},
            by=cast.laila,
            at=MORNING,
        )


def test_a_lost_second_factor_is_taken_away_with_a_reason_and_the_sessions_end(cast, sign_in):
    TOTP.activate(cast.sandra, generate_totp_secret())
    theirs = signed_in_elsewhere(cast.sandra)
    client = sign_in(cast.laila)
    url = reverse("office:factor_reset", args=[cast.sandra.pk])

    answer = client.post(url, {"reason": " "}, follow=True)
    assert said(answer) == ["Say why: how did you make sure it was this person who asked?"]
    assert Authenticator.objects.filter(user=cast.sandra).exists()

    client.post(url, {"reason": "came to the office in person"})
    assert not Authenticator.objects.filter(user=cast.sandra).exists()
    assert "/account/login/" in theirs.get("/")["Location"]
    assert Entry.objects.get(verb="reset_second_factor").reason == "came to the office in person"


def test_the_table_of_roles_shows_what_the_doors_read(cast, sign_in):
    answer = sign_in(cast.laila).get(reverse("office:role_table"))
    shown = {row["can"]: row["cells"] for row in answer.context["rows"]}

    assert shown == {can.value: [can in MAY[role] for role in Role] for can in Can}
    page = answer.content.decode()
    assert all(can.value in page for can in Can) or "&#x27;" in page
    assert page.count('aria-label="Yes"') == sum(len(MAY[role]) for role in Role)


def test_the_trail_shows_this_school_alone_and_can_be_narrowed(cast, sign_in):
    actions.end_post(post=cast.pat.posts.get(), on=MONDAY, by=cast.ada, at=MORNING)
    actions.switch_account(person=cast.hal, school=cast.thornbridge, is_active=False, by=cast.laila, at=MORNING)
    actions.add_person(
        school=cast.ridgeway, email="x@y.invalid", title="", first_name="Zed", last_name="Other", by=None, at=MORNING
    )
    client = sign_in(cast.dee)
    url = reverse("office:trail")

    def words(**narrow):
        return {entry.words for entry in client.get(url, narrow).context["page"]}

    ended, off = "Pat Hargreave is no longer tutor or teacher", "Hal Tranter may no longer sign in"
    assert words() == {ended, off}
    assert words(q="no longer sign") == {off}
    assert words(who="fenn") == {ended}
    assert words(kind="person") == {ended, off}
    assert words(on="2026-11-22") == set()
    assert words(on="2026-11-23", q="TUTOR") == {ended}
    assert "No line matches" in client.get(url, {"q": "zzz"}).content.decode()


def test_the_trail_turns_pages(cast, sign_in):
    for number in range(60):
        person = UserFactory(last_name=f"Many{number:02d}")
        give(person, cast.thornbridge, Role.PASTORAL)
    client = sign_in(cast.laila)
    first = client.get(reverse("office:trail"))
    second = client.get(reverse("office:trail"), {"page": "2"})

    assert "Page 1 of 2" in first.content.decode()
    assert (len(first.context["page"]), len(second.context["page"])) == (50, 10)


def test_a_long_list_of_roles_fits_the_trail(cast):
    for role in (Role.LEAD, Role.DSL, Role.SLT, Role.DATA_MANAGER):
        PostFactory(user=cast.bea, school=cast.thornbridge, role=role)
    bea = User.objects.get(pk=cast.bea.pk)
    actions.switch_account(person=cast.hal, school=cast.thornbridge, is_active=False, by=bea, at=MORNING)

    assert Entry.objects.get(verb="switch_account").by_role.startswith("Pastoral support, Attendance lead")


def test_who_may_not_manage_staff_is_turned_away(cast, sign_in):
    client = sign_in(cast.sandra)
    assert client.get(reverse("office:staff_list")).status_code == 403
    assert client.post(reverse("office:staff_add"), NEW).status_code == 403
    assert not Post.objects.filter(user__email__iexact=NEW["email"]).exists()


def test_the_office_page_shows_each_role_its_own_ways(cast, sign_in):
    sandra = sign_in(cast.sandra).get(reverse("office:office")).content.decode()
    assert reverse("registers:calendar") in sandra
    assert reverse("office:staff_list") not in sandra
    dee = sign_in(cast.dee).get(reverse("office:office")).content.decode()
    assert reverse("office:trail") in dee
    assert reverse("registers:calendar") not in dee


def test_lists_ask_the_database_a_fixed_number_of_times(cast, sign_in, count_queries):
    for number in range(30):
        give(UserFactory(last_name=f"Many{number:02d}"), cast.thornbridge, Role.PASTORAL)
    client = sign_in(cast.laila)
    with count_queries(12):
        client.get(reverse("office:staff_list"))
    with count_queries(12):
        client.get(reverse("office:trail"))
