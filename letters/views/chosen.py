"""The pupils that an address or another list's selection names, for pages on which something is done to them."""

from __future__ import annotations

from django.http import QueryDict

from attendance_office import clock
from attendance_office.numbers import whole, wholes
from attendance_office.web.doors import StaffRequest
from registers.filters.pupils import Pupils as Filter
from registers.models import Pupil
from registers.queries.name_matching import match_lines
from registers.queries.pupils import present


def lines_of(request: StaffRequest, pupils: list[Pupil]) -> str:
    """Name pupils a line each: as people say them where that names each of them and nobody else, else by UPN."""
    named = [f"{pupil} {pupil.tutor_group.name if pupil.tutor_group else ''}".strip() for pupil in pupils]
    found = match_lines("\n".join(named), school=request.school, user=request.user, on=clock.today())
    if found.left or {one.pk for one in found.pupils} != {one.pk for one in pupils}:
        named = [pupil.upn for pupil in pupils]
    return "\n".join(named)


def pupils_chosen(request: StaffRequest) -> list[Pupil]:
    """Find the pupils that an address or a list's selection names, within reach."""
    reach = Pupil.objects.visible_to(request.user).filter(school=request.school).select_related("tutor_group")
    if request.POST.get("all"):
        query = QueryDict(request.POST.get("query", "")).copy()
        query.setdefault("q", "")
        allowed = request.user.standing.allowed(request.school.pk)
        found = Filter(query, school=request.school, user=request.user, allowed=allowed, today=clock.today())
        return list(found.qs)
    if picks := wholes(request.POST.getlist("pick")):
        return list(reach.filter(pk__in=picks).in_order())
    if group := whole(request.GET.get("group")):
        inside = present(clock.today()).filter(school=request.school, group=group)
        return list(reach.filter(memberships__in=inside).in_order())
    if pupils := wholes(request.GET.getlist("pupil")):
        return list(reach.filter(pk__in=pupils).in_order())
    return []
