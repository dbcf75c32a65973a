"""Letters read again: whether each is still due as the record stands, and with which figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from attendance_office import clock
from attendance_office.web.templatetags.office import clock as clock_words
from letters.models import Addressee, Letter, LetterPolicy
from letters.rules.households import Household
from letters.rules.levels import Standing, standing
from registers.models import Amendment, TakenBackMark
from registers.queries.calendar import calendar_of
from registers.queries.figures import PupilFigures, counts_by_pupil
from registers.rules.dates import spoken_date
from registers.rules.sessions import Calendar

from .doubts import OUT
from .ground import Around, around
from .policies import Window, below_of, below_words, policies_in_force, window_of
from .receipts import days_of, facts_of, rate_words

# Why an apology waits.
NOT_GONE = "The letter it corrects has not gone"


@dataclass(frozen=True)
class StillDue:
    """The verdict on one letter: whether it may go, else why not in words for everybody, and the receipt as of now."""

    is_due: bool
    why_not: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    household: Household | None = None


@dataclass
class _Read:
    """What is read once for all letters."""

    calendar: Calendar
    around: Around
    figures: Mapping[Window, Mapping[int, PupilFigures]]
    days: Mapping[Window, Mapping[int, Any]]
    now: Mapping[int, LetterPolicy]
    contacts: Mapping[int, frozenset[int]]
    changes: Mapping[int, str]
    not_gone: frozenset[int]


def still_due(letter: Letter, *, at: datetime) -> StillDue:
    """Give the verdict on one letter, the record read again at `at`."""
    return verdicts([letter], at=at)[letter.pk]


def verdicts(letters: Sequence[Letter], *, at: datetime) -> dict[int, StillDue]:
    """Give the verdict on each of a school's letters, by primary key, in a fixed number of queries.

    A level letter is judged by the policy under which it was proposed, on the marks as they now stand. Letters of
    other kinds are held back by a stop, by leaving the school, and where nobody they address may be written to.
    """
    if not letters:
        return {}
    read = _read(letters, at)
    return {letter.pk: _verdict(letter, read, at) for letter in letters}


def _read(letters: Sequence[Letter], at: datetime) -> _Read:
    on, school_id = clock.local(at).date(), letters[0].school_id
    calendar = calendar_of(school_id)
    now = policies_in_force(school_id, on)
    policies = {letter.policy for letter in letters if letter.policy is not None} | set(now.values())
    windows = {window_of(policy, on, calendar) for policy in policies}
    levelled = [letter for letter in letters if letter.policy_id]
    ids = {letter.pupil_id for letter in levelled}
    figures = {
        window: {one.pupil_id: one for one in counts_by_pupil(school_id, window.from_on, window.to_on, ids)}
        for window in windows
        if ids
    }
    asked: dict[Window, set[int]] = {}
    for letter in levelled:
        if letter.policy is not None:
            asked.setdefault(window_of(letter.policy, on, calendar), set()).add(letter.pupil_id)
    contacts: dict[int, set[int]] = {}
    rows = Addressee.objects.filter(letter__in=[letter.pk for letter in letters])
    for letter_id, contact_id in rows.values_list("letter_id", "contact_id"):
        contacts.setdefault(letter_id, set()).add(contact_id)
    return _Read(
        calendar=calendar,
        around=around(school_id, {letter.pupil_id for letter in letters}, on, policies=policies),
        figures=figures,
        days={window: days_of(school_id, pupils, window) for window, pupils in asked.items()},
        now=now,
        contacts={pk: frozenset(found) for pk, found in contacts.items()},
        changes=_changes(levelled),
        not_gone=_not_gone(letters),
    )


def _verdict(letter: Letter, read: _Read, at: datetime) -> StillDue:
    facts = _facts(letter, read, at)
    ground = read.around.left(letter.pupil_id) or read.around.stopped(letter.pupil_id)
    if ground is None and letter.policy is not None:
        ground = read.around.left_out(letter.pupil, letter.policy)
    if ground is not None:
        return StillDue(is_due=False, why_not=ground.words, facts=facts)
    if letter.episode is not None and letter.episode.closed_on is not None:
        return StillDue(is_due=False, why_not=letter.episode.why_closed, facts=facts)
    if letter.corrects_id in read.not_gone:
        return StillDue(is_due=False, why_not=NOT_GONE, facts=facts)
    why_not = _levels(letter, read, facts)
    if why_not:
        return StillDue(is_due=False, why_not=why_not, facts=facts)
    household, why_not = _household(letter, read)
    return StillDue(is_due=not why_not, why_not=why_not, facts=facts, household=household)


def _facts(letter: Letter, read: _Read, at: datetime) -> dict[str, Any]:
    if letter.policy is None:
        return dict(letter.facts)
    window = window_of(letter.policy, read.around.on, read.calendar)
    fresh = facts_of(
        letter.policy,
        window,
        read.figures.get(window, {}).get(letter.pupil_id, PupilFigures(letter.pupil_id)),
        read.days.get(window, {}).get(letter.pupil_id, {}),
        calendar=read.calendar,
        started_on=read.around.started_on(letter.pupil_id),
        at=at,
    )
    return fresh | {name: letter.facts[name] for name in ("opened_on", "before") if name in letter.facts}


def _levels(letter: Letter, read: _Read, facts: Mapping[str, Any]) -> str:
    """Say why the figures do not support the letter, or that a graver one is due instead; empty where they do."""
    policy = letter.policy
    if policy is None:
        return ""
    attended, possible = facts["attended"], facts["possible"]
    below = below_of(policy)
    now = standing(attended, possible, below=below, least_possible=policy.least_possible)
    rate = rate_words(attended, possible)
    if now is Standing.TOO_FEW:
        return f"Only {possible} possible sessions, fewer than {policy.least_possible}"
    if now is Standing.AT_OR_ABOVE:
        change = read.changes.get(letter.pupil_id, "")
        words = f"now {rate}, no longer below {below_words(below)}"
        return f"{change}: {words}" if change else words.capitalize()
    higher = read.now.get(policy.level + 1)
    if higher is not None and is_below_now(higher, read.figures, letter.pupil_id, read.around, read.calendar):
        return f"Below {below_words(below_of(higher))} by now: the letter of level {higher.level} goes instead"
    return ""


def is_below_now(
    policy: LetterPolicy,
    figures: Mapping[Window, Mapping[int, PupilFigures]],
    pupil_id: int,
    near: Around,
    calendar: Calendar,
) -> bool:
    """Tell whether a pupil is below a policy's level on the day of what was read."""
    counted = figures.get(window_of(policy, near.on, calendar), {}).get(pupil_id)
    if counted is None:
        return False
    least = policy.least_possible
    found = standing(counted.attended, counted.possible, below=below_of(policy), least_possible=least)
    return found is Standing.BELOW


