"""Letters to parents: the list, one letter with its Why, and a pupil's letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from letters import filters
from letters.actions.deciding import release_letter
from letters.actions.doubts import let_stand, recall_letter
from letters.actions.stops import keep_stop, lift_stop
from letters.forms import KeepStop, Why
from letters.models import Episode, Letter, Stop
from letters.queries.doubts import OUT, in_doubt
from letters.queries.letter_list import letters_of, one_letter, stops_of
from letters.queries.preview import shown
from letters.queries.receipts import reasons_of
from registers.actions.files import record_download
from registers.models import Pupil
from registers.queries.pupil_frame import frame

PAGE = 50


def _shown(request: StaffRequest) -> filters.Letters:
    return filters.Letters(request.GET, queryset=letters_of(request.school, request.user))


@require_GET
@door(Can.SEE_LETTERS, section="letters")
def letter_list(request: StaffRequest) -> HttpResponse:
    """Show the letters to parents within reach, narrowed by state, kind, year group and name."""
    found = _shown(request)
    page = Paginator(found.qs, PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page": page,
        "total": page.paginator.count,
        "doubted": in_doubt(request.school, request.user).count(),
        "sees_contacts": may(request, Can.SEE_CONTACTS),
    }
    return render(request, "letters/letter_list.html", context)


@require_POST
@door(Can.EXPORT, section="letters")
@door(Can.SEE_LETTERS)
def letter_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the letters as they are narrowed; names of parents only to whoever sees contacts."""
    sees = may(request, Can.SEE_CONTACTS)
    rows: list[list[Cell]] = [
        [
            str(one.pupil),
            one.pupil.tutor_group.name if one.pupil.tutor_group else "",
            one.pupil.year_group,
            one.get_kind_display(),
            one.to_name if sees else "",
            one.get_channel_display(),
            one.facts.get("percent", ""),
            one.proposed_on,
            one.approved_at,
            one.sent_at,
            one.get_state_display(),
            one.ended_why,
        ]
        for one in _shown(narrowed(request)).qs
    ]
    heads = (
        "Pupil", "Form", "Year", "Letter", "To", "How", "Attendance", "Proposed", "Approved", "Sent", "State",
        "Because",
    )  # fmt: skip
    columns = [Column(one) for one in heads]
    asked = request.GET.urlencode()
    return send_list(request, form, what="letters to parents", columns=columns, rows=rows, filters=asked)


def _letter(request: StaffRequest, pk: int) -> Letter:
    return get_object_or_404(one_letter(request.school, request.user), pk=pk)


@require_GET
@door(Can.SEE_LETTERS, section="letters")
def letter_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one letter: what it says, to whom it goes, how it went, and why it was written."""
    letter = _letter(request, pk)
    facts = letter.facts_sent or letter.facts
    is_undecided = letter.state in {Letter.State.PROPOSED, Letter.State.HELD_BACK, Letter.State.DECLINED}
    entries = Entry.objects.filter(school_id=request.school.pk).about("letter", letter.pk)
    # That it was made stands there with the file's hash.
    entries = entries.exclude(verb="letter", after__state=str(Letter.State.READY))
    context = {
        "letter": letter,
        "facts": facts,
        "days": [(date.fromisoformat(on), am, pm) for on, am, pm in facts.get("days", [])],
        "reasons": reasons_of(facts),
        "from_on": _day(facts, "from_on"),
        "to_on": _day(facts, "to_on"),
        "opened_on": _day(facts, "opened_on"),
        "policy_from_on": _day(facts, "policy_from_on"),
        "addressees": list(letter.addressees.order_by("pk")),
        "others": list(_others(request, letter)),
        "posted": list(letter.messages.order_by("pk")),
        "entries": list(entries.order_by("at")),
        "shown": shown(letter, at=clock.now()) if is_undecided else None,
        "is_undecided": is_undecided,
        "may_release": letter.state in {Letter.State.HELD_BACK, Letter.State.DECLINED},
        "may_recall": letter.recalled_at is None and letter.state in {*OUT, Letter.State.WAITING, Letter.State.READY},
        "may_bring_back": letter.channel == Letter.Channel.NOTIFY
        and letter.state in {Letter.State.WAITING, Letter.State.READY, Letter.State.FAILED},
        "is_in_doubt": letter.doubted_at is not None and letter.recalled_at is None and letter.stands_at is None,
        "corrections": list(letter.corrections.order_by("pk")),
        "may_approve": may(request, Can.APPROVE_LETTERS),
        "sees_contacts": may(request, Can.SEE_CONTACTS),
    }
    return render(request, "letters/letter_detail.html", context)


def _others(request: StaffRequest, letter: Letter) -> Any:
    """Give the other letters of the same time below the level: to the other parent, most often."""
    if letter.episode_id is None:
        return []
    return letters_of(request.school, request.user).filter(episode=letter.episode_id).exclude(pk=letter.pk)


def _day(facts: dict[str, Any], name: str) -> date | None:
    return date.fromisoformat(facts[name]) if facts.get(name) else None


@require_GET
@door(Can.SEE_LETTERS, section="letters")
def letter_preview(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the letter as it would be printed, beside the list."""
    letter = _letter(request, pk)
    context = {
        "letter": letter,
        "shown": shown(letter, at=clock.now()),
        "sees_contacts": may(request, Can.SEE_CONTACTS),
    }
    return render(request, "letters/letter_preview.html", context)


