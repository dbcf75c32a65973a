"""When letters are due: the policy of each level, its change, and the simulator."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from letters.actions.policies import USUAL, Terms, set_policy, supply_policies
from letters.forms import Policy, Rule
from letters.models import LetterPolicy
from letters.queries.policies import LEVELS, left_out_choices, policies_in_force
from letters.queries.simulator import replay, try_out
from registers.queries.calendar import calendar_of
from registers.rules.sessions import CalendarTooShort

TERMS = tuple(Terms.__dataclass_fields__)


@require_GET
@door(Can.SEE_LETTERS, section="letters")
def policy(request: StaffRequest) -> HttpResponse:
    """Show when the letters of each level are due, and every row there was."""
    on = clock.today()
    rows = list(
        LetterPolicy.objects.filter(school=request.school).select_related("template", "made_by").order_by(
            "level", "-from_on", "-made_at", "-pk"
        )
    )  # fmt: skip
    names = dict(left_out_choices(request.school.pk))
    standing = {
        level: next((row for row in rows if row.level == level and row.from_on <= on), None) for level in LEVELS
    }
    context = {
        "levels": [(level, standing[level], _left_out(standing[level], names)) for level in LEVELS],
        "rows": rows,
        "in_force": [row.pk for row in standing.values() if row],
        "today": on,
        "may_edit": may(request, Can.EDIT_LETTERS),
    }
    return render(request, "letters/policy.html", context)


def _left_out(row: LetterPolicy | None, names: dict[str, str]) -> list[str]:
    return [names.get(name, "a group that is no more") for name in row.leaves_out] if row else []


@require_POST
@door(Can.EDIT_LETTERS, section="letters")
def policy_begin(request: StaffRequest) -> HttpResponse:
    """Begin with the usual levels and the letters that come with the office."""
    made = supply_policies(school=request.school, by=request.user, at=clock.now())
    words = "Letters are due below 95 % and below 90 % from now on." if made else "There is a policy already."
    toasts.say(request, words)
    return redirect("letters:policy")


@door(Can.EDIT_LETTERS, section="letters")
def policy_change(request: StaffRequest, level: int) -> HttpResponse:
    """Say when the letter of a level is due from a day on."""
    if level not in LEVELS:
        raise Http404
    on = clock.today()
    rows = LetterPolicy.objects.filter(school=request.school, level=level, from_on__lte=on)
    there = rows.order_by("-from_on", "-made_at", "-pk").first()
    initial: dict[str, Any] = {name: getattr(there or USUAL[level], name) for name in TERMS}
    initial |= {"from_on": on, "template": there.template_id if there else None}
    form = Policy(request.POST or None, school=request.school, level=level, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            set_policy(
                school=request.school,
                level=level,
                terms=Terms(**{name: data[name] for name in TERMS}),
                template=data["template"],
                from_on=data["from_on"],
                by=request.user,
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            toasts.say(request, f"Set. It is in force from {data['from_on']:%d %b %Y}.")
            return redirect("letters:policy")
    context = {"form": form, "level": level, "there": there}
    return render(request, "letters/policy_form.html", context, status=422 if form.errors else 200)


@require_GET
@door(Can.EDIT_LETTERS, section="letters")
def simulator(request: StaffRequest) -> HttpResponse:
    """Show how many letters other rules would write tomorrow, and would have written last term; nothing is kept."""
    now = policies_in_force(request.school.pk, clock.today())
    forms = {level: _rule(request, level, row) for level, row in now.items()}
    tried = {level: _tried(row, forms[level]) for level, row in now.items()}
    context: dict[str, Any] = {"forms": forms, "now": now}
    is_sound = all(not form.is_bound or form.is_valid() for form in forms.values())
    if now and is_sound:
        on = _tomorrow(request)
        trial = try_out(request.school.pk, on, tried, now)
        context |= {
            "trial": trial,
            "on": on,
            "levels": [
                (level, forms[level], many, trial.letters_now[level], many - trial.letters_now[level])
                for level, many in trial.letters.items()
            ],
            "total": sum(trial.letters.values()),
            "total_now": sum(trial.letters_now.values()),
        }
        if request.GET.get("term"):
            context["played"] = replay(request.school.pk, clock.today(), tried)
            context["asked_term"] = True
    return render(request, "letters/simulator.html", context, status=200 if is_sound else 422)


def _rule(request: StaffRequest, level: int, row: LetterPolicy) -> Rule:
    prefix = f"level{level}"
    initial = {"below": row.below, "counted": row.counted, "least_possible": row.least_possible}
    return Rule(request.GET if f"{prefix}-below" in request.GET else None, prefix=prefix, initial=initial)


def _tried(row: LetterPolicy, form: Rule) -> LetterPolicy:
    """Give the policy with what is tried in place of what it says; never kept."""
    tried = LetterPolicy(**{field.attname: getattr(row, field.attname) for field in LetterPolicy._meta.concrete_fields})
    if form.is_bound and form.is_valid():
        tried.below = Decimal(form.cleaned_data["below"])
        tried.counted = form.cleaned_data["counted"]
        tried.least_possible = form.cleaned_data["least_possible"]
    return tried


def _tomorrow(request: StaffRequest) -> date:
    """Give the next school day, else tomorrow where the calendar ends."""
    today = clock.today()
    try:
        return calendar_of(request.school.pk).next_day(today)
    except CalendarTooShort:
        return date.fromordinal(today.toordinal() + 1)
