"""Why another figure differs from ours: by cause, each with its sessions; to the pupil where a file names them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from registers.feeds.systems import match, plain
from registers.feeds.table import Table, Unreadable
from registers.models import Pupil
from registers.queries import figures as counting
from registers.rules.names import folded
from registers.rules.sessions import Session
from reporting.rules.differences import WORDS, Cause, Effect, Sessions, effects, explain, prints_as

from .explorer import Answer
from .lines import Line

_POSSIBLE: Final = ("possible", "possiblesessions", "sessionspossible", "possibleattendances", "possibleattendance")
_ATTENDED: Final = ("attended", "attendances", "sessionsattended", "attendedsessions", "present", "presentsessions")
_MISSED: Final = ("absent", "absences", "missed", "absentsessions", "sessionsmissed", "totalabsence", "overallabsence")
_SURNAME: Final = ("legalsurname", "surname", "lastname")
_FORENAME: Final = ("forename", "legalforename", "preferredforename", "firstname")


@dataclass(frozen=True)
class Theirs:
    """The other figure, as far as it is known: sessions, or a printed per cent; and the day from which it counts."""

    possible: int | None = None
    attended: int | None = None
    per_cent: Fraction | None = None
    places: int = 1
    from_on: date | None = None

    @property
    def sessions(self) -> Sessions | None:
        """Give both numbers of sessions, where both are known."""
        return None if self.possible is None or self.attended is None else Sessions(self.possible, self.attended)


@dataclass(frozen=True)
class Could:
    """What a cause could explain: what it changes, the figure that ours would be, and whether that is theirs."""

    effect: Effect
    would_be: Sessions
    fits: bool


@dataclass(frozen=True)
class Explained:
    """What a cause does explain: its sessions, theirs less ours, and whose they are."""

    cause: Cause
    adds: Sessions
    pupils: tuple[str, ...]

    @property
    def words(self) -> str:
        """Give the cause in words."""
        return WORDS[self.cause]


@dataclass(frozen=True)
class Reconciled:
    """Our figure beside theirs. `could` holds every cause; `together` those that give theirs exactly.

    With a file of pupils `explained` holds the causes whose sessions sum exactly to the difference.
    """

    ours: Sessions
    theirs: Theirs
    could: tuple[Could, ...]
    together: tuple[Effect, ...] | None = None
    is_rounding: bool = False
    explained: tuple[Explained, ...] = ()

    @property
    def difference(self) -> Sessions | None:
        """Give theirs less ours, where theirs is known in sessions."""
        return None if self.theirs.sessions is None else self.theirs.sessions - self.ours


@dataclass(frozen=True)
class PupilRows:
    """Another system's file: its sessions by pupil of ours, and its rows that are no pupil of ours or one of several.

    `sharing` are the pupils who share a name under which the file has rows.
    """

    rows: dict[int, Sessions] = field(default_factory=dict)
    strangers: dict[str, Sessions] = field(default_factory=dict)
    namesakes: list[tuple[str, Sessions]] = field(default_factory=list)
    sharing: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Facts:
    """What each pupil's sessions are made of: marks by code, those without a mark, those before the other begins."""

    codes: Mapping[int, Mapping[str, int]]
    missing: Mapping[int, int]
    before: Mapping[int, Sessions]


def facts(found: Answer, *, theirs_from: date | None, upto: Session | None) -> Facts:
    """Read what the causes need, of the answer's pupils: at most six queries."""
    school, period = found.reader.school_id, found.question.period
    before = {}
    if theirs_from is not None and theirs_from > period.from_on:
        last = min(period.to_on, theirs_from - timedelta(days=1))
        counted = counting.counts_by_pupil(school, period.from_on, last, found.pupil_ids)
        before = {one.pupil_id: Sessions(one.possible, one.attended) for one in counted}
    return Facts(
        counting.codes_by_pupil(school, period.from_on, period.to_on, found.pupil_ids),
        counting.missing_by_pupil(school, period.from_on, period.to_on, upto=upto),
        before,
    )


