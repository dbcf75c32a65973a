"""What is done to saved views: kept, renamed, shared, deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attendance_office.audit.trail import record, signed
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from reporting.models import SavedView
from reporting.models.saved_views import LONGEST_QUERY


def save_view(*, school: School, name: str, query: str, is_shared: bool, by: User, at: datetime) -> SavedView:
    """Keep a question under a name.

    Raises Refused for an empty name, a name that is one's own already, and a question too long to be kept.
    """
    with signed(by=by, at=at, school_id=school.pk):
        view = SavedView(school=school, owner=by, name=_name(name), query=query, is_shared=is_shared, made_at=at)
        if len(query) > LONGEST_QUERY:
            raise Refused("This view has too many filters to be kept. Take some off.")
        _refuse_twice(view)
        view.save()
        _trace(view, "view saved", f"View {view.name} saved", by=by, at=at)
    return view


def change_view(*, view: SavedView, name: str, is_shared: bool, by: User, at: datetime) -> SavedView:
    """Rename a view, share it or keep it to oneself.

    Raises Refused for a person who is neither its owner nor keeps the school's reports, and as `save_view`.
    """
    with signed(by=by, at=at, school_id=view.school_id):
        row = _held(view, by)
        before = _values(row)
        row.name, row.is_shared = _name(name), is_shared
        if _values(row) == before:
            raise Refused("Nothing is other than before.")
        _refuse_twice(row)
        row.save(update_fields=["name", "is_shared"])
        _trace(row, "view changed", f"View {before['name']} changed", by=by, at=at, before=before)
    return row


def delete_view(*, view: SavedView, by: User, at: datetime) -> None:
    """Delete a view; the trail keeps its name and question. Raises Refused as `change_view`."""
    with signed(by=by, at=at, school_id=view.school_id):
        row = _held(view, by)
        _trace(row, "view deleted", f"View {row.name} deleted", by=by, at=at, before=_values(row))
        row.delete()


def may_change(view: SavedView, by: User) -> bool:
    """Tell whether a person may change a view: their own, or a shared one where they keep the school's reports."""
    return view.owner_id == by.pk or (view.is_shared and by.standing.may(Can.KEEP_REPORTS, view.school_id))


def _held(view: SavedView, by: User) -> SavedView:
    row = SavedView.objects.select_for_update().filter(pk=view.pk).first()
    if row is None:
        raise Refused("This view was deleted meanwhile.")
    if not may_change(row, by):
        raise Refused("This view is another person's: save it under a name of your own.")
    return row


def _name(name: str) -> str:
    words = " ".join(name.split())
    if not words:
        raise Refused("A view needs a name.")
    if len(words) > 80:
        raise Refused("A view's name has 80 letters at most.")
    return words


def _refuse_twice(view: SavedView) -> None:
    same = SavedView.objects.filter(school=view.school_id, owner=view.owner_id, name__iexact=view.name)
    if same.exclude(pk=view.pk).exists():
        raise Refused(f"There is a view called {view.name} already: choose another name.")


def _values(view: SavedView) -> dict[str, Any]:
    return {"name": view.name, "query": view.query, "is_shared": view.is_shared}


def _trace(
    view: SavedView, verb: str, words: str, *, by: User, at: datetime, before: dict[str, Any] | None = None
) -> None:
    record(
        verb=verb,
        by=by,
        at=at,
        school_id=view.school_id,
        subject_kind="saved_view",
        subject_id=view.pk,
        words=words,
        before=before,
        after=None if verb == "view deleted" else _values(view),
    )
