"""Print runs: what lies ready for one, how far each has come, and what has to be taken out by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from letters.models import Letter, PrintRun

from .doubts import OUT
from .still_due import verdicts

State = Letter.State
_CHANNEL = {PrintRun.Order.POSTCODE: Letter.Channel.POST, PrintRun.Order.FORM: Letter.Channel.HAND}


@dataclass(frozen=True)
class Progress:
    """How far the letters of a run are, in real counts."""

    total: int
    made: int
    to_make: int
    fell_out: int
    to_take_out: int

    @property
    def is_moving(self) -> bool:
        """True while letters are still being made."""
        return self.to_make > 0


def ready_letters(school: School, order: str, user: User) -> QuerySet[Letter]:
    """Give the letters that lie ready for a run of this order, within the user's reach."""
    return Letter.objects.visible_to(user).filter(
        school=school, state=State.READY, print_run=None, channel=_CHANNEL[PrintRun.Order(order)]
    )


def at_notify(school: School, user: User) -> QuerySet[Letter]:
    """Give the letters within reach that are to go by Notify and have not gone, those that it refused among them."""
    return Letter.objects.visible_to(user).filter(
        school=school, channel=Letter.Channel.NOTIFY, state__in=[State.WAITING, State.READY, State.FAILED]
    )


def refused_by_notify(school: School, user: User) -> QuerySet[Letter]:
    """Give the letters within reach that Notify did not take or could not print, with the pupil of each."""
    rows = at_notify(school, user).filter(state=State.FAILED).select_related("pupil")
    return rows.order_by("pupil__sort_name", "pk").defer("facts", "facts_sent", "words")


def on_the_way(school: School, user: User) -> dict[str, int]:
    """Count the letters within reach in no run yet that are still to be made, and that could not be: one query.

    Those that were to go by Notify are told of by themselves.
    """
    rows = Letter.objects.visible_to(user).filter(school=school, print_run=None)
    unmade: Any = Q(state=State.FAILED, made_at=None) & ~Q(channel=Letter.Channel.NOTIFY)
    return rows.aggregate(
        to_make=Count("pk", filter=Q(state__in=[State.WAITING, State.CLAIMED])), failed=Count("pk", filter=unmade)
    )


def runs_of(school: School, user: User) -> QuerySet[PrintRun]:
    """Give a school's runs, the latest first, with how many letters each has, made and not.

    Who may not approve letters sees the runs that they had made themselves.
    """
    rows = PrintRun.objects.filter(school=school)
    if not user.standing.may(Can.APPROVE_LETTERS, school.pk):
        rows = rows.filter(made_by=user)
    return (
        rows.annotate(
            total=Count("letters"),
            to_make=Count("letters", filter=Q(letters__state__in=[State.WAITING, State.CLAIMED])),
        )
        .select_related("made_by", "posted_by", "file")
        .defer("file__content")
        .order_by("-made_at", "-pk")
    )


def progress_of(run: PrintRun) -> Progress:
    """Count a run's letters by how far they are."""
    states = dict(run.letters.values_list("state").annotate(many=Count("pk")))
    to_make = states.get(State.WAITING, 0) + states.get(State.CLAIMED, 0)
    out = sum(states.get(state, 0) for state in (State.HELD_BACK, State.FAILED, State.DECLINED, State.RECALLED))
    total = sum(states.values())
    return Progress(
        total=total,
        made=total - to_make - out,
        to_make=to_make,
        fell_out=out
        if run.state in {PrintRun.State.WAITING, PrintRun.State.STOPPED}
        else run.letters.filter(run_place=None).count(),
        to_take_out=take_out(run).count(),
    )


def take_out(run: PrintRun) -> QuerySet[Letter]:
    """Give the letters that were recalled or held back after they were joined: a person takes the paper out by hand."""
    lying = run.letters.filter(run_place__isnull=False)
    return lying.exclude(state__in=[State.READY, *OUT]).order_by("run_place")


def no_longer_due(run: PrintRun, *, at: datetime, locked: bool = False) -> list[tuple[Letter, str]]:
    """Give the letters of a joined run that are not due any more as the record stands, each with the reason.

    `locked` for whoever goes on to change them.
    """
    if run.state != PrintRun.State.READY:
        return []
    rows = run.letters.filter(state=State.READY, run_place__isnull=False)
    if locked:
        rows = rows.select_for_update(of=("self",))
    letters = list(rows.select_related("policy", "episode", "pupil", "school").order_by("run_place"))
    read = verdicts(letters, at=at)
    return [(one, read[one.pk].why_not) for one in letters if not read[one.pk].is_due]


def letters_in(run: PrintRun) -> QuerySet[Letter]:
    """Give a run's letters as they lie in its file; those that are not in it come last."""
    rows = run.letters.select_related("pupil__tutor_group").defer("facts", "facts_sent", "words")
    return rows.order_by(F("run_place").asc(nulls_last=True), "pupil__sort_name", "pk")


def in_order(run: PrintRun, letters: Iterable[Letter]) -> list[Letter]:
    """Lay letters in the run's order: by postcode and house, or by form and name."""
    return sorted(letters, key=_by_form if run.order == PrintRun.Order.FORM else _by_postcode)


def _by_postcode(letter: Letter) -> tuple[str, str, str, int]:
    lines = letter.to_address.splitlines()
    return (lines[-1].upper() if lines else "", lines[0].casefold() if lines else "", letter.to_name, letter.pk)


def _by_form(letter: Letter) -> tuple[int, str, str, int]:
    pupil = letter.pupil
    form = pupil.tutor_group.name if pupil.tutor_group else ""
    return (pupil.year_group, form, pupil.sort_name, letter.pk)
