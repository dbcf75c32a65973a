"""The outbox: claimed by one, read again when it goes, never sent a second time by itself."""

from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from letters import post
from letters.actions import outbox
from letters.actions.alerts import alert_staff
from letters.models import Chase, Message
from letters.queries.outbox import waiting
from letters.queries.vulnerable import concerns_of, who_is_told
from registers.actions.cover import set_cover
from registers.models import Mark
from tests.factories.marks import take
from tests.letters.conftest import MONDAY_AM, NINE

State = Message.State


@pytest.fixture
def smtp(settings):
    """Let messages leave through Django's own mail outbox."""
    settings.OFFICE_POST = "smtp"
    mail.outbox = []
    return mail


@pytest.fixture
def to_pat(cast, chase):
    chase()
    return Message.objects.get(recipient=cast.pat)


def deliver(message, at=NINE):
    state = outbox.deliver(message_id=message.pk, at=at)
    message.refresh_from_db()
    return state


def breaks(monkeypatch, error):
    def _send(self, fail_silently=False):
        raise error

    monkeypatch.setattr("letters.post.mail.EmailMultiAlternatives.send", _send)


def test_a_message_goes_once_with_a_reference_that_stays_the_same(to_pat, smtp):
    assert deliver(to_pat) == State.SENT
    assert deliver(to_pat) is None
    (letter,) = smtp.outbox
    assert letter.to == [to_pat.address]
    assert letter.extra_headers["Message-ID"].startswith(f"<office-{to_pat.school_id}-{to_pat.pk}@")
    assert to_pat.sent_at == NINE
    assert Entry.objects.filter(subject_kind="message", subject_id=str(to_pat.pk)).count() == 1


def test_in_the_demo_nothing_leaves_and_the_outbox_says_sent(to_pat, settings):
    settings.OFFICE_POST = "outbox"
    mail.outbox = []
    assert deliver(to_pat) == State.SENT
    assert mail.outbox == []


def test_ten_deliveries_of_one_message_have_one_effect(to_pat, smtp):
    assert [outbox.deliver(message_id=to_pat.pk, at=NINE) for _ in range(10)].count(State.SENT) == 1
    assert len(smtp.outbox) == 1


def test_a_mark_arriving_cancels_and_says_when(cast, to_pat, smtp):
    take(cast.nine_a, MONDAY_AM, by=cast.pat, at=NINE + timedelta(minutes=4))
    assert deliver(to_pat, NINE + timedelta(minutes=5)) == State.CANCELLED
    assert to_pat.ended_why == "Register taken at 09:04."
    assert smtp.outbox == []
    assert Chase.objects.get(message=to_pat).answered_at == NINE + timedelta(minutes=5)


def test_what_goes_names_only_the_registers_still_owed(cast, chase, smtp):
    set_cover(school=cast.thornbridge, tutor_group=cast.eight_c, session=MONDAY_AM, user=cast.pat, by=None, at=NINE)
    (message,) = chase().messages
    take(cast.nine_a, MONDAY_AM, by=cast.pat, at=NINE)
    assert deliver(message) == State.SENT
    assert "8C" in smtp.outbox[0].body
    assert "9A" not in smtp.outbox[0].body


def test_a_chase_is_not_sent_to_somebody_who_no_longer_takes_the_register(cast, to_pat, smtp):
    set_cover(school=cast.thornbridge, tutor_group=cast.nine_a, session=MONDAY_AM, user=cast.hal, by=None, at=NINE)
    assert deliver(to_pat) == State.CANCELLED
    assert to_pat.ended_why == "Somebody else takes the register now: Mr H. Tranter."


def test_a_server_out_of_reach_is_tried_after_1_5_15_and_60_minutes_and_then_failed(to_pat, smtp, monkeypatch):
    def refuse(_channel):
        raise post.NotSent("The mail server cannot be reached (ConnectionRefusedError).")

    monkeypatch.setattr(post, "open_line", refuse)
    at, waits = NINE, []
    for _ in range(4):
        assert deliver(to_pat, at) == State.WAITING
        waits.append((to_pat.due_at - at).total_seconds() / 60)
        assert deliver(to_pat, to_pat.due_at - timedelta(seconds=1)) is None
        at = to_pat.due_at
    assert waits == [1, 5, 15, 60]
    assert deliver(to_pat, at) == State.FAILED
    assert "cannot be reached" in to_pat.ended_why


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (SMTPRecipientsRefused({"x": (550, b"no such")}), State.FAILED),
        (SMTPRecipientsRefused({"x": (450, b"later")}), State.WAITING),
        (SMTPDataError(451, b"later"), State.WAITING),
        (SMTPDataError(554, b"never"), State.FAILED),
        (SMTPServerDisconnected("gone"), State.UNCERTAIN),
        (TimeoutError(), State.UNCERTAIN),
    ],
    ids=lambda value: str(value)[:24],
)
def test_each_way_in_which_a_mail_server_says_no_has_its_state(to_pat, smtp, monkeypatch, error, state):
    breaks(monkeypatch, error)
    assert deliver(to_pat) == state
    assert to_pat.ended_why


def test_a_message_that_cannot_be_written_does_not_stop_those_behind_it(cast, chase, smtp, monkeypatch):
    first, second = chase().messages
    real = outbox.reading_of

    def reading(message, *, at):
        if message.pk == first.pk:
            raise KeyError("poison")
        return real(message, at=at)

    monkeypatch.setattr(outbox, "reading_of", reading)
    assert [deliver(first), deliver(second)] == [State.WAITING, State.SENT]
    for _ in range(4):
        deliver(first, first.due_at)
    assert first.state == State.FAILED


