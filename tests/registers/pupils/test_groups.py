"""Groups: made, filled by list and by name, left by date, undone for ten minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from registers.actions import groups
from registers.models import Group, Membership


@pytest.fixture
def club(year, morning):
    return groups.make_group(
        school=year.thornbridge, name="Breakfast club", purpose="07:45", by=year.sandra, at=morning
    )


@pytest.fixture
def office(year, sign_in, at_morning):
    return sign_in(year.sandra)


def _post(client, view, *args, **fields):
    return client.post(reverse(f"registers:{view}", args=args), fields)


def test_a_group_is_made_once_under_its_name(office, club):
    assert _post(office, "group_make", name="Choir", purpose="").status_code == 302
    answer = _post(office, "group_make", name=" breakfast CLUB", purpose="")
    assert answer.status_code == 422
    assert "already" in answer.content.decode()
    assert Group.objects.count() == 2


def test_pupils_selected_in_the_list_are_added_once(office, year, club):
    picks = [year.callum.pk, year.tyler.pk, year.canary.pk]
    for _ in range(2):
        _post(office, "group_add_selected", pick=picks, group=club.pk, query="")
    assert set(Membership.objects.values_list("pupil", flat=True)) == {year.callum.pk, year.tyler.pk}
    assert "2 pupils added" in Entry.objects.get(verb="pupils added to group").words


def test_all_the_list_holds_are_added_as_it_is_narrowed(office, year, club):
    _post(office, "group_add_selected", all="1", group=club.pk, query="year=9")
    assert set(Membership.objects.values_list("pupil", flat=True)) == {year.callum.pk, year.amina.pk, year.freya.pk}


@pytest.mark.parametrize(("fields", "words"), [({"group": ""}, "Choose a group first"), ({}, "Nobody is selected")])
def test_an_empty_choice_is_refused_in_words(office, club, fields, words):
    answer = office.post(
        reverse("registers:group_add_selected"), {"group": club.pk, "query": "year=9"} | fields, follow=True
    )
    assert words in answer.content.decode()
    assert not Membership.objects.exists()


def test_adding_can_be_undone_for_ten_minutes_by_the_same_hand(office, year, club, morning):
    _, entry = groups.add_to_group(group=club, pupils=[year.callum], from_on=morning.date(), by=year.sandra, at=morning)
    with pytest.raises(Refused, match="nothing of yours"):
        groups.undo_adding(group=club, entry_id=entry.pk, by=year.laila, at=morning)
    with pytest.raises(Refused, match="ten minutes"):
        groups.undo_adding(group=club, entry_id=entry.pk, by=year.sandra, at=morning + timedelta(minutes=11))
    _post(office, "group_undo", club.pk, entry.pk)
    assert not Membership.objects.exists()
    with pytest.raises(Refused, match="already"):
        groups.undo_adding(group=club, entry_id=entry.pk, by=year.sandra, at=morning)


def test_pupils_are_added_by_name_and_an_unclear_name_is_refused(office, year, club, morning):
    answer = _post(office, "group_add", club.pk, who="ashworth cal\nhassan", from_on="2026-11-23")
    assert answer.status_code == 302
    answer = _post(office, "group_add", club.pk, who="a\nxyz\nBegum, Amina", from_on="2026-11-23")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "pupils are called so" in page
    assert "Nobody on roll is called so" in page
    assert "xyz</textarea>" in page
    assert Membership.objects.count() == 3


def test_a_pupil_leaves_by_date_and_the_days_before_stay(office, year, club, morning):
    groups.add_to_group(group=club, pupils=[year.callum], from_on=morning.date(), by=year.sandra, at=morning)
    row = Membership.objects.get()
    _post(office, "group_take", club.pk, row.pk, last_on="2026-11-01")
    row.refresh_from_db()
    assert row.to_on is None
    _post(office, "group_take", club.pk, row.pk, last_on="2026-11-27")
    row.refresh_from_db()
    assert f"{row.to_on}" == "2026-11-27"
    with pytest.raises(Refused, match="already"):
        groups.take_from_group(membership=row, last_on=morning.date(), by=year.sandra, at=morning)


def test_a_group_holds_no_pupil_of_another_school(year, club, morning):
    with pytest.raises(Refused, match="own school"):
        groups.add_to_group(group=club, pupils=[year.canary], from_on=morning.date(), by=year.sandra, at=morning)


def test_members_are_shown_within_reach_and_another_schools_group_is_not_there(
    year, club, sign_in, at_morning, morning
):
    groups.add_to_group(
        group=club, pupils=[year.callum, year.tyler], from_on=morning.date(), by=year.sandra, at=morning
    )
    path = reverse("registers:group_detail", args=[club.pk])
    page = sign_in(year.pat).get(path).content.decode()
    assert "Ashworth" in page
    assert "Maddox" not in page
    assert "Breakfast club, 1 pupil" in page
    assert sign_in(year.olly).get(path).status_code == 404
    assert "Breakfast" not in sign_in(year.olly).get(reverse("registers:group_list")).content.decode()


@pytest.mark.parametrize("who", ["pat", "adeyemi", "sol"])
def test_who_may_not_edit_changes_no_group(year, club, sign_in, at_morning, who):
    client = sign_in(year.people[who])
    for name, args in [
        ("group_make", []),
        ("group_add", [club.pk]),
        ("group_add_selected", []),
        ("group_undo", [club.pk, 1]),
    ]:
        assert _post(client, name, *args).status_code == 403
    page = client.get(reverse("registers:pupil_list")).content.decode()
    assert "Add to the group" not in page


def test_no_group_yet_is_said_in_words(office):
    assert "No group yet" in office.get(reverse("registers:group_list")).content.decode()