def _household(letter: Letter, read: _Read) -> tuple[Household | None, str]:
    """Find those whom the letter addresses as they are reached today; say why it cannot go as it stands."""
    wanted = read.contacts.get(letter.pk, frozenset())
    if not wanted or letter.channel == Letter.Channel.HAND:
        return None, ""
    homes = read.around.homes.get(letter.pupil_id, ())
    home = next((one for one in homes if {reader.contact_id for reader in one.readers} == wanted), None)
    if home is None:
        known = {reader.contact_id for one in homes for reader in one.readers}
        if wanted <= known:
            return None, f"{letter.to_name}: no longer one address"
        return None, f"{letter.to_name}: may not be written to any more, or has no address"
    if letter.state in {Letter.State.PROPOSED, Letter.State.HELD_BACK}:
        return home, ""
    if letter.channel == Letter.Channel.EMAIL:
        return home, "" if home.email == letter.to_email else f"{letter.to_name}: the e-mail address changed"
    return home, "" if home.lines == letter.to_address else f"{letter.to_name}: the address changed"


def _not_gone(letters: Iterable[Letter]) -> frozenset[int]:
    """Give the letters that some correct and that have not left the house: of those nothing is to be corrected."""
    corrected = {letter.corrects_id for letter in letters if letter.corrects_id}
    if not corrected:
        return frozenset()
    return frozenset(Letter.objects.filter(pk__in=corrected).exclude(state__in=OUT).values_list("pk", flat=True))


def _changes(letters: Iterable[Letter]) -> dict[int, str]:
    """Give the latest change of a mark of each pupil since its letter was proposed, in words: two queries."""
    since = {letter.pupil_id: letter.proposed_at for letter in letters}
    if not since:
        return {}
    first = min(since.values())
    found: dict[int, tuple[datetime, str]] = {}
    rows = Amendment.objects.filter(school_id=next(iter(letters)).school_id, pupil_id__in=since, at__gte=first)
    for change in rows.order_by("at"):
        words = f"{spoken_date(change.on)} {change.half.lower()}, {change.from_code} to {change.to_code}"
        found[change.pupil_id] = (change.at, f"Mark changed at {clock_words(change.at)} ({words})")
    gone = TakenBackMark.objects.filter(school_id=next(iter(letters)).school_id, pupil_id__in=since, at__gte=first)
    for mark in gone.order_by("at"):
        if mark.pupil_id not in found or found[mark.pupil_id][0] < mark.at:
            words = f"{spoken_date(mark.on)} {mark.half.lower()}, {mark.code}"
            found[mark.pupil_id] = (mark.at, f"Mark taken back at {clock_words(mark.at)} ({words})")
    return {pupil: words for pupil, (at, words) in found.items() if at >= since[pupil]}
