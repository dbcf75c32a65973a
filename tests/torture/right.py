"""Whether each letter that went should still have gone: held against the stops that stood and the marks as they stood.

What is asked is what the office knew when it last looked, at the claim of a message or at the posting of a run. Only
what was committed well before that, and did not change before the letter was seen outside, is held against it: of what
came in between nobody can say which was first.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

# A commit may follow the time it carries by this much.
MARGIN = timedelta(seconds=5)


@dataclass
class StopKept:
    """A stop as the harness saw it: acknowledged at one time, and about to be lifted at another, if it was."""

    pupil_id: int
    from_at: datetime
    to_at: datetime | None = None

    def stood(self, looked_at: datetime, seen_at: datetime) -> bool:
        """Tell whether it stood from before the look until after the letter was seen outside."""
        return self.from_at < looked_at and (self.to_at is None or seen_at < self.to_at)


@dataclass(frozen=True)
class Went:
    """A letter that went: when the office last looked at the record before it, and when it was seen outside."""

    letter: object
    looked_at: datetime
    seen_at: datetime


class Judge:
    """Holds letters that went against stops and marks; the marks are counted here, not by the office's queries."""

    def __init__(self, school, stops):
        from registers.models import Amendment, Mark

        self.stops = defaultdict(list)
        for stop in stops:
            self.stops[stop.pupil_id].append(stop)
        self.marks, self.changes = defaultdict(list), defaultdict(list)
        for pupil, on, half, code, at in Mark.objects.filter(school=school).values_list(
            "pupil", "on", "half", "code", "recorded_at"
        ):
            self.marks[pupil].append((on, half, code, at))
        for pupil, on, half, code, at in (
            Amendment.objects.filter(school_id=school.pk).order_by("-at", "-pk")
        ).values_list("pupil_id", "on", "half", "from_code", "at"):  # fmt: skip
            self.changes[pupil].append((on, half, code, at))
        self.judged = 0

    def wrong(self, went):
        """Say what is wrong with a letter that went, empty where nothing is or nobody can tell."""
        pupil = went.letter.pupil_id
        for stop in self.stops[pupil]:
            if stop.stood(went.looked_at, went.seen_at):
                return f"a stop stood since {stop.from_at:%H:%M:%S}"
        if went.letter.policy_id is None or self.is_unsettled(pupil, went):
            return ""
        self.judged += 1
        attended, possible = self.figures(went)
        if possible and Fraction(100 * attended, possible) >= went.letter.policy.below:
            return f"{attended} of {possible} is not below {went.letter.policy.below} %"
        return ""

    def is_unsettled(self, pupil, went):
        """Tell whether a mark of the pupil changed so near the look that nobody can say which was first."""
        near = [at for *_, at in self.marks[pupil] + self.changes[pupil]]
        return any(went.looked_at - MARGIN < at <= went.seen_at + MARGIN for at in near)

    def figures(self, went):
        """Count the sessions of the letter's days attended and possible, by the marks as they stood at the look."""
        from registers.rules import codes

        facts = went.letter.facts_sent
        first, last = date.fromisoformat(facts["from_on"]), date.fromisoformat(facts["to_on"])
        stood = {
            (on, half): code
            for on, half, code, at in self.marks[went.letter.pupil_id]
            if first <= on <= last and at <= went.looked_at
        }
        for on, half, code, at in self.changes[went.letter.pupil_id]:
            if (on, half) in stood and at > went.looked_at:
                stood[on, half] = code
        counts = [codes.code(code, on).counts for (on, _), code in stood.items()]
        return sum(one.is_attended for one in counts), sum(one.is_possible for one in counts)
