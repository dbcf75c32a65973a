"""Nobody reached: the items with their clocks, the steps taken, and the word that closes one."""

from __future__ import annotations

from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from attendance_office.web.templatetags.office import clock as clock_words
from interventions import forms
from interventions.actions import safeguarding as actions
from interventions.models import FirstDay, SafeguardingItem, SafeguardingStep
from interventions.queries import first_day as answers

PAGE = 50
_LATEST_FIRST = Prefetch("steps", SafeguardingStep.objects.order_by("-at", "-pk"))


def _items(request: StaffRequest) -> QuerySet[SafeguardingItem]:
    """Give the items that the address asks for: the open ones, the oldest first, or the closed ones."""
    rows = SafeguardingItem.objects.visible_to(request.user).filter(school=request.school)
    rows = rows.filter(closed_at__isnull=request.GET.get("show") != "closed")
    rows = rows.select_related("first_day__alert", "closed_by", "raised_by")
    rows = rows.prefetch_related("first_day__pupils__pupil__tutor_group", _LATEST_FIRST)
    return rows.order_by("-closed_at", "since_at", "pk")


@require_GET
@door(Can.CONTACT_HOME, section="first_day")
def safeguarding_list(request: StaffRequest) -> HttpResponse:
    """Show the open items, the oldest first; or those that a person has closed."""
    shows_closed = request.GET.get("show") == "closed"
    page = Paginator(_items(request), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "shows_closed": shows_closed,
        "at": clock.now(),
        "open": answers.open_items(request.school, request.user).count() if shows_closed else page.paginator.count,
    }
    return render(request, "interventions/safeguarding_list.html", context)


@require_POST
@door(Can.EXPORT, section="first_day")
@door(Can.CONTACT_HOME)
def safeguarding_list_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the items as they are shown, whole."""
    rows: list[list[Cell]] = [
        [
            "; ".join(str(one.pupil) for one in item.first_day.pupils.all()),
            item.since_at,
            item.why,
            _latest(item),
            item.closed_at,
            item.closed_by.signature if item.closed_by else "",
            item.why_closed,
        ]
        for item in _items(narrowed(request))
    ]
    heads = [Column(one) for one in ("Pupils", "Since", "Why", "Latest step", "Closed", "By", "With the words")]
    shown = "closed" if request.GET.get("show") == "closed" else "open"
    return send_list(request, form, what="nobody reached", columns=heads, rows=rows, filters=shown)


def _latest(item: SafeguardingItem) -> str:
    step = next(iter(item.steps.all()), None)
    return f"{clock_words(step.at)} {step.get_kind_display()}" if step else ""


@require_GET
@door(Can.CONTACT_HOME, section="first_day")
def safeguarding_item(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one item: what is known, what was tried, which steps were taken and what was said."""
    return _shown(request, _item(request, pk), forms.Step())


@require_POST
@door(Can.CONTACT_HOME, section="first_day")
def item_step(request: StaffRequest, pk: int) -> HttpResponse:
    """Record a step, or who said that the child is safe and well."""
    item = _item(request, pk)
    form = forms.Step(request.POST)
    if not form.is_valid():
        return _shown(request, item, form)
    said, now = form.cleaned_data, clock.now()
    hour = said.pop("said_at")
    when = datetime.combine(clock.local(now).date(), hour, tzinfo=clock.LONDON) if hour else None
    try:
        actions.take_step(item=item, **said, said_at=when, by=request.user, at=now)
    except Refused as refused:
        form.add_error(None, str(refused))
        return _shown(request, item, form)
    toasts.say(request, "Written down. The item stays open until a person closes it")
    return redirect("interventions:safeguarding_item", pk=pk)


@require_POST
@door(Can.SETTLE_SAFEGUARDING, section="first_day")
def item_close(request: StaffRequest, pk: int) -> HttpResponse:
    """Close an item by a person's word."""
    try:
        actions.close_item(item=_item(request, pk), why=request.POST.get("why", ""), by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
        return redirect("interventions:safeguarding_item", pk=pk)
    toasts.say(request, "Closed, with your words")
    return redirect("interventions:safeguarding_list")


@require_POST
@door(Can.CONTACT_HOME, section="first_day")
def item_raise(request: StaffRequest, pk: int) -> HttpResponse:
    """Raise a family to safeguarding before the hour."""
    rows = FirstDay.objects.visible_to(request.user).filter(school=request.school).select_related("school")
    day = get_object_or_404(rows, pk=pk)
    try:
        item = actions.raise_item(day=day, why=request.POST.get("why", ""), by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
        return redirect("interventions:call_sheet")
    toasts.say(request, "With safeguarding: they are told now")
    return redirect("interventions:safeguarding_item", pk=item.pk)


def _item(request: StaffRequest, pk: int) -> SafeguardingItem:
    rows = SafeguardingItem.objects.visible_to(request.user).filter(school=request.school)
    return get_object_or_404(rows.select_related("first_day__school", "closed_by", "raised_by"), pk=pk)


def _shown(request: StaffRequest, item: SafeguardingItem, form: forms.Step) -> HttpResponse:
    now = clock.now()
    context = {
        "item": item,
        "line": answers.line_of(request.school, request.user, item.first_day, now),
        "steps": item.steps.select_related("by").order_by("at", "pk"),
        "form": form,
        "at": now,
        "may_close": may(request, Can.SETTLE_SAFEGUARDING),
    }
    status = 422 if form.is_bound else 200
    return render(request, "interventions/safeguarding_item.html", context, status=status)
