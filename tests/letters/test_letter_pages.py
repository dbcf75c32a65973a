"""Letters due, one letter with its Why, stops, the policy and the simulator, as pages."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from letters.actions.doubts import find_doubted
from letters.actions.policies import Terms, set_policy, supply_policies
from letters.actions.stops import keep_stop
from letters.actions.templates import add_template
from letters.models import Episode, Letter, LetterPolicy, Stop
from registers.models import Contact
from tests.conftest import MONDAY
from tests.factories.letters import AT, amend, give_template, second_parent

DUE = reverse("letters:due_list")


@pytest.fixture
def read(fallen, sign_in, at_morning):
    """Give a function that reads a page as a person."""

    def _read(who, url, **query):
        return sign_in(who).get(url, query)

    return _read


def text(answer):
    return answer.content.decode()


def test_each_pupil_stands_with_number_receipt_reason_and_parents(fallen, propose, read):
    second_parent(fallen.callum)
    propose()
    shown = text(read(fallen.sandra, DUE, level="1"))
    assert "Letters due (3)" in shown
    assert "Level 1 <b>2</b>" in shown
    assert "90.0 %" in shown
    assert "2 of 20" in shown
    assert "Below 95 %: 2 illness" in shown
    assert "Mrs J. Ashworth; Mr T. Ashworth" in shown
    assert "2 addresses" in shown
    assert "First letter" in shown
    assert "Begum" not in shown


def test_the_list_says_in_which_language_a_letter_goes_and_which_the_home_reads(fallen, propose, read):
    Contact.objects.filter(pk=fallen.callum.parents.get().contact_id).update(language="polish")
    propose()
    assert "in English, home reads polish" in text(read(fallen.sandra, DUE, level="1"))
    letter = Letter.objects.get(pupil=fallen.callum)
    translated = add_template(
        school=fallen.thornbridge, kind="level_1", name="Another", language="polish", by=fallen.sandra, at=AT
    )
    Letter.objects.filter(pk=letter.pk).update(version=translated.versions.get())
    shown = text(read(fallen.sandra, DUE, level="1"))
    assert ">Polish<" in shown
    assert "home reads" not in shown
    Letter.objects.filter(pk=letter.pk).update(version=letter.version, language="")
    assert "home reads" not in text(read(fallen.sandra, DUE, level="1"))


def test_a_letter_is_shown_beside_the_list_and_names_one_address_alone(fallen, propose, read):
    second_parent(fallen.callum)
    propose()
    first, second = Letter.objects.filter(pupil=fallen.callum).order_by("pk")
    shown = text(read(fallen.sandra, reverse("letters:letter_preview", args=[second.pk])))
    assert "9 Mill Lane" in shown
    assert "Weavers Close" not in shown
    assert "9 Mill Lane" not in text(read(fallen.sandra, reverse("letters:letter_preview", args=[first.pk])))


def test_a_field_without_a_value_is_named_and_nothing_is_shown(fallen, propose, read):
    template = give_template(fallen.thornbridge, "level_1")
    template.versions.create(
        school=fallen.thornbridge, number=2, subject="Letter", body="Ring ((adult to ring)).", made_at=AT
    )
    propose()
    letter = Letter.objects.get(pupil=fallen.callum)
    assert letter.version.number == 2
    assert "cannot be made as it stands" in text(
        read(fallen.sandra, reverse("letters:letter_preview", args=[letter.pk]))
    )


def test_approving_asks_first_and_says_who_gets_none_and_why(fallen, propose, read, sign_in):
    propose()
    keep_stop(
        pupil=fallen.freya,
        covers="all",
        reason="Ill",
        is_private=False,
        owner=fallen.bea,
        to_on=None,
        by=fallen.bea,
        at=AT,
    )
    letter = Letter.objects.get(pupil=fallen.callum)
    client = sign_in(fallen.sandra)
    asked = text(client.post(reverse("letters:due_ask"), {"pick": [str(letter.pk)], "level": "1", "act": "approve"}))
    assert "Approve 1 letter to 1 parent?" in asked
    assert "Ashworth, Callum" in asked
    letter.refresh_from_db()
    assert letter.state == "proposed"
    done = client.post(reverse("letters:due_decide"), {"pick": [str(letter.pk)], "level": "1"}, follow=True)
    assert "1 letter approved. They are being made now." in text(done)
    letter.refresh_from_db()
    assert (letter.state, letter.approved_by) == ("waiting", fallen.sandra)
    entry = Entry.objects.get(verb="approved letters")
    undone = client.post(reverse("letters:approval_undo", args=[entry.pk]), follow=True)
    assert "1 letter put back on the proposal." in text(undone)


def test_a_held_back_letter_is_told_with_its_reason_when_it_is_approved(fallen, propose, sign_in, at_morning):
    propose(at=AT - timedelta(hours=1))
    amend(fallen.callum, date(2026, 11, 9), "AM", "/", by=fallen.sandra, at=AT - timedelta(minutes=12))
    client = sign_in(fallen.sandra)
    ids = [str(pk) for pk in Letter.objects.values_list("pk", flat=True)]
    shown = text(client.post(reverse("letters:due_decide"), {"pick": ids, "level": "1"}, follow=True))
    assert "1 held back when the marks were read again. Callum Ashworth: Mark changed at 09:02" in shown
    assert 'Held back</span> <span class="why">Mark changed at 09:02' in shown


def test_setting_aside_needs_a_reason_and_nothing_chosen_is_said(fallen, propose, sign_in, at_morning):
    propose()
    client = sign_in(fallen.sandra)
    assert "choose at least one" in text(client.post(reverse("letters:due_ask"), {"level": "1"}, follow=True))
    ids = [str(Letter.objects.get(pupil=fallen.callum).pk)]
    ask = {"pick": ids, "act": "decline", "level": "1"}
    assert "Set aside 1 letter to 1 parent?" in text(client.post(reverse("letters:due_ask"), ask))
    assert "Say why these letters are set aside" in text(client.post(reverse("letters:due_decide"), ask, follow=True))
    client.post(reverse("letters:due_decide"), ask | {"why": "Spoke at the gate"})
    assert Letter.objects.get(pupil=fallen.callum).state == "declined"


def test_who_gets_none_is_listed_and_goes_out_as_a_file(fallen, read, sign_in):
    keep_stop(
        pupil=fallen.callum, covers="all", reason="Refuge", is_private=True, owner=fallen.dee, to_on=None, by=fallen.dee,
        at=AT,
    )  # fmt: skip
    url = reverse("letters:due_none")
    assert "Refuge" in text(read(fallen.sandra, url))
    hidden = text(read(fallen.max, url))
    assert "Do not send: ask Ms D. Lacey" in hidden
    assert "Refuge" not in hidden
    exported = text(
        sign_in(fallen.max).post(reverse("letters:due_none_export", args=["csv"]), {"query": "why=stopped"})
    )
    assert "Ashworth, Callum" in exported
    assert "Refuge" not in exported
    assert "Begum" not in exported


def test_a_person_without_contacts_reads_no_parent(fallen, propose, read):
    propose()
    letter = Letter.objects.get(pupil=fallen.callum)
    for url in (DUE, reverse("letters:letter_list"), reverse("letters:letter_detail", args=[letter.pk])):
        shown = text(read(fallen.sol, url))
        assert "Callum" in shown
        assert "Mrs J. Ashworth" not in shown
        assert "Dear Mrs" not in shown
        assert "Weavers Close" not in shown


def test_a_head_of_year_sees_the_letters_of_that_year_alone(fallen, propose, read):
    propose()
    assert "Ashworth" in text(read(fallen.adeyemi, DUE, level="1"))
    assert "Ashworth" not in text(read(fallen.nine, DUE, level="1"))


def test_a_letter_says_why_for_ever(fallen, sent, read):
    give = read(fallen.sandra, reverse("letters:letter_detail", args=[sent.pk]))
    shown = text(give)
    for words in (
        "18 of 20 possible sessions attended", "below 95 %", "as set from Tue 1 Sep 2026", "2 × illness",
        "Mon 9 Nov 2026", "by Mrs S. Pugh", "Mrs J. Ashworth", "Below since", "Recall this letter",
    ):  # fmt: skip
        assert words in shown
    amend(sent.pupil, date(2026, 11, 9), "AM", "/", by=fallen.sandra, at=AT)
    assert "18 of 20 possible sessions attended" in text(read(fallen.sandra, give.request["PATH_INFO"]))


def test_a_doubted_letter_is_shown_and_answered(fallen, sent, read, sign_in):
    amend(sent.pupil, date(2026, 11, 9), "AM", "/", by=fallen.sandra, at=AT + timedelta(minutes=1))
    find_doubted(school=fallen.thornbridge, by=None, at=AT + timedelta(minutes=2))
    assert "no longer supports 1 letter" in text(read(fallen.sandra, reverse("letters:letter_list")))
    apology = Letter.objects.get(kind="apology")
    assert (apology.facts["attended"], apology.facts["possible"]) == (19, 20)
    url = reverse("letters:letter_detail", args=[sent.pk])
    assert "The register no longer supports this letter" in text(read(fallen.sandra, url))
    client = sign_in(fallen.sandra)
    assert "Say why" in text(client.post(reverse("letters:letter_stand", args=[sent.pk]), {}, follow=True))
    client.post(reverse("letters:letter_stand", args=[sent.pk]), {"why": "Told the mother"})
    sent.refresh_from_db()
    assert sent.stands_by == fallen.sandra


def test_letters_are_narrowed_and_exported(fallen, propose, read, sign_in):
    propose()
    url = reverse("letters:letter_list")
    assert "Letters, 1" in text(read(fallen.sandra, url, kind="level_2"))
    assert "Letters, 1" in text(read(fallen.sandra, url, q="ashworth"))
    assert "Letters, 0" in text(read(fallen.sandra, url, state="sent"))
    exported = text(
        sign_in(fallen.sandra).post(reverse("letters:letter_export", args=["csv"]), {"query": "kind=level_2"})
    )
    assert "Begum" in exported
    assert "Ashworth" not in exported
    assert Entry.objects.filter(verb="list exported", words__startswith="Letters to parents").exists()


def test_a_stop_is_kept_and_lifted_on_pages(fallen, read, sign_in):
    url = reverse("letters:pupil_letters", args=[fallen.callum.pk])
    client = sign_in(fallen.bea)
    wrong = client.post(url, {"covers": "all", "owner": fallen.bea.pk})
    assert wrong.status_code == 422
    kept = client.post(url, {"covers": "all", "reason": "Bereavement", "owner": fallen.bea.pk, "to_on": "2026-12-14"})
    assert kept.status_code == 302
    stop = Stop.objects.get()
    assert stop.from_on == MONDAY
    assert "Bereavement" in text(read(fallen.sandra, reverse("letters:stop_list")))
    sign_in(fallen.bea).post(reverse("letters:stop_lift", args=[stop.pk]), {"why": "Over"})
    stop.refresh_from_db()
    assert stop.lifted_by == fallen.bea


def test_a_private_stop_is_lifted_only_by_safeguarding_eyes(fallen, sign_in, at_morning):
    stop = keep_stop(
        pupil=fallen.callum, covers="all", reason="Refuge", is_private=True, owner=fallen.dee, to_on=None, by=fallen.dee,
        at=AT,
    )  # fmt: skip
    url = reverse("letters:stop_lift", args=[stop.pk])
    assert sign_in(fallen.max).post(url, {"why": "Over"}).status_code == 403
    assert "Refuge" not in text(sign_in(fallen.sol).get(reverse("letters:stop_list")))
    assert sign_in(fallen.dee).post(url, {"why": "Over"}).status_code == 302


def test_a_school_begins_with_the_usual_levels_and_changes_them_from_a_day_on(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    assert "has not said when letters are due" in text(client.get(reverse("letters:policy")))
    client.post(reverse("letters:policy_begin"))
    assert set(LetterPolicy.objects.values_list("level", "below")) == {(1, 95), (2, 90)}
    policy = LetterPolicy.objects.get(level=1)
    change = {
        "below": "94.5", "counted": "term", "least_possible": 30, "cooling_off_days": 14, "recovers_after_days": 14,
        "new_within_days": 10, "template": policy.template_id, "is_on": "on", "from_on": "2026-11-23",
        "leaves_out": ["is_vulnerable"],
    }  # fmt: skip
    url = reverse("letters:policy_change", args=[1])
    past = client.post(url, change | {"from_on": "2026-11-20"})
    assert past.status_code == 422
    assert "A policy begins today or later" in text(past)
    low = client.post(url, change | {"below": "89"})
    assert "Level 2 lies below level 1" in text(low)
    assert client.post(url, change).status_code == 302
    assert [str(row.below) for row in LetterPolicy.objects.filter(level=1).order_by("pk")] == ["95.00", "94.50"]
    assert "below 94.5 %" in text(client.get(reverse("letters:policy")))


def test_supplying_policies_twice_supplies_once(cast):
    assert len(supply_policies(school=cast.thornbridge, by=None, at=AT)) == 2
    assert supply_policies(school=cast.thornbridge, by=None, at=AT) == []


def test_a_level_that_is_turned_off_proposes_none(fallen, propose):
    there = LetterPolicy.objects.get(level=2)
    set_policy(
        school=fallen.thornbridge, level=2, terms=Terms(below=there.below, least_possible=10, is_on=False),
        template=there.template, from_on=MONDAY, by=fallen.sandra, at=AT,
    )  # fmt: skip
    done = propose()
    assert {one.kind for one in done.new} == {"level_1"}
    assert len(done.new) == 2


def test_the_simulator_shows_what_other_rules_would_write_and_keeps_nothing(fallen, read):
    url = reverse("letters:simulator")
    assert "2 letters" in text(read(fallen.sandra, url))
    tried = {
        "level1-below": "85", "level1-counted": "year", "level1-least_possible": "10", "level2-below": "70",
        "level2-counted": "year", "level2-least_possible": "10", "term": "1",
    }  # fmt: skip
    shown = text(read(fallen.sandra, url, **tried))
    assert "1 letter</p>" in shown
    assert "By the rules in force: 2" in shown
    assert "would have been due in Summer" in shown
    assert read(fallen.sandra, url, **tried | {"level1-below": "no"}).status_code == 422
    assert LetterPolicy.objects.count() == 2
    assert Letter.objects.count() == Episode.objects.count() == 0


def test_the_list_costs_the_same_whatever_waits(fallen, propose, read, count_queries):
    propose()
    with count_queries(48):
        read(fallen.sandra, DUE)


def test_the_desk_leads_to_letters_due_held_back_and_in_doubt(fallen, sent, read):
    amend(sent.pupil, date(2026, 11, 9), "AM", "/", by=fallen.sandra, at=AT + timedelta(minutes=1))
    find_doubted(school=fallen.thornbridge, by=None, at=AT + timedelta(minutes=2))
    shown = text(read(fallen.sandra, reverse("reporting:desk")))
    assert "Letters due" in shown
    assert "The register no longer supports them" in shown
    assert "Letters held back" in shown
