"""Print runs: what lies ready, how far each run is, its file, and whether it was taken to the post."""

from __future__ import annotations

from datetime import timedelta

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import send_list
from letters.actions import runs as actions
from letters.models import LetterKind, PrintRun
from letters.queries import runs as answers
from letters.queries.outbox import notify_posts_letters
from registers.actions.files import record_download
from registers.models import StoredFile

PAGE = 50


@require_GET
@door(Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES, section="letters")
def run_list(request: StaffRequest) -> HttpResponse:
    """Show what lies ready to be put together, and the print runs, the latest first."""
    ready = []
    if may(request, Can.APPROVE_LETTERS):
        for order in PrintRun.Order:
            rows = answers.ready_letters(request.school, order, request.user)
            kinds = rows.values_list("kind").annotate(many=Count("pk")).order_by("kind")
            found = [(LetterKind(kind).label, many) for kind, many in kinds]
            if found:
                ready.append((order, found, sum(many for _, many in found)))
    page = Paginator(answers.runs_of(request.school, request.user), PAGE).get_page(request.GET.get("page"))
    context = {
        "ready": ready,
        "page": page,
        "way": answers.on_the_way(request.school, request.user),
        "notify": notify_posts_letters(),
        "refused": list(answers.refused_by_notify(request.school, request.user)[:PAGE]),
        "may_approve": may(request, Can.APPROVE_LETTERS),
    }
    return render(request, "letters/run_list.html", context)


@require_POST
@door(Can.EXPORT, section="letters")
@door(Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES)
def run_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the print runs."""
    rows: list[list[Cell]] = [
        [
            run.pk,
            run.title,
            run.made_at,
            str(run.made_by or ""),
            run.total,  # type: ignore[attr-defined]  # counted by `runs_of`
            run.pages,
            run.get_state_display(),
            run.posted_at,
        ]
        for run in answers.runs_of(request.school, request.user)
    ]
    heads = ("Run", "What", "Put together", "By", "Letters", "Pages", "State", "Posted")
    return send_list(request, form, what="print runs", columns=[Column(one) for one in heads], rows=rows)


@require_POST
@door(Can.APPROVE_LETTERS, section="letters")
def run_make(request: StaffRequest) -> HttpResponse:
    """Put a run together out of what lies ready."""
    order = request.POST.get("order", "")
    if order not in PrintRun.Order.values:
        toasts.fail(request, "Choose which letters are put together.")
        return redirect("letters:run_list")
    try:
        run = actions.put_together(
            school=request.school,
            order=order,
            is_two_sided=request.POST.get("sides") == "2",
            by=request.user,
            at=clock.now(),
        )
    except Refused as refused:
        toasts.fail(request, str(refused))
        return redirect("letters:run_list")
    return redirect("letters:run_detail", run.pk)


def _one(request: StaffRequest, pk: int) -> PrintRun:
    return get_object_or_404(answers.runs_of(request.school, request.user), pk=pk)


@require_GET
@door(Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES, section="letters")
def run_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a run: how far it is, its letters in order, and those to take out by hand."""
    run = _one(request, pk)
    undo_until = run.posted_at + actions.UNDO_WITHIN if run.posted_at else None
    context = {
        "run": run,
        "progress": answers.progress_of(run),
        "page": Paginator(answers.letters_in(run), PAGE).get_page(request.GET.get("page")),
        "not_due": answers.no_longer_due(run, at=clock.now()),
        "take_out": list(answers.take_out(run).select_related("pupil")),
        "may_undo": undo_until is not None and clock.now() <= undo_until,
        "undo_until": undo_until,
        "waits_long": run.state == PrintRun.State.WAITING and clock.now() - run.made_at > timedelta(minutes=5),
    }
    return render(request, "letters/run_detail.html", context)


@require_POST
@door(Can.EXPORT, section="letters")
@door(Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES)
def run_letters_export(request: StaffRequest, pk: int, form: str) -> HttpResponse:
    """Send out the letters of a run, as they lie in its file."""
    run = _one(request, pk)
    rows: list[list[Cell]] = [
        [
            letter.run_place,
            letter.to_name,
            letter.to_address or "By hand",
            str(letter.pupil),
            letter.pupil.tutor_group.name if letter.pupil.tutor_group else "",
            letter.get_kind_display(),
            letter.get_state_display(),
            letter.ended_why,
        ]
        for letter in answers.letters_in(run)
    ]
    heads = ("No.", "To", "Address", "About", "Form", "Letter", "State", "Why")
    return send_list(request, form, what=f"print run {run.pk}", columns=[Column(one) for one in heads], rows=rows)


@require_GET
@door(Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES, section="letters")
def run_progress(request: StaffRequest, pk: int) -> HttpResponse:
    """Say how far a run is; the page goes on by itself when it is ready."""
    run = _one(request, pk)
    answer = render(request, "letters/run_detail.html#bar", {"run": run, "progress": answers.progress_of(run)})
    if run.state != PrintRun.State.WAITING:
        answer["HX-Refresh"] = "true"
    return answer


@require_GET
@door(Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES, section="letters")
def run_file(request: StaffRequest, pk: int) -> HttpResponse:
    """Give out the file of a run; that it was given out is written down."""
    run = _one(request, pk)
    if run.file_id is None:
        raise Http404
    file = StoredFile.objects.get(pk=run.file_id)
    record_download(file=file, by=request.user, at=clock.now())
    answer = HttpResponse(bytes(file.content), content_type=file.kind)
    answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
@door(Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES, section="letters")
def run_posted(request: StaffRequest, pk: int) -> HttpResponse:
    """Mark a run as posted, or as given out."""
    run = _one(request, pk)
    try:
        went = actions.mark_posted(
            run=run,
            with_those_not_due=request.POST.get("all_the_same") == "1",
            by=request.user,
            at=clock.now(),
        )
        done = "given out" if run.order == PrintRun.Order.FORM else "posted"
        words = f"{went} letter{'' if went == 1 else 's'} marked as {done}"
        toasts.say(request, words, undo=reverse("letters:run_not_posted", args=[pk]))
    except Refused as refused:
        toasts.fail(request, str(refused))
    return redirect("letters:run_detail", pk)


@require_POST
@door(Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES, section="letters")
def run_take_out(request: StaffRequest, pk: int) -> HttpResponse:
    """Take letters out of a run that are not due any more."""
    picked = wholes(request.POST.getlist("pick"))
    try:
        out = actions.take_out_letters(run=_one(request, pk), letter_ids=picked, by=request.user, at=clock.now())
        places = ", ".join(str(one.run_place) for one in out)
        toasts.say(request, f"Held back: take No. {places} out of the paper.")
    except Refused as refused:
        toasts.fail(request, str(refused))
    return redirect("letters:run_detail", pk)


@require_POST
@door(Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES, section="letters")
def run_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Try again to put a run together."""
    try:
        actions.try_again(run=_one(request, pk), by=request.user, at=clock.now())
        toasts.say(request, "It is tried again.")
    except Refused as refused:
        toasts.fail(request, str(refused))
    return redirect("letters:run_detail", pk)


@require_POST
@door(Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES, section="letters")
def run_not_posted(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back that a run was posted."""
    try:
        back = actions.take_back_posted(run=_one(request, pk), by=request.user, at=clock.now())
        toasts.say(request, f"Taken back: {back} letter{'' if back == 1 else 's'} lie ready again")
    except Refused as refused:
        toasts.fail(request, str(refused))
    return redirect("letters:run_detail", pk)
