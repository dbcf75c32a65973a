"""How a school's figures compare with England's secondary schools: what the demo is measured by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection

from registers.models import Pupil

from . import figures

# England, state-funded secondary schools. Rates and codes: 8 Sep 2025 to 10 July 2026 (DfE, 23 July 2026). Bands,
# years, meals and needs: 2022/23 (DfE), so a little above today's. Weekdays: September and October 2023 (DfE).
OVERALL: Final = {"absence": 8.49, "authorised": 5.22, "unauthorised": 3.27, "persistently absent": 23.77}
SEVERE_2022_23: Final = 3.4
BANDS: Final = (46.3, 27.2, 11.0, 4.8, 2.6, 1.6, 1.1, 0.8, 0.7, 0.5, 3.4)
WEEKDAYS: Final = {"Mon": 7.63, "Tue": 7.66, "Wed": 7.51, "Thu": 7.66, "Fri": 8.83}
CODES: Final = {
    "/": 42.90, "\\": 44.26, "L": 2.79, "I": 3.627, "M": 0.376, "R": 0.058, "S": 0.100, "T": 0.003, "E": 0.289,
    "C": 0.426, "C1": 0.005, "C2": 0.321, "J1": 0.016, "B": 0.300, "P": 0.142, "V": 0.729, "W": 0.309, "K": 0.079,
    "G": 0.314, "U": 0.296, "O": 2.608, "N": 0.050,
}  # fmt: skip
PERSISTENT_BY_YEAR: Final = {7: 19.9, 8: 25.4, 9: 28.9, 10: 29.7, 11: 30.4}
PERSISTENT_BY_MEANS: Final = {True: 45.0, False: 20.2}
PERSISTENT_BY_NEEDS: Final = {True: 38.2, False: 24.4}
_BAND: Final = 5
_SEVERE_BAND: Final = 10


@dataclass(frozen=True)
class Likeness:
    """One figure of the school beside England's, both in per cent."""

    what: str
    here: float
    england: float


def likeness(school_id: int, from_on: date, to_on: date) -> list[Likeness]:
    """Give a school's figures over a period beside England's."""
    total = figures.school_counts(school_id, from_on, to_on)
    numbers = total.as_numbers()
    pupils = figures.counts_by_pupil(school_id, from_on, to_on)
    tallies = {pupil.pupil_id: pupil.tally for pupil in pupils if pupil.possible}
    rows = [
        Likeness(what, float(str(numbers[f"{what}_percent"] or 0)), OVERALL[what])
        for what in ("absence", "authorised", "unauthorised")
    ]
    rows.append(Likeness("persistently absent", _share(total.persistently_absent, total.pupils), 23.77))
    rows.append(Likeness("severely absent", _share(total.severely_absent, total.pupils), SEVERE_2022_23))
    bands = [0] * len(BANDS)
    for tally in tallies.values():
        bands[min(_SEVERE_BAND, tally.absent * 100 // (tally.possible * _BAND))] += 1
    for place, england in enumerate(BANDS):
        name = f"pupils {place * _BAND} to {(place + 1) * _BAND} %" if place < _SEVERE_BAND else "pupils 50 % and over"
        rows.append(Likeness(name, _share(bands[place], len(tallies)), england))
    rows += _weekdays(school_id, from_on, to_on)
    rows += [Likeness(f"code {code}", total.percent_of_possible(code) or 0.0, CODES[code]) for code in CODES]
    year_of = figures.year_groups(school_id, to_on)
    means = dict(Pupil.objects.filter(school=school_id).values_list("pk", "is_fsm"))
    needs = {pk: sen != "N" for pk, sen in Pupil.objects.filter(school=school_id).values_list("pk", "sen")}
    for name, of, table in (
        ("year {}", year_of, PERSISTENT_BY_YEAR),
        ("free meals {}", means, PERSISTENT_BY_MEANS),
        ("special needs {}", needs, PERSISTENT_BY_NEEDS),
    ):
        for key, england in table.items():
            own = [tally for pk, tally in tallies.items() if of[pk] == key]
            share = _share(sum(tally.persistently_absent is True for tally in own), len(own))
            words = {True: "yes", False: "no"}.get(key, key) if isinstance(key, bool) else key
            rows.append(Likeness(f"persistently absent, {name.format(words)}", share, england))
    return rows


def _weekdays(school_id: int, from_on: date, to_on: date) -> list[Likeness]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT extract(isodow FROM m."on")::int,
                   count(*) FILTER (WHERE c.counts_as IN ('authorised', 'unauthorised')), count(*)
            FROM registers_mark m
            JOIN registers_codeinforce c
              ON c.symbol = m.code AND m."on" >= c.from_on AND (c.to_on IS NULL OR m."on" <= c.to_on)
            WHERE m.school_id = %s AND m."on" BETWEEN %s AND %s
              AND c.counts_as IN ('present', 'approved', 'authorised', 'unauthorised')
            GROUP BY 1
            """,
            [school_id, from_on, to_on],
        )
        found = {day: (absent, possible) for day, absent, possible in cursor.fetchall()}
    return [
        Likeness(f"absence on {name}", _share(*found.get(day, (0, 0))), england)
        for day, (name, england) in enumerate(WEEKDAYS.items(), 1)
    ]


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
