"""Contacts: adding, changing and confirming them, and the lists of those that do not work."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.refusals import Conflict, Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions import contacts as actions
from registers.forms import roll as forms
from registers.models import Contact, ContactFault, Parent, Pupil
from registers.queries import admissions as answers

from .pupil_pages import frame, reach

PAGE = 50


def _parent(request: StaffRequest, pk: int, link: int) -> Parent:
    pupil = reach(request, pk)
    return get_object_or_404(Parent.objects.select_related("contact", "pupil", "school"), pk=link, pupil=pupil)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_PUPILS, section="pupils")
def contact_add(request: StaffRequest, pk: int) -> HttpResponse:
    """Add a contact to a pupil, or link one who is known."""
    pupil, at = reach(request, pk), clock.now()
    known = whole(request.POST.get("contact"))
    contact = Contact.objects.filter(school=request.school, pk=known).first() if known else None
    details = forms.ContactDetails(request.POST or None, instance=contact)
    link = forms.ContactLink(request.POST or None, initial={"priority": pupil.parents.count() + 1})
    context = frame(request, pupil, "contacts", at=at) | {"details": details, "link": link, "title": "Add a contact"}
    if request.method == "POST" and link.is_valid() and (contact is not None or details.is_valid()):
        found, _ = answers.may_be_family(request.school, request.user, details=dict(details.data.items()))
        if contact is None and found and "contact_chosen" not in request.POST:
            return render(request, "registers/contact_form.html", context | {"known": found})
        try:
            said = {} if contact else details.cleaned_data
            actions.add_contact(
                pupil=pupil, details=said, link=link.cleaned_data, contact=contact, by=request.user, at=at
            )
        except Refused as refused:
            link.add_error(None, str(refused))
        else:
            toasts.say(request, "Contact added")
            return redirect("registers:pupil_contacts", pupil.pk)
    wrong = bool(details.errors or link.errors) and request.method == "POST"
    return render(request, "registers/contact_form.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_PUPILS, section="pupils")
def contact_change(request: StaffRequest, pk: int, link: int) -> HttpResponse:
    """Change a contact, and what it is to the pupil."""
    parent, at = _parent(request, pk, link), clock.now()
    # Copies of the forms' own: a refused change leaves the page's rows as they are.
    fresh = _parent(request, pk, link)
    details = forms.ContactDetails(request.POST or None, instance=fresh.contact)
    tie = forms.ContactLink(request.POST or None, instance=fresh)
    if request.method == "POST" and details.is_valid() and tie.is_valid():
        try:
            actions.change_contact(
                parent=parent,
                details=details.cleaned_data,
                link=tie.cleaned_data,
                seen=request.POST.get("seen", ""),
                reason=request.POST.get("reason", ""),
                by=request.user,
                at=at,
            )
        except (Refused, Conflict) as refused:
            tie.add_error(None, str(refused))
        else:
            toasts.say(request, "Contact changed")
            return redirect("registers:pupil_contacts", parent.pupil_id)
    context = frame(request, parent.pupil, "contacts", at=at)
    context |= {
        "details": details,
        "link": tie,
        "parent": parent,
        "seen": actions.stamp(parent),
        "title": "Change a contact",
    }
    wrong = bool(details.errors or tie.errors)
    return render(request, "registers/contact_form.html", context, status=422 if wrong else 200)


@require_POST
@door(Can.EDIT_PUPILS, section="pupils")
def contact_act(request: StaffRequest, pk: int, link: int) -> HttpResponse:
    """Confirm a contact's details, take it away, or say that a number does not work or works again."""
    parent, at = _parent(request, pk, link), clock.now()
    act = request.POST.get("act", "")
    try:
        if act == "confirm":
            actions.confirm_details(contact=parent.contact, by=request.user, at=at)
            toasts.say(request, f"{parent.contact}: details confirmed today")
        elif act == "unlink":
            actions.unlink_contact(parent=parent, reason=request.POST.get("reason", ""), by=request.user, at=at)
            toasts.say(request, f"{parent.contact} is no contact of {parent.pupil.name} any more")
        elif act == "works":
            fault = get_object_or_404(ContactFault, pk=request.POST.get("fault", 0), contact=parent.contact)
            actions.clear_fault(fault=fault, by=request.user, at=at)
            toasts.say(request, f"{fault.get_way_display()} works again")
        else:
            form = forms.ReportFault(request.POST)
            if not form.is_valid():
                raise Refused("Say which number does not work, and what is wrong with it.")  # noqa: TRY301
            actions.report_fault(contact=parent.contact, by=request.user, at=at, **form.cleaned_data)
            toasts.say(request, "Noted: it is not used until it is put right")
    except Refused as refused:
        toasts.fail(request, str(refused))
    return redirect("registers:pupil_contacts", parent.pupil_id)


@require_GET
@door(Can.SEE_CONTACTS, section="pupils")
def contact_health(request: StaffRequest) -> HttpResponse:
    """Show who cannot be reached: no working number, not confirmed, dead or bounced, not to contact."""
    which, months, today = _asked(request)
    counts = [(key, words, _rows(request, key, months).count()) for key, words in answers.LISTS.items()]
    page = Paginator(_rows(request, which, months), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "which": which,
        "months": months,
        "counts": counts,
        "title": answers.LISTS[which],
        "total": page.paginator.count,
        "today": today,
        "may_edit": may(request, Can.EDIT_PUPILS),
    }
    return render(request, "registers/contact_health.html", context)


def _asked(request: StaffRequest) -> tuple[str, int, object]:
    which, months = request.GET.get("which", "none"), whole(request.GET.get("months"))
    return (
        which if which in answers.LISTS else "none",
        months if months and 0 < months < 37 else 6,
        clock.today(),
    )


def _rows(request: StaffRequest, which: str, months: int):  # type: ignore[no-untyped-def]  # pupils or their contacts
    today = clock.today()
    if which == "none":
        return answers.no_working_number(request.school, request.user, today)
    return answers.links_to_look_at(request.school, request.user, today, which=which, months=months)


@require_POST
@door(Can.EXPORT, section="pupils")
@door(Can.SEE_CONTACTS)
def contact_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the list of contacts as it is shown."""
    which, months, _ = _asked(narrowed(request))
    rows: list[list[Cell]] = []
    for row in _rows(request, which, months):
        pupil = row if isinstance(row, Pupil) else row.pupil
        own: list[Cell] = [str(pupil), pupil.tutor_group.name if pupil.tutor_group else ""]
        if isinstance(row, Pupil):
            rows.append([*own, "", "", "", None])
            continue
        one = row.contact
        rows.append(
            [*own, str(one), row.relationship, one.mobile or one.home_phone or one.work_phone, one.last_confirmed_on]
        )
    heads = ("Pupil", "Form", "Contact", "Relationship", "Number", "Last confirmed")
    columns = [Column(name) for name in heads]
    return send_list(request, form, what="contacts", columns=columns, rows=rows, filters=answers.LISTS[which])
