"""The groups a school makes for itself."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import send_list
from registers import forms
from registers.actions import groups as actions
from registers.models import Group, Membership, Pupil
from registers.queries import pupils
from registers.queries.name_matching import match_lines

from .pupils import asked_for

PAGE: Final = 100


@require_GET
@door(Can.SEE_PUPILS, section="pupils")
def group_list(request: StaffRequest) -> HttpResponse:
    """Show the school's groups."""
    found = pupils.groups_of(request.school, user=request.user, on=clock.today())
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "total": page.paginator.count, "may_edit": may(request, Can.EDIT_PUPILS)}
    return render(request, "registers/group_list.html", context)


@require_POST
@door(Can.EXPORT, section="pupils")
@door(Can.SEE_PUPILS)
def group_list_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the school's groups."""
    found = pupils.groups_of(request.school, user=request.user, on=clock.today())
    rows: list[list[Cell]] = [[one.group.name, one.group.purpose, one.members] for one in found]
    columns = [Column(one) for one in ("Group", "For", "Pupils now")]
    return send_list(request, form, what="groups", columns=columns, rows=rows)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_PUPILS, section="pupils")
def group_make(request: StaffRequest) -> HttpResponse:
    """Make a group."""
    form = forms.MakeGroup(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            group = actions.make_group(
                school=request.school,
                name=form.cleaned_data["name"],
                purpose=form.cleaned_data["purpose"],
                by=request.user,
                at=clock.now(),
            )
        except Refused as refused:
            form.add_error("name", str(refused))
        else:
            toasts.say(request, f"Group {group.name} made: now add its pupils")
            return redirect("registers:group_detail", group.pk)
    return render(request, "registers/group_form.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@door(Can.SEE_PUPILS, section="pupils")
def group_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a group's members, those of the past too, as far as the person may see them."""
    group = get_object_or_404(Group, pk=pk, school=request.school)
    return _group_page(request, group, forms.AddToGroup(initial={"from_on": clock.today()}))


@require_POST
@door(Can.EXPORT, section="pupils")
@door(Can.SEE_PUPILS)
def group_export(request: StaffRequest, pk: int, form: str) -> HttpResponse:
    """Send out a group's members as its page shows them, those of now first."""
    group = get_object_or_404(Group, pk=pk, school=request.school)
    now, other = _members(request, group)
    rows: list[list[Cell]] = [
        [
            str(one.pupil),
            one.pupil.tutor_group.name if one.pupil.tutor_group else "",
            one.from_on,
            one.to_on,
            "In it now" if one in now else "Before or later",
        ]
        for one in (*now, *other)
    ]
    columns = [Column(one) for one in ("Pupil", "Form", "From", "Last day", "When")]
    return send_list(request, form, what="members of a group", columns=columns, rows=rows, filters=group.name)


def _members(request: StaffRequest, group: Group) -> tuple[list[Membership], list[Membership]]:
    """Give a group's members of today, and those of the past and to come, within the person's reach: one query."""
    today = clock.today()
    memberships = (
        Membership.objects.filter(group=group, pupil__in=Pupil.objects.visible_to(request.user))
        .select_related("pupil__tutor_group")
        .order_by("pupil__sort_name", "from_on")
    )
    now = [one for one in memberships if one.from_on <= today and (one.to_on is None or one.to_on >= today)]
    held = {one.pk for one in now}
    return now, [one for one in memberships if one.pk not in held]


def _group_page(request: StaffRequest, group: Group, form: forms.AddToGroup) -> HttpResponse:
    today = clock.today()
    now, other = _members(request, group)
    context = {
        "group": group,
        "now": Paginator(now, PAGE).get_page(request.GET.get("page")),
        "other": Paginator(other, PAGE).get_page(request.GET.get("other")),
        "present": len(now),
        "many": len(now) + len(other),
        "today": today,
        "form": form,
        "may_edit": may(request, Can.EDIT_PUPILS),
    }
    return render(request, "registers/group_detail.html", context, status=422 if form.errors else 200)


@require_POST
@door(Can.EDIT_PUPILS, section="pupils")
def group_add(request: StaffRequest, pk: int) -> HttpResponse:
    """Put pupils named one by one into a group."""
    group = get_object_or_404(Group, pk=pk, school=request.school)
    form = forms.AddToGroup(request.POST)
    if form.is_valid():
        from_on = form.cleaned_data["from_on"]
        matched = match_lines(form.cleaned_data["who"], school=request.school, user=request.user, on=clock.today())
        if matched.pupils:
            answer = _add(request, group, matched.pupils, from_on)
            if not matched.left:
                return answer
        # Whoever was meant is in; what was not understood stays in the box, each line with what would be right.
        form = forms.AddToGroup({"who": matched.left_text, "from_on": from_on.isoformat()})
        form.is_valid()
        for line, words in matched.left:
            form.add_error("who", f"\u201c{line}\u201d: {words}")
    return _group_page(request, group, form)


def _add(request: StaffRequest, group: Group, chosen: list[Pupil], from_on: date) -> HttpResponseRedirect:
    try:
        count, entry = actions.add_to_group(
            group=group, pupils=chosen, from_on=from_on, by=request.user, at=clock.now()
        )
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        already = len(chosen) - count
        words = f"{count} {'pupil' if count == 1 else 'pupils'} added to {group.name}"
        words += f"; {already} already in it" if already else ""
        toasts.say(request, words, undo=reverse("registers:group_undo", args=[group.pk, entry.pk]))
    return redirect("registers:group_detail", group.pk)


@require_POST
@door(Can.EDIT_PUPILS, section="pupils")
def group_add_selected(request: StaffRequest) -> HttpResponse:
    """Put the pupils selected in the list, or all the list holds, into a group from today on."""
    query = QueryDict(request.POST.get("query", ""))
    back = f"{reverse('registers:pupil_list')}?{query.urlencode()}"
    form = forms.BulkAdd(request.POST, school=request.school)
    if not form.is_valid():
        toasts.fail(request, "Choose a group first: nobody was added.")
        return redirect(back)
    if request.POST.get("all"):
        bound = query.copy()
        bound.setdefault("q", "")
        found = asked_for(bound, school=request.school, user=request.user, today=clock.today())
        chosen = [line.pupil for line in found.lines]
    else:
        picks = [int(pick) for pick in request.POST.getlist("pick") if pick.isdecimal() and len(pick) < 19]
        chosen = list(Pupil.objects.visible_to(request.user).filter(school=request.school, pk__in=picks))
    if not chosen:
        toasts.fail(request, "Nobody is selected: choose at least one pupil.")
        return redirect(back)
    return _add(request, form.cleaned_data["group"], chosen, clock.today())


@require_POST
@door(Can.EDIT_PUPILS, section="pupils")
def group_undo(request: StaffRequest, pk: int, entry: int) -> HttpResponse:
    """Take back one's own adding."""
    group = get_object_or_404(Group, pk=pk, school=request.school)
    try:
        gone = actions.undo_adding(group=group, entry_id=entry, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, f"Taken back: {gone} {'pupil' if gone == 1 else 'pupils'} out of {group.name} again")
    return redirect("registers:group_detail", group.pk)


@require_POST
@door(Can.EDIT_PUPILS, section="pupils")
def group_take(request: StaffRequest, pk: int, membership: int) -> HttpResponse:
    """End a pupil's membership."""
    row = get_object_or_404(
        Membership,
        pk=membership,
        group=pk,
        group__school=request.school,
        pupil__in=Pupil.objects.visible_to(request.user),
    )
    form = forms.TakeFromGroup(request.POST)
    if not form.is_valid():
        toasts.fail(request, "Name the last day as a date: nothing was changed.")
        return redirect("registers:group_detail", pk)
    last_on = form.cleaned_data["last_on"]
    try:
        actions.take_from_group(membership=row, last_on=last_on, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, f"{row.pupil.name} leaves {row.group.name} after {last_on:%d %b %Y}")
    return redirect("registers:group_detail", pk)
