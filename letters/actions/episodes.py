"""Times below a level: opened, recovering, and closed, as the figures of a day say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from letters.models import Episode, LetterPolicy
from letters.queries.policies import below_of, below_words
from letters.queries.standing import Picture
from letters.rules.levels import Standing, Step, Time, step
from registers.queries.figures import PupilFigures
from registers.rules.ages import school_year_starts
from registers.rules.dates import spoken_date


@dataclass(frozen=True)
class Moved:
    """The times that a day opened and closed."""

    opened: list[Episode]
    closed: list[Episode]


def move_episodes(*, school_id: int, seen: Picture) -> Moved:
    """Move every pupil's times below each level to where a day's picture has them; in the caller's transaction."""
    opened: list[Episode] = []
    changed: list[Episode] = []
    for level, policy in seen.policies.items():
        for pupil_id in _pupils(seen, level):
            there = seen.episodes.get((pupil_id, level))
            done = _step(seen, policy, pupil_id, there)
            if done is Step.OPENS and seen.around.left(pupil_id) is None:
                opened.append(_opened(school_id, seen, policy, pupil_id))
            elif there is not None and _change(there, done, seen, policy):
                changed.append(there)
    Episode.objects.bulk_update(changed, ["recovering_since_on", "closed_on", "why_closed"])
    made = Episode.objects.bulk_create(opened)
    return Moved(made, [one for one in changed if one.closed_on is not None])


def _pupils(seen: Picture, level: int) -> set[int]:
    below = {line.pupil.pk for line in seen.lines if line.level == level}
    return below | {pupil_id for pupil_id, of in seen.episodes if of == level}


def _step(seen: Picture, policy: LetterPolicy, pupil_id: int, there: Episode | None) -> Step:
    time = Time(there.opened_on, there.recovering_since_on) if there else None
    return step(
        seen.standing_of(pupil_id, policy.level),
        time,
        seen.on,
        recovers_after_days=policy.recovers_after_days,
        year_starts=school_year_starts(seen.on),
    )


def _opened(school_id: int, seen: Picture, policy: LetterPolicy, pupil_id: int) -> Episode:
    counted = seen.figures[seen.windows[policy.level]].get(pupil_id) or PupilFigures(pupil_id)
    return Episode(
        school_id=school_id,
        pupil_id=pupil_id,
        level=policy.level,
        opened_on=seen.on,
        opened_by_policy=policy,
        attended=counted.attended,
        possible=counted.possible,
    )


def _change(there: Episode, done: Step, seen: Picture, policy: LetterPolicy) -> bool:
    """Change a standing time as its step says; tell whether anything changed."""
    left = seen.around.left(there.pupil_id)
    if left is not None:
        return _close(there, seen.on, left.words)
    if done is Step.CLOSES:
        return _close(there, seen.on, _why_closed(there, seen, policy))
    if done is Step.RECOVERS:
        there.recovering_since_on = seen.on
    elif done is Step.FALLS_BACK:
        there.recovering_since_on = None
    else:
        return False
    return True


def _why_closed(there: Episode, seen: Picture, policy: LetterPolicy) -> str:
    if there.opened_on < school_year_starts(seen.on):
        return "The school year ended"
    if seen.standing_of(there.pupil_id, there.level) is Standing.AT_OR_ABOVE:
        since = spoken_date(there.recovering_since_on or seen.on)
        return f"Recovered: not below {below_words(below_of(policy))} since {since}"
    return "Closed"


def _close(there: Episode, on: date, why: str) -> bool:
    there.closed_on, there.why_closed = on, why
    return True