def reconcile(found: Answer, theirs: Theirs, known: Facts) -> Reconciled:
    """Say how much each cause could explain, and which of them together give theirs exactly."""
    on = found.question.period.to_on
    ours = _of(found.lines)
    codes: Counter[str] = Counter()
    for pupil_id in found.pupil_ids:
        codes.update(known.codes.get(pupil_id, {}))
    causes = effects(
        codes,
        on=on,
        missing=sum(known.missing.get(pupil_id, 0) for pupil_id in found.pupil_ids),
        before=sum(known.before.values(), Sessions()),
    )
    for cause, value in ((Cause.LEAVERS, "left"), (Cause.JOINERS, "joined")):
        adds = -_of(line for line in found.lines if value in line.values["roll"])
        causes += [Effect(cause, adds)] if adds else []
    could = tuple(Could(one, ours + one.adds, _fits(ours + one.adds, theirs)) for one in causes)
    together = explain(theirs.sessions - ours, causes) if theirs.sessions else None
    rate = ours.rate
    rounding = theirs.per_cent is not None and rate is not None and prints_as(rate, theirs.per_cent, theirs.places)
    return Reconciled(ours, theirs, could, together, rounding)


def reconcile_pupils(found: Answer, file: PupilRows, known: Facts, theirs: Theirs) -> Reconciled:
    """Explain a file of pupils: each pupil's difference by the fewest causes, the sums exactly the whole difference."""
    rows = file.rows
    alike = [sessions for _, sessions in file.namesakes]
    whole = sum((*rows.values(), *file.strangers.values(), *alike), Sessions())
    read = reconcile(found, Theirs(whole.possible, whole.attended, from_on=theirs.from_on), known)
    named: defaultdict[Cause, list[tuple[str, Sessions]]] = defaultdict(list)
    named[Cause.ONLY_THEIRS] += list(file.strangers.items())
    named[Cause.NAMESAKES] += file.namesakes
    open_ones: list[tuple[Line, Sessions, list[Effect]]] = []
    for line in found.lines:
        ours = Sessions(line.tally.possible, line.tally.attended)
        if line.pupil_id not in rows:
            if ours:
                cause = Cause.NAMESAKES if line.pupil_id in file.sharing else _absent_cause(line)
                named[cause].append((line.name, -ours))
            continue
        difference = rows[line.pupil_id] - ours
        if difference:
            open_ones.append((line, difference, _causes_of(line, known, found.question.period.to_on)))
    liked = Counter(one.cause for _, difference, causes in open_ones for one in causes if one.adds == difference)
    for line, difference, causes in open_ones:
        some = explain(difference, causes, liked)
        for cause, adds in [(one.cause, one.adds) for one in some or ()] or [(Cause.NOT_EXPLAINED, difference)]:
            named[cause].append((line.name, adds))
    explained = tuple(
        Explained(cause, sum((adds for _, adds in named[cause]), Sessions()), tuple(name for name, _ in named[cause]))
        for cause in Cause
        if named.get(cause)
    )
    return Reconciled(read.ours, read.theirs, read.could, read.together, explained=explained)


