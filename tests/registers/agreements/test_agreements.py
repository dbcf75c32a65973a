"""Agreements: what the law lets stand, every session shown before, written in its time, stopped at its end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from attendance_office.refusals import Refused
from registers.actions.agreements import Terms, change_agreement, end_agreement, make_agreement
from registers.actions.files import store_paper
from registers.actions.known import write_known_codes
from registers.models import Agreement, Mark, StoredFile, TakenBackMark
from registers.queries.agreements import counts, ending_agreements, preview
from registers.queries.name_matching import match_lines
from registers.rules.agreements import KINDS, ends_soon, fits_age, refusals, warnings
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import put_on_roll
from tests.factories.marks import take

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 27)
AFTERNOONS = "01" * 5


def terms(cast, **other):
    said = {
        "kind": "part_time", "code": "C2", "name": "Mornings only", "from_on": MONDAY, "to_on": FRIDAY, "weekly": AFTERNOONS,
        "agreed_on": MONDAY, "agreed_by": "Dr Abara", "agreed_with": cast.callum.parents.get().contact,
    }  # fmt: skip
    return Terms(**(said | other))


def make(cast, *pupils, at=MORNING, **other):
    return make_agreement(school=cast.thornbridge, pupils=pupils or [cast.callum], terms=terms(cast, **other), by=cast.sandra, at=at)  # fmt: skip


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"code": "D"}, "writes C2, not D"),
        ({"agreed_with": None}, "with a parent the pupil normally lives with"),
        ({"to_on": date(2026, 11, 20)}, "before it begins"),
        ({"to_on": date(2028, 1, 1)}, "more than a year"),
        ({"weekly": "0" * 10}, "at least one session"),
        ({"agreed_by": ""}, "authorised person"),
        ({"kind": "provision", "code": "B"}, "name it"),
        ({"kind": "exam_leave", "code": "X"}, "not of compulsory school age"),
        ({"from_on": date(2024, 1, 1), "to_on": date(2024, 2, 1)}, "Not on roll"),
    ],
)
def test_what_the_law_or_the_roll_does_not_allow_is_refused_in_words(cast, other, words):
    with pytest.raises(Refused, match=words):
        make(cast, **other)
    assert not Agreement.objects.exists()


def test_a_parent_the_pupil_does_not_live_with_cannot_agree_to_c2(cast):
    cast.callum.parents.update(lives_with=False)
    with pytest.raises(Refused, match="no parent the pupil normally lives with"):
        make(cast)


def test_it_writes_its_sessions_in_their_time_and_stops_at_its_end(cast):
    row, coded = make(cast)
    assert coded.done == 1  # this afternoon, known beforehand
    friday = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
    for on, at in ((FRIDAY, friday), (FRIDAY + timedelta(days=3), friday + timedelta(days=3))):
        sessions = [Session(on, "AM"), Session(on, "PM")]
        write_known_codes(school=cast.thornbridge, sessions=sessions, by=None, at=at)
    assert {(mark.on, mark.half, mark.code) for mark in Mark.objects.all()} == {
        (MONDAY, "PM", "C2"),
        (FRIDAY, "PM", "C2"),
    }
    assert row.places.count() == 1


def test_an_n_of_the_past_becomes_its_code_and_other_marks_stay(cast):
    am = Session(MONDAY, "AM")
    take(cast.nine_a, am, by=cast.pat, at=MORNING, codes={cast.callum.pk: "N"})
    shown = preview(cast.thornbridge, [cast.callum, cast.amina], from_on=MONDAY, to_on=FRIDAY, weekly="1" * 10)
    assert (shown.sessions, shown.stands, shown.closed) == (10, 1, 0)
    visit = {"kind": "visit", "code": "V", "weekly": "1000000000", "place": "Castleton", "agreed_with": None}
    _row, coded = make(cast, cast.callum, cast.amina, **visit)
    assert [was for _, was in coded.amended] == ["N"]
    assert [stands for _, stands in coded.left] == ["/"]


def test_it_ends_early_with_a_reason_and_todays_known_mark_goes(cast):
    row, _ = make(cast)
    with pytest.raises(Refused, match="Say why"):
        end_agreement(agreement=row, last_on=MONDAY, reason=" ", by=cast.sandra, at=MORNING)
    gone = end_agreement(agreement=row, last_on=date(2026, 11, 22), reason="Back full time", by=cast.sandra, at=MORNING)
    assert gone == TakenBackMark.objects.count() == 1
    row.refresh_from_db()
    assert row.ends_on == date(2026, 11, 22)
    with pytest.raises(Refused, match="ended on"):
        change_agreement(
            agreement=row, review_on=None, place="", nature="", to_on=FRIDAY, reason="x", by=cast.sandra, at=MORNING
        )


def test_it_warns_two_weeks_before_its_end(cast):
    row, _ = make(cast)
    assert list(ending_agreements(cast.thornbridge, cast.sandra, MONDAY)) == [row]
    assert list(ending_agreements(cast.thornbridge, cast.nine, MONDAY)) == []
    assert counts(cast.thornbridge, cast.sandra, MONDAY)["ending"] == 1
    assert ends_soon(MONDAY + timedelta(days=14), MONDAY)
    assert not ends_soon(MONDAY + timedelta(days=15), MONDAY)


def test_the_law_of_agreements_warns_of_a_long_part_time_timetable():
    asked = {"from_on": MONDAY, "to_on": MONDAY + timedelta(days=50), "review_on": None}
    assert len(warnings("part_time", **asked)) == 2
    assert warnings("visit", **asked) == []
    assert not fits_age("X", date(2013, 3, 4), MONDAY, FRIDAY)
    assert fits_age("X", date(2009, 3, 4), MONDAY, FRIDAY)
    assert KINDS["dual"].needs_place
    kept = {"from_on": MONDAY, "to_on": FRIDAY, "weekly": "1" * 10, "nature": "", "parent": "", "by": "Dr Abara"}
    assert refusals("dual", "D", place="Hope Valley College", **kept) == []


@pytest.mark.parametrize(
    ("name", "content"), [("a.pdf", b""), ("a.pdf", b"<html>"), ("a.docx", b"MZ\x90"), ("a.zip", b"PK\x03\x04")]
)
def test_a_paper_is_told_by_its_content(cast, name, content):
    with pytest.raises(Refused):
        store_paper(school=cast.thornbridge, name=name, content=content, by=cast.sandra, at=MORNING)


def test_the_form_shows_every_session_before_it_saves_and_keeps_the_paper(cast, sign_in, at_morning, count_queries):
    client = sign_in(cast.sandra)
    sent = {
        "kind": "part_time", "code": "C2", "name": "Mornings only", "who": "Ashworth, Callum", "from_on": "2026-11-23",
        "to_on": "2026-11-27", "sessions": ["1", "3"], "agreed_with": str(cast.callum.parents.get().contact),
        "agreed_by": "Dr Abara", "agreed_on": "2026-11-23",
    }  # fmt: skip
    path = reverse("registers:agreement_make")
    page = client.post(path, sent | {"document": SimpleUploadedFile("signed.pdf", b"%PDF-1.7 signed")}).content.decode()
    assert "writes C2 in 2 sessions for 1 pupil" in page
    assert "Tue 24 Nov 2026 pm" in page
    assert not Agreement.objects.exists()
    client.post(path, sent | {"save": "1", "document_id": StoredFile.objects.get().pk})
    row = Agreement.objects.get()
    assert (row.weekly, row.document.name) == ("0101000000", "signed.pdf")
    paper = client.get(reverse("registers:agreement_document", args=[row.pk]))
    assert (paper["X-Content-Type-Options"], paper["Content-Disposition"]) == (
        "nosniff",
        'attachment; filename="signed.pdf"',
    )
    with count_queries(15):
        client.get(reverse("registers:agreement_list"))
    wrong = client.post(path, sent | {"who": "Nobody, Noel"})
    assert "Nobody on roll is called so" in wrong.content.decode()


def test_a_pasted_list_is_matched_line_by_line_and_namesakes_ask_for_the_form(cast):
    put_on_roll((cast.eight_c, "Ashworth", "Callum", {}))
    text = (
        f"{cast.amina.upn}\nFreya Blackwood\nAshworth, Callum\nAshworth, Callum (8C)\nNobody, Noel\n\nFreya Blackwood"
    )
    found = match_lines(text, school=cast.thornbridge, user=cast.sandra, on=MONDAY)
    assert [str(pupil) for pupil in found.pupils] == ["Begum, Amina", "Blackwood, Freya", "Ashworth, Callum"]
    assert [line for line, _ in found.left] == ["Ashworth, Callum", "Nobody, Noel"]
    assert "write the form after the name" in found.left[0][1]


def test_the_heading_counts_the_agreements_that_are_shown(cast, sign_in, at_morning):
    make(cast, name="Ends this week")
    later = {"kind": "visit", "code": "V", "place": "Peak farm", "to_on": date(2027, 1, 29)}
    make(cast, cast.amina, name="Farm", **later)
    client = sign_in(cast.sandra)
    path = reverse("registers:agreement_list")
    assert "<h1>Agreements in force, 2</h1>" in client.get(path).content.decode()
    assert "<h1>Agreements ending in two weeks, 1</h1>" in client.get(path, {"show": "ending"}).content.decode()
    assert "<h1>Agreements in force, 1</h1>" in client.get(path, {"q": "Farm"}).content.decode()
    assert "<h1>Agreements ended, 0</h1>" in client.get(path, {"show": "ended"}).content.decode()
