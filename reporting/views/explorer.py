"""The explorer: any period by any mix of groups, as list, table, trend, heat map, distribution or gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import wholes
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.lists import narrowed, send_list
from registers.actions.groups import add_to_group
from registers.models import Pupil
from registers.queries.figures import latest_due
from registers.rules.codes import code_set
from reporting import forms
from reporting.models import SavedView
from reporting.queries import grids, tables
from reporting.queries.asked import Asked, asked, in_words, spans_years, tags
from reporting.queries.axes import AXES
from reporting.queries.explorer import Answer, Reader, answer
from reporting.queries.held_back import codes_held_back
from reporting.queries.periods import OWN
from reporting.queries.said import plain, short_words
from reporting.queries.sheets import SUPPRESSED, Row, Sheet
from reporting.rules.small_numbers import SMALL
from reporting.rules.small_numbers import in_words as in_words_of_few

from .cells import in_cell

PAGE: Final = 50
WHOLE: Final = "all"  # the page that holds every line
MOST_AT_ONCE: Final = 200  # their keys fit an address
LOOKS: Final = ("view", "by", "by2", "show", "sort")


@dataclass(frozen=True)
class Read:
    """What an address asks of the explorer, answered."""

    asked: Asked
    found: Answer
    sheet: Sheet
    view: str
    by: str
    by2: str
    measure: str


def read(query: QueryDict, *, school: School, user: User) -> Read:
    """Answer an address as far as the person may ask it."""
    reader = Reader.of(user, school)
    wanted = asked(query, reader=reader, on=clock.today())
    found = answer(reader, wanted.question)
    views = [key for key, _ in tables.VIEWS if reader.sees_pupils or key != "list"]
    view = query.get("view", "")
    view = view if view in views else views[0]
    by, by2 = (key if key in tables.axes_of(reader) else "" for key in (query.get("by", ""), query.get("by2", "")))
    if view == "table":
        by = by or tables.FIRST_AXIS
    measure = query.get("show", "")
    measure = measure if measure in grids.measures(found) else "attendance"
    drawn = tables.sheet(found, view, by=by, by2=by2, measure=measure, school=school).sorted(query.get("sort", ""))
    return Read(wanted, found, drawn, view, by, by2, measure)


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def explorer(request: StaffRequest) -> HttpResponse:
    """Show the answer to what the address asks, one look at a time."""
    seen = read(request.GET, school=request.school, user=request.user)
    found, sees_pupils = seen.found, seen.found.reader.sees_pupils
    is_whole = seen.view != "list" or request.GET.get("page") == WHOLE
    page = Paginator(seen.sheet.rows, max(1, len(seen.sheet.rows)) if is_whole else PAGE)
    shown = page.get_page(request.GET.get("page"))
    edits = sees_pupils and may(request, Can.EDIT_PUPILS)
    writes = sees_pupils and may(request, Can.APPROVE_LETTERS)
    rewards = sees_pupils and may(request, Can.MAKE_CERTIFICATES)
    question = found.question
    context: dict[str, Any] = {
        "found": found,
        "asked": seen.asked,
        "period": question.period,
        "near": "" if question.near is None else plain(question.near),
        "within": plain(question.within),
        "is_own": request.GET.get("period") == OWN,
        "spans_years": spans_years(question.period),
        "tags": tags(found, request.GET),
        "axes": [_axis(found, key, request.GET) for key in found.reader.axes] if sees_pupils else [],
        "views": [one for one in tables.VIEWS if sees_pupils or one[0] != "list"],
        "view": seen.view,
        "by": seen.by,
        "by2": seen.by2,
        "bys": tables.axes_of(found.reader).items(),
        "measures": grids.measures(found).items(),
        "measure": seen.measure,
        "columns": len(seen.sheet.columns),
        "is_grid": seen.view == "table" and seen.by2 not in ("", seen.by),
        "sheet": seen.sheet,
        "page": shown,
        "total": len(seen.sheet.rows),
        "lines": [_shown(row, seen.sheet, request.GET, links=sees_pupils) for row in shown],
        "total_line": _shown(seen.sheet.total, seen.sheet, request.GET, links=False) if seen.sheet.total else None,
        "looks": [(key, request.GET[key]) for key in LOOKS if request.GET.get(key)],
        "query": request.GET.urlencode(),
        "sees_pupils": sees_pupils,
        "small": SMALL,
        "is_of_few": tables.is_of_few(found),
        "persistent": _number(found, found.figures.persistently_absent),
        "severe": _number(found, found.figures.severely_absent),
        "short": short_words(question.period),
        "much": _much(request.GET) if sees_pupils else {},
        "whole": WHOLE,
        "saved": SavedView.objects.visible_to(request.user)
        .filter(school=request.school)
        .select_related("owner")
        .order_by("name", "pk"),
        "may_edit": edits,
        "may_write": writes,
        "may_reward": rewards,
        "picks": (edits or writes or rewards) and seen.view == "list",
        "groups": sorted(found.groups.items(), key=lambda one: one[1]) if edits else [],
        "here": reverse("reporting:explorer"),
    }
    return render(request, "reporting/explorer.html", context)


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_FIGURES)
def explorer_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out exactly the table of the page, whole, and write down that it went."""
    narrowed(request)
    seen = read(request.GET, school=request.school, user=request.user)
    return send_list(
        request,
        form,
        what=f"explorer {dict(tables.VIEWS)[seen.view].lower()}",
        columns=seen.sheet.columns,
        rows=seen.sheet.file_rows,
        filters=in_words(seen.found, request.GET),
    )


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def explorer_receipt(request: StaffRequest) -> HttpResponse:
    """Show what a figure is made of: sessions by code, left out or missing, and who was on roll for a part."""
    at = clock.now()
    reader = Reader.of(request.user, request.school)
    found = answer(reader, asked(request.GET, reader=reader, on=clock.local(at).date()).question)
    receipt = found.receipt(upto=latest_due(request.school.pk, at))
    meaning = code_set(min(found.question.period.to_on, clock.local(at).date()))
    away = frozenset() if reader.sees_pupils else codes_held_back(request.school.pk, found.question.period, meaning)
    kinds = {"attended": [], "missed": [], "out": []}  # type: dict[str, list[tuple[str, Any, str]]]
    for symbol, number in receipt.figures.codes.items():
        code = meaning.get(symbol)
        counts = code.counts if code else None
        kind = "out" if counts is None or not counts.is_possible else "attended" if counts.is_attended else "missed"
        kinds[kind].append((symbol, code, SUPPRESSED if symbol in away else f"{number:,}"))
    context = {
        "found": found,
        "receipt": receipt,
        "figures": receipt.figures,
        "period": found.question.period,
        "kinds": kinds,
        "is_of_few": tables.is_of_few(found),
        "tags": tags(found, request.GET),
        "back": f"{reverse('reporting:explorer')}?{request.GET.urlencode()}",
        "hides_small": not reader.sees_pupils,
        "small": SMALL,
        "at": at,
    }
    template = "reporting/explorer_receipt.html"
    return render(request, f"{template}#over" if request.headers.get("HX-Request") else template, context)


