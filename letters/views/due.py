"""Letters due: what is proposed, who gets none and why, and what a person decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from letters.actions.deciding import Decided, approve_letters, decline_letters, take_back_approval
from letters.actions.proposing import propose_letters
from letters.models import Addressee, Letter
from letters.queries.ground import Ground
from letters.queries.letter_list import one_letter
from letters.queries.policies import policies_in_force
from letters.queries.preview import shown
from letters.queries.proposal import TABS, tab_of, waiting_letters, waiting_rows
from letters.queries.standing import Line, Picture, picture
from registers.models import Pupil

SAMPLE = 6
HELD_NAMED = 3


def _picture(request: StaffRequest) -> Picture:
    """Read who is below which level today."""
    on = clock.today()
    return picture(request.school.pk, on, policies_in_force(request.school.pk, on))


def _none(request: StaffRequest, seen: Picture) -> list[Line]:
    """Give those within reach who get none; a level of which the graver letter goes is no reason to be named."""
    pupils = set(Pupil.objects.visible_to(request.user).filter(school=request.school).values_list("pk", flat=True))
    return [one for one in seen.none if one.pupil.pk in pupils and one.why_not and one.why_not.ground != Ground.HIGHER]


def _on(lines: list[Line], ground: str) -> list[Line]:
    return [one for one in lines if not ground or (one.why_not and one.why_not.ground == ground)]


def _by_ground(lines: list[Line]) -> list[tuple[Ground, int]]:
    many = Counter(one.why_not.ground for one in lines if one.why_not)
    return [(ground, many[ground]) for ground in Ground if many[ground]]


@require_GET
@door(Can.SEE_LETTERS, section="letters")
def due_list(request: StaffRequest) -> HttpResponse:
    """Show the letters that wait for a decision, a line for each pupil, and how many get none and why."""
    every = waiting_letters(request.school, request.user)
    counts = _counts(every)
    tab = _tab(request, counts)
    rows = waiting_rows(request.school, request.user, [one for one in every if tab_of(one) == tab])
    seen = _picture(request)
    none = _none(request, seen)
    request.nav_counts = {"letters": sum(counts.values())}  # type: ignore[attr-defined]
    listed = [one for row in rows for one in row.open_letters]
    first = next((row.first for row in rows if row.open_letters), None)
    context = {
        "rows": rows,
        "due": sum(counts.values()),
        "listed": listed,
        "parents": Addressee.objects.filter(letter__in=[one.pk for one in listed]).count(),
        "held": sum(len(row.held) for row in rows),
        "tabs": [("1", "Level 1", counts["1"]), ("2", "Level 2", counts["2"]), ("other", "Others", counts["other"])],
        "tab": tab,
        "none": _by_ground(none),
        "none_total": len(none),
        "stopped": [one for one in _on(none, Ground.STOPPED) if str(one.level) == tab],
        "sees_safeguarding": may(request, Can.SEE_SAFEGUARDING),
        "sees_contacts": may(request, Can.SEE_CONTACTS),
        "may_approve": may(request, Can.APPROVE_LETTERS),
        "policies": seen.policies,
        "window": next(iter(seen.windows.values()), None),
        "first": first,
        "at": clock.now(),
    }
    if first is not None:
        context |= _preview(request, first.pk)
    return render(request, "letters/due_list.html", context)


def _counts(letters: Iterable[Letter]) -> Counter[str]:
    """Give how many letters can be approved under each tab."""
    return Counter(tab_of(one) for one in letters if one.state == Letter.State.PROPOSED)


def _tab(request: StaffRequest, counts: Counter[str]) -> str:
    """Give the tab that is asked for, else the first that has a letter."""
    tab = request.GET.get("level", "")
    return tab if tab in TABS else next((key for key in TABS if counts[key]), "1")


@require_POST
@door(Can.EXPORT, section="letters")
@door(Can.SEE_LETTERS)
def due_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the letters of the tab that wait for a decision, one a line, those held back with the reason."""
    every = waiting_letters(request.school, request.user)
    tab = _tab(narrowed(request), _counts(every))
    sees_contacts = may(request, Can.SEE_CONTACTS)
    rows: list[list[Cell]] = [
        [
            str(row.pupil),
            row.pupil.tutor_group.name if row.pupil.tutor_group else "",
            row.facts.get("percent", ""),
            row.facts.get("missed", ""),
            row.facts.get("possible", ""),
            letter.get_kind_display(),
            letter.to_name if sees_contacts else "",
            letter.get_channel_display(),
            letter.get_state_display(),
            letter.ended_why,
        ]
        for row in waiting_rows(request.school, request.user, [one for one in every if tab_of(one) == tab])
        for letter in row.letters
    ]
    heads = (
        "Pupil", "Form", "Attendance", "Sessions missed", "Possible", "Letter", "Goes to", "By", "State",
        "Why held back",
    )  # fmt: skip
    columns = [Column(one) for one in heads]
    return send_list(request, form, what="letters due", columns=columns, rows=rows, filters=urlencode({"level": tab}))


