"""Letters to parents within a person's reach."""

from __future__ import annotations

from django.db.models import QuerySet

from attendance_office.staff.models import School, User
from letters.models import Letter, Stop
from registers.models import Pupil


def letters_of(school: School, user: User) -> QuerySet[Letter]:
    """Give the school's letters within a person's reach, the newest first, without what only its own page shows."""
    rows = Letter.objects.visible_to(user).filter(school=school)
    return rows.select_related("pupil__tutor_group").order_by("-proposed_at", "-pk").defer("facts_sent", "words")


def one_letter(school: School, user: User) -> QuerySet[Letter]:
    """Give the letters with all that one letter's page shows."""
    return (
        Letter.objects.visible_to(user)
        .filter(school=school)
        .select_related(
            "school", "pupil__tutor_group", "policy", "episode", "version__template", "version__school", "corrects",
            "approved_by", "proposed_by", "sent_by", "recalled_by", "stands_by", "print_run", "file",
        )
    )  # fmt: skip


def stops_of(school: School, user: User) -> QuerySet[Stop]:
    """Give the school's stops over pupils within a person's reach, those that stand first."""
    pupils = Pupil.objects.visible_to(user).filter(school=school)
    rows = Stop.objects.filter(school=school, pupil__in=pupils).select_related(
        "pupil__tutor_group", "owner", "made_by", "lifted_by"
    )
    return rows.order_by("-lifted_at", "to_on", "-made_at", "-pk")
