"""Distributions: who is sent what, what each was sent and whether it went, and one's own reports."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import TutorGroup, User
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.models import Pupil
from reporting.actions import distributions as actions
from reporting.actions.turns import page_for
from reporting.models import Report, Sending, Subscription
from reporting.models.distributions import readable
from reporting.queries.distributions import Sought, by_report, reaches, with_dispatches
from reporting.queries.kinds import KINDS
from reporting.queries.mail_choice import mail_choice
from reporting.queries.rounds import coming, open_holds
from reporting.queries.sent_mail import mail_before

_PAGE = 50


def _sending(request: StaffRequest, pk: int) -> Sending:
    """Give a report of the person's own, or anybody's to who keeps the distributions."""
    own = Sending.objects.sent_to(request.user).filter(school=request.school)
    kept = _anybodys(request) if may(request, Can.KEEP_REPORTS) else own
    return get_object_or_404(with_dispatches(kept), pk=pk)


def _anybodys(request: StaffRequest) -> QuerySet[Sending]:
    """Give what was sent to anybody, of the reports that this person may read."""
    allowed = request.user.standing.allowed(request.school.pk)
    return Sending.objects.filter(school=request.school, report__in=readable(allowed))


def _own(request: StaffRequest) -> QuerySet[Sending]:
    return with_dispatches(Sending.objects.sent_to(request.user).filter(school=request.school)).defer("content")


@require_GET
@door(Can.READ_SENT, section="figures")
def sent_list(request: StaffRequest) -> HttpResponse:
    """List what a person was sent, and what they are subscribed to."""
    rows = _own(request)
    mine = Subscription.objects.filter(school=request.school, user=request.user, is_on=True).select_related(
        "tutor_group"
    )
    mine = mine.order_by("report", "year_group", "tutor_group__name")
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    return render(request, "reporting/sent_list.html", {"page": page, "mine": mine})


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.READ_SENT)
def sent_list_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the list of what a person was sent; not what it says."""
    rows: list[list[Cell]] = [
        [
            f"{one.get_report_display()}, {one.scope}",
            one.on,
            _mail_states(one),
        ]
        for one in _own(request)
    ]
    heads = [Column("Report"), Column("Day"), Column("E-mail")]
    return send_list(request, form, what="reports sent to one", columns=heads, rows=rows)


def _mail_states(sending: Sending) -> str:
    return ", ".join(each.message.get_state_display() for each in sending.dispatches.all())


@require_GET
@door(Can.READ_SENT, section="figures")
def sent_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a report as it was sent, frozen, and whether it went."""
    sending = _sending(request, pk)
    asks = {"sending": sending, "content": sending.content, "keeps": may(request, Can.KEEP_REPORTS)}
    return render(request, "reporting/sent_detail.html", asks)


@require_GET
@door(Can.READ_SENT, section="figures")
def sent_file(request: StaffRequest, pk: int, form: str) -> HttpResponse:
    """Give a report's PDF or sheet as it was made."""
    sending = _sending(request, pk)
    file = sending.pdf if form == "pdf" else sending.sheet
    trail.record(
        verb="opened a report's file", by=request.user, at=clock.now(), school_id=request.school.pk,
        subject_kind="sending", subject_id=sending.pk, words=file.name,
    )  # fmt: skip
    answer = HttpResponse(bytes(file.content), content_type=file.kind)
    answer["Content-Disposition"] = f'{"inline" if form == "pdf" else "attachment"}; filename="{file.name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
@door(Can.KEEP_REPORTS, section="figures")
def sent_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Send a report once more to the one it was made for."""
    sending = _sending(request, pk)
    try:
        actions.send_again(sending=sending, by=request.user, at=clock.now())
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, f"On its way again to {sending.user.signature}")
    return redirect("reporting:sent_detail", sending.pk)


@require_POST
@door(Can.READ_SENT, section="figures")
def own_stop(request: StaffRequest, pk: int) -> HttpResponse:
    """Take one's own subscription off."""
    row = get_object_or_404(Subscription, pk=pk, school=request.school, user=request.user)
    actions.set_subscription(subscription=row, by_mail=row.by_mail, is_on=False, by=request.user, at=clock.now())
    toasts.say(request, "You are not sent it any more")
    return redirect("reporting:sent_list")


def _sendings(request: StaffRequest) -> QuerySet[Sending]:
    return with_dispatches(_anybodys(request).filter(_sought(request).rows)).defer("content")


def _sought(request: StaffRequest) -> Sought:
    return Sought.of(request.GET.dict(), KINDS)


