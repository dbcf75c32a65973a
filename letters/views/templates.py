"""Templates: the list, the editor with its preview, versions beside each other, and the letterhead."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.refusals import Conflict, Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import send_list
from letters import forms
from letters.actions import templates as actions
from letters.models import Letterhead, LetterTemplate, TemplateVersion
from letters.pdf import NotPrinted, Sheet
from letters.queries.templates import compared, latest_version, reworded, templates_of
from letters.queries.trying import Trial, pupil_to_try, tried
from letters.rules.blocks import as_html
from letters.rules.fields import by_group
from letters.rules.placeholders import BadTemplate, NoValue


@require_GET
@door(Can.EDIT_LETTERS, section="letters")
def template_list(request: StaffRequest) -> HttpResponse:
    """Show the school's letters, and what each says now."""
    rows = list(templates_of(request.school.pk))
    context = {"rows": rows, "add": forms.AddTemplate(), "reworded": reworded(request.school.pk)}
    return render(request, "letters/template_list.html", context)


@require_POST
@door(Can.EXPORT, section="letters")
@door(Can.EDIT_LETTERS)
def template_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the list of the school's letters; not what they say."""
    latest = ("number", "changed_at", "changed_by")  # beside each row, by `templates_of`
    rows: list[list[Cell]] = [
        [
            row.name,
            row.get_kind_display(),
            row.language,
            *(getattr(row, name) for name in latest),
            "Used" if row.is_used else "Not used",
        ]
        for row in templates_of(request.school.pk)
    ]
    heads = ("Letter", "For", "Language", "Version", "Changed", "By", "Use")
    return send_list(request, form, what="letter templates", columns=[Column(one) for one in heads], rows=rows)


@require_POST
@door(Can.EDIT_LETTERS, section="letters")
def template_supply(request: StaffRequest) -> HttpResponse:
    """Take the letters that come with the office."""
    many = actions.supply_templates(school=request.school, by=request.user, at=clock.now())
    toasts.say(request, f"{many} letters taken: look at each before it is used")
    return redirect("letters:template_list")


@require_POST
@door(Can.EDIT_LETTERS, section="letters")
def template_renew(request: StaffRequest) -> HttpResponse:
    """Take the new words of supplied letters that nobody changed."""
    try:
        made = actions.renew_supplied(school=request.school, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, f"New words taken: {', '.join(one.template.name for one in made)}. The old ones are kept.")
    return redirect("letters:template_list")


@require_POST
@door(Can.EDIT_LETTERS, section="letters")
def template_add(request: StaffRequest) -> HttpResponse:
    """Add a letter of one's own, or a translation."""
    form = forms.AddTemplate(request.POST)
    if form.is_valid():
        try:
            made = actions.add_template(school=request.school, by=request.user, at=clock.now(), **form.cleaned_data)
            return redirect("letters:template_edit", made.pk)
        except Refused as refused:
            form.add_error(None, str(refused))
    context = {"rows": list(templates_of(request.school.pk)), "add": form}
    return render(request, "letters/template_list.html", context, status=422)


def _one(request: StaffRequest, pk: int) -> LetterTemplate:
    return get_object_or_404(LetterTemplate.objects.select_related("school"), pk=pk, school=request.school)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_LETTERS, section="letters")
def template_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change what a letter says: it becomes the next version."""
    template = _one(request, pk)
    now = latest_version(template)
    first = {"subject": now.subject, "body": now.body, "seen": now.number}
    form = forms.EditTemplate(request.POST or None, initial=first)
    theirs: TemplateVersion | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.save_template(template=template, by=request.user, at=clock.now(), **form.cleaned_data)
            toasts.say(request, f"{template} saved: version {made.number} from now on")
            return redirect("letters:template_edit", pk)
        except Conflict as conflict:
            theirs = now
            again = request.POST.copy()
            again["seen"] = str(now.number)
            form = forms.EditTemplate(again)
            form.add_error(None, str(conflict))
        except Refused as refused:
            form.add_error(None, str(refused))
    said = form.data if form.is_bound else first
    context = {
        "template": template,
        "now": now,
        "form": form,
        "theirs": theirs,
        "groups": by_group(),
        **_trial(request, now, str(said.get("subject", "")), str(said.get("body", "")), ""),
    }
    return render(request, "letters/template_edit.html", context, status=422 if form.errors else 200)


def _trial(request: StaffRequest, version: TemplateVersion, subject: str, body: str, who: str) -> dict[str, Any]:
    """Try a letter for the page: the trial, or what stands against it, in words."""
    on = clock.today()
    pupil = pupil_to_try(who, school=request.school, user=request.user, on=on)
    if pupil is None:
        return {"faults": ["No pupil on roll has that name." if who else "There is no pupil on roll to try it with."]}
    try:
        trial = tried(version, pupil, subject=subject, body=body, on=on)
    except BadTemplate as bad:
        return {"faults": [str(fault) for fault in bad.faults]}
    except NoValue as lacking:
        words = [fault.words for fault in lacking.faults]
        return {"faults": words, "stops": pupil}
    return {"trial": trial, "shown": _shown(trial)}


def _shown(trial: Trial) -> str:
    return mark_safe(as_html(trial.page.page.body))


@require_POST
@door(Can.EDIT_LETTERS, section="letters")
def template_try(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how the words in the editor read about a pupil; nothing is saved."""
    now = latest_version(_one(request, pk))
    data = request.POST
    context = _trial(request, now, data.get("subject", ""), data.get("body", ""), data.get("who", "")[:100])
    return render(request, "letters/template_edit.html#trial", context | {"template": now.template})