@require_POST
@door(Can.EDIT_PUPILS, section="figures")
@door(Can.SEE_FIGURES)
def explorer_group(request: StaffRequest) -> HttpResponseRedirect:
    """Put the pupils selected in the list, or all it holds, into an own group from today on."""
    query = QueryDict(request.POST.get("query", ""))
    back = f"{reverse('reporting:explorer')}?{query.urlencode()}"
    form = forms.IntoGroup(request.POST, school=request.school)
    if not form.is_valid():
        toasts.fail(request, "Choose a group first: nobody was added.")
        return redirect(back)
    pupils = list(Pupil.objects.visible_to(request.user).filter(school=request.school, pk__in=_picked(request, query)))
    group = form.cleaned_data["group"]
    try:
        count, entry = add_to_group(group=group, pupils=pupils, from_on=clock.today(), by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        words = f"{count} {'pupil' if count == 1 else 'pupils'} added to {group.name}"
        toasts.say(request, words, undo=reverse("registers:group_undo", args=[group.pk, entry.pk]))
    return redirect(back)


@require_POST
@door(Can.APPROVE_LETTERS, section="figures")
@door(Can.SEE_FIGURES)
def explorer_letter(request: StaffRequest) -> HttpResponseRedirect:
    """Hand the pupils selected in the list, or all it holds, over to the page that writes a letter to their homes."""
    return _handed_over(request, "letters:write", "a letter")


@require_POST
@door(Can.MAKE_CERTIFICATES, section="figures")
@door(Can.SEE_FIGURES)
def explorer_reward(request: StaffRequest) -> HttpResponseRedirect:
    """Hand the pupils selected in the list, or all it holds, over to the page that puts a reward on record."""
    return _handed_over(request, "letters:reward_give", "a reward")


def _handed_over(request: StaffRequest, to: str, what: str) -> HttpResponseRedirect:
    """Lead to a page that does something to the pupils selected; back with a word where none or too many are."""
    query = QueryDict(request.POST.get("query", ""))
    picked = _picked(request, query)
    if 0 < len(picked) <= MOST_AT_ONCE:
        inside = QueryDict(mutable=True)
        inside.setlist("pupil", [str(pk) for pk in picked])
        return redirect(f"{reverse(to)}?{inside.urlencode()}")
    words = "Nobody is selected: choose at least one pupil."
    if picked:
        words = f"{len(picked)} are selected; {MOST_AT_ONCE} at most go to {what} at once. Put them into a group."
    toasts.fail(request, words)
    return redirect(f"{reverse('reporting:explorer')}?{query.urlencode()}")


def _number(found: Answer, some: int) -> str:
    """Give a number of the answer's pupils as this reader may see it."""
    return f"{some:,}" if found.reader.sees_pupils else in_words_of_few(some, found.figures.pupils)


def _much(query: QueryDict) -> dict[str, str]:
    """Give where the persistently and the severely absent of the question stand by name."""
    found = {}
    for value in ("persistent", "severe"):
        inside = query.copy()
        for key in ("page", "sort", "view"):
            inside.pop(key, None)
        inside["much"] = value
        found[value] = f"?{inside.urlencode()}&view=list"
    return found


def _picked(request: StaffRequest, query: QueryDict) -> list[int]:
    """Give the pupils a list's form has selected, among those its question names."""
    found = read(query, school=request.school, user=request.user).found
    if request.POST.get("all"):
        return found.pupil_ids
    picks = set(wholes(request.POST.getlist("pick")))
    return [pk for pk in found.pupil_ids if pk in picks]


def _axis(found: Answer, key: str, query: QueryDict) -> dict[str, Any]:
    """Give one axis as the filter draws it: its values, those chosen ticked."""
    chosen = set(query.getlist(key))
    choices = [(value, words, value in chosen) for value, words in found.choices(key)]
    return {"key": key, "words": AXES[key].words, "kept": AXES[key].kept.value, "choices": choices}


def _shown(row: Row, sheet: Sheet, query: QueryDict, *, links: bool) -> dict[str, Any]:
    """Give one line of a table in words, with where it leads: to the pupil, or to those it counts and their receipt."""
    cells = []
    for at, (cell, column) in enumerate(zip(row.cells, sheet.columns, strict=True)):
        words = in_cell(cell, column)
        cells.append((words, column.heading, sheet.numbers[at]))
    url = receipt = ""
    if row.pupil_id is not None:
        url = reverse("registers:pupil_detail", args=[row.pupil_id])
    elif links and row.narrows:
        inside = query.copy()
        for key in ("page", "sort", "view"):
            inside.pop(key, None)
        for key, value in row.narrows:
            inside.setlist(key, [value])
        url = f"?{inside.urlencode()}&view=list"
        receipt = f"{reverse('reporting:explorer_receipt')}?{inside.urlencode()}"
    return {"name": cells[0], "cells": cells[1:], "url": url, "receipt": receipt, "pupil_id": row.pupil_id}
