"""Level letters proposed: once for each time below a level and each parent, reserved before anything is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from letters.models import Addressee, Episode, Letter, TemplateVersion
from letters.queries.policies import policies_in_force
from letters.queries.receipts import days_of, facts_of
from letters.queries.standing import KINDS, UNDECIDED, Line, Picture, picture
from letters.queries.still_due import StillDue, verdicts
from letters.queries.wording import Wordings, wording, wordings
from letters.rules.households import Household

from .doubts import find_doubted
from .episodes import move_episodes

State = Letter.State
# What a proposal renews on a letter that is not decided yet.
RENEWED = (
    "facts", "state", "ended_why", "channel", "to_name", "to_address", "to_email", "language", "is_large_print",
    "version", "approved_at", "approved_by", "due_at",
)  # fmt: skip


@dataclass
class Proposed:
    """What a proposal did."""

    picture: Picture
    new: list[Letter] = field(default_factory=list)
    held_back: list[Letter] = field(default_factory=list)
    released: list[Letter] = field(default_factory=list)
    over: list[Letter] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        parts = [
            f"{_letters(len(self.new))} proposed",
            f"{len(self.held_back)} held back" if self.held_back else "",
            f"{len(self.released)} due again" if self.released else "",
            f"{len(self.over)} not needed any more" if self.over else "",
        ]
        return ", ".join(part for part in parts if part) + "."


def propose_letters(*, school: School, by: User | None, at: datetime) -> Proposed:
    """Propose the level letters that are due, and read again those that wait for a decision.

    Asked twice it proposes nothing new: a letter is reserved once for each parent in each time below a level. Of any
    number of workers at once one proposes at a time. Proposed letters that are not due any more are held back with the
    reason; held-back ones that are due again are proposed again; those whose time below the level is over go unsent.

    Raises Refused where the school has no policy in force, or a level has no words to write in.
    """
    on = clock.local(at).date()
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        policies = policies_in_force(school.pk, on)
        if not policies:
            raise Refused("No letter is due at any level: say first when letters are due.")
        found = wordings(school.pk, [*KINDS.values()], preferred={policy.template_id for policy in policies.values()})
        for level in policies:
            if wording(found, KINDS[level], "") is None:
                raise Refused(f"The letter of level {level} has no words yet: write its template first.")
        done = Proposed(picture(school.pk, on, policies))
        moved = move_episodes(school_id=school.pk, seen=done.picture)
        done.opened, done.closed = len(moved.opened), len(moved.closed)
        _renew(school, found, done, at=at)
        episodes = dict(done.picture.episodes) | {(one.pupil_id, one.level): one for one in moved.opened}
        done.new = _reserve(school, found, done.picture, episodes, by=by, at=at)
        if done.new or done.held_back or done.released or done.over or done.opened or done.closed:
            trail.record(
                verb="proposed letters", by=by, at=at, school_id=school.pk, subject_kind="school", subject_id=school.pk,
                words=f"Letters by attendance level: {done.words}", after=summary(done),
            )  # fmt: skip
    return done


def summary(done: Proposed) -> dict[str, Any]:
    """Give what a proposal did in figures, for the record."""
    return {
        "proposed": len(done.new),
        "held_back": len(done.held_back),
        "released": len(done.released),
        "not_needed": len(done.over),
        "episodes_opened": done.opened,
        "episodes_closed": done.closed,
        "none": {ground.value: many for ground, many in done.picture.none_by_ground()},
    }


def proposals_job(
    *, school: School, on: date, by: User | None, at: datetime
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Propose the day's letters as a job of the timetable, and look for letters the register supports no longer."""
    if on != clock.local(at).date():
        return {}, {}, "That day is over: its letters are proposed with the next."
    try:
        done = propose_letters(school=school, by=by, at=at)
    except Refused as refusal:
        return {}, {}, str(refusal)
    doubted = find_doubted(school=school, by=by, at=at)
    told = f" {_letters(len(doubted))} sent in doubt." if doubted else ""
    return {"below": len(done.picture.lines)}, summary(done) | {"doubted": len(doubted)}, done.words + told


