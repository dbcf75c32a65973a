"""Who is below which level on a day: who is due a letter, to whom it goes, and who gets none and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from attendance_office import clock
from letters.models import Episode, Letter, LetterKind, LetterPolicy
from letters.rules.households import Household
from letters.rules.levels import Standing, cools_until, standing
from registers.models import Pupil
from registers.queries.calendar import calendar_of
from registers.queries.figures import PupilFigures, counts_by_pupil
from registers.rules.ages import school_year_starts
from registers.rules.dates import spoken_date
from registers.rules.sessions import Calendar

from .ground import Around, Ground, WhyNot, around
from .policies import Window, below_of, window_of

KINDS = {1: LetterKind.LEVEL_1, 2: LetterKind.LEVEL_2}
# States of a letter that went, or is on its way: it counts as written.
WENT = (
    Letter.State.WAITING,
    Letter.State.CLAIMED,
    Letter.State.READY,
    Letter.State.SENT,
    Letter.State.DELIVERED,
    Letter.State.UNCERTAIN,
)
UNDECIDED = (Letter.State.PROPOSED, Letter.State.HELD_BACK)


@dataclass(frozen=True)
class Line:
    """A pupil below a level: the figures, those who would be written to, and why no letter goes, if none does."""

    pupil: Pupil
    policy: LetterPolicy
    window: Window
    counted: PupilFigures
    households: Sequence[Household]
    episode: Episode | None
    why_not: WhyNot | None

    @property
    def level(self) -> int:
        """Give the level."""
        return self.policy.level

    @property
    def is_due(self) -> bool:
        """Tell whether a letter is due."""
        return self.why_not is None


@dataclass
class Picture:
    """Everyone below a level on a day, and how every pupil with marks stands to each level."""

    on: date
    calendar: Calendar
    policies: Mapping[int, LetterPolicy]
    windows: Mapping[int, Window]
    figures: Mapping[Window, Mapping[int, PupilFigures]]
    around: Around
    episodes: Mapping[tuple[int, int], Episode]
    lines: list[Line] = field(default_factory=list)

    @property
    def due(self) -> list[Line]:
        """Give those whose letter is due."""
        return [line for line in self.lines if line.is_due]

    @property
    def none(self) -> list[Line]:
        """Give those below a level who get no letter."""
        return [line for line in self.lines if not line.is_due]

    def none_by_ground(self) -> list[tuple[Ground, int]]:
        """Give how many get none on which ground, in the order of the grounds."""
        many = Counter(line.why_not.ground for line in self.lines if line.why_not)
        return [(ground, many[ground]) for ground in Ground if many[ground]]

    def standing_of(self, pupil_id: int, level: int) -> Standing:
        """Tell where a pupil stands to a level."""
        policy = self.policies[level]
        counted = self.figures[self.windows[level]].get(pupil_id) or PupilFigures(pupil_id)
        least = policy.least_possible
        return standing(counted.attended, counted.possible, below=below_of(policy), least_possible=least)


def picture(school_id: int, on: date, policies: Mapping[int, LetterPolicy]) -> Picture:
    """Give who is below which level on a day by these policies, saved or only tried: ten to thirteen queries.

    Nothing is changed, and the policies need not be rows.
    """
    calendar = calendar_of(school_id)
    windows = {level: window_of(policy, on, calendar) for level, policy in policies.items()}
    figures = {
        window: {one.pupil_id: one for one in counts_by_pupil(school_id, window.from_on, window.to_on)}
        for window in set(windows.values())
    }
    standing_now = Episode.objects.filter(school=school_id, closed_on=None).select_related("opened_by_policy")
    seen = Picture(
        on=on,
        calendar=calendar,
        policies=policies,
        windows=windows,
        figures=figures,
        around=Around(on),
        episodes={(row.pupil_id, row.level): row for row in standing_now},
    )
    below = {
        level: [pk for pk, one in figures[windows[level]].items() if _would_be_below(one, policies[level])]
        for level in policies
    }
    ids = {pk for found in below.values() for pk in found} | {pupil for pupil, _ in seen.episodes}
    seen.around = around(school_id, ids, on, policies=policies.values())
    history = _History.of(school_id, ids, on)
    pupils = Pupil.objects.filter(school=school_id, pk__in=ids).select_related("tutor_group").in_bulk()
    for level, found in sorted(below.items(), reverse=True):
        for pk in found:
            seen.lines.append(_line(pupils[pk], level, seen, history))
    seen.lines.sort(key=lambda line: (-line.level, line.pupil.year_group, _form(line.pupil), line.pupil.sort_name))
    return seen


@dataclass
class _History:
    """Letters of this school year about some pupils that bear on the next one."""

    written: dict[tuple[int, int], list[Letter]]
    last_on: dict[int, date]
    higher: dict[tuple[int, int], Letter]

    @classmethod
    def of(cls, school_id: int, pupil_ids: Iterable[int], on: date) -> _History:
        """Read the level letters about these pupils: one query."""
        rows = Letter.objects.filter(school=school_id, pupil__in=list(pupil_ids), kind__in=KINDS.values())
        rows = rows.filter(Q(episode__closed_on=None) | Q(proposed_on__gte=school_year_starts(on)))
        found = cls({}, {}, {})
        for letter in rows.select_related("episode").defer("facts", "facts_sent", "words").order_by("pk"):
            found._take(letter)
        return found

    def _take(self, letter: Letter) -> None:
        if letter.episode is not None and letter.episode.closed_on is None:
            self.written.setdefault((letter.pupil_id, letter.episode.level), []).append(letter)
        if letter.state in WENT and letter.recalled_at is None:
            went = clock.local(letter.sent_at or letter.approved_at or letter.proposed_at).date()
            self.last_on[letter.pupil_id] = max(went, self.last_on.get(letter.pupil_id, went))
            if letter.episode is not None:
                self.higher[letter.pupil_id, letter.episode.level] = letter


def _would_be_below(counted: PupilFigures, policy: LetterPolicy) -> bool:
    """Tell whether a pupil is below the level, were there sessions enough: those are named too."""
    return standing(counted.attended, counted.possible, below=below_of(policy), least_possible=0) is Standing.BELOW


def _line(pupil: Pupil, level: int, seen: Picture, history: _History) -> Line:
    policy, window = seen.policies[level], seen.windows[level]
    counted = seen.figures[window][pupil.pk]
    return Line(
        pupil=pupil,
        policy=policy,
        window=window,
        counted=counted,
        households=seen.around.homes.get(pupil.pk, ()),
        episode=seen.episodes.get((pupil.pk, level)),
        why_not=_why_not(pupil, policy, counted, seen, history),
    )


def _why_not(
    pupil: Pupil, policy: LetterPolicy, counted: PupilFigures, seen: Picture, history: _History
) -> WhyNot | None:
    """Give the first ground on which a pupil below a level gets no letter."""
    near = seen.around
    if counted.possible < policy.least_possible:
        words = f"{counted.possible} possible sessions, fewer than {policy.least_possible}"
        return near.left(pupil.pk) or WhyNot(Ground.TOO_FEW, words)
    return (
        near.left(pupil.pk)
        or near.new(pupil.pk, policy)
        or near.left_out(pupil, policy)
        or near.stopped(pupil.pk)
        or _written(pupil.pk, policy, seen, history)
        or near.unreached(pupil.pk)
    )


def _written(pupil_id: int, policy: LetterPolicy, seen: Picture, history: _History) -> WhyNot | None:
    """Say that what was written, or set aside, or is due of the next level stands in the way."""
    level = policy.level
    here = history.written.get((pupil_id, level), [])
    done = [letter for letter in here if letter.state not in UNDECIDED]
    if done:
        last = done[-1]
        if last.state in {Letter.State.DECLINED, Letter.State.RECALLED, Letter.State.FAILED}:
            return WhyNot(Ground.SET_ASIDE, last.ended_why or last.get_state_display())
        went = clock.local(last.sent_at or last.approved_at or last.proposed_at)
        return WhyNot(Ground.WRITTEN, f"Written on {spoken_date(went.date())} in this time below the level")
    if level + 1 in seen.policies and seen.standing_of(pupil_id, level + 1) is Standing.BELOW:
        return WhyNot(Ground.HIGHER, f"Below level {level + 1} too")
    episode, graver = seen.episodes.get((pupil_id, level)), history.higher.get((pupil_id, level + 1))
    if graver is not None and episode is not None and graver.proposed_on >= episode.opened_on:
        return WhyNot(Ground.WRITTEN, f"Written at level {level + 1} on {spoken_date(graver.proposed_on)}")
    last_on = history.last_on.get(pupil_id)
    if last_on is not None and seen.on < (until := cools_until(last_on, policy.cooling_off_days)):
        words = f"Last letter on {spoken_date(last_on)}: none before {spoken_date(until)}"
        return WhyNot(Ground.COOLING, words)
    return None


def _form(pupil: Pupil) -> str:
    return pupil.tutor_group.name if pupil.tutor_group else ""
