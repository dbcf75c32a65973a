"""Letters that lie ready handed to GOV.UK Notify instead of a print run: asked first, done, and brought back."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from letters.actions.notify_post import HandedOver, bring_back, hand_to_notify
from letters.models import PrintRun
from letters.queries.outbox import notify_posts_letters
from letters.queries.runs import ready_letters
from letters.queries.still_due import verdicts
from letters.rules.notify_page import unread_address

NAMED = 3


@require_GET
@door(Can.APPROVE_LETTERS, section="letters")
def notify_ask(request: StaffRequest) -> HttpResponse:
    """Show the letters that lie ready, each with whether Notify would post it, and ask which are to go."""
    found = ready_letters(request.school, PrintRun.Order.POSTCODE, request.user)
    letters = list(
        found.select_related("policy", "episode", "pupil__tutor_group", "school").order_by("pupil__sort_name", "pk")
    )
    read = verdicts(letters, at=clock.now())
    rows = [(one, read[one.pk].why_not, unread_address([one.to_name, *one.to_address.splitlines()])) for one in letters]
    context = {
        "rows": rows,
        "going": sum(not why and not unread for _, why, unread in rows),
        "is_set_up": notify_posts_letters(),
        "sees_contacts": may(request, Can.SEE_CONTACTS),
    }
    return render(request, "letters/notify_ask.html", context)


@require_POST
@door(Can.APPROVE_LETTERS, section="letters")
def notify_hand(request: StaffRequest) -> HttpResponse:
    """Hand the chosen letters to Notify."""
    picked = wholes(request.POST.getlist("pick"))
    if not picked:
        toasts.fail(request, "No letter is chosen: choose at least one.")
        return redirect("letters:notify_ask")
    try:
        handed = hand_to_notify(school=request.school, letter_ids=picked, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        _tell(request, handed)
    return redirect("letters:run_list")


@require_POST
@door(Can.APPROVE_LETTERS, section="letters")
def notify_back(request: StaffRequest) -> HttpResponse:
    """Bring letters back that Notify has not posted, to be printed here."""
    picked = wholes(request.POST.getlist("pick"))
    try:
        back = bring_back(school=request.school, letter_ids=picked, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, f"{_letters(len(back))} made again to be printed here.")
    if request.POST.get("back") == "letter" and len(picked) == 1:
        return redirect("letters:letter_detail", picked[0])
    return redirect("letters:run_list")


def _tell(request: StaffRequest, handed: HandedOver) -> None:
    """Say how many go, and name those that do not with the reason."""
    if handed.going:
        toasts.say(request, f"{_letters(len(handed.going))} laid out for GOV.UK Notify, then handed over.")
    if handed.held_back:
        named = _named([(one.pupil.name, one.ended_why) for one in handed.held_back])
        toasts.warn(request, f"{_letters(len(handed.held_back))} held back when the marks were read again. {named}")
    if handed.staying:
        named = _named([(one.pupil.name, why) for one, why in handed.staying])
        toasts.warn(request, f"{_letters(len(handed.staying))} to be printed here instead. {named}")


def _named(found: list[tuple[str, str]]) -> str:
    more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return "; ".join(f"{name}: {why}" for name, why in found[:NAMED]) + more


def _letters(many: int) -> str:
    return "1 letter" if many == 1 else f"{many:,} letters"
