"""Writing, certificates and print runs in the browserless client: what a person sees and may do."""

from uuid import uuid4

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from letters.actions import making, runs
from letters.models import Letter, LetterTemplate, PrintRun, Stop
from tests.factories.post_room import MEETING, MORNING, WEEK, mark_week, settle_in, write


@pytest.fixture
def school(cast, at_morning):
    settle_in(cast)
    mark_week(cast.nine_a, WEEK, by=cast.sandra, codes={cast.callum.pk: lambda day, half: "I" if half == "PM" else ""})
    return cast


def asked(cast, who, **more):
    template = LetterTemplate.objects.get(school=cast.thornbridge, kind="meeting")
    keys = ("meeting date", "meeting time", "meeting place", "meeting with")
    given = {f"given_{place}": MEETING[name] for place, name in enumerate(keys)}
    days = {"from_on": WEEK[0].isoformat(), "to_on": WEEK[-1].isoformat(), "token": str(uuid4())}
    return {"template": template.pk, "who": who} | days | given | more


def test_a_letter_about_one_pupil_is_looked_at_then_approved(school, sign_in):
    client = sign_in(school.sandra)
    page = client.get(reverse("letters:write"), {"pupil": school.callum.pk}).content.decode()
    assert "Ashworth, Callum 9A" in page
    data = asked(school, "Ashworth, Callum")
    look = client.post(reverse("letters:write"), data | {"act": "look"}).content.decode()
    assert "Approve 1 letter" in look
    assert "Tue 1 Dec 2026 at 3.30 pm" in look
    assert not Letter.objects.exists()
    assert client.post(reverse("letters:write"), data | {"act": "approve"}).status_code == 302
    letter = Letter.objects.get()
    assert (letter.state, letter.approved_by, letter.to_name) == ("waiting", school.sandra, "Mrs J. Ashworth")


def test_who_is_left_out_is_said_and_a_line_that_is_nobody_is_named(school, sign_in):
    Stop.objects.create(
        school=school.thornbridge, pupil=school.amina, reason="Bereavement", owner=school.bea, from_on=WEEK[0],
        made_at=MORNING,
    )  # fmt: skip
    client = sign_in(school.sandra)
    both = asked(school, "Ashworth, Callum\nBegum, Amina") | {"act": "look"}
    look = client.post(reverse("letters:write"), both).content.decode()
    assert "1 left out" in look
    assert "Bereavement" in look
    wrong = client.post(reverse("letters:write"), asked(school, "Nobody, At All") | {"act": "look"})
    assert wrong.status_code == 422
    assert "Nobody, At All" in wrong.content.decode()


def test_a_selection_in_the_list_of_pupils_becomes_the_letters_pupils(school, sign_in):
    client = sign_in(school.sandra)
    some = client.post(reverse("letters:write"), {"pick": [school.callum.pk, school.freya.pk]}).content.decode()
    assert "Ashworth, Callum 9A\nBlackwood, Freya 9A" in some
    assert "Begum" not in some
    everyone = client.post(reverse("letters:write"), {"all": "1", "query": "year=9"}).content.decode()
    assert "Begum, Amina 9A" in everyone
    assert "Canary" not in everyone


def test_a_meeting_without_its_date_is_asked_for_at_its_field(school, sign_in):
    data = asked(school, "Ashworth, Callum", given_0="") | {"act": "look"}
    answer = sign_in(school.sandra).post(reverse("letters:write"), data)
    assert answer.status_code == 422
    assert "Meeting date: This field is required." in answer.content.decode()


def test_what_was_filled_in_stays_when_a_person_goes_back_to_change_it(school, sign_in):
    page = sign_in(school.sandra).post(reverse("letters:write"), asked(school, "Ashworth, Callum")).content.decode()
    assert 'value="Room 4"' in page
    assert "Ashworth, Callum" in page


def test_days_out_of_order_are_refused_at_their_field(school, sign_in):
    data = asked(school, "Ashworth, Callum", to_on="2026-11-01") | {"act": "look"}
    assert "ends before it begins" in sign_in(school.sandra).post(reverse("letters:write"), data).content.decode()


