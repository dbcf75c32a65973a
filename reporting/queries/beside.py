"""A school's shares beside what the Department for Education published: one table for page, file and paper."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from attendance_office.staff.models import School
from attendance_office.web.export import Cell, Column
from registers.rules.figures import Figures
from reporting.rules.linked import Held
from reporting.rules.linked_figures import PERSISTENT
from reporting.rules.small_numbers import is_small, tells_of_few

from .comparators import SHARES, Comparator, Published, Withheld, comparators
from .explorer import Answer
from .few import held_of
from .periods import Period
from .sheets import NO_RATE, SUPPRESSED, Row, Sheet

_NARROWED = "DfE's are of all pupils, whatever these are narrowed to."


def beside(found: Answer, school: School, held: Held | None = None) -> Sheet:
    """Give an answer's shares beside England, the school's region and its authority: one question, of its codes.

    `held` is what is held back of the answer's tables.
    """
    told = held if held is not None else held_of(found)
    shares = shares_of(
        found.figures, found.codes(), is_shy=not found.reader.sees_pupils, hides_persistent=PERSISTENT in told
    )
    is_part = found.question.is_narrowed or not found.reader.sees_all
    return beside_sheet(
        shares,
        comparators(school, found.question.period),
        found.question.period,
        whose="These pupils" if is_part else "This school",
        notes=(_NARROWED,) if is_part else (),
    )


def beside_sheet(
    shares: list[Cell], published: list[Comparator], period: Period, *, whose: str, notes: tuple[str, ...] = ()
) -> Sheet:  # fmt: skip
    """Give shares, as `shares_of` has them, beside published ones: whose they are, of which days, by which rule.

    What DfE withheld stands in its words and is never a number.
    """
    rows = [
        Row((words, share, *(_cell(one.shares[key]) for one in published)))
        for (key, words), share in zip(SHARES, shares, strict=True)
    ]
    columns = [Column("Share"), Column(whose, is_share=True), *(Column(one.words, is_share=True) for one in published)]
    return Sheet(
        "Beside the Department for Education's published figures",
        tuple(columns),
        tuple(rows),
        notes=(dated(published, period), *notes),
    )


def dated(published: list[Comparator], period: Period) -> str:
    """Give in words which publication stands there and by which rule it was made."""
    edition = published[0].edition
    earlier = " It is of an earlier school year than these days." if period.to_on > edition.to_on else ""
    return f"DfE: {edition.words}; {published[0].rule}.{earlier}"


def shares_of(
    figures: Figures, codes: Mapping[str, int], *, is_shy: bool, hides_persistent: bool = False
) -> list[Cell]:  # fmt: skip
    """Give the shares that DfE publishes; the last is held back where it would tell of few to who sees no pupil.

    With `hides_persistent` it is held back for another number's sake.
    """
    tally = figures.tally
    persistent = _share(figures.persistently_absent, figures.pupils)
    if hides_persistent or (is_shy and tells_of_few(figures.persistently_absent, figures.pupils)):
        persistent = SUPPRESSED
    if is_shy and is_small(figures.pupils):
        return [SUPPRESSED] * len(SHARES)
    return [
        _share(tally.attended, tally.possible),
        _share(tally.absent, tally.possible),
        _share(tally.authorised, tally.possible),
        _share(tally.unauthorised, tally.possible),
        _share(codes.get("I", 0), tally.possible),
        persistent,
    ]


def _share(some: int, whole: int) -> Cell:
    return Fraction(some, whole) if whole else NO_RATE


def _cell(share: Published) -> Cell:
    return str(share) if isinstance(share, Withheld) else share