def test_a_worker_that_died_before_the_hand_over_leaves_a_message_that_waits_again(to_pat):
    assert outbox._claim(to_pat.pk, at=NINE) is not None
    assert outbox.settle_stuck(at=NINE + timedelta(minutes=2))["waiting"] == 0
    assert outbox.settle_stuck(at=NINE + timedelta(minutes=3))["waiting"] == 1
    to_pat.refresh_from_db()
    assert to_pat.state == State.WAITING


def test_a_worker_that_died_in_the_hand_over_leaves_a_message_in_doubt_that_a_person_settles(cast, to_pat, smtp):
    claimed = outbox._claim(to_pat.pk, at=NINE)
    outbox._begin_hand_over(claimed, outbox.reading_of(claimed, at=NINE), at=NINE)
    later = NINE + timedelta(minutes=3)
    assert outbox.settle_stuck(at=later)["uncertain"] == 1
    assert waiting(later + timedelta(days=1)) == [Message.objects.get(recipient=cast.hal).pk]
    to_pat.refresh_from_db()
    settled = outbox.settle(message=to_pat, went=True, by=cast.sandra, at=later)
    assert (settled.state, settled.sent_at) == (State.SENT, NINE)
    with pytest.raises(Refused):
        outbox.settle(message=to_pat, went=False, by=cast.sandra, at=later)


def test_a_message_in_doubt_is_sent_again_only_by_a_persons_word(cast, to_pat, smtp, monkeypatch):
    breaks(monkeypatch, TimeoutError())
    deliver(to_pat)
    monkeypatch.undo()
    outbox.settle(message=to_pat, went=False, by=cast.sandra, at=NINE)
    assert deliver(to_pat) == State.SENT
    assert len(smtp.outbox) == 1


def test_a_message_that_failed_is_left_by_a_persons_word_with_what_was_done_instead(cast, to_pat, smtp):
    with pytest.raises(Refused, match="has not failed"):
        outbox.leave(message=to_pat, why="Told in person", by=cast.sandra, at=NINE)
    Message.objects.filter(pk=to_pat.pk).update(state=State.FAILED, ended_why="The mail server refused the address.")
    to_pat.refresh_from_db()
    with pytest.raises(Refused, match="what was done instead"):
        outbox.leave(message=to_pat, why=" ", by=cast.sandra, at=NINE)
    left = outbox.leave(message=to_pat, why="Told in person", by=cast.sandra, at=NINE)
    assert left.state == State.CANCELLED
    assert left.ended_why == "The mail server refused the address. Mrs S. Pugh: Told in person"
    entry = Entry.objects.filter(school_id=cast.thornbridge.pk).about("message", to_pat.pk).latest("pk")
    assert (entry.by_id, entry.reason, entry.after) == (cast.sandra.pk, "Told in person", {"state": "cancelled"})
    with pytest.raises(Refused, match="somebody was quicker"):
        outbox.leave(message=to_pat, why="Told in person", by=cast.sandra, at=NINE)
    assert (deliver(to_pat), smtp.outbox) == (None, [])


def test_a_worker_that_woke_up_late_is_refused_by_its_lost_claim(to_pat, smtp):
    zombie = outbox._claim(to_pat.pk, at=NINE)
    outbox.settle_stuck(at=NINE + timedelta(minutes=3))
    deliver(to_pat, NINE + timedelta(minutes=10))
    assert outbox._begin_hand_over(zombie, outbox.reading_of(zombie, at=NINE), at=NINE) is False
    assert outbox._end(zombie, State.FAILED, at=NINE, words="x") is None
    to_pat.refresh_from_db()
    assert to_pat.state == State.SENT


def alert(cast, at=NINE):
    concerns = concerns_of(cast.thornbridge, MONDAY_AM)
    return alert_staff(
        school=cast.thornbridge, session=MONDAY_AM, concerns=concerns,
        told=who_is_told(cast.thornbridge, concerns), by=None, at=at,
    )  # fmt: skip


def test_a_vulnerable_pupil_not_marked_is_told_to_pastoral_head_of_year_and_dsl_once(cast):
    names = sorted(message.recipient_name for message in alert(cast))
    assert names == ["Ms B. Farrant", "Ms D. Lacey", "Ms N. Eight"]
    assert alert(cast) == []


def test_a_vulnerable_pupil_marked_absent_after_that_is_told_of_again(cast):
    alert(cast)
    take(cast.eight_c, MONDAY_AM, by=cast.hal, at=NINE, codes={cast.tyler.pk: "N"})
    again = alert(cast)
    assert len(again) == 3
    assert "absent, no reason yet (N)" in again[0].body
    assert "Maddox" not in again[0].subject


def test_a_vulnerable_pupil_who_arrived_cancels_the_telling(cast, smtp):
    messages = alert(cast)
    take(cast.eight_c, MONDAY_AM, by=cast.hal, at=NINE)
    assert [deliver(message) for message in messages] == [State.CANCELLED] * 3


def test_an_absence_known_beforehand_alarms_nobody(cast):
    Mark.objects.create(
        school=cast.thornbridge, pupil=cast.tyler, on=MONDAY_AM.on, half="AM", code="M",
        school_week=MONDAY_AM.monday, origin="planned", recorded_at=NINE,
    )  # fmt: skip
    assert concerns_of(cast.thornbridge, MONDAY_AM) == []


def test_where_nobody_holds_the_posts_the_officers_are_told(cast):
    for person in ("bea", "dee", "nine"):
        cast.people[person].posts.all().delete()
    assert [message.recipient for message in alert(cast)] == [cast.sandra]
