"""What a person decides on letters that are proposed: approve, set aside, put back, take an approval back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from attendance_office.staff.models import Post, School, User
from attendance_office.staff.roles import Role
from letters.models import Letter, LetterKind, Message, PrintRun
from letters.queries import words
from letters.queries.still_due import verdicts
from letters.queries.wording import wording, wordings

from .proposing import RENEWED, apply_verdict

State = Letter.State
APPROVED = "approved letters"
_APPROVED = ("state", "approved_at", "approved_by", "due_at", "attempts", "print_run", "run_place")


@dataclass
class Decided:
    """What became of the letters that were chosen: done, held back when read again, or decided by somebody before."""

    done: list[Letter] = field(default_factory=list)
    held_back: list[Letter] = field(default_factory=list)
    already: list[Letter] = field(default_factory=list)
    entry: Entry | None = None


def approve_letters(*, school: School, letter_ids: Collection[int], by: User, at: datetime) -> Decided:
    """Approve proposed letters: the marks are read again, and those that are not due any more are held back.

    Approved letters wait to be made. Heads of year are told where the policy says so. An approved apology recalls the
    letter that it corrects. Of two people who approve the same letters at once one does; the other finds them in
    `already`.

    Raises Refused where none is chosen.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        letters = _chosen(school, letter_ids)
        decided = Decided(already=[one for one in letters if one.state != State.PROPOSED])
        open_ones = [one for one in letters if one.state == State.PROPOSED]
        _approve(school, open_ones, decided, by=by, at=at)
        if not open_ones:
            return decided
        _tell_heads_of_year(school, decided.done, by=by, at=at)
        _recall_corrected(decided.done, by=by, at=at)
        kept = f", {len(decided.held_back)} held back" if decided.held_back else ""
        decided.entry = trail.record(
            verb=APPROVED, by=by, at=at, school_id=school.pk, subject_kind="school", subject_id=school.pk,
            words=f"{_letters(len(decided.done))} to parents approved{kept}.",
            after={
                "letters": [one.pk for one in decided.done],
                "held_back": {str(one.pk): one.ended_why for one in decided.held_back},
            },
        )  # fmt: skip
    return decided


def take_back_approval(*, school: School, entry_id: int, by: User, at: datetime) -> int:
    """Put back on the proposal the letters of one approval that are not being made yet; give how many.

    Raises Refused where the approval is another person's, or every letter of it is made.
    """
    entry = Entry.objects.filter(pk=entry_id, school_id=school.pk, verb=APPROVED).first()
    if entry is None or entry.by_id != by.pk:
        raise Refused("Only whoever approved letters takes the approval back.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        waiting = Letter.objects.filter(
            school=school, pk__in=(entry.after or {}).get("letters", []), state=State.WAITING
        )
        waiting = waiting.filter(approved_at=entry.at)
        corrected = [pk for pk in waiting.values_list("corrects", flat=True) if pk is not None]
        many = waiting.update(state=State.PROPOSED, approved_at=None, approved_by=None, due_at=None)
        if not many:
            raise Refused("Every letter of it is being made or is made: recall them one by one instead.")
        Letter.objects.filter(pk__in=corrected, recalled_at=entry.at).update(recalled_at=None, recalled_by=None)
        trail.record(
            verb="took an approval back", by=by, at=at, school_id=school.pk, subject_kind="school",
            subject_id=school.pk, words=f"{_letters(many)} put back on the proposal.", after={"approval": entry.pk},
        )  # fmt: skip
    return many