def read_pupils(table: Table, found: Answer) -> PupilRows:
    """Give a file's sessions by pupil, and those of its rows that are no pupil of the answer or might be several.

    Pupils are known by UPN, admission number or name. Raises Unreadable where a column lacks, a number is none, more is
    attended than possible, or a pupil stands there twice: with the row and what would be right.
    """
    heads = {plain(head): at for at, head in reversed(list(enumerate(table.columns)))}
    who = {ours: table.column(name) for ours, name in match(table, "marks").items()}
    who = {ours: at for ours, at in who.items() if ours in ("upn", "admission_number", "full_name")}
    surname, forename = _place(heads, _SURNAME), _place(heads, _FORENAME)
    possible, attended, missed = (_place(heads, names) for names in (_POSSIBLE, _ATTENDED, _MISSED))
    if possible is None or (attended is None and missed is None):
        raise Unreadable("The file needs a column Possible and a column Attended (or Absent): name them so.")
    if not who and surname is None:
        raise Unreadable("The file names no pupil: it needs a column UPN, Admission number or Name.")
    known, shared = _known(found)
    file = PupilRows()
    rows, strangers = file.rows, file.strangers
    for number, cells in table.rows:
        names = [cells[at] for at in who.values()]
        if surname is not None and forename is not None:
            names.append(f"{cells[surname]}, {cells[forename]}")
        of = _number(cells[possible], number, table.columns[possible])
        if attended is not None:
            there = _number(cells[attended], number, table.columns[attended])
        else:
            there = of - _number(cells[missed or 0], number, table.columns[missed or 0])
        if not 0 <= there <= of:
            raise Unreadable(f"{there} attended of {of} possible cannot be.", row=number)
        pupil = next((known[key] for name in names if (key := folded(name)) in known), None)
        several = next((shared[key] for name in names if (key := folded(name)) in shared), None)
        if pupil is None and several is not None:
            file.namesakes.append((next(name for name in names if name.strip()), Sessions(of, there)))
            file.sharing.update(several)
        elif pupil is None:
            label = next((name for name in names if name.strip()), f"row {number}")
            strangers[label] = strangers.get(label, Sessions()) + Sessions(of, there)
        elif pupil in rows:
            raise Unreadable("This pupil stands in the file twice. Add the rows up.", row=number, value=names[0])
        else:
            rows[pupil] = Sessions(of, there)
    return file


def _known(found: Answer) -> tuple[dict[str, int], dict[str, set[int]]]:
    """Give the answer's pupils by UPN, admission number and name, and by each name that several of them bear."""
    some = set(found.pupil_ids)
    by: defaultdict[str, set[int]] = defaultdict(set)
    for pk, upn, admission, surname, forename, known_as in Pupil.objects.filter(
        school=found.reader.school_id
    ).values_list("pk", "upn", "admission_number", "legal_surname", "legal_forename", "known_as"):
        if pk not in some:
            continue
        names = {folded(f"{surname}, {first}") for first in (forename, known_as) if first}
        names |= {folded(f"{first} {surname}") for first in (forename, known_as) if first}
        for key in {folded(upn), folded(admission), *names} - {""}:
            by[key].add(pk)
    shared = {key: pks for key, pks in by.items() if len(pks) > 1}
    return {key: pk for key, pks in by.items() if key not in shared for pk in pks}, shared


def _causes_of(line: Line, known: Facts, on: date) -> list[Effect]:
    return effects(
        known.codes.get(line.pupil_id, {}),
        on=on,
        missing=known.missing.get(line.pupil_id, 0),
        before=known.before.get(line.pupil_id, Sessions()),
    )


def _absent_cause(line: Line) -> Cause:
    """Give why a pupil of ours can be missing from their file."""
    if "left" in line.values["roll"]:
        return Cause.LEAVERS
    return Cause.JOINERS if "joined" in line.values["roll"] else Cause.ONLY_OURS


def _of(lines: Iterable[Line]) -> Sessions:
    return sum((Sessions(line.tally.possible, line.tally.attended) for line in lines), Sessions())


def _fits(sessions: Sessions, theirs: Theirs) -> bool:
    """Tell whether sessions are theirs: both numbers where both are known, else as far as is known."""
    if theirs.possible is not None and sessions.possible != theirs.possible:
        return False
    if theirs.attended is not None and sessions.attended != theirs.attended:
        return False
    if theirs.per_cent is not None:
        return sessions.rate is not None and prints_as(sessions.rate, theirs.per_cent, theirs.places)
    return theirs.possible is not None or theirs.attended is not None


def _place(heads: Mapping[str, int], names: Sequence[str]) -> int | None:
    return next((heads[name] for name in names if name in heads), None)


def _number(text: str, row: int, column: str) -> int:
    plain_text = text.strip().replace(",", "")
    if not (plain_text.isascii() and plain_text.isdigit() and len(plain_text) < 7):
        raise Unreadable("A number of sessions is a whole number from 0.", row=row, column=column, value=text[:80])
    return int(plain_text)
