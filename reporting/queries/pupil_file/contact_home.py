"""What was done to reach the home on a first day, what went to safeguarding, and who of the staff was told."""

from __future__ import annotations

from django.db.models import Prefetch, Q

from attendance_office.staff.roles import Can
from interventions.models import Attempt, FirstDayPupil, SafeguardingItem, SafeguardingStep
from letters.models import Message
from registers.rules.dates import spoken_date

from .entries import Entry, Scope, done, joined

_WAYS = {"mobile": "mobile", "home_phone": "home phone", "work_phone": "work phone"}
_TOLD = (Message.Kind.VULNERABLE, Message.Kind.SAFEGUARDING, Message.Kind.LEVEL_TOLD)


def first_days(scope: Scope) -> list[Entry]:
    """Give each session without a reason: the family taken up, the alert and what became of it, each call."""
    attempts = Attempt.objects.select_related("contact", "by").order_by("at", "pk")
    rows = (
        FirstDayPupil.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil)
        .select_related("first_day__opened_by", "first_day__alert")
        .prefetch_related(Prefetch("first_day__attempts", attempts))
    )
    found = []
    for row in rows:
        day = row.first_day
        session = f"{spoken_date(row.on)} {row.half.lower()}"
        why = (day.why_private if scope.may(Can.SEE_SAFEGUARDING) else "") or day.why_no_alert
        words = f"Absent without a reason on {session}: first-day contact begun."
        more = joined(f"No alert: {why}") if why and day.alert is None else ""
        found.append(done("first_day", row.joined_at, words, more=more, by=day.opened_by))
        if day.alert is not None:
            found.append(_alert(scope, day.alert, session))
        for attempt in day.attempts.all():
            way = _WAYS.get(attempt.way, attempt.way.replace("_", " "))
            words = f"Rang {scope.named(attempt.contact)}, {way}: {attempt.get_outcome_display().lower()}."
            coded = f"The register was coded {attempt.code}" if attempt.code else ""
            found.append(done("first_day", attempt.at, words, more=joined(attempt.words, coded), by=attempt.by))
    return found


def _alert(scope: Scope, message: Message, session: str) -> Entry:
    at = message.delivered_at or message.sent_at or message.written_at
    words = f"Absence alert about {session}, {message.get_channel_display().lower()} to {_to(scope, message)}"
    return done(
        "first_day", at, f"{words}: {message.get_state_display().lower()}.", more=joined(message.ended_why),
        by=message.written_by, link=scope.link("letters:message_detail", message.pk, "The message", Can.SEE_OUTBOX),
    )  # fmt: skip


def _to(scope: Scope, message: Message) -> str:
    return message.recipient_name if scope.may(Can.SEE_CONTACTS) else "a parent or carer"


def nobody_reached(scope: Scope) -> list[Entry]:
    """Give the items about the pupil's family: raised, each step, safe and well by whose word, and closed."""
    steps = SafeguardingStep.objects.select_related("by").order_by("at", "pk")
    rows = (
        SafeguardingItem.objects.filter(
            school=scope.pupil.school_id,
            first_day__in=FirstDayPupil.objects.filter(pupil=scope.pupil).values("first_day"),
        )
        .select_related("raised_by", "closed_by", "first_day")
        .prefetch_related(Prefetch("steps", steps))
    )
    found = []
    for item in rows:
        link = scope.link("interventions:safeguarding_item", item.pk, "The item", Can.CONTACT_HOME)
        day = f"{spoken_date(item.first_day.on)} {item.first_day.half.lower()}"
        found.append(
            done(
                "safeguarding", item.raised_at, f"Nobody reached about {day}: raised to safeguarding.",
                more=joined(item.why), by=item.raised_by, link=link,
            )
        )  # fmt: skip
        for step in item.steps.all():
            said = f"Said by {step.who_said}; how it is known: {step.how_known}" if step.who_said else ""
            found.append(
                done(
                    "safeguarding", step.at, f"{step.get_kind_display()}.", more=joined(step.words, said), by=step.by,
                    link=link,
                )
            )  # fmt: skip
        if item.closed_at is not None:
            found.append(
                done(
                    "safeguarding", item.closed_at, f"Item about {day} closed.", more=joined(item.why_closed),
                    by=item.closed_by, link=link,
                )
            )  # fmt: skip
    return found


def staff_told(scope: Scope) -> list[Entry]:
    """Give the messages to colleagues about the pupil: highly vulnerable and absent, nobody reached, below a level."""
    rows = Message.objects.filter(
        Q(pupil=scope.pupil) | Q(about__pupil=scope.pupil), school=scope.pupil.school_id, kind__in=_TOLD
    ).distinct()
    return [
        done(
            "told", row.sent_at or row.written_at,
            f"{row.recipient_name} told, {row.get_channel_display().lower()}: {row.get_state_display().lower()}.",
            more=joined(row.get_kind_display(), row.ended_why), by=row.written_by,
            link=scope.link("letters:message_detail", row.pk, "The message", Can.SEE_OUTBOX),
        )
        for row in rows.defer("body", "html")
    ]  # fmt: skip