def decline_letters(*, school: School, letter_ids: Collection[int], why: str, by: User, at: datetime) -> Decided:
    """Set proposed or held-back letters aside: they are not proposed again in the same time below the level.

    Raises Refused without a reason, and where none is chosen.
    """
    if not why.strip():
        raise Refused("Say why these letters are set aside.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        letters = _chosen(school, letter_ids)
        decided = Decided()
        for letter in letters:
            if letter.state in {State.PROPOSED, State.HELD_BACK}:
                letter.state, letter.ended_why = State.DECLINED, f"Set aside by {by.signature}: {why.strip()}"[:300]
                decided.done.append(letter)
            else:
                decided.already.append(letter)
        Letter.objects.bulk_update(decided.done, ["state", "ended_why"])
        if decided.done:
            decided.entry = trail.record(
                verb="set letters aside", by=by, at=at, school_id=school.pk, subject_kind="school",
                subject_id=school.pk, words=f"{_letters(len(decided.done))} set aside.", reason=why,
                after={"letters": [one.pk for one in decided.done]},
            )  # fmt: skip
    return decided


def release_letter(*, letter: Letter, by: User, at: datetime) -> Letter:
    """Put a letter that was held back or set aside on the proposal again.

    Raises Refused, with the reason, where it is not due as the record stands.
    """
    with trail.signed(by=by, at=at, school_id=letter.school_id):
        kept = _chosen(letter.school, [letter.pk])[0]
        if kept.state not in {State.HELD_BACK, State.DECLINED}:
            raise Refused(f"This letter is not held back: {kept.get_state_display().lower()}.")
        kept.state = State.HELD_BACK
        verdict = verdicts([kept], at=at)[kept.pk]
        if not verdict.is_due:
            raise Refused(f"It is still not due: {verdict.why_not}.")
        _renew(kept.school, [kept], {kept.pk: verdict})
        trail.record(
            verb="released a letter", by=by, at=at, school_id=kept.school_id, subject_kind="letter",
            subject_id=kept.pk, words=f"{kept.get_kind_display()} about {kept.pupil}: on the proposal again.",
        )  # fmt: skip
    return kept


def _chosen(school: School, letter_ids: Collection[int]) -> list[Letter]:
    """Lock the chosen letters, always in one order so that two people never wait for each other."""
    rows = Letter.objects.select_for_update(of=("self",)).filter(school=school, pk__in=letter_ids)
    found = list(rows.select_related("policy", "episode", "pupil", "school", "approved_by").order_by("pk"))
    if not found:
        raise Refused("No letter is chosen: choose at least one.")
    return found


def _approve(school: School, letters: Sequence[Letter], decided: Decided, *, by: User, at: datetime) -> None:
    read = verdicts(letters, at=at)
    _renew(school, letters, read)
    _wait_for_their_paper(letters)
    for letter in letters:
        if letter.state == State.HELD_BACK:
            decided.held_back.append(letter)
            continue
        letter.state, letter.approved_at, letter.approved_by, letter.due_at = State.WAITING, at, by, at
        # One that was made before and held back begins anew: it lies in no run, and no try is counted against it.
        letter.attempts, letter.print_run, letter.run_place = 0, None, None
        decided.done.append(letter)
    Letter.objects.bulk_update(decided.done, _APPROVED, batch_size=200)


def _wait_for_their_paper(letters: Sequence[Letter]) -> None:
    """Hold back letters whose paper of before lies in a print run not posted yet: it could go beside the new one."""
    lying = Letter.objects.filter(
        pk__in=[one.pk for one in letters], run_place__isnull=False, print_run__state=PrintRun.State.READY
    )
    runs = dict(lying.values_list("pk", "print_run"))
    held = [one for one in letters if one.pk in runs and one.state == State.PROPOSED]
    for letter in held:
        letter.state = State.HELD_BACK
        letter.ended_why = (
            f"Its paper of before lies in print run {runs[letter.pk]}: take it out and mark that run as posted first"
        )
    Letter.objects.bulk_update(held, ["state", "ended_why"])


def _renew(school: School, letters: Sequence[Letter], read: Mapping[int, Any]) -> None:
    """Put the verdicts on letters that are not decided, with the figures, address and words as they now stand."""
    kinds = {letter.kind for letter in letters}
    preferred = {letter.policy.template_id for letter in letters if letter.policy is not None}
    found = wordings(school.pk, kinds, preferred=preferred)
    for letter in letters:
        verdict = read[letter.pk]
        version = None
        if letter.policy is not None and verdict.household is not None:
            version = wording(found, letter.kind, verdict.household.language)
        apply_verdict(letter, verdict, version)
    Letter.objects.bulk_update(letters, RENEWED, batch_size=200)


def _tell_heads_of_year(school: School, letters: Sequence[Letter], *, by: User, at: datetime) -> None:
    """Leave one message for each head of a year in which letters of a level were approved that they are told of."""
    told = [one for one in letters if one.policy is not None and one.policy.tells_head_of_year]
    years = {one.pupil.year_group for one in told}
    posts = Post.objects.filter(school=school, role=Role.HEAD_OF_YEAR, ended_on=None, year_group__in=years)
    heads = {
        (post.user_id, post.year_group): post.user for post in posts.filter(user__is_active=True).select_related("user")
    }
    by_head: dict[int, tuple[User, list[Letter]]] = {}
    for (_, year), head in heads.items():
        if head.email:
            by_head.setdefault(head.pk, (head, []))[1].extend(one for one in told if one.pupil.year_group == year)
    rows = []
    for head, about in by_head.values():
        text = words.level_told(school, head, about)
        rows.append(
            Message(
                school=school, key=f"level_told:{at.isoformat()}:{head.pk}", kind=Message.Kind.LEVEL_TOLD,
                channel=Message.Channel.EMAIL, recipient=head, recipient_name=head.signature, address=head.email,
                subject=text.subject, body=text.body, why="letters approved", on=clock.local(at).date(),
                written_at=at, written_by=by.signature, due_at=at,
            )
        )  # fmt: skip
    Message.objects.bulk_create(rows, ignore_conflicts=True)


def _recall_corrected(letters: Sequence[Letter], *, by: User, at: datetime) -> None:
    wrong = [one.corrects_id for one in letters if one.kind == LetterKind.APOLOGY and one.corrects_id]
    Letter.objects.filter(pk__in=wrong, recalled_at=None).update(recalled_at=at, recalled_by=by)


def _letters(many: int) -> str:
    return "1 letter" if many == 1 else f"{many} letters"
