"""Letters that the register supports no longer: found, answered by an apology, recalled, or left to stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from letters.models import Addressee, Letter, LetterKind, Message, PrintRun
from letters.queries.doubts import OUT, Doubt, doubts_of
from letters.queries.letter_values import receipts
from letters.queries.still_due import NOT_GONE
from letters.queries.wording import wording, wordings
from registers.rules.dates import spoken_date

from .outbox import stop_carrying

State = Letter.State


def find_doubted(*, school: School, by: User | None, at: datetime) -> list[Letter]:
    """Flag each letter, made or sent, whose counted days no longer support it, and draft the apology for those sent.

    A flag goes away where the marks support the letter again and nobody has answered it. Looking twice changes
    nothing. The marks are read in one statement.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        if went := list(_went_in_doubt(school)):
            _draft_apologies(school, went, by=by, at=at)
        found = doubts_of(school.pk)
        if not found:
            return []
        rows = Letter.objects.select_for_update(of=("self",)).filter(
            school=school, pk__in=[one.letter_id for one in found]
        )
        letters = rows.select_related("pupil").in_bulk()
        new = [_flag(letters[one.letter_id], one, at) for one in found if not one.is_supported]
        cleared = [_clear(letters[one.letter_id]) for one in found if one.is_supported]
        Letter.objects.bulk_update([*new, *cleared], ["doubted_at", "doubted_why"])
        _draft_apologies(school, [one for one in new if one.state in OUT], by=by, at=at)
        _drop_apologies(school, cleared)
        trail.record(
            verb="doubted letters", by=by, at=at, school_id=school.pk, subject_kind="school", subject_id=school.pk,
            words=f"The register no longer supports {len(new)} of the letters sent; {len(cleared)} it supports again.",
            after={"doubted": [one.pk for one in new], "supported": [one.pk for one in cleared]},
        )  # fmt: skip
    return new


def recall_letter(*, letter: Letter, why: str, by: User, at: datetime) -> Letter:
    """Recall a letter: one that has not gone is stopped; for one that has an apology is drafted, if none is.

    Raises Refused without a reason, for a letter that is being made or handed over this moment, and for one never
    approved.
    """
    if not why.strip():
        raise Refused("Say why the letter is recalled.")
    with trail.signed(by=by, at=at, school_id=letter.school_id):
        # The post room locks a message before its letter: so does this, and neither waits for the other.
        list(Message.objects.select_for_update(of=("self",)).filter(letter=letter).order_by("pk"))
        kept = _locked(letter)
        if kept.recalled_at is not None:
            raise Refused("This letter is recalled already.")
        if kept.state == State.CLAIMED:
            raise Refused("This letter is being made this moment. Try again in a minute.")
        if kept.state in {State.WAITING, State.READY}:
            if stop_carrying([kept.pk], why="The letter was recalled."):
                raise Refused("This letter is being handed over this moment. Try again in a minute.")
            kept.state, kept.ended_why = State.RECALLED, f"Recalled by {by.signature}: {why.strip()}"[:300]
        elif kept.state not in OUT:
            raise Refused(f"There is nothing to recall: {kept.get_state_display().lower()}.")
        else:
            _draft_apologies(kept.school, [kept], by=by, at=at)
        kept.recalled_at, kept.recalled_by = at, by
        kept.save(update_fields=["state", "ended_why", "recalled_at", "recalled_by"])
        trail.record(
            verb="recalled a letter", by=by, at=at, school_id=kept.school_id, subject_kind="letter",
            subject_id=kept.pk, words=f"{kept.get_kind_display()} about {kept.pupil}: recalled.", reason=why,
        )  # fmt: skip
    return kept


def let_stand(*, letter: Letter, why: str, by: User, at: datetime) -> Letter:
    """Let a doubted letter stand: its drafted apology is set aside, and it is not doubted again.

    Raises Refused without a reason, and where it is not in doubt.
    """
    if not why.strip():
        raise Refused("Say why the letter stands.")
    with trail.signed(by=by, at=at, school_id=letter.school_id):
        kept = _locked(letter)
        if kept.doubted_at is None or kept.recalled_at is not None or kept.stands_at is not None:
            raise Refused("This letter is not in doubt.")
        kept.stands_at, kept.stands_by, kept.stands_why = at, by, why.strip()[:300]
        kept.save(update_fields=["stands_at", "stands_by", "stands_why"])
        _drop_apologies(kept.school, [kept])
        trail.record(
            verb="let a letter stand", by=by, at=at, school_id=kept.school_id, subject_kind="letter",
            subject_id=kept.pk, words=f"{kept.get_kind_display()} about {kept.pupil}: stands.", reason=why,
        )  # fmt: skip
    return kept


