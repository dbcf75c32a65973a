"""Which words a letter is written in: the version of its template that stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from letters.models import TemplateVersion

# The version of a kind of letter, by kind and language.
Wordings = Mapping[tuple[str, str], TemplateVersion]
ENGLISH = "English"


def wordings(school_id: int, kinds: Collection[str], *, preferred: Collection[int] = ()) -> Wordings:
    """Give the latest version of each kind's template in each language: one query.

    Where a school has several templates of a kind in a language, the one whose key is among `preferred` stands, else
    the oldest.
    """
    rows = TemplateVersion.objects.filter(
        school=school_id, template__kind__in=kinds, template__is_used=True
    ).select_related("template")
    found: dict[tuple[str, str], TemplateVersion] = {}
    for row in rows.order_by("-template_id", "number"):
        key = (row.template.kind, row.template.language)
        there = found.get(key)
        if there is None or there.template_id not in preferred or row.template_id == there.template_id:
            found[key] = row
    return found


def wording(found: Wordings, kind: str, language: str) -> TemplateVersion | None:
    """Give the words for a reader of a language: in it, else in English."""
    return found.get((kind, language)) or found.get((kind, ENGLISH))
