"""What other rules would write: tomorrow's letters, and last term's, counted and never kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Final

from letters.models import LetterPolicy
from letters.rules.levels import Standing, Step, Time, cools_until, is_new, period_start, standing, step
from registers.models import Enrolment, Pupil, WeekTotal
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year_starts
from registers.rules.sessions import Calendar, Term, monday

from .policies import below_of
from .standing import Line, Picture, picture

_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Cut:
    """Pupils and letters of one part of the school: of a year group, a sex, or a group of pupils."""

    name: str
    pupils: int
    letters: int
    pupils_now: int
    letters_now: int


@dataclass
class Trial:
    """What rules would write on a day, beside what the rules in force write."""

    tried: Picture
    now: Picture
    cuts: list[tuple[str, list[Cut]]] = field(default_factory=list)

    @property
    def letters(self) -> dict[int, int]:
        """Give the letters by level, a household each."""
        return letters_by_level(self.tried)

    @property
    def letters_now(self) -> dict[int, int]:
        """Give the same by the rules in force."""
        return letters_by_level(self.now)


@dataclass(frozen=True)
class Would:
    """A pupil who would have been written to: at which level, on which day, with which figures."""

    pupil_id: int
    level: int
    on: date
    attended: int
    possible: int


@dataclass
class Replay:
    """A term played again by other rules, week by week."""

    term: Term
    found: list[Would]
    pupils: Mapping[int, Pupil]

    @property
    def by_level(self) -> dict[int, int]:
        """Give how many pupils would have been written to at each level."""
        return dict(sorted(Counter(one.level for one in self.found).items()))

    @property
    def rows(self) -> list[dict[str, date | int]]:
        """Give the letters of each week by level."""
        many = Counter((one.on, one.level) for one in self.found)
        weeks = sorted({on for on, _ in many})
        return [{"on": on, "level_1": many[on, 1], "level_2": many[on, 2]} for on in weeks]

    @property
    def named(self) -> list[dict[str, object]]:
        """Give who would have been written to, in the order of the weeks."""
        return [{"pupil": self.pupils[one.pupil_id], **asdict(one)} for one in self.found]


def try_out(school_id: int, on: date, tried: Mapping[int, LetterPolicy], now: Mapping[int, LetterPolicy]) -> Trial:
    """Give what rules would write on a day beside those in force: some twenty-six queries, and nothing is kept.

    The rules need not be rows. For the rules in force it gives what `propose_letters` proposes.
    """
    trial = Trial(picture(school_id, on, tried), picture(school_id, on, now))
    trial.cuts = [
        ("By year group", _cuts(trial, lambda pupil: f"Year {pupil.year_group}")),
        ("By sex", _cuts(trial, Pupil.get_sex_display)),
        ("By special educational needs", _cuts(trial, _sen)),
        ("By pupil premium", _cuts(trial, lambda pupil: "Pupil premium" if pupil.is_pp else "Not pupil premium")),
    ]
    return trial


def letters_by_level(seen: Picture) -> dict[int, int]:
    """Give the letters that a picture holds by level, a household each."""
    found = dict.fromkeys(sorted(seen.policies), 0)
    for line in seen.due:
        found[line.level] += len(line.households)
    return found


def last_term(calendar: Calendar, on: date) -> Term | None:
    """Give the term that ended last before a day, or None."""
    ended = [term for term in calendar.terms if term.ends_on < on]
    return max(ended, key=lambda term: term.ends_on, default=None)


def replay(school_id: int, on: date, policies: Mapping[int, LetterPolicy]) -> Replay | None:
    """Play last term again by other rules, a proposal at the end of each school week: six queries.

    The year is played from its start, so that whoever was below a level before the term counts as written to then.
    Counts are of whole weeks. Who is on roll, how new they are, the least sessions, the cooling off and the times below
    a level hold as they do today; stops, groups left out and addresses of that time are not played.
    """
    calendar = calendar_of(school_id)
    term = last_term(calendar, on)
    if term is None:
        return None
    year_starts = school_year_starts(term.starts_on)
    weeks = calendar.school_weeks(year_starts, term.ends_on)
    counts = _week_counts(school_id, weeks)
    stays: dict[int, list[tuple[date, date | None]]] = {}
    for pupil_id, starts_on, ends_on in Enrolment.objects.filter(school=school_id).values_list(
        "pupil", "starts_on", "ends_on"
    ):
        stays.setdefault(pupil_id, []).append((starts_on, ends_on))
    played = _Play(calendar, policies, year_starts, list(weeks))
    found = [
        would
        for pupil_id, totals in counts.items()
        for would in played.of(pupil_id, totals, stays.get(pupil_id, []))
        if would.on > term.starts_on
    ]
    pupils = Pupil.objects.filter(school=school_id, pk__in={one.pupil_id for one in found}).select_related(
        "tutor_group"
    )
    return Replay(term, sorted(found, key=lambda one: (one.on, -one.level, one.pupil_id)), pupils.in_bulk())


@dataclass
class _Play:
    """The rules of a replay, with the days on which each level counts, worked out once for all pupils."""

    calendar: Calendar
    policies: Mapping[int, LetterPolicy]
    year_starts: date
    weeks: Sequence[date]
    firsts: dict[tuple[int, int], int] = field(init=False)

    def __post_init__(self) -> None:
        self.firsts = {
            (level, n): self._first_week(policy, n)
            for level, policy in self.policies.items()
            for n in range(len(self.weeks))
        }

    def _first_week(self, policy: LetterPolicy, n: int) -> int:
        """Give the place of the first week that a policy counts at the end of the n-th."""
        last = self.weeks[n] + _WEEK - timedelta(days=1)
        starts = [term.starts_on for term in self.calendar.terms if term.starts_on <= last]
        first = period_start(
            last, policy.counted, year_starts=self.year_starts, term_starts=max(starts, default=None),
            weeks=list(self.weeks[: n + 1]),
        )  # fmt: skip
        return next((place for place, week in enumerate(self.weeks) if week >= monday(first)), 0)

    def of(
        self, pupil_id: int, totals: Mapping[date, tuple[int, int]], stays: Iterable[tuple[date, date | None]]
    ) -> list[Would]:
        """Play one pupil's year."""
        sums = [(0, 0)]
        for week in self.weeks:
            attended, possible = totals.get(week, (0, 0))
            sums.append((sums[-1][0] + attended, sums[-1][1] + possible))
        times: dict[int, Time] = {}
        written: set[int] = set()
        last_on: date | None = None
        found = []
        for n, week in enumerate(self.weeks):
            on = week + _WEEK
            stay = next((one for one in stays if one[0] <= on and (one[1] is None or one[1] >= week)), None)
            if stay is None:
                continue
            counted = {level: self._counted(sums, level, n) for level in self.policies}
            now = {level: self._standing(level, counts) for level, counts in counted.items()}
            for level, policy in self.policies.items():
                self._move(times, written, level, policy, now[level], on)
            due = [level for level in sorted(self.policies, reverse=True) if now[level] is Standing.BELOW]
            if not due or due[0] in written or (due[0] == 1 and 2 in written and 2 in times):
                continue
            policy = self.policies[due[0]]
            cool = last_on is not None and on < cools_until(last_on, policy.cooling_off_days)
            if cool or is_new(stay[0], on, policy.new_within_days):
                continue
            written.update(level for level in due if level <= due[0])
            last_on = on
            found.append(Would(pupil_id, due[0], on, *counted[due[0]]))
        return found

    def _counted(self, sums: Sequence[tuple[int, int]], level: int, n: int) -> tuple[int, int]:
        first = self.firsts[level, n]
        return sums[n + 1][0] - sums[first][0], sums[n + 1][1] - sums[first][1]

    def _standing(self, level: int, counts: tuple[int, int]) -> Standing:
        policy = self.policies[level]
        return standing(*counts, below=below_of(policy), least_possible=policy.least_possible)

    def _move(
        self, times: dict[int, Time], written: set[int], level: int, policy: LetterPolicy, now: Standing, on: date
    ) -> None:
        there = times.get(level)
        done = step(now, there, on, recovers_after_days=policy.recovers_after_days, year_starts=self.year_starts)
        if done is Step.OPENS:
            times[level] = Time(on)
        elif done is Step.RECOVERS and there is not None:
            times[level] = Time(there.opened_on, on)
        elif done is Step.FALLS_BACK and there is not None:
            times[level] = Time(there.opened_on)
        elif done is Step.CLOSES:
            times.pop(level, None)
            written.discard(level)


