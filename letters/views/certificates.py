"""Certificates: who has earned one, with the figures, who has not and why, and the run that prints them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import whole, wholes
from attendance_office.refusals import Refused
from attendance_office.staff.models import TutorGroup
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from letters import forms
from letters.actions.writing import make_certificates
from letters.queries.earning import LEAST_POSSIBLE, Asked, Earning, earning, words_of
from letters.queries.writing import usual_period
from registers.models import Pupil
from registers.queries.pupils import years_taught


@require_GET
@door(Can.MAKE_CERTIFICATES, section="letters")
def certificates(request: StaffRequest) -> HttpResponse:
    """Ask for certificates and show who has earned one."""
    query = _query(request)
    form = forms.Certificates(query, groups=_groups(request))
    context: dict[str, Any] = {"form": form, "token": uuid4()}
    if form.is_valid():
        asked = _asked(form.cleaned_data)
        found = earning(request.school, asked, user=request.user, at=clock.now())
        context |= {
            "found": found,
            "rows": [(one, words_of(one)) for one in found.earned],
            "listed": len(found.earned) + len(found.left_out),
            "is_full": asked.kind == "certificate_full",
            "form_query": query.urlencode(),
        }
    return render(request, "letters/certificates.html", context, status=422 if form.errors else 200)


@require_POST
@door(Can.EXPORT, section="letters")
@door(Can.MAKE_CERTIFICATES)
def certificates_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out who has earned a certificate and who was left out, with why, over the days of the page."""
    query = _query(narrowed(request))
    asked = forms.Certificates(query, groups=_groups(request))
    found = Earning()
    if asked.is_valid():
        found = earning(request.school, _asked(asked.cleaned_data), user=request.user, at=clock.now())
    rows: list[list[Cell]] = [
        [
            str(one.pupil),
            _form_of(one.pupil),
            "Earned",
            f"{one.place} shared" if one.is_tied else one.place or None,
            one.gain if one.before else None,
            words_of(one),
        ]
        for one in found.earned
    ]
    rows += [[str(one.pupil), _form_of(one.pupil), "Left out", None, None, one.why] for one in found.left_out]
    heads = [Column("Pupil"), Column("Form"), Column("State"), Column("Place"), Column("Gained", is_share=True)]
    return send_list(
        request, form, what="certificates", columns=[*heads, Column("Figures or why")], rows=rows,
        filters=query.urlencode(),
    )  # fmt: skip


def _form_of(pupil: Pupil) -> str:
    return pupil.tutor_group.name if pupil.tutor_group else ""


@require_POST
@door(Can.MAKE_CERTIFICATES, section="letters")
def certificates_make(request: StaffRequest) -> HttpResponse:
    """Have the certificates of those chosen made, in one print run."""
    form = forms.Certificates(QueryDict(request.POST.get("query", "")), groups=_groups(request))
    token = _token(request.POST.get("token", ""))
    if not form.is_valid() or token is None:
        toasts.fail(request, "What was asked is not whole: look again, then choose.")
        return redirect("letters:certificates")
    try:
        run = make_certificates(
            school=request.school,
            asked=_asked(form.cleaned_data),
            pupil_ids=wholes(request.POST.getlist("pick")),
            is_landscape=form.cleaned_data["layout"] == "landscape",
            token=token,
            by=request.user,
            at=clock.now(),
        )
    except Refused as refused:
        toasts.fail(request, str(refused))
        return redirect("letters:certificates")
    return redirect("letters:run_detail", run.pk)


def _query(request: StaffRequest) -> QueryDict:
    """Give what is asked; what is not said is the school year so far, and for the most improved its two halves."""
    query = request.GET.copy()
    period = usual_period(request.school, clock.today())
    query.setdefault("kind", "certificate_full")
    is_full = query["kind"] != "certificate_improved"
    middle = period.from_on + (period.to_on - period.from_on) // 2
    first: dict[str, date | int | str] = {
        "from_on": period.from_on if is_full else middle + timedelta(days=1),
        "to_on": period.to_on,
        "least_possible": LEAST_POSSIBLE,
        "best": 10,
        "layout": "portrait",
    }
    if not is_full:
        first |= {"before_from_on": period.from_on, "before_to_on": middle}
    for name, value in first.items():
        if not query.get(name):
            query[name] = str(value)
    return query


def _groups(request: StaffRequest) -> list[tuple[str, str]]:
    years = [(f"year:{year}", f"Year {year}") for year in years_taught(request.school)]
    forms_there = TutorGroup.objects.visible_to(request.user).filter(school=request.school, is_used=True)
    return [*years, *((f"form:{one.pk}", one.name) for one in forms_there.order_by("year_group", "name"))]


def _asked(said: dict[str, Any]) -> Asked:
    what, _, key = said["group"].partition(":")
    return Asked(
        kind=said["kind"],
        from_on=said["from_on"],
        to_on=said["to_on"],
        before_from_on=said["before_from_on"],
        before_to_on=said["before_to_on"],
        least_possible=said["least_possible"],
        best=said["best"],
        year_group=whole(key) if what == "year" else None,
        tutor_group_id=whole(key) if what == "form" else None,
    )


def _token(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
