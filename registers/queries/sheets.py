"""The sheet of a register: each expected pupil with the present mark, the last ten sessions and the year so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from attendance_office.staff.models import School, TutorGroup, User
from registers.models import Mark, Pupil, Register
from registers.rules.ages import school_year_starts
from registers.rules.codes import Code, code_set
from registers.rules.rates import Tally
from registers.rules.sessions import Session

from .figures import counts_by_pupil
from .known import Known, known_codes
from .marks import Hand, last_hands
from .registers import groups_to_take

TEN = 10
# The summer holidays lie between July's last session and September's first.
_LOOK_BACK = timedelta(days=80)

_LAST_HELD = """
    SELECT d.day::date, h.half
    FROM generate_series(%(from)s::timestamp, %(on)s::timestamp, '1 day') AS d (day)
    CROSS JOIN (VALUES ('AM'), ('PM')) AS h (half)
    WHERE extract(isodow FROM d.day) < 6
      AND (d.day::date, h.half) < (%(on)s::date, %(half)s::text)
      AND EXISTS (SELECT 1 FROM registers_term t
                  WHERE t.school_id = %(school)s AND d.day::date BETWEEN t.starts_on AND t.ends_on)
      AND NOT EXISTS (SELECT 1 FROM registers_nonschoolday n
                      WHERE n.school_id = %(school)s AND n."on" = d.day::date AND n.half IN ('', h.half))
    ORDER BY 1 DESC, 2 DESC LIMIT %(many)s
"""


def sessions_before(school_id: int, session: Session, many: int = TEN) -> list[Session]:
    """Give the last sessions held before one, in order of time: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LAST_HELD,
            {
                "school": school_id,
                "from": session.on - _LOOK_BACK,
                "on": session.on,
                "half": session.half,
                "many": many,
            },
        )
        return [Session(on, half) for on, half in reversed(cursor.fetchall())]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One pupil of a register."""

    pupil: Pupil
    mark: Mark | None
    hand: Hand | None
    ten: tuple[str, ...]
    ten_words: str
    tally: Tally
    known: Known | None = None

    @property
    def code(self) -> str:
        """Give the present code: the mark's, else what the office knows beforehand, "" where there is neither."""
        if self.mark is not None:
            return self.mark.code
        return self.known.code if self.known else ""

    @property
    def is_planned(self) -> bool:
        """Tell whether the mark was known beforehand and nobody has confirmed it in the register."""
        if self.mark is None:
            return self.known is not None
        return self.mark.origin == Mark.Origin.PLANNED

    @property
    def has_minutes(self) -> bool:
        """Tell whether minutes late belong to the mark."""
        return self.code in {"L", "U"}

    @property
    def rate(self) -> Fraction | None:
        """Give the year's attendance so far, None where nothing was possible."""
        return self.tally.attendance_rate


@dataclass(frozen=True, slots=True)
class Sheet:
    """A register as it is taken: its pupils in order and the ten sessions shown beside each."""

    rows: list[SheetRow]
    sessions: list[Session]

    @property
    def codes(self) -> list[str]:
        """Give the present code of each pupil."""
        return [row.code for row in self.rows]


def sheet_of(group: TutorGroup, session: Session) -> Sheet:
    """Give the sheet of a group's register: seven queries, three more where something is known of an unmarked pupil."""
    on = session.on
    pupils = list(
        Pupil.objects.filter(
            Q(enrolments__ends_on=None) | Q(enrolments__ends_on__gte=on),
            Q(placements__to_on=None) | Q(placements__to_on__gte=on),
            school=group.school_id,
            placements__tutor_group=group,
            placements__from_on__lte=on,
            enrolments__starts_on__lte=on,
        )
        .only("legal_surname", "legal_forename", "known_as")
        .in_order()
    )
    ids = [pupil.pk for pupil in pupils]
    marks = {
        mark.pupil_id: mark
        for mark in Mark.objects.filter(school=group.school_id, pupil__in=ids, on=on, half=session.half).select_related(
            "recorded_by"
        )
    }
    hands = last_hands(list(marks.values()))
    unmarked = [pk for pk in ids if pk not in marks]
    known = known_codes(group.school_id, [session], pupil_ids=unmarked)
    before = sessions_before(group.school_id, session)
    ten = _ten(group.school_id, ids, before)
    tallies = {one.pupil_id: one.tally for one in counts_by_pupil(group.school_id, school_year_starts(on), on, ids)}
    in_force = code_set(on)
    rows = []
    for pupil in pupils:
        mark = marks.get(pupil.pk)
        last = tuple(ten.get((pupil.pk, one.on, one.half), "") for one in before)
        rows.append(
            SheetRow(
                pupil=pupil,
                mark=mark,
                hand=hands[mark.pk] if mark else None,
                ten=last,
                ten_words=_ten_words(last, in_force),
                tally=tallies.get(pupil.pk, Tally.zero()),
                known=known.get((pupil.pk, session)),
            )
        )
    return Sheet(rows, before)


def _ten(school_id: int, pupil_ids: list[int], before: list[Session]) -> dict[tuple[int, object, str], str]:
    if not before:
        return {}
    return {
        (pupil, on, half): code
        for pupil, on, half, code in Mark.objects.filter(
            school=school_id, pupil__in=pupil_ids, on__gte=before[0].on, on__lte=before[-1].on
        ).values_list("pupil_id", "on", "half", "code")
    }


def _ten_words(last: tuple[str, ...], in_force: Mapping[str, Code]) -> str:
    """Say the last sessions for the ear: what was other than present."""
    other = [
        "not marked" if not symbol else in_force[symbol].meaning.lower() if symbol in in_force else symbol
        for symbol in last
        if symbol not in {"/", "\\"}
    ]
    return ", ".join(other) if other else "all present"


def group_and_next(
    user: User, school: School, session: Session, group_pk: int
) -> tuple[TutorGroup | None, TutorGroup | None]:
    """Give a group the person may take, and the next one after it that is not finished: one query.

    The first is None where the group is not theirs to take.
    """
    finished = Register.objects.filter(
        school=school,
        tutor_group=OuterRef("pk"),
        on=session.on,
        half=session.half,
        completed_at__isnull=False,
    )
    groups = list(groups_to_take(user, school, session).annotate(is_finished=Exists(finished)))
    place = next((n for n, group in enumerate(groups) if group.pk == group_pk), None)
    if place is None:
        return None, None
    following = [group for group in groups[place + 1 :] + groups[:place] if group.is_used]
    return groups[place], next((group for group in following if not group.is_finished), None)
