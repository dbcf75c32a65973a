"""The absence line: one report, one note; folded, refused, ended, withdrawn; and the queue."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from registers.actions import absences, line_messages, notes
from registers.actions.absences import Report
from registers.actions.known import write_known_codes
from registers.models import AbsenceNote, Call, LineMessage, Mark, Parent, StoredFile, TakenBackMark
from registers.queries.line_messages import guess, waiting, waiting_messages, within
from registers.queries.registers import Status, registers_of
from registers.rules.absences import Span
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING
from tests.factories.marks import take

pytestmark = pytest.mark.django_db
AM, PM = Session(MONDAY, "AM"), Session(MONDAY, "PM")
TODAY = Span(MONDAY, "AM", MONDAY, "PM")
WEDNESDAY = date(2026, 11, 25)


def log(cast, *pupils, span=TODAY, told="I", at=MORNING, by=None, **more):
    report = more.pop("report", Report("call", at, contact=pupils[0].parents.first().contact))
    return absences.log_absence(
        school=cast.thornbridge, pupils=pupils, span=span, told=told, report=report, by=by or cast.sandra, at=at, **more
    )


def codes(pupil):
    return {(mark.on, mark.half): mark.code for mark in pupil.marks.all()}


def test_a_report_codes_today_at_once_and_the_days_to_come_when_they_come(cast):
    (done,) = log(cast, cast.callum, span=Span(MONDAY, "AM", WEDNESDAY, "PM"), reason="temperature")
    assert codes(cast.callum) == {(MONDAY, "AM"): "I", (MONDAY, "PM"): "I"}
    assert (done.folded, done.call.is_known, done.coded.done) == (False, True, 2)
    tuesday = date(2026, 11, 24)
    write_known_codes(
        school=cast.thornbridge, sessions=[Session(tuesday, "AM"), Session(WEDNESDAY, "AM")], by=None,
        at=datetime(2026, 11, 24, 6, 30, tzinfo=UTC),
    )  # fmt: skip
    assert codes(cast.callum)[tuesday, "AM"] == "I"
    assert (WEDNESDAY, "AM") not in codes(cast.callum)


def test_an_n_becomes_the_reason_and_a_present_mark_stays_and_is_told(cast):
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, codes={cast.callum.pk: "N"})
    (callum,) = log(cast, cast.callum)
    assert callum.coded.amended[0][1] == "N"
    (amina,) = log(cast, cast.amina)
    assert [(one.session, code) for one, code in amina.coded.left] == [(AM, "/")]


def test_a_report_does_not_begin_the_register_that_nobody_has_taken(cast):
    log(cast, cast.callum)
    lines = {line.tutor_group.name: line for line in registers_of(cast.thornbridge, AM)}
    assert (lines["9A"].status, lines["9A"].marked, lines["9A"].is_owed) == (Status.NOT_OPENED, 1, True)
    log(cast, cast.amina, cast.freya)
    lines = {line.tutor_group.name: line for line in registers_of(cast.thornbridge, AM)}
    assert lines["9A"].status is Status.COMPLETE, "everybody has a mark: nobody is owed"


def test_the_same_absence_told_twice_is_one_note_that_reaches_as_far_as_both(cast):
    (_first,) = log(cast, cast.callum)
    tomorrow = Span(date(2026, 11, 24), "AM", date(2026, 11, 24), "PM")
    (second,) = log(cast, cast.callum, span=tomorrow, report=Report("text", MORNING, caller="Aunt Jo"))
    assert second.folded
    note = AbsenceNote.objects.get()
    assert (note.to_on, note.calls.count()) == (date(2026, 11, 24), 2)
    assert not second.call.is_known
    (other,) = log(cast, cast.callum, told="M")
    assert not other.folded


def test_brothers_and_sisters_are_logged_with_one_report(cast):
    Parent.objects.create(
        school=cast.thornbridge, pupil=cast.tyler, contact=cast.callum.parents.get().contact, relationship="Mother"
    )
    both = log(cast, cast.callum, cast.tyler)
    assert [one.call.is_known for one in both] == [True, True]
    assert Mark.objects.filter(code="I").count() == 4


def test_a_refused_reason_keeps_what_was_told_what_was_chosen_and_why(cast):
    with pytest.raises(Refused, match="Say why the school refuses"):
        log(cast, cast.callum, told="C", school_code="G")
    (done,) = log(cast, cast.callum, told="C", school_code="G", why_refused="A holiday, not asked for beforehand")
    note = done.note
    assert (note.told_code, note.code, codes(cast.callum)[MONDAY, "AM"]) == ("C", "G", "G")
    assert "refused" in cast.callum.marks.first().comment


@pytest.mark.parametrize("told", ["N", "/", "L", "D", "C2", "H", "ZZ"])
def test_a_code_that_nobody_can_report_is_refused(cast, told):
    with pytest.raises(Refused):
        log(cast, cast.callum, told=told)
    assert not AbsenceNote.objects.exists()


def test_a_pupil_who_is_back_ends_the_note_and_what_was_only_known_is_taken_back(cast):
    early = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
    span = Span(date(2026, 11, 20), "AM", None, "PM")
    (done,) = log(cast, cast.callum, span=span, at=early)
    assert len(codes(cast.callum)) == 4
    notes.end_note(note=done.note, last=Session(date(2026, 11, 20), "PM"), reason="In school", by=cast.sandra, at=early)
    assert set(codes(cast.callum)) == {(date(2026, 11, 20), "AM"), (date(2026, 11, 20), "PM")}
    assert TakenBackMark.objects.count() == 2
    assert AbsenceNote.objects.get().state == "ended"


def test_a_note_that_was_wrong_is_withdrawn_and_its_marks_go_back_to_n_when_asked(cast):
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, codes={cast.callum.pk: "N"})
    (done,) = log(cast, cast.callum)
    with pytest.raises(Refused, match="Say why"):
        notes.withdraw_note(note=done.note, reason=" ", back_to_n=True, by=cast.sandra, at=MORNING)
    notes.withdraw_note(note=done.note, reason="Other Callum", back_to_n=True, by=cast.sandra, at=MORNING)
    assert codes(cast.callum) == {(MONDAY, "AM"): "N"}
    with pytest.raises(Refused, match="stands no more"):
        notes.withdraw_note(note=done.note, reason="Again", back_to_n=False, by=cast.sandra, at=MORNING)


def test_a_changed_note_moves_its_marks_with_it(cast):
    (done,) = log(cast, cast.callum)
    notes.change_note(
        note=done.note,
        span=Span(MONDAY, "AM", MONDAY, "AM"),
        told="M",
        reason="Dentist, she says",
        by=cast.sandra,
        at=MORNING,
    )
    assert codes(cast.callum) == {(MONDAY, "AM"): "M"}
    assert Entry.objects.filter(verb="changed an absence note").get().reason == "Dentist, she says"


def test_ones_own_logging_is_undone_within_ten_minutes(cast):
    (done,) = log(cast, cast.callum)
    undo = {"call": done.call, "at": MORNING + timedelta(minutes=3)}
    with pytest.raises(Refused, match="nothing of yours"):
        absences.undo_logging(**undo, by=cast.laila)
    absences.undo_logging(**undo, by=cast.sandra)
    assert codes(cast.callum) == {}
    assert AbsenceNote.objects.get().state == "withdrawn"


# ---------- the queue ----------

MBOX = b"""From mail Mon Nov 23 08:01:00 2026
Message-ID: <one@home.example>
From: Jo Parent <jo@home.example>
Subject: Callum Ashworth 9A
Date: Mon, 23 Nov 2026 08:01:00 +0000
Content-Type: text/plain; charset=utf-8

