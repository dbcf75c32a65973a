"""The office's own pages: what there is to set, staff and their posts, and the table of roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from attendance_office.staff import actions
from attendance_office.staff.models import Post, User
from attendance_office.staff.roles import MAY, REACH, TITLES, Can, Role
from attendance_office.web import forms, toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list


@require_GET
@door(Can.EDIT_CALENDAR, Can.EDIT_STAFF, Can.EDIT_JOBS, Can.SEE_AUDIT, Can.SEE_HEALTH, section="office")
def office(request: StaffRequest) -> HttpResponse:
    """Show what can be set and looked after."""
    return render(request, "office/office.html")


@dataclass
class Colleague:
    """One line of the staff list."""

    person: User
    titles: list[str] = field(default_factory=list)
    has_factor: bool = False

    @property
    def words(self) -> str:
        """Give what the list can be searched by."""
        return f"{self.person.full_name} {self.person.email} {' '.join(self.titles)}"


def _person(request: StaffRequest, pk: int) -> User:
    """Find a person with a post, now or once, in this school; anyone else is not there."""
    person = User.objects.filter(pk=pk, posts__school=request.school).distinct().first()
    if person is None:
        raise Http404
    return person


@require_GET
@door(Can.EDIT_STAFF, section="office")
def staff_list(request: StaffRequest) -> HttpResponse:
    """List everyone with a post here: what they do and whether they can sign in."""
    people = _colleagues(request)
    rows = _searched(request, people)
    return render(
        request, "office/staff_list.html", {"rows": rows, "total": len(people), "q": request.GET.get("q", "")}
    )


@require_POST
@door(Can.EXPORT, section="office")
def staff_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the staff list as it is searched."""
    if not may(request, Can.EDIT_STAFF):
        raise PermissionDenied
    found = _searched(narrowed(request), _colleagues(request))
    rows: list[list[Cell]] = [
        [
            one.person.title,
            one.person.first_name,
            one.person.last_name,
            ", ".join(one.titles),
            one.person.email,
            "Can sign in" if one.person.is_active else "Switched off",
            "Second factor set" if one.has_factor else "",
        ]
        for one in found
    ]
    heads = ("Title", "Forename", "Surname", "Posts", "E-mail", "Account", "Second factor")
    asked = request.GET.get("q", "")
    return send_list(request, form, what="staff", columns=[Column(one) for one in heads], rows=rows, filters=asked)


def _colleagues(request: StaffRequest) -> dict[int, Colleague]:
    """Give everyone with a post in the school, by name: two queries."""
    posts = (
        Post.objects.filter(school=request.school, ended_on=None)
        .select_related("user", "tutor_group")
        .order_by("user__last_name", "user__first_name", "pk")
    )
    people: dict[int, Colleague] = {}
    for post in posts:
        people.setdefault(post.user_id, Colleague(post.user)).titles.append(post.role_title)
    for pk in Authenticator.objects.filter(user__in=people).values_list("user_id", flat=True):
        people[pk].has_factor = True
    return people


def _searched(request: StaffRequest, people: dict[int, Colleague]) -> list[Colleague]:
    q = request.GET.get("q", "").strip().casefold()
    return [row for row in people.values() if q in row.words.casefold()]


@door(Can.EDIT_STAFF, section="office")
def staff_add(request: StaffRequest) -> HttpResponse:
    """Add a person and give the first post."""
    form = forms.NewPerson(request.POST or None)
    post_form = forms.GivePost(request.POST or None, school=request.school)
    if request.method == "POST" and form.is_valid() and post_form.is_valid():
        try:
            person = actions.appoint(
                school=request.school, by=request.user, at=clock.now(), **form.cleaned_data, **_post_of(post_form)
            )
        except Refused as no:
            form.add_error(None, str(no))
        else:
            how = (
                "They sign in as they do at their other school."
                if person.has_usable_password()
                else "They set a password with Forgotten password on the sign-in page."
            )
            toasts.say(request, f"Added {person.full_name}. {how}")
            return redirect("office:staff_list")
    return render(request, "office/staff_form.html", {"form": form, "post_form": post_form})


def _post_of(form: forms.GivePost) -> dict[str, Any]:
    """Read a post form: the year and the group only where the role has one."""
    role = Role(form.cleaned_data["role"])
    return {
        "role": role,
        "year_group": form.cleaned_data["year_group"] if role is Role.HEAD_OF_YEAR else None,
        "tutor_group": form.cleaned_data["tutor_group"] if role is Role.TUTOR else None,
    }