def hold_apologies_back(run: PrintRun) -> None:
    """Have the apologies for letters of a run wait, because the run has not gone after all; within a transaction.

    Raises Refused where one has gone.
    """
    apologies = list(
        Letter.objects.select_for_update(of=("self",)).select_related("corrects").filter(corrects__print_run=run)
    )
    if any(one.state in {State.CLAIMED, *OUT} for one in apologies):
        raise Refused("An apology for a letter of this run has gone or is being made: the run stays posted.")
    for one in apologies:
        if one.corrects is not None and one.corrects.recalled_at is not None:
            stop_carrying([one.pk], why="The letter was recalled before it went.")
            one.state, one.ended_why = State.DECLINED, "The letter it would correct was recalled before it went"
        elif one.state == State.PROPOSED:
            one.state, one.ended_why = State.HELD_BACK, NOT_GONE
    Letter.objects.bulk_update(apologies, ["state", "ended_why"])


def put_apologies_back(run: PrintRun) -> None:
    """Propose again the apologies that waited for letters of a run to go; within a transaction."""
    waiting = Letter.objects.filter(
        corrects__print_run=run, corrects__doubted_at__isnull=False, state=State.HELD_BACK, ended_why=NOT_GONE
    )
    waiting.update(state=State.PROPOSED, ended_why="")


def _went_in_doubt(school: School) -> QuerySet[Letter]:
    """Give the letters that went though they were in doubt, for which nobody has drafted an apology yet."""
    rows = Letter.objects.filter(school=school, state__in=OUT, doubted_at__isnull=False, corrections=None)
    return rows.filter(recalled_at=None, stands_at=None).select_for_update(of=("self",)).select_related("pupil")


def _locked(letter: Letter) -> Letter:
    rows = Letter.objects.select_for_update(of=("self",)).select_related("pupil", "school")
    return rows.get(pk=letter.pk)


def _flag(letter: Letter, doubt: Doubt, at: datetime) -> Letter:
    letter.doubted_at, letter.doubted_why = at, doubt.words[:400]
    return letter


def _clear(letter: Letter) -> Letter:
    letter.doubted_at, letter.doubted_why = None, ""
    return letter


def _draft_apologies(school: School, letters: Sequence[Letter], *, by: User | None, at: datetime) -> list[Letter]:
    """Propose the apology for each letter that has none, to the same people at the address of that letter."""
    found = wordings(school.pk, [LetterKind.APOLOGY])
    there = set(
        Letter.objects.filter(school=school, corrects__in=letters)
        .exclude(state=State.DECLINED)
        .values_list("corrects", flat=True)
    )
    read = _figures_now(school, letters)
    drafts = []
    for letter in letters:
        version = wording(found, LetterKind.APOLOGY, letter.language)
        if letter.pk in there or version is None:
            continue
        turn = Letter.objects.filter(school=school, corrects=letter).count()
        drafts.append(
            Letter(
                school=school, key=f"apology:{letter.pk}:{turn}", kind=LetterKind.APOLOGY, pupil_id=letter.pupil_id,
                corrects=letter, version=version, channel=_way_of(letter), to_name=letter.to_name,
                to_address=letter.to_address, to_email=letter.to_email, language=letter.language,
                is_large_print=letter.is_large_print, facts=read.get(letter.pk, {}), fields=_day_of(letter),
                proposed_on=clock.local(at).date(), proposed_at=at, proposed_by=by,
            )
        )  # fmt: skip
    made = Letter.objects.bulk_create(drafts)
    readers = Addressee.objects.filter(letter__in=[one.corrects_id for one in made])
    draft_of = {one.corrects_id: one for one in made}
    Addressee.objects.bulk_create(
        Addressee(school=school, letter=draft_of[one.letter_id], contact_id=one.contact_id, name=one.name)
        for one in readers
    )
    return made


def _day_of(letter: Letter) -> dict[str, str]:
    """Give the apology the day of the letter it is about, where that is known."""
    return {"wrong letter date": spoken_date(clock.local(letter.sent_at).date())} if letter.sent_at else {}


def _way_of(letter: Letter) -> str:
    """Give how the apology travels: as the letter did, but by Notify only where a person says so again."""
    return Letter.Channel.POST if letter.channel == Letter.Channel.NOTIFY else letter.channel


def _figures_now(school: School, letters: Sequence[Letter]) -> dict[int, dict[str, Any]]:
    """Give the figures of the days that each letter counted, as the register now has them."""
    by_days: dict[tuple[str, str], list[Letter]] = {}
    for letter in letters:
        facts = letter.facts_sent or letter.facts
        if facts.get("from_on"):
            by_days.setdefault((facts["from_on"], facts["to_on"]), []).append(letter)
    found: dict[int, dict[str, Any]] = {}
    for (first, last), some in by_days.items():
        read = receipts(
            school.pk,
            {one.pupil_id for one in some},
            from_on=date.fromisoformat(first),
            to_on=date.fromisoformat(last),
        )
        found |= {one.pk: read[one.pupil_id] for one in some}
    return found


def _drop_apologies(school: School, letters: Sequence[Letter]) -> None:
    """Set aside the apologies that nobody has approved."""
    waiting = Letter.objects.filter(school=school, corrects__in=letters, state__in=[State.PROPOSED, State.HELD_BACK])
    waiting.update(state=State.DECLINED, ended_why="The letter it would correct stands")
