"""The office, and beside it a bare page and a bare upsert behind the same sign-in."""

import json
from datetime import date, timedelta

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import include, path
from django.utils import timezone
from django.utils.safestring import mark_safe

from registers.models import Pupil

# What the register's sheet shows, drawn from the names alone: the same eight cells a row, and nothing asked of the record.
PAGE = engines["django"].from_string(
    '{% extends "base.html" %}{% block main %}<form><table class="tbl reg">{% for pupil in pupils %}<tr><td>{{ forloop.counter }}</td>'
    '<th scope="row"><a href="/pupils/{{ pupil.pk }}/">{{ pupil }}</a></th><td><span>{{ ten }}</span></td>'
    '<td><input name="code-{{ pupil.pk }}" value="" aria-label="Code for {{ pupil }}"><input type="hidden" name="was-{{ pupil.pk }}"></td>'
    '<td><label><input name="minutes-{{ pupil.pk }}" aria-label="Minutes late, {{ pupil }}"> min late</label></td>'
    '<td>{{ rate }}</td><td><span>{{ saved }}</span></td><td><span aria-label="Mark {{ pupil }}">{{ quick }}</span></td></tr>'
    "{% endfor %}</table></form>{% endblock %}"
)
TEN = mark_safe("".join(f'<span class="c p">{symbol}</span>' for symbol in "/\\/\\/\\/\\/\\"))
QUICK = mark_safe("".join(f'<button type="button" data-code="{symbol}">{symbol}</button>' for symbol in "/LN?"))
UPSERT = """
    INSERT INTO registers_mark (school_id, pupil_id, "on", half, code, comment, school_week, origin, recorded_at)
    SELECT %(school)s, pupil, %(on)s, %(half)s, code, '', %(week)s, 'register', %(at)s
    FROM unnest(%(pupils)s::bigint[], %(codes)s::text[]) AS t(pupil, code) ORDER BY pupil
    ON CONFLICT (school_id, pupil_id, "on", half) DO UPDATE SET code = excluded.code
"""


def page(request: HttpRequest, group: int) -> HttpResponse:
    """Draw thirty rows of a sheet: one query, no thought."""
    pupils = Pupil.objects.filter(tutor_group=group)
    return HttpResponse(
        PAGE.render({"pupils": pupils, "ten": TEN, "quick": QUICK, "rate": "98.1", "saved": "08:46"}, request)
    )


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