def test_a_run_from_ready_to_posted_and_back(school, sign_in):
    write(school, school.callum, school.amina)
    while making.make_next(at=MORNING) is not None:
        pass
    client = sign_in(school.sandra)
    assert "2 ready" in client.get(reverse("letters:run_list")).content.decode()
    client.post(reverse("letters:run_make"), {"order": "postcode"})
    run = PrintRun.objects.get()
    here = reverse("letters:run_detail", args=[run.pk])
    assert "being joined" in client.get(here).content.decode()
    assert client.get(reverse("letters:run_file", args=[run.pk])).status_code == 404
    runs.join_next(at=MORNING)
    assert client.get(reverse("letters:run_progress", args=[run.pk]))["HX-Refresh"] == "true"
    answer = client.get(reverse("letters:run_file", args=[run.pk]))
    assert answer.content[:5] == b"%PDF-"
    assert Entry.objects.filter(verb="gave out a file").count() == 1
    client.post(reverse("letters:run_posted", args=[run.pk]))
    page = client.get(here).content.decode()
    assert "Posted Mon 23 Nov 2026" in page
    assert "Take back" in page
    client.post(reverse("letters:run_not_posted", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == "ready"


def test_progress_is_told_in_real_counts(school, sign_in):
    client = sign_in(school.sandra)
    page = client.get(reverse("letters:certificates"), {"from_on": WEEK[0], "to_on": WEEK[-1], "least_possible": 5})
    body = page.content.decode()
    assert "Begum, Amina" in body
    token = body.split('name="token" value="')[1].split('"')[0]
    data = {
        "query": f"kind=certificate_full&from_on={WEEK[0]}&to_on={WEEK[-1]}&least_possible=5&best=10&layout=portrait"
    }
    picks = [school.amina.pk, school.freya.pk]
    answer = client.post(reverse("letters:certificates_make"), data | {"token": token, "pick": picks})
    run = PrintRun.objects.get()
    assert answer["Location"] == reverse("letters:run_detail", args=[run.pk])
    making.make_next(at=MORNING)
    piece = client.get(reverse("letters:run_progress", args=[run.pk])).content.decode()
    assert "1 of 2 made" in piece


def test_a_head_of_year_sees_only_the_runs_they_made(school, sign_in):
    write(school, school.callum)
    making.make_next(at=MORNING)
    run = runs.put_together(school=school.thornbridge, order="postcode", by=school.sandra, at=MORNING)
    client = sign_in(school.adeyemi)
    assert client.get(reverse("letters:run_detail", args=[run.pk])).status_code == 404
    assert "Letters, Mon" not in client.get(reverse("letters:run_list")).content.decode()


def test_lists_ask_a_fixed_number_of_questions(school, sign_in, count_queries):
    write(school, school.callum, school.amina)
    while making.make_next(at=MORNING) is not None:
        pass
    run = runs.put_together(school=school.thornbridge, order="postcode", by=school.sandra, at=MORNING)
    client = sign_in(school.sandra)
    for name, args, most in (("run_list", (), 12), ("run_detail", (run.pk,), 12), ("certificates", (), 18)):
        client.get(reverse(f"letters:{name}", args=args))
        with count_queries(most):
            client.get(reverse(f"letters:{name}", args=args))


def test_letters_overtaken_by_a_stop_are_named_on_the_run_and_taken_out_there(school, sign_in):
    write(school, school.callum, school.amina)
    while making.make_next(at=MORNING) is not None:
        pass
    run = runs.put_together(school=school.thornbridge, order="postcode", by=school.sandra, at=MORNING)
    runs.join_next(at=MORNING)
    Stop.objects.create(
        school=school.thornbridge, pupil=school.amina, reason="Bereavement", owner=school.bea, from_on=WEEK[0],
        made_at=MORNING,
    )  # fmt: skip
    client = sign_in(school.sandra)
    here = reverse("letters:run_detail", args=[run.pk])
    page = client.get(here).content.decode()
    assert "1 letter in this run is not due any more" in page
    assert "Mark as posted" not in page
    refused = client.post(reverse("letters:run_posted", args=[run.pk]), follow=True).content.decode()
    assert "take the paper out first" in refused
    letter = Letter.objects.get(pupil=school.amina)
    said = client.post(reverse("letters:run_take_out", args=[run.pk]), {"pick": [letter.pk]}, follow=True)
    assert f"take No. {letter.run_place} out of the paper" in said.content.decode()
    page = client.get(here).content.decode()
    assert "Take 1 out by hand" in page
    assert "Mark as posted" in page
    client.post(reverse("letters:run_posted", args=[run.pk]))
    assert set(Letter.objects.values_list("state", flat=True)) == {"sent", "held_back"}


def test_a_run_that_stopped_says_why_and_is_tried_again_from_its_page(school, sign_in):
    write(school, school.callum)
    making.make_next(at=MORNING)
    run = runs.put_together(school=school.thornbridge, order="postcode", by=school.sandra, at=MORNING)
    PrintRun.objects.update(state="stopped", attempts=3, ended_why="It broke off (OSError).")
    client = sign_in(school.sandra)
    page = client.get(reverse("letters:run_detail", args=[run.pk])).content.decode()
    assert "after 3 tries" in page
    assert "It broke off (OSError)." in page
    assert "Could not be put together" in client.get(reverse("letters:run_list")).content.decode()
    client.post(reverse("letters:run_again", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("waiting", 0)
