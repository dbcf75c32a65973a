"""Letters that a person writes about one pupil or several: fill in, look at who gets one, approve."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from letters import forms
from letters.actions.writing import write_letters
from letters.models import LetterTemplate
from letters.queries.composing import Envelope, compose, letterhead_of
from letters.queries.letter_values import Given
from letters.queries.writing import BY_HAND, Period, Plan, fields_of, plan_letters, usual_period
from letters.rules.blocks import as_html
from letters.views.chosen import lines_of, pupils_chosen
from registers.models import Contact
from registers.queries.name_matching import match_lines

_KINDS = [str(kind) for kind in BY_HAND]


@require_http_methods(["GET", "POST"])
@door(Can.APPROVE_LETTERS, section="letters")
def write(request: StaffRequest) -> HttpResponse:
    """Write a letter to the homes of some pupils: one look at who gets it, and who does not and why, before it goes.

    Pupils come from an address (`pupil`, `group`), or from a list that sends those it has selected.
    """
    rows = LetterTemplate.objects.filter(school=request.school, kind__in=BY_HAND, language="English", is_used=True)
    templates = sorted(rows.select_related("school"), key=lambda one: (_KINDS.index(one.kind), one.name))
    if not templates:
        return render(request, "letters/write.html", {"templates": []})
    wanted = whole(request.POST.get("template") or request.GET.get("template"))
    template = next((one for one in templates if one.pk == wanted), templates[0])
    fields = fields_of(template)
    act = request.POST.get("act", "")
    if act not in {"look", "approve"}:
        form = forms.Write(fields=fields, initial=_first(request))
        return _page(request, templates, template, form)
    form = forms.Write(request.POST, fields=fields)
    if not form.is_valid():
        return _page(request, templates, template, form)
    return _asked(request, templates, template, form, act)


def _asked(
    request: StaffRequest, templates: list[LetterTemplate], template: LetterTemplate, form: forms.Write, act: str
) -> HttpResponse:
    """Show who would get the letter, or approve it."""
    said, at = form.cleaned_data, clock.now()
    on = clock.local(at).date()
    matched = match_lines(said["who"], school=request.school, user=request.user, on=on)
    for line, words in matched.left:
        form.add_error("who", f"\u201c{line}\u201d: {words}")
    earlier = (said["before_from_on"], said["before_to_on"]) if said.get("before_from_on") else None
    period = Period(said["from_on"], said["to_on"], earlier)
    if not form.errors and act == "approve":
        try:
            letters, plan = write_letters(
                school=request.school,
                pupils=matched.pupils,
                template=template,
                fields=form.given,
                period=period,
                token=said["token"],
                by=request.user,
                at=at,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            left = f"; {len(plan.left_out)} left out" if plan.left_out else ""
            many = f"{len(letters)} letter{'' if len(letters) == 1 else 's'}"
            toasts.say(request, f"{template}: {many} approved, being made now{left}")
            return redirect(reverse("letters:run_list"))
    if form.errors:
        return _page(request, templates, template, form)
    plan = plan_letters(
        school=request.school, pupils=matched.pupils, template=template, fields=form.given, period=period, on=on
    )
    return _page(request, templates, template, form, plan=plan, given=form.given)


def _page(
    request: StaffRequest,
    templates: list[LetterTemplate],
    template: LetterTemplate,
    form: forms.Write,
    *,
    plan: Plan | None = None,
    given: dict[str, str] | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {"templates": templates, "template": template, "form": form, "plan": plan}
    context["query"] = _kept(request)
    if plan is not None and plan.letters:
        one = plan.letters[0]
        contacts = list(Contact.objects.filter(pk__in=[reader.contact_id for reader in one.home.readers]))
        page = compose(
            one.chosen.version,
            pupil=one.pupil,
            contacts=contacts,
            head=letterhead_of(request.school.pk),
            given=Given(facts=one.facts, fields=given or {}),
            envelope=Envelope(f"{one.home.name}\n{one.home.lines}", one.home.language, one.home.is_large_print),
            on=clock.today(),
        )
        shown = mark_safe(as_html(page.page.body))
        context |= {"sample": one, "page": page.page, "shown": shown}
    return render(request, "letters/write.html", context, status=422 if form.errors else 200)


def _kept(request: StaffRequest) -> str:
    """Give whose letter it is, for the ways to the other templates."""
    kept = QueryDict(mutable=True)
    for name in ("pupil", "group"):
        if values := request.GET.getlist(name):
            kept.setlist(name, values)
    return kept.urlencode()


def _first(request: StaffRequest) -> dict[str, Any]:
    """Give what the page begins with: the pupils it was asked for, and the school year so far."""
    period = usual_period(request.school, clock.today())
    who = lines_of(request, pupils_chosen(request))
    first = {"who": who, "from_on": period.from_on, "to_on": period.to_on, "token": uuid4()}
    return first | {name: text for name, text in request.POST.items() if text}