def _week_counts(school_id: int, weeks: Sequence[date]) -> dict[int, dict[date, tuple[int, int]]]:
    """Give each pupil's sessions attended and possible by school week: one query."""
    found: dict[int, dict[date, tuple[int, int]]] = {}
    if not weeks:
        return found
    rows = WeekTotal.objects.filter(school_id=school_id, school_week__range=(weeks[0], weeks[-1]))
    for pupil_id, week, present, approved, authorised, unauthorised in rows.values_list(
        "pupil_id", "school_week", "present", "approved", "authorised", "unauthorised"
    ):
        attended = present + approved
        found.setdefault(pupil_id, {})[week] = (attended, attended + authorised + unauthorised)
    return found


def _sen(pupil: Pupil) -> str:
    return "Neither SEN support nor EHC plan" if pupil.sen == Pupil.Sen.NONE else pupil.get_sen_display()


def _cuts(trial: Trial, name_of: Callable[[Pupil], str]) -> list[Cut]:
    tried, now = _counted(trial.tried.due, name_of), _counted(trial.now.due, name_of)
    return [
        Cut(name, *tried.get(name, (0, 0)), *now.get(name, (0, 0)))
        for name in sorted({*tried, *now}, key=lambda name: (len(name), name))
    ]


def _counted(lines: Iterable[Line], name_of: Callable[[Pupil], str]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for line in lines:
        name = name_of(line.pupil)
        pupils, letters = found.get(name, (0, 0))
        found[name] = (pupils + 1, letters + len(line.households))
    return found