@door(Can.EDIT_STAFF, section="office")
def staff_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show and change one person, their posts, and what was done to the account."""
    person = _person(request, pk)
    form = forms.Person(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        changes = {field: form.cleaned_data[field] for field in form.changed_data}
        try:
            actions.change_person(
                person=person, school=request.school, changes=changes, by=request.user, at=clock.now()
            )
        except Refused as no:
            form.add_error(None, str(no))
        else:
            toasts.say(request, f"Saved {person.full_name}.")
            return redirect("office:staff_detail", pk=pk)
    context = {
        "person": _person(request, pk),
        "form": form,
        "post_form": forms.GivePost(school=request.school),
        "reason_form": forms.Reason(),
        "posts": person.posts.filter(school=request.school).select_related("tutor_group").order_by("ended_on", "pk"),
        "has_factor": Authenticator.objects.filter(user=person).exists(),
        "history": Entry.objects.of_schools([request.school.pk]).about("person", pk).order_by("-at")[:30],
    }
    return render(request, "office/staff_detail.html", context)


@require_POST
@door(Can.EDIT_STAFF)
def post_give(request: StaffRequest, pk: int) -> HttpResponse:
    """Give one more post."""
    person = _person(request, pk)
    form = forms.GivePost(request.POST, school=request.school)
    if form.is_valid():
        try:
            actions.give_post(person=person, school=request.school, by=request.user, at=clock.now(), **_post_of(form))
            toasts.say(request, f"{person.full_name} has the post.")
        except Refused as no:
            toasts.fail(request, str(no))
    else:
        toasts.fail(request, "Choose a role, and the year or form that goes with it.")
    return redirect("office:staff_detail", pk=pk)


@require_POST
@door(Can.EDIT_STAFF)
def post_end(request: StaffRequest, pk: int, post_pk: int) -> HttpResponse:
    """End a post."""
    person = _person(request, pk)
    post = person.posts.filter(pk=post_pk, school=request.school).first()
    if post is None:
        raise Http404
    try:
        actions.end_post(post=post, on=clock.today(), by=request.user, at=clock.now())
        toasts.say(request, f"Ended: {post.role_title}.")
    except Refused as no:
        toasts.fail(request, str(no))
    return redirect("office:staff_list")


@require_POST
@door(Can.EDIT_STAFF)
def account_switch(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a person sign in, or no longer."""
    person = _person(request, pk)
    try:
        actions.switch_account(
            person=person,
            school=request.school,
            is_active=request.POST.get("on") == "1",
            by=request.user,
            at=clock.now(),
        )
        toasts.say(request, f"{person.full_name} may {'sign in' if person.is_active else 'no longer sign in'}.")
    except Refused as no:
        toasts.fail(request, str(no))
    return redirect("office:staff_detail", pk=pk)


@require_POST
@door(Can.EDIT_STAFF)
def factor_reset(request: StaffRequest, pk: int) -> HttpResponse:
    """Take away a lost second factor, with the reason."""
    person = _person(request, pk)
    try:
        actions.reset_second_factor(
            person=person, school=request.school, reason=request.POST.get("reason", ""), by=request.user, at=clock.now()
        )
        toasts.say(request, f"{person.full_name} sets up a new second factor at the next sign-in.")
    except Refused as no:
        toasts.fail(request, str(no))
    return redirect("office:staff_detail", pk=pk)


@require_GET
@door(Can.EDIT_STAFF, Can.SEE_AUDIT, section="office")
def role_table(request: StaffRequest) -> HttpResponse:
    """Show the one table of who may see and do what."""
    roles = [{"title": TITLES[role], "reach": REACH[role].value} for role in Role]
    rows = [{"can": can.value, "cells": [can in MAY[role] for role in Role]} for can in Can]
    return render(request, "office/role_table.html", {"roles": roles, "rows": rows})


@require_POST
@door(Can.EXPORT, section="office")
@door(Can.EDIT_STAFF, Can.SEE_AUDIT)
def role_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the one table of who may see and do what."""
    rows: list[list[Cell]] = [["Pupils within reach", *(REACH[role].value for role in Role)]]
    rows += [[can.value, *(can in MAY[role] for role in Role)] for can in Can]
    columns = [Column("May"), *(Column(TITLES[role]) for role in Role)]
    return send_list(request, form, what="roles", columns=columns, rows=rows)