@require_POST
@door(Can.EDIT_LETTERS, section="letters")
def template_print(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the words in the editor as the page they would be printed on; nothing is saved."""
    now = latest_version(_one(request, pk))
    data, on = request.POST, clock.today()
    pupil = pupil_to_try(data.get("who", "")[:100], school=request.school, user=request.user, on=on)
    if pupil is None:
        return HttpResponse("No pupil on roll has that name.", status=422, content_type="text/plain")
    try:
        trial = tried(
            now,
            pupil,
            subject=data.get("subject", ""),
            body=data.get("body", ""),
            on=on,
            is_large_print=bool(data.get("large")),
        )
        content = trial.page.printed()
    except (BadTemplate, NoValue, NotPrinted) as fault:
        return HttpResponse(str(fault), status=422, content_type="text/plain")
    answer = HttpResponse(content, content_type="application/pdf")
    kind = "letter" if isinstance(trial.page.page, Sheet) else "certificate"
    answer["Content-Disposition"] = f'inline; filename="{kind}-to-look-at.pdf"'
    return answer


@require_GET
@door(Can.EDIT_LETTERS, section="letters")
def template_versions(request: StaffRequest, pk: int) -> HttpResponse:
    """Show every version of a letter, and two of them beside each other."""
    template = _one(request, pk)
    versions = list(template.versions.select_related("made_by").order_by("-number"))
    by_number = {one.number: one for one in versions}
    after = by_number.get(whole(request.GET.get("after")) or versions[0].number)
    before = by_number.get(whole(request.GET.get("before")) or versions[min(1, len(versions) - 1)].number)
    if after is None or before is None:
        raise Http404
    context = {
        "template": template,
        "versions": versions,
        "before": before,
        "after": after,
        "changes": compared(before, after) if before != after else [],
    }
    return render(request, "letters/template_versions.html", context)


@require_POST
@door(Can.EDIT_LETTERS, section="letters")
def template_take_up(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Take an earlier version up again."""
    template = _one(request, pk)
    try:
        made = actions.take_up_version(template=template, number=number, by=request.user, at=clock.now())
        toasts.say(request, f"Version {number} taken up again, as version {made.number}")
    except Refused as refused:
        toasts.fail(request, str(refused))
    return redirect("letters:template_versions", pk)


@require_POST
@door(Can.EDIT_LETTERS, section="letters")
def template_use(request: StaffRequest, pk: int) -> HttpResponse:
    """Put a letter out of use, or back into it."""
    template = _one(request, pk)
    is_used = request.POST.get("use") == "yes"
    actions.use_template(template=template, is_used=is_used, by=request.user, at=clock.now())
    toasts.say(request, f"{template} is {'in use again' if is_used else 'no longer used'}")
    return redirect("letters:template_list")


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_LETTERS, section="letters")
def letterhead(request: StaffRequest) -> HttpResponse:
    """Keep what stands on every letter of the school."""
    head = Letterhead.objects.filter(school=request.school).first() or Letterhead(school=request.school)
    names = ("lines", "foot", "ring_name", "ring_phone", "signatory", "signatory_title")
    form = forms.Head(
        request.POST or None, request.FILES or None, initial={name: getattr(head, name) for name in names}
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        logo = (said["logo"].name, said["logo"].read()) if said["logo"] else None
        try:
            actions.save_letterhead(
                school=request.school,
                said=actions.HeadLines(**{name: said[name] for name in names}),
                logo=logo,
                without_logo=said["without_logo"],
                by=request.user,
                at=clock.now(),
            )
            toasts.say(request, "Letterhead saved: letters made from now on carry it")
            return redirect("letters:letterhead")
        except Refused as refused:
            form.add_error("logo" if logo else None, str(refused))
    context = {"form": form, "head": head}
    return render(request, "letters/letterhead.html", context, status=422 if form.errors else 200)


@require_GET
@door(Can.EDIT_LETTERS, section="letters")
def letterhead_logo(request: StaffRequest) -> HttpResponse:
    """Show the logo."""
    head = get_object_or_404(Letterhead.objects.select_related("logo"), school=request.school, logo__isnull=False)
    if head.logo is None:
        raise Http404
    answer = HttpResponse(bytes(head.logo.content), content_type=head.logo.kind)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