Callum has a cold and stays at home.

From mail Mon Nov 23 07:31:00 2026
Message-ID: <two@home.example>
From: someone@home.example
Subject: lunch
Date: Mon, 23 Nov 2026 07:31:00 +0000

Is there pizza?
"""


def test_a_mailbox_is_taken_in_once_and_worked_oldest_first(cast):
    taken = {"school": cast.thornbridge, "name": "line.mbox", "content": MBOX, "by": cast.sandra, "at": MORNING}
    assert line_messages.take_in_mailbox(**taken) == (2, 0)
    assert line_messages.take_in_mailbox(**taken) == (0, 2)
    assert StoredFile.objects.count() == 1
    assert waiting_messages(cast.thornbridge, cast.sandra) == (2, datetime(2026, 11, 23, 7, 31, tzinfo=UTC))
    about = LineMessage.objects.get(subject__startswith="Callum")
    pupils, contact = guess(about, user=cast.sandra, on=MONDAY)
    assert (pupils, contact) == ([cast.callum], None)


def test_a_voicemail_from_a_known_number_brings_the_child_of_that_contact(cast):
    contact = cast.freya.parents.get().contact
    contact.mobile = "07700 900 111"
    contact.save()
    row = line_messages.type_message(
        school=cast.thornbridge, channel="voicemail", sender="+44 7700 900111", text="She is sick.", received_at=MORNING,
        by=cast.sandra, at=MORNING,
    )  # fmt: skip
    assert guess(row, user=cast.sandra, on=MONDAY) == ([cast.freya], contact)


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"%PDF-1.7 nothing here"])
def test_a_file_that_is_no_mailbox_is_refused_in_words(cast, content):
    with pytest.raises(Refused, match=r"line\.mbox: .*\.eml"):
        line_messages.take_in_mailbox(
            school=cast.thornbridge, name="line.mbox", content=content, by=cast.sandra, at=MORNING
        )


def test_two_people_on_one_message_log_it_once(cast):
    row = LineMessage.objects.create(
        school=cast.thornbridge, channel="voicemail", received_at=MORNING, logged_at=MORNING
    )
    report = Report("voicemail", MORNING, message=row)
    log(cast, cast.callum, report=report)
    with pytest.raises(Refused, match=r"Mrs S\. Pugh has worked this message"):
        log(cast, cast.callum, report=report, by=cast.laila)
    assert Call.objects.count() == 1


# ---------- the pages ----------


def test_a_report_is_logged_by_the_form_with_the_contacts_number(cast, sign_in, at_morning, count_queries):
    client = sign_in(cast.sandra)
    found = client.get(reverse("registers:absence_find"), {"q": "ash"}).json()["found"]
    assert [(one["name"], one["callers"][0]["what"]) for one in found] == [("Ashworth, Callum", "Mother")]
    sent = {"who": "ash", "told": "i", "until": "", "caller": "1", "channel": "call"}
    page = client.post(reverse("registers:absence_log"), sent, follow=True).content.decode()
    assert "Logged: Ashworth, Callum: I, today" in page
    assert Call.objects.get().is_known
    with count_queries(9):
        client.get(reverse("registers:absence_line"))


def test_a_digit_after_the_i_says_which_kind_of_illness_and_may_be_left_out(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    for who, told in (("ash", "i1"), ("beg", "I"), ("mad", "i9")):
        client.post(reverse("registers:absence_log"), {"who": who, "told": told, "channel": "call"})
    kinds = {note.pupil: (note.told_code, note.symptom) for note in AbsenceNote.objects.select_related("pupil")}
    assert kinds[cast.callum] == ("I", "stomach")
    assert all(note == ("I", "") for pupil, note in kinds.items() if pupil != cast.callum)
    assert cast.tyler not in kinds  # I9 is no code and no kind: refused in words


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    answer = client.post(reverse("registers:absence_log"), {"who": "zzz", "told": "I", "channel": "call"})
    assert answer.status_code == 422
    assert "Nobody on roll is called" in answer.content.decode()
    answer = client.post(
        reverse("registers:absence_log"), {"who": "ash", "told": "I", "until": "soon", "channel": "call"}
    )
    assert "says no day" in answer.content.decode()
    assert not AbsenceNote.objects.exists()


def test_a_mailbox_file_is_taken_in_by_the_page_and_a_note_has_its_page(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    sent = {"what": "file", "file": SimpleUploadedFile("line.mbox", MBOX)}
    page = client.post(reverse("registers:message_add"), sent, follow=True).content.decode()
    assert "2 messages taken in" in page
    assert "Is there pizza?" in page
    (done,) = log(cast, cast.callum)
    note = client.get(reverse("registers:absence_note", args=[done.note.pk])).content.decode()
    assert "Mon 23 Nov 2026 am" in note
    client.post(reverse("registers:absence_close", args=[done.note.pk]), {"how": "wrong", "reason": "Not him"})
    assert AbsenceNote.objects.get().why_closed == "Not him"


def test_two_absences_with_the_child_due_in_between_are_two_notes(cast):
    log(cast, cast.callum, span=Span(MONDAY, "AM", MONDAY, "AM"))
    tuesday = date(2026, 11, 24)
    (second,) = log(cast, cast.callum, span=Span(tuesday, "AM", tuesday, "PM"))
    assert not second.folded
    assert codes(cast.callum) == {(MONDAY, "AM"): "I"}, "the child was due in the afternoon"
    friday = date(2026, 11, 20)
    (before,) = log(cast, cast.callum, span=Span(friday, "AM", friday, "PM"))
    assert before.folded, "Friday and Monday touch: nobody was due in between"
    assert sorted(AbsenceNote.objects.values_list("from_on", "to_on", "to_half")) == [
        (friday, MONDAY, "AM"),
        (tuesday, tuesday, "PM"),
    ]


# ---------- taking back, brothers and sisters, who sees what ----------


def sibling(cast):
    """Make Tyler a brother of Callum."""
    mother = cast.callum.parents.get().contact
    Parent.objects.create(school=cast.thornbridge, pupil=cast.tyler, contact=mother, relationship="Mother")


def test_a_report_that_folded_is_undone_and_the_note_is_what_it_was(cast):
    (first,) = log(cast, cast.callum)
    later = MORNING + timedelta(minutes=1)
    (second,) = log(cast, cast.callum, span=Span(date(2026, 11, 20), "AM", WEDNESDAY, "PM"), at=later)
    assert second.folded
    assert len(codes(cast.callum)) == 4
    with pytest.raises(Refused, match="reported again since"):
        absences.undo_logging(call=first.call, by=cast.sandra, at=later)
    assert absences.undo_logging(call=second.call, by=cast.sandra, at=later) == 1
    note = AbsenceNote.objects.get()
    assert (note.state, note.from_on, note.to_on) == ("standing", MONDAY, MONDAY)
    assert set(codes(cast.callum)) == {(MONDAY, "AM"), (MONDAY, "PM")}
    with pytest.raises(Refused, match="already"):
        absences.undo_logging(call=second.call, by=cast.sandra, at=later)
    absences.undo_logging(call=first.call, by=cast.sandra, at=later)
    assert codes(cast.callum) == {}


def test_a_note_that_was_changed_since_is_not_undone_under_whoever_changed_it(cast):
    (done,) = log(cast, cast.callum)
    notes.change_note(
        note=done.note,
        span=Span(MONDAY, "AM", MONDAY, "AM"),
        told="I",
        reason="Back at noon",
        by=cast.laila,
        at=MORNING,
    )
    with pytest.raises(Refused, match="changed since"):
        absences.undo_logging(call=done.call, by=cast.sandra, at=MORNING)
    assert codes(cast.callum)[MONDAY, "AM"] == "I"


def test_one_report_of_two_children_is_undone_for_both_and_its_message_waits_again(cast):
    sibling(cast)
    row = LineMessage.objects.create(
        school=cast.thornbridge, channel="voicemail", received_at=MORNING, logged_at=MORNING
    )
    both = log(cast, cast.callum, cast.tyler, report=Report("voicemail", MORNING, message=row))
    assert absences.undo_logging(call=both[1].call, by=cast.sandra, at=MORNING) == 2
    assert not Mark.objects.filter(code="I").exists()
    row.refresh_from_db()
    assert row.state == "waiting"


def test_brothers_and_sisters_are_offered_after_the_call_without_script_too(cast, sign_in, at_morning):
    sibling(cast)
    client = sign_in(cast.sandra)
    sent = {"who": "ash", "told": "I", "until": "fri", "caller": "1", "channel": "call"}
    page = client.post(reverse("registers:absence_log"), sent, follow=True).content.decode()
    assert "In the same call about Callum Ashworth?" in page
    call = Call.objects.get()
    also = reverse("registers:absence_also", args=[call.pk])
    assert "Nobody is ticked" in client.post(also, {}, follow=True).content.decode()
    client.post(also, {"sibling": [cast.ikra.pk]})
    assert Call.objects.count() == 1, "who is no brother or sister is not offered and not logged"
    page = client.post(also, {"sibling": [cast.tyler.pk]}, follow=True).content.decode()
    assert "Logged: Maddox, Tyler: I, today to Fri 27 Nov 2026" in page
    assert "In the same call" not in page
    assert [one.is_known for one in Call.objects.all()] == [True, True]


def test_an_absence_from_the_afternoon_on_leaves_the_morning_alone(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    client.post(reverse("registers:absence_log"), {"who": "ash", "told": "I", "until": "pm fri", "channel": "call"})
    note = AbsenceNote.objects.get()
    assert (note.from_half, note.to_on.day) == ("PM", 27)
    assert set(codes(cast.callum)) == {(MONDAY, "PM")}
    page = client.get(reverse("registers:absence_note", args=[note.pk])).content.decode()
    assert 'value="pm 27/11/2026"' in page
    changed = {"told": "M", "until": "pm 27/11/2026", "reason": "Hospital"}
    client.post(reverse("registers:absence_change", args=[note.pk]), changed)
    note.refresh_from_db()
    assert (note.code, note.from_half) == ("M", "PM")


def test_a_pupil_who_is_back_in_the_afternoon_ends_the_note_at_noon(cast, sign_in, at_morning):
    (done,) = log(cast, cast.callum, span=Span(MONDAY, "AM", WEDNESDAY, "PM"))
    sign_in(cast.sandra).post(reverse("registers:absence_close", args=[done.note.pk]), {"how": "back_pm"})
    note = AbsenceNote.objects.get()
    assert (note.state, note.to_on, note.to_half) == ("ended", MONDAY, "AM")
    assert codes(cast.callum) == {(MONDAY, "AM"): "I"}


def test_a_mark_that_says_otherwise_is_shown_in_the_list_and_stays(cast, sign_in, at_morning):
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, codes={cast.callum.pk: "/"})
    log(cast, cast.callum)
    log(cast, cast.ikra)
    client = sign_in(cast.sandra)
    page = client.get(reverse("registers:absence_line"), {"show": "otherwise"}).content.decode()
    assert "Register says /" in page
    note = AbsenceNote.objects.get(pupil=cast.callum)
    amend = reverse("registers:mark_amend", args=[cast.callum.marks.get(half="AM").pk])
    assert amend in client.get(reverse("registers:absence_note", args=[note.pk])).content.decode()
    assert "Hassan" not in page
    assert codes(cast.callum)[MONDAY, "AM"] == "/"


@pytest.mark.parametrize("who", ["adeyemi", "bea"])
def test_whoever_may_open_the_line_may_log_change_and_end_what_it_shows(cast, who):
    hand = cast.people[who]
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, codes={cast.callum.pk: "N"})
    (done,) = log(cast, cast.callum, by=hand)
    assert codes(cast.callum) == {(MONDAY, "AM"): "I", (MONDAY, "PM"): "I"}
    notes.change_note(note=done.note, span=TODAY, told="M", reason="Dentist", by=hand, at=MORNING)
    assert codes(cast.callum)[MONDAY, "AM"] == "M"
    notes.withdraw_note(note=done.note, reason="Other Callum", back_to_n=True, by=hand, at=MORNING)
    assert codes(cast.callum)[MONDAY, "AM"] == "N"


def test_a_head_of_year_reads_the_messages_about_the_own_year_and_no_other(cast, sign_in, at_morning):
    contact = cast.freya.parents.get().contact
    contact.mobile = "07700 900 111"
    contact.save()
    here = {
        "school": cast.thornbridge,
        "channel": "voicemail",
        "received_at": MORNING,
        "by": cast.sandra,
        "at": MORNING,
    }
    named = line_messages.type_message(sender="", text="Callum Ashworth is ill", **here)
    rung = line_messages.type_message(sender="+44 7700 900111", text="She is sick", **here)
    other = line_messages.type_message(sender="", text="Ikra Hassan has a cold", **here)
    nameless = line_messages.type_message(sender="07700 900999", text="He is off today", **here)
    assert list(waiting(cast.thornbridge, cast.sandra)) == [named, rung, other, nameless]
    assert list(waiting(cast.thornbridge, cast.adeyemi)) == [named, rung]
    assert list(waiting(cast.thornbridge, cast.nine)) == [other]
    log(cast, cast.callum, report=Report("voicemail", MORNING, message=nameless))
    assert nameless in within(cast.thornbridge, cast.adeyemi)
    assert nameless not in within(cast.thornbridge, cast.nine)
    client = sign_in(cast.nine)
    page = client.get(reverse("registers:message_list"), {"state": "all"}).content.decode()
    assert "Ikra" in page
    assert "Callum" not in page
    assert client.post(reverse("registers:message_aside", args=[named.pk]), {"why": "x"}).status_code == 404


def test_a_message_set_aside_is_listed_with_the_reason_and_put_back(cast, sign_in, at_morning, count_queries):
    row = line_messages.type_message(
        school=cast.thornbridge, channel="voicemail", sender="", text="Is there pizza?", received_at=MORNING,
        by=cast.sandra, at=MORNING,
    )  # fmt: skip
    client = sign_in(cast.sandra)
    assert "Say why it is set aside" in client.post(
        reverse("registers:message_aside", args=[row.pk]), {"why": " "}, follow=True
    ).content.decode()  # fmt: skip
    client.post(reverse("registers:message_aside", args=[row.pk]), {"why": "About lunch"})
    with count_queries(12):
        page = client.get(reverse("registers:message_list"), {"state": "set_aside"}).content.decode()
    assert "About lunch" in page
    page = client.post(reverse("registers:message_back", args=[row.pk]), follow=True).content.decode()
    assert "Back in the queue" in page
    row.refresh_from_db()
    assert (row.state, row.why, row.settled_by) == ("waiting", "", None)
    assert "It is not set aside" in client.post(
        reverse("registers:message_back", args=[row.pk]), follow=True
    ).content.decode()  # fmt: skip
    sent = client.post(reverse("registers:message_export", args=["csv"]), {"query": "state=all"})
    assert b"Is there pizza?" in b"".join(sent.streaming_content if sent.streaming else [sent.content])


def test_whoever_comes_second_to_a_message_is_told_and_led_to_the_next(cast, sign_in, at_morning):
    here = {
        "school": cast.thornbridge,
        "channel": "voicemail",
        "received_at": MORNING,
        "by": cast.sandra,
        "at": MORNING,
    }
    first = line_messages.type_message(sender="", text="Callum Ashworth is ill", **here)
    line_messages.type_message(sender="", text="Ikra Hassan has a cold", **here)
    log(cast, cast.callum, report=Report("voicemail", MORNING, message=first), by=cast.laila)
    sent = {"who": "ash", "told": "I", "channel": "voicemail", "message": first.pk}
    page = sign_in(cast.sandra).post(reverse("registers:absence_log"), sent, follow=True).content.decode()
    assert "Ms L. Noor has worked this message meanwhile" in page
    assert "Ikra Hassan has a cold" in page
    assert Call.objects.count() == 1
