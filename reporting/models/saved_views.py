"""Questions of the explorer that somebody kept under a name."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.staff.models import School, User

LONGEST_QUERY = 1500


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Narrowing of saved views."""

    def visible_to(self, user: User) -> SavedViewQuerySet:
        """Give the person's own views and those shared with a school of theirs."""
        return self.filter(Q(owner=user) | Q(is_shared=True), school__in=user.standing.school_ids)


class SavedView(models.Model):
    """A question of the explorer with its look, as its address holds it: one's own, or shared with the school."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="saved_views")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)
    is_shared = models.BooleanField("shared with the school", default=False)
    made_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "owner", "name"], name="one_saved_view_per_name")]

    def __str__(self) -> str:
        return self.name