def _back(request: StaffRequest) -> HttpResponseRedirect:
    """Lead back to the page as it was narrowed, with the report that was worked on unfolded."""
    kept = {name: value for name in ("q", "report", "open") if (value := request.POST.get(f"back_{name}", "")[:60])}
    return redirect(reverse("reporting:distributions") + (f"?{urlencode(kept)}" if kept else ""))


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.KEEP_REPORTS)
def distributions_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out what went to whom; not what it says."""
    rows: list[list[Cell]] = [
        [f"{one.get_report_display()}, {one.scope}", one.user.signature, one.on, _mail_states(one)]
        for one in _sendings(narrowed(request))
    ]
    heads = [Column("Report"), Column("To"), Column("Day"), Column("E-mail")]
    return send_list(request, form, what="distributions", columns=heads, rows=rows)


@require_GET
@door(Can.KEEP_REPORTS, section="figures")
def distributions(request: StaffRequest) -> HttpResponse:
    """List who is sent which report, and what went to whom."""
    sought = _sought(request)
    is_narrowed = bool(sought.q or sought.report)
    rows = Subscription.objects.filter(sought.rows, school=request.school).select_related("user", "tutor_group")
    rows = rows.order_by("-is_on", "year_group", "tutor_group__name", "user__last_name", "pk")
    kinds = by_report(rows, KINDS, opened=request.GET.get("open", ""), all_open=is_narrowed)
    sendings = _sendings(request)
    people = User.objects.filter(posts__school=request.school, posts__ended_on=None, is_active=True).distinct()
    years = Pupil.objects.filter(school=request.school).order_by("year_group").values_list("year_group", flat=True)
    holds = list(open_holds(request.school))
    asks = {
        "kinds": kinds,
        "sought": sought,
        "has_any": bool(kinds) or is_narrowed,
        "coming": coming(request.school, holds, at=clock.now()),
        "mail": mail_choice(request.school),
        "held": [one for one in holds if one.on < clock.today()],
        "forms": TutorGroup.objects.filter(school=request.school, is_used=True).order_by("year_group", "name"),
        "reports": [(report.value, report.label, KINDS[report].when) for report in Report if report in KINDS],
        "readable": readable(request.user.standing.allowed(request.school.pk)),
        "page": Paginator(sendings, _PAGE).get_page(request.GET.get("page")),
        "people": people.order_by("last_name", "first_name", "pk"),
        "years": years.distinct(),
    }
    return render(request, "reporting/distributions.html", asks)


@require_POST
@door(Can.KEEP_REPORTS, section="figures")
def subscription_add(request: StaffRequest) -> HttpResponse:
    """Supply the usual subscriptions to a school without any, subscribe every tutor to their form, or one person."""
    at = clock.now()
    if request.POST.get("act") == "usual":
        made = actions.supply_subscriptions(school=request.school, by=request.user, at=at)
        toasts.say(request, f"{made} subscriptions made from the posts")
        return _back(request)
    if request.POST.get("act") == "tutors":
        made = actions.subscribe_tutors(school=request.school, by=request.user, at=at)
        toasts.say(request, f"{made} tutors are sent the week of their form from the next time on")
        return _back(request)
    who, about, report = (request.POST.get(name, "") for name in ("user", "about", "report"))
    people = User.objects.filter(posts__school=request.school, posts__ended_on=None)
    user = people.filter(pk=who).first() if who.isdecimal() and len(who) < 10 else None
    scope = _scope(request, about)
    if user is None or report not in KINDS or scope is None:
        toasts.fail(request, "Choose a report, a person of this school, and a year group, a form or the whole school.")
        return _back(request)
    year, form = scope
    try:
        actions.subscribe(
            school=request.school, user=user, report=report, year_group=year, form=form,
            by_mail=request.POST.get("how") != "page", by=request.user, at=at,
        )  # fmt: skip
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, f"{user.signature} is sent it from the next time on")
    return _back(request)


def _scope(request: StaffRequest, about: str) -> tuple[int | None, TutorGroup | None] | None:
    """Give the year group or the form that "year-9", "form-12" or "" for the whole school names; None for neither."""
    kind, _, number = about.partition("-")
    if not about:
        return None, None
    if kind not in ("year", "form") or not number.isdecimal() or len(number) >= len("1000000000"):
        return None
    if kind == "year":
        return (int(number), None) if len(number) < len("100") else None
    form = TutorGroup.objects.filter(school=request.school, pk=int(number)).first()
    return (None, form) if form else None


@require_POST
@door(Can.KEEP_REPORTS, section="figures")
def subscription_set(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a subscription: by mail, on the page alone, or off."""
    row = get_object_or_404(Subscription, pk=pk, school=request.school)
    how = request.POST.get("how", "")
    if how not in ("mail", "page", "off"):
        toasts.fail(request, "Choose by e-mail, on the page only, or off.")
        return _back(request)
    by_mail = row.by_mail if how == "off" else how == "mail"
    actions.set_subscription(subscription=row, by_mail=by_mail, is_on=how != "off", by=request.user, at=clock.now())
    toasts.say(request, "Changed")
    return _back(request)


@require_GET
@door(Can.KEEP_REPORTS, section="figures")
def preview(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what a subscription would bring if it went now; nothing is kept or sent."""
    rows = Subscription.objects.filter(report__in=readable(request.user.standing.allowed(request.school.pk)))
    row = get_object_or_404(rows.select_related("school", "user", "tutor_group"), pk=pk, school=request.school)
    if not reaches(row.user, request.school, row.year_group, report=row.report, form=row.tutor_group):
        toasts.fail(request, f"{row.user.signature} no longer holds a post that may read this report.")
        return redirect("reporting:distributions")
    at = clock.now()
    on = clock.local(at).date()
    page = page_for(row, request.school, on=on, at=at)
    asks = {"row": row, "content": page.content, "mail": mail_before(row, page.content, on=on).body}
    return render(request, "reporting/distribution_preview.html", asks)