def _renew(school: School, found: Wordings, done: Proposed, *, at: datetime) -> None:
    """Read again the level letters that wait for a decision."""
    rows = Letter.objects.select_for_update(of=("self",)).filter(
        school=school, state__in=UNDECIDED, kind__in=KINDS.values()
    )
    letters = list(rows.select_related("policy", "episode", "pupil"))
    for letter_pk, verdict in verdicts(letters, at=at).items():
        letter = next(one for one in letters if one.pk == letter_pk)
        if letter.episode is not None and letter.episode.closed_on is not None:
            letter.state, letter.ended_why = State.DECLINED, letter.episode.why_closed
            done.over.append(letter)
        else:
            was = letter.state
            apply_verdict(
                letter, verdict, wording(found, letter.kind, verdict.household.language) if verdict.household else None
            )
            if was != letter.state:
                (done.released if verdict.is_due else done.held_back).append(letter)
    Letter.objects.bulk_update(letters, RENEWED, batch_size=200)


def apply_verdict(letter: Letter, verdict: StillDue, version: TemplateVersion | None) -> None:
    """Put a verdict on a letter that is not decided yet: proposed with fresh figures and address, or held back."""
    letter.facts = verdict.facts
    if not verdict.is_due:
        letter.state, letter.ended_why = State.HELD_BACK, verdict.why_not[:300]
        return
    letter.state, letter.ended_why = State.PROPOSED, ""
    letter.approved_at, letter.approved_by, letter.due_at = None, None, None
    if verdict.household is not None:
        _address(letter, verdict.household)
    if version is not None:
        letter.version = version


def _reserve(
    school: School,
    found: Wordings,
    seen: Picture,
    episodes: dict[tuple[int, int], Episode],
    *,
    by: User | None,
    at: datetime,
) -> list[Letter]:
    """Reserve the letters that are due and have none yet: a row for each household, with those whom it addresses."""
    reserved = set(
        Addressee.objects.filter(episode__in=[one.pk for one in episodes.values()]).values_list("episode", "contact")
    )
    lines = [
        (line, episodes[line.pupil.pk, line.level]) for line in seen.due if (line.pupil.pk, line.level) in episodes
    ]
    taken = {episode for episode, _ in reserved}
    fresh = [(line, episode) for line, episode in lines if episode.pk not in taken]
    days = {
        window: days_of(school.pk, {line.pupil.pk for line, _ in fresh if line.window == window}, window)
        for window in {line.window for line, _ in fresh}
    }
    letters: list[Letter] = []
    addressed: list[tuple[Letter, Household]] = []
    for line, episode in fresh:
        facts = _facts(line, episode, seen, days[line.window].get(line.pupil.pk, {}), at)
        for home in line.households:
            version = wording(found, KINDS[line.level], home.language)
            if version is None:
                continue
            letter = Letter(
                school=school, key=f"episode:{episode.pk}:{home.readers[0].contact_id}", kind=KINDS[line.level],
                pupil=line.pupil, episode=episode, policy=line.policy, version=version, facts=facts,
                proposed_on=seen.on, proposed_at=at, proposed_by=by,
            )  # fmt: skip
            _address(letter, home)
            letters.append(letter)
            addressed.append((letter, home))
    Letter.objects.bulk_create(letters, batch_size=200)
    Addressee.objects.bulk_create(
        Addressee(
            school=school, letter=letter, contact_id=reader.contact_id, episode=letter.episode, name=reader.name[:200]
        )
        for letter, home in addressed
        for reader in home.readers
    )
    return letters


def _facts(line: Line, episode: Episode, seen: Picture, days: Any, at: datetime) -> dict[str, Any]:
    return facts_of(
        line.policy,
        line.window,
        line.counted,
        days,
        calendar=seen.calendar,
        started_on=seen.around.started_on(line.pupil.pk),
        at=at,
    ) | {
        "opened_on": episode.opened_on.isoformat(),
        "before": {"on": seen.on.isoformat(), "attended": line.counted.attended, "possible": line.counted.possible},
    }


def _address(letter: Letter, home: Household) -> None:
    letter.channel = Letter.Channel.EMAIL if home.by_email else Letter.Channel.POST
    letter.to_name, letter.to_address, letter.to_email = home.name[:200], home.lines[:420], home.email
    letter.language, letter.is_large_print = home.language, home.is_large_print


def _letters(many: int) -> str:
    return "1 letter" if many == 1 else f"{many} letters"
