"""Views of the explorer that people keep."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from reporting import forms
from reporting.actions import saved_views as actions
from reporting.models import SavedView
from reporting.queries.asked import kept_today
from reporting.queries.explorer import Reader


@require_POST
@door(Can.SEE_FIGURES, section="figures")
def view_save(request: StaffRequest) -> HttpResponseRedirect:
    """Keep the present question under a name."""
    query = QueryDict(request.POST.get("query", "")).copy()
    query.pop("page", None)
    try:
        view = actions.save_view(
            school=request.school,
            name=request.POST.get("name", ""),
            query=query.urlencode(),
            is_shared=bool(request.POST.get("is_shared")),
            by=request.user,
            at=clock.now(),
        )
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, f"View {view.name} saved")
    return redirect(f"{reverse('reporting:explorer')}?{query.urlencode()}")


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def view_open(request: StaffRequest, pk: int) -> HttpResponseRedirect:
    """Go to a view's question, and say what of it no longer holds."""
    view = _reach(request, pk)
    kept = kept_today(QueryDict(view.query), reader=Reader.of(request.user, request.school), on=clock.today())
    words = []
    if kept.left_out:
        words.append(f"Left out: {', '.join(kept.left_out)}.")
    if kept.nobodys:
        words.append(f"Nobody of these days stands under {', '.join(kept.nobodys)}: take it off, or change the view.")
    if words:
        toasts.warn(request, f"Not all of {view.name} holds any longer. {' '.join(words)}")
    return redirect(f"{reverse('reporting:explorer')}?{kept.query.urlencode()}")


@require_http_methods(["GET", "POST"])
@door(Can.SEE_FIGURES, section="figures")
def view_change(request: StaffRequest, pk: int) -> HttpResponse:
    """Rename a view, share it, or keep it to oneself."""
    view = _reach(request, pk)
    form = forms.SavedViewForm(request.POST or None, initial={"name": view.name, "is_shared": view.is_shared})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_view(view=view, **form.cleaned_data, by=request.user, at=clock.now())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            toasts.say(request, f"View {form.cleaned_data['name']} changed")
            return redirect("reporting:explorer")
    context = {"form": form, "view": view, "may_change": actions.may_change(view, request.user)}
    return render(request, "reporting/saved_view.html", context, status=422 if form.errors else 200)


@require_POST
@door(Can.SEE_FIGURES, section="figures")
def view_delete(request: StaffRequest, pk: int) -> HttpResponseRedirect:
    """Delete a view."""
    view = _reach(request, pk)
    try:
        actions.delete_view(view=view, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, f"View {view.name} deleted")
    return redirect("reporting:explorer")


def _reach(request: StaffRequest, pk: int) -> SavedView:
    """Give a view within reach: the person's own, or one shared with the school."""
    return get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk, school=request.school)
