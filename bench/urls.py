"""The office, and beside it a bare page and a bare upsert behind the same sign-in."""

import json
from datetime import date, timedelta

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import include, path
from django.utils import timezone

from registers.models import Pupil

PAGE = engines["django"].from_string(
    '{% extends "base.html" %}{% block main %}<form>{% for pupil in pupils %}<p>{{ pupil }}'
    ' <input name="code-{{ pupil.pk }}" aria-label="{{ pupil }}"></p>{% endfor %}</form>{% endblock %}'
)
UPSERT = """
    INSERT INTO registers_mark (school_id, pupil_id, "on", half, code, comment, school_week, origin, recorded_at)
    SELECT %(school)s, pupil, %(on)s, %(half)s, code, '', %(week)s, 'register', %(at)s
    FROM unnest(%(pupils)s::bigint[], %(codes)s::text[]) AS t(pupil, code) ORDER BY pupil
    ON CONFLICT (school_id, pupil_id, "on", half) DO UPDATE SET code = excluded.code
"""


def page(request: HttpRequest, group: int) -> HttpResponse:
    """Draw thirty names with a field each: one query, no thought."""
    pupils = Pupil.objects.filter(tutor_group=group)
    return HttpResponse(PAGE.render({"pupils": pupils}, request))


def upsert(request: HttpRequest, group: int, on: str, half: str) -> JsonResponse:
    """Write thirty marks in one statement and one transaction, asking nothing."""
    day = date.fromisoformat(on)
    entries = json.loads(request.body)["entries"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            UPSERT,
            {
                "school": request.school.pk,
                "on": day,
                "half": half,
                "week": day - timedelta(days=day.weekday()),
                "at": timezone.now(),
                "pupils": [one["pupil"] for one in entries],
                "codes": [one["code"] for one in entries],
            },
        )
    return JsonResponse({"saved": True})


urlpatterns = [
    path("bench/page/<int:group>/", page),
    path("bench/upsert/<int:group>/<str:on>/<str:half>/", upsert),
    path("", include("attendance_office.urls")),
]
