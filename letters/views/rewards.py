"""Rewards for attendance: who was given what, and putting on record that more were given."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from letters import forms
from letters.actions.rewards import give_rewards, strike_reward
from letters.models import Reward
from letters.queries import rewards as answers
from letters.views.chosen import lines_of, pupils_chosen
from registers.queries.name_matching import match_lines
from registers.queries.pupils import years_taught
from registers.rules.ages import school_year_starts

PAGE = 50


@require_GET
@door(Can.MAKE_CERTIFICATES, section="letters")
def reward_list(request: StaffRequest) -> HttpResponse:
    """Show who was given what, the latest first, with the sums of what is shown."""
    form = _form(request)
    context: dict[str, Any] = {"form": form, "total": 0}
    if form.is_valid():
        asked = _asked(form.cleaned_data)
        page = Paginator(answers.log(request.school, request.user, asked), PAGE).get_page(request.GET.get("page"))
        context |= {
            "page": page,
            "total": page.paginator.count,
            "lines": answers.lines(list(page)),
            "sums": answers.summed(request.school, request.user, asked),
        }
    return render(request, "letters/reward_list.html", context, status=422 if form.errors else 200)


@require_POST
@door(Can.EXPORT, section="letters")
@door(Can.MAKE_CERTIFICATES)
def reward_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the log as it is narrowed, struck rows with why."""
    asked = _form(narrowed(request))
    found = answers.log(request.school, request.user, _asked(asked.cleaned_data)) if asked.is_valid() else []
    rows: list[list[Cell]] = [
        [
            str(one.pupil),
            one.pupil.tutor_group.name if one.pupil.tutor_group else "",
            one.pupil.year_group,
            one.what,
            one.on,
            one.why,
            one.by,
            one.struck.why if one.struck else "",
        ]
        for one in answers.lines(list(found))
    ]
    heads = ("Pupil", "Form", "Year", "What", "On", "For what", "By", "Struck out because")
    columns = [Column(one) for one in heads]
    return send_list(
        request, form, what="rewards", columns=columns, rows=rows, filters=urlencode(dict(asked.data.items()))
    )


@require_http_methods(["GET", "POST"])
@door(Can.MAKE_CERTIFICATES, section="letters")
def reward_give(request: StaffRequest) -> HttpResponse:
    """Put on record that some pupils were given a reward.

    Pupils come from an address (`pupil`, `group`), or from a list that sends those it has selected.
    """
    if request.POST.get("act") != "give":
        first = {"who": lines_of(request, pupils_chosen(request)), "given_on": clock.today(), "token": uuid4()}
        return _give_page(request, forms.GiveReward(initial=first))
    form = forms.GiveReward(request.POST)
    if not form.is_valid():
        return _give_page(request, form)
    said, at = form.cleaned_data, clock.now()
    matched = match_lines(said["who"], school=request.school, user=request.user, on=clock.local(at).date())
    for line, words in matched.left:
        form.add_error("who", f"\u201c{line}\u201d: {words}")
    if not form.errors:
        try:
            made = give_rewards(
                school=request.school,
                pupils=matched.pupils,
                name=said["name"],
                given_on=said["given_on"],
                why=said["why"],
                token=said["token"],
                by=request.user,
                at=at,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
    if form.errors:
        return _give_page(request, form)
    toasts.say(request, f"{made[0].name}: {len(made)} {'pupil' if len(made) == 1 else 'pupils'} on record")
    return redirect("letters:reward_list")


@require_POST
@door(Can.MAKE_CERTIFICATES, section="letters")
def reward_strike(request: StaffRequest, pk: int) -> HttpResponse:
    """Strike out a reward that was put down in error."""
    reward = get_object_or_404(Reward.objects.visible_to(request.user).filter(school=request.school), pk=pk)
    try:
        strike_reward(reward=reward, why=request.POST.get("why", ""), by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, "Struck out: it stays to be read, and counts no more")
    return redirect("letters:reward_list")


def _give_page(request: StaffRequest, form: forms.GiveReward) -> HttpResponse:
    context = {"form": form, "used": answers.names_used(request.school)}
    return render(request, "letters/reward_give.html", context, status=422 if form.errors else 200)


def _form(request: StaffRequest) -> forms.RewardsAsked:
    """Give the filter; days that are not said are the school year so far."""
    query: QueryDict = request.GET.copy()
    today = clock.today()
    for name, value in {"from_on": school_year_starts(today), "to_on": today}.items():
        if not query.get(name):
            query[name] = value.isoformat()
    return forms.RewardsAsked(query, years=years_taught(request.school), whats=answers.choices(request.school))


def _asked(said: dict[str, Any]) -> answers.Asked:
    return answers.Asked(said["from_on"], said["to_on"], said["q"].strip(), whole(said["year"]), said["what"])