@require_GET
@door(Can.SEE_LETTERS, section="letters")
@door(Can.SEE_CONTACTS)
def letter_file(request: StaffRequest, pk: int) -> HttpResponse:
    """Give out the letter as it was printed; that it was given out is written down."""
    file = _letter(request, pk).file
    if file is None:
        raise Http404
    record_download(file=file, by=request.user, at=clock.now())
    answer = HttpResponse(bytes(file.content), content_type=file.kind)
    answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _act(
    request: StaffRequest, pk: int, act: Callable[..., Letter], words: str, *, asks_why: bool = True
) -> HttpResponse:
    letter = _letter(request, pk)
    more: dict[str, Any] = {}
    if asks_why:
        form = Why(request.POST)
        if not form.is_valid():
            toasts.fail(request, "Say why: the record keeps the reason.")
            return redirect("letters:letter_detail", pk=pk)
        more["why"] = form.cleaned_data["why"]
    try:
        act(letter=letter, by=request.user, at=clock.now(), **more)
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, words)
    return redirect("letters:letter_detail", pk=pk)


@require_POST
@door(Can.APPROVE_LETTERS, section="letters")
def letter_release(request: StaffRequest, pk: int) -> HttpResponse:
    """Put a letter that was held back or set aside on the proposal again."""
    return _act(request, pk, release_letter, "On the proposal again.", asks_why=False)


@require_POST
@door(Can.APPROVE_LETTERS, section="letters")
def letter_recall(request: StaffRequest, pk: int) -> HttpResponse:
    """Recall a letter."""
    return _act(request, pk, recall_letter, "Recalled. For one that has gone, an apology waits under Letters due.")


@require_POST
@door(Can.APPROVE_LETTERS, section="letters")
def letter_stand(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a doubted letter stand."""
    return _act(request, pk, let_stand, "The letter stands.")


# ---------- a pupil's letters, and stops ----------


def _pupil(request: StaffRequest, pk: int) -> Pupil:
    seen = Pupil.objects.visible_to(request.user).filter(school=request.school).select_related("tutor_group")
    return get_object_or_404(seen, pk=pk)


@door(Can.SEE_LETTERS, section="pupils")
def pupil_letters(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a pupil's letters, times below a level and stops; keep a stop."""
    pupil, at = _pupil(request, pk), clock.now()
    sees = may(request, Can.SEE_SAFEGUARDING)
    form = None
    if may(request, Can.KEEP_STOPS):
        form = KeepStop(
            request.POST or None,
            school=request.school,
            may_be_private=sees,
            initial={"owner": request.user.pk, "covers": "all"},
        )
        if request.method == "POST" and form.is_valid():
            try:
                keep_stop(pupil=pupil, by=request.user, at=at, **{"is_private": False} | form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, str(refusal))
            else:
                toasts.say(request, f"Nothing is sent home about {pupil.name} from now on.")
                return redirect("letters:pupil_letters", pk=pk)
    context = frame(pupil, "letters", allowed=request.user.standing.allowed(request.school.pk), at=at) | {
        "letters": list(letters_of(request.school, request.user).filter(pupil=pupil)),
        "episodes": list(Episode.objects.filter(school=request.school, pupil=pupil).order_by("-opened_on", "level")),
        "stops": list(stops_of(request.school, request.user).filter(pupil=pupil)),
        "today": clock.local(at).date(),
        "sees_safeguarding": sees,
        "form": form,
    }
    is_wrong = form is not None and bool(form.errors)
    return render(request, "letters/pupil_letters.html", context, status=422 if is_wrong else 200)


@require_GET
@door(Can.SEE_LETTERS, section="letters")
def stop_list(request: StaffRequest) -> HttpResponse:
    """Show the stops that stand, and those that are over."""
    on = clock.today()
    stops = list(stops_of(request.school, request.user))
    standing = [one for one in stops if one.lifted_at is None and (one.to_on is None or one.to_on >= on)]
    context = {
        "standing": standing,
        "many": len(stops),
        "over": [one for one in stops if one not in standing][:PAGE],
        "sees_safeguarding": may(request, Can.SEE_SAFEGUARDING),
        "may_keep": may(request, Can.KEEP_STOPS),
    }
    return render(request, "letters/stop_list.html", context)


@require_POST
@door(Can.EXPORT, section="letters")
@door(Can.SEE_LETTERS)
def stop_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the stops; why one for safeguarding eyes only stands goes to those eyes alone."""
    sees = may(request, Can.SEE_SAFEGUARDING)
    rows: list[list[Cell]] = [
        [
            str(stop.pupil),
            stop.pupil.tutor_group.name if stop.pupil.tutor_group else "",
            stop.get_covers_display(),
            stop.reason if sees or not stop.is_private else "Do not send",
            stop.owner.signature,
            stop.from_on,
            stop.to_on,
            stop.lifted_at,
        ]
        for stop in stops_of(request.school, request.user)
    ]
    heads = ("Pupil", "Form", "Stops", "Why", "Ask", "From", "Until", "Lifted")
    return send_list(request, form, what="stops", columns=[Column(one) for one in heads], rows=rows)


@require_POST
@door(Can.KEEP_STOPS, section="letters")
def stop_lift(request: StaffRequest, pk: int) -> HttpResponse:
    """Lift a stop with a reason; one for safeguarding eyes only by whoever has them."""
    stops = stops_of(request.school, request.user)
    if not may(request, Can.SEE_SAFEGUARDING):
        stops = stops.filter(is_private=False)
    stop: Stop = get_object_or_404(stops, pk=pk)
    form = Why(request.POST)
    try:
        lift_stop(stop=stop, why=form.data.get("why", ""), by=request.user, at=clock.now())
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, f"The stop over {stop.pupil.name} is lifted.")
    return redirect("letters:stop_list")
