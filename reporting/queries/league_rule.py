"""How a school chose that its form league counts."""

from __future__ import annotations

from attendance_office.staff.models import School
from reporting.models import LeagueRule


def league_rule(school: School) -> LeagueRule | None:
    """Give the rule in force; a school that never chose counts illness as missed, as attendance does."""
    return LeagueRule.objects.filter(school=school).select_related("chosen_by").order_by("-chosen_at", "-pk").first()
