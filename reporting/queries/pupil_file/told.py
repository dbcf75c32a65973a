"""What the school was told and agreed: the absence line, agreements, and closures where they touched the pupil."""

from __future__ import annotations

from datetime import date
from typing import cast

from django.db.models import Prefetch

from attendance_office import clock
from attendance_office.staff.roles import Can
from registers.models import AbsenceNote, AgreementPupil, Call, Closure
from registers.rules.absences import Span
from registers.rules.codes import Half
from registers.rules.dates import spoken_date
from registers.rules.untils import spoken_span

from .entries import KINDS, Entry, Scope, done, joined, many


def notes(scope: Scope) -> list[Entry]:
    """Give the absence notes: what was told, what the school chose and why, who reported it, and how it ended.

    What a note says in words is for whoever reads comments; the kind of illness and the caller's own words are for
    whoever works the absence line.

    Source: SI 2024/208 reg 10(7)-(9).
    """
    calls = Call.objects.select_related("contact", "logged_by").order_by("heard_at", "pk")
    rows = (
        AbsenceNote.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil)
        .select_related("logged_by", "closed_by")
        .prefetch_related(Prefetch("calls", calls))
    )
    works = scope.may(Can.LOG_ABSENCE)
    found = []
    for note in rows:
        link = scope.link("registers:absence_note", note.pk, "The note", Can.LOG_ABSENCE)
        span = Span(note.from_on, cast("Half", note.from_half), note.to_on, cast("Half", note.to_half))
        is_refused = note.told_code != note.code
        words = f"Absence told: {note.told_code}, {spoken_span(span, date.min)}"
        words += f". Reason not accepted, coded {note.code}" if is_refused else ""
        more = scope.comment(
            note.reason,
            f"Not accepted: {note.why_refused}" if is_refused else "",
            f"Kind of illness: {note.get_symptom_display()}" if note.symptom and works else "",
        )
        found.append(done("notes", note.logged_at, f"{words}.", more=more, by=note.logged_by, link=link))
        if note.closed_at is not None:
            words = f"Absence note from {spoken_date(note.from_on)}: {note.get_state_display().lower()}."
            found.append(
                done("notes", note.closed_at, words, more=scope.comment(note.why_closed), by=note.closed_by, link=link)
            )
        found += [_call(scope, note, call) for call in note.calls.all()]
    return found


def _call(scope: Scope, note: AbsenceNote, call: Call) -> Entry:
    words = f"{call.get_channel_display()} from {scope.named(call.contact, call.caller)}"
    words += "" if call.is_known else ", not a known contact"
    words += f", about the absence from {spoken_date(note.from_on)}"
    words += "; taken back since" if call.taken_back_at else ""
    return done(
        "notes", call.heard_at, f"{words}.", more=joined(call.words) if scope.may(Can.LOG_ABSENCE) else "",
        by=call.logged_by, link=scope.link("registers:absence_note", note.pk, "The note", Can.LOG_ABSENCE),
    )  # fmt: skip


def agreements(scope: Scope) -> list[Entry]:
    """Give the agreements that write codes: made, with whom, and over.

    Source: SI 2024/208 reg 10 (B, D, K, P, V, W, X) and reg 11(5), (6) (S, C2).
    """
    today = clock.local(scope.at).date()
    found = []
    places = AgreementPupil.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil)
    for place in places.select_related("agreement__made_by", "agreement__agreed_with"):
        row = place.agreement
        link = scope.link("registers:agreement_detail", row.pk, "The agreement")
        agreed = scope.named(row.agreed_with, row.agreed_with_name) if row.agreed_with or row.agreed_with_name else ""
        days = f"{spoken_date(row.from_on)} to {spoken_date(row.to_on)}"
        words = f"{row.get_kind_display()} ({row.code}): {row.name}, {days}."
        more = joined(
            f"At {row.place}" if row.place else "",
            f"Agreed on {spoken_date(row.agreed_on)} by {row.agreed_by}" + (f" with {agreed}" if agreed else ""),
        )
        found.append(done("agreements", row.made_at, words, more=more, by=row.made_by, link=link))
        until = min(row.ends_on, place.to_on) if place.to_on else row.ends_on
        if until <= today:
            over = "ended early" if until < row.to_on else "over"
            words = f"{row.get_kind_display()} ({row.code}) {over}: {row.name}."
            found.append(Entry(KINDS["agreements"], until, words, half="PM", more=joined(row.why_ended), link=link))
    return found


def closures(scope: Scope) -> list[Entry]:
    """Give the closures whose code stands in the pupil's register.

    Source: SI 2024/208 reg 10 (# and Y1-Y7).
    """
    found = []
    rows = Closure.objects.filter(
        school=scope.pupil.school_id, from_on__lte=scope.to_on, to_on__gte=scope.from_on
    ).select_related("made_by")
    for row in rows:
        touched = [
            mark.session
            for mark in scope.marks
            if mark.code == row.code
            and row.from_on <= mark.session.on <= row.to_on
            and row.half in ("", mark.session.half)
            and scope.covers(mark.session.on)
        ]
        if touched:
            words = f"Closed ({row.code}): {row.name}, {many(len(touched), 'session')} of this pupil."
            found.append(
                Entry(
                    KINDS["closures"], touched[0].on, words, half=touched[0].half,
                    by=row.made_by.signature if row.made_by else "",
                    link=scope.link("registers:closure_detail", row.pk, "The closure"),
                )
            )  # fmt: skip
    return found
