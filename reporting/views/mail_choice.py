"""What the reports' e-mails may say of pupils: the school's choice, who made it and why."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from reporting.actions.mail_choice import choose_mail
from reporting.models import MailChoice
from reporting.queries.mail_choice import mail_choices


@require_GET
@door(Can.KEEP_REPORTS, section="figures")
def mail_choice(request: StaffRequest) -> HttpResponse:
    """Show the choice in force and all before it."""
    choices = list(mail_choices(request.school))
    context = {
        "choices": choices,
        "names": choices[0].names if choices else MailChoice.Names.NOBODY.value,
        "ways": MailChoice.Names.choices,
        "may_choose": may(request, Can.CHOOSE_MAIL),
    }
    return render(request, "reporting/mail_choice.html", context)


@require_POST
@door(Can.CHOOSE_MAIL, section="figures")
def mail_choose(request: StaffRequest) -> HttpResponse:
    """Choose anew, from now on."""
    names = request.POST.get("names", "")
    if names not in MailChoice.Names.values:
        toasts.fail(request, "Choose what the e-mail says of pupils.")
        return redirect("reporting:mail_choice")
    try:
        choose_mail(
            school=request.school, names=names, why=request.POST.get("why", ""), by=request.user, at=clock.now()
        )  # fmt: skip
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, "Chosen: it holds for the next report on")
    return redirect("reporting:mail_choice")