def _preview(request: StaffRequest, pk: int) -> dict[str, Any]:
    letter = one_letter(request.school, request.user).get(pk=pk)
    return {"letter": letter, "shown": shown(letter, at=clock.now())}


@require_GET
@door(Can.SEE_LETTERS, section="letters")
def due_none(request: StaffRequest) -> HttpResponse:
    """Name those below a level who get no letter, with the reason."""
    seen = _picture(request)
    lines = _none(request, seen)
    ground = request.GET.get("why", "")
    found = _on(lines, ground)
    context = {
        "lines": found,
        "total": len(lines),
        "grounds": _by_ground(lines),
        "ground": ground,
        "policies": seen.policies,
        "sees_safeguarding": may(request, Can.SEE_SAFEGUARDING),
    }
    return render(request, "letters/due_none.html", context)


@require_POST
@door(Can.EXPORT, section="letters")
@door(Can.SEE_LETTERS)
def due_none_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out who gets no letter, as it is narrowed."""
    ground = narrowed(request).GET.get("why", "")
    sees = may(request, Can.SEE_SAFEGUARDING)
    lines = _on(_none(request, _picture(request)), ground)
    rows: list[list[Cell]] = [
        [
            str(one.pupil),
            one.pupil.tutor_group.name if one.pupil.tutor_group else "",
            one.pupil.year_group,
            one.level,
            one.counted.tally.attendance_rate,
            one.counted.possible,
            one.why_not.ground.title_words,
            one.why_not.words_for(sees_safeguarding=sees),
        ]
        for one in lines
        if one.why_not
    ]
    columns = [
        Column("Pupil"), Column("Form"), Column("Year"), Column("Level"), Column("Attendance", is_share=True),
        Column("Possible sessions"), Column("Why none"), Column("In words"),
    ]  # fmt: skip
    what = "below a level without a letter"
    return send_list(request, form, what=what, columns=columns, rows=rows, filters=urlencode({"why": ground}))


@require_POST
@door(Can.APPROVE_LETTERS, section="letters")
def due_propose(request: StaffRequest) -> HttpResponse:
    """Look now for letters that are due."""
    try:
        done = propose_letters(school=request.school, by=request.user, at=clock.now())
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, done.words.capitalize())
    return redirect("letters:due_list")


def _picked(request: StaffRequest) -> list[int]:
    """Give the letters that a form names; a row may name several."""
    return wholes(part for pick in request.POST.getlist("pick") for part in pick.split("-"))


def _back(request: StaffRequest) -> HttpResponseRedirect:
    tab = request.POST.get("level", "")
    return HttpResponseRedirect(reverse("letters:due_list") + (f"?level={tab}" if tab in TABS else ""))


@require_POST
@door(Can.APPROVE_LETTERS, section="letters")
def due_ask(request: StaffRequest) -> HttpResponse:
    """Ask before letters are approved or set aside: how many, to how many parents, which, and who gets none."""
    picked = set(_picked(request))
    tab = request.POST.get("level", "")
    is_all = bool(request.POST.get("all"))
    every = waiting_letters(request.school, request.user)
    rows = waiting_rows(request.school, request.user, [one for one in every if not is_all or tab_of(one) == tab])
    chosen = [row for row in rows if any(is_all or one.pk in picked for one in row.open_letters)]
    letters = [one for row in chosen for one in row.open_letters if is_all or one.pk in picked]
    if not letters:
        toasts.fail(request, "No letter is chosen: choose at least one.")
        return _back(request)
    none = _none(request, _picture(request))
    context = {
        "act": "decline" if request.POST.get("act") == "decline" else "approve",
        "letters": letters,
        "level": tab,
        "chosen": chosen,
        "sample": chosen[:SAMPLE],
        "more": len(chosen) - SAMPLE,
        "parents": Addressee.objects.filter(letter__in=[one.pk for one in letters]).count(),
        "kinds": Counter(one.get_kind_display() for one in letters).most_common(),
        "channels": Counter(one.get_channel_display() for one in letters).most_common(),
        "languages": Counter(one.language_words for one in letters if one.language_words).most_common(),
        "large": sum(one.is_large_print for one in letters),
        "left": [row for row in rows if row not in chosen and row.open_letters and tab_of(row.first) == tab],
        "held": [row for row in rows if row.held],
        "none": _by_ground(none),
        "none_total": len(none),
        "tells": sum(one.policy is not None and one.policy.tells_head_of_year for one in letters),
        "why": request.POST.get("why", ""),
        "sees_contacts": may(request, Can.SEE_CONTACTS),
    }
    return render(request, "letters/due_ask.html", context)


@require_POST
@door(Can.APPROVE_LETTERS, section="letters")
def due_decide(request: StaffRequest) -> HttpResponse:
    """Approve the letters, or set them aside."""
    at = clock.now()
    within = Letter.objects.visible_to(request.user).filter(school=request.school, pk__in=_picked(request))
    ids = list(within.values_list("pk", flat=True))
    try:
        if request.POST.get("act") == "decline":
            why = request.POST.get("why", "")
            decided = decline_letters(school=request.school, letter_ids=ids, why=why, by=request.user, at=at)
            toasts.say(request, f"{_letters(len(decided.done))} set aside.")
        else:
            decided = approve_letters(school=request.school, letter_ids=ids, by=request.user, at=at)
            _tell(request, decided)
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    return _back(request)


def _tell(request: StaffRequest, decided: Decided) -> None:
    """Say what was approved, what was held back and why, and what somebody else had decided."""
    if decided.entry is not None and decided.done:
        undo = reverse("letters:approval_undo", args=[decided.entry.pk])
        toasts.say(request, f"{_letters(len(decided.done))} approved. They are being made now.", undo=undo)
    if decided.held_back:
        named = "; ".join(f"{one.pupil.name}: {one.ended_why}" for one in decided.held_back[:HELD_NAMED])
        more = f"; and {len(decided.held_back) - HELD_NAMED} more" if len(decided.held_back) > HELD_NAMED else ""
        toasts.warn(request, f"{len(decided.held_back)} held back when the marks were read again. {named}{more}")
    if decided.already:
        names = ", ".join(sorted({one.approved_by.signature for one in decided.already if one.approved_by}))
        by = f" by {names}" if names else ""
        toasts.warn(request, f"{_letters(len(decided.already))} had been decided already{by}.")


def _letters(many: int) -> str:
    return "1 letter" if many == 1 else f"{many} letters"


@require_POST
@door(Can.APPROVE_LETTERS, section="letters")
def approval_undo(request: StaffRequest, entry: int) -> HttpResponse:
    """Take one's own approval back, as far as the letters are not being made."""
    try:
        many = take_back_approval(school=request.school, entry_id=entry, by=request.user, at=clock.now())
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, f"{_letters(many)} put back on the proposal.")
    return redirect("letters:due_list")
