"""Letters to parents, each step of each with its Why; times below a level; stops over what goes home."""

from __future__ import annotations

from collections.abc import Sequence

from attendance_office import clock
from attendance_office.audit.models import Entry as Line
from attendance_office.staff.roles import Can
from letters.models import Episode, Letter, Reward, Stop
from registers.rules.dates import spoken_date

from .entries import KINDS, Entry, Scope, done, joined

_NOT_SENT = (Letter.State.HELD_BACK, Letter.State.DECLINED, Letter.State.FAILED, Letter.State.UNCERTAIN)


def letters(scope: Scope) -> list[Entry]:
    """Give what happened to each letter, in the order in which it happened."""
    rows = (
        Letter.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil)
        .select_related("proposed_by", "approved_by", "sent_by", "stands_by", "recalled_by")
        .defer("facts_sent", "words")
    )
    kept = list(rows)
    said = Line.objects.filter(
        school_id=scope.pupil.school_id, subject_kind="letter", subject_id__in=[str(row.pk) for row in kept]
    )
    trail: dict[str, list[Line]] = {}
    for line in said.order_by("at", "pk"):
        trail.setdefault(line.subject_id, []).append(line)
    return [entry for row in kept for entry in _of(scope, row, trail.get(str(row.pk), []))]


def rewards(scope: Scope) -> list[Entry]:
    """Give what the pupil was given for attendance, as it was put on record."""
    rows = Reward.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil, struck=None).select_related("by")
    return [
        Entry(KINDS["rewards"], row.given_on, joined(f"Given: {row.name}"), more=joined(row.why), by=row.by.signature)
        for row in rows.order_by("given_on", "pk")
    ]


def _of(scope: Scope, row: Letter, trail: Sequence[Line]) -> list[Entry]:
    link = scope.link("letters:letter_detail", row.pk, "Why, and the letter")
    to = row.to_name if scope.may(Can.SEE_CONTACTS) else "the home"
    what = f"{row.get_kind_display()} to {to}"
    share = row.facts.get("percent", "")
    figures = f"Attendance then: {share}" if share else ""
    found = [
        done("letters", row.proposed_at, f"{what}: proposed.", more=joined(figures), by=row.proposed_by, link=link)
    ]
    if row.approved_at is not None:
        found.append(done("letters", row.approved_at, f"{what}: approved.", by=row.approved_by, link=link))
    if row.sent_at is not None:
        how = row.get_channel_display().lower()
        found.append(done("letters", row.sent_at, f"{what}: sent, {how}.", by=row.sent_by, link=link))
    if row.state in _NOT_SENT:
        # Several are set aside at once, on one line of the trail: then the last known step dates it.
        at = trail[-1].at if trail else row.approved_at or row.proposed_at
        words = f"{what}: stands as {row.get_state_display().lower()}."
        found.append(done("letters", at, words, more=joined(row.ended_why), link=link))
    if row.doubted_at is not None:
        words = f"{what}: the register no longer supports it."
        found.append(done("letters", row.doubted_at, words, more=joined(row.doubted_why), link=link))
    if row.stands_at is not None:
        words = f"{what}: let stand all the same."
        found.append(done("letters", row.stands_at, words, more=joined(row.stands_why), by=row.stands_by, link=link))
    if row.recalled_at is not None:
        why = next((line.reason for line in trail if line.at == row.recalled_at), "")
        words = f"{what}: recalled."
        found.append(done("letters", row.recalled_at, words, more=joined(why), by=row.recalled_by, link=link))
    return found


def episodes(scope: Scope) -> list[Entry]:
    """Give the times below a level at which letters are due."""
    link = scope.link("letters:pupil_letters", scope.pupil.pk, "Letters")
    found = []
    rows = Episode.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil).select_related("opened_by_policy")
    for row in rows:
        below = f"{row.opened_by_policy.below.normalize():f} %"
        words = f"Below level {row.level} ({below}): {row.attended} of {row.possible} attended."
        found.append(Entry(KINDS["letters"], row.opened_on, words, link=link))
        if row.closed_on is not None:
            words = f"No longer below level {row.level}."
            found.append(Entry(KINDS["letters"], row.closed_on, words, more=joined(row.why_closed), link=link))
    return found


def stops(scope: Scope) -> list[Entry]:
    """Give the stops over what goes home. One for safeguarding eyes is there for nobody else."""
    today = clock.local(scope.at).date()
    rows = Stop.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil)
    if not scope.may(Can.SEE_SAFEGUARDING):
        rows = rows.filter(is_private=False)
    link = scope.link("letters:pupil_letters", scope.pupil.pk, "Letters and stops")
    found = []
    for row in rows.select_related("owner", "made_by", "lifted_by"):
        until = f" until {spoken_date(row.to_on)}" if row.to_on else ""
        words = f"Stop kept over {row.get_covers_display().lower()}, from {spoken_date(row.from_on)}{until}."
        more = joined(row.reason, f"Ask {row.owner.signature}")
        found.append(done("stops", row.made_at, words, more=more, by=row.made_by, link=link))
        if row.lifted_at is not None:
            words = f"Stop over {row.get_covers_display().lower()} lifted."
            found.append(done("stops", row.lifted_at, words, more=joined(row.why_lifted), by=row.lifted_by, link=link))
        elif row.to_on is not None and row.to_on < today:
            words = f"Stop over {row.get_covers_display().lower()} ran out."
            found.append(Entry(KINDS["stops"], row.to_on, words, half="PM", link=link))
    return found
