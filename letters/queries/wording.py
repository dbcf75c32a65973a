"""Which words a letter is written in: the version of its template that stands, in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from letters.models import TemplateVersion

# The version of a kind of letter, by kind and language without regard to capitals.
Wordings = Mapping[tuple[str, str], TemplateVersion]
ENGLISH = "English"


def wordings(
    school_id: int, kinds: Collection[str], *, preferred: Collection[int] = (), named: str | None = None
) -> Wordings:
    """Give the latest version of each kind's template in each language: one query.

    Where a school has several templates of a kind in a language, the one whose key is among `preferred` stands, else
    the oldest. `named` narrows to templates of that name.
    """
    rows = TemplateVersion.objects.filter(
        school=school_id, template__kind__in=kinds, template__is_used=True
    ).select_related("template", "made_by")
    if named is not None:
        rows = rows.filter(template__name=named)
    found: dict[tuple[str, str], TemplateVersion] = {}
    for row in rows.order_by("-template_id", "number"):
        key = (row.template.kind, language_key(row.template.language))
        there = found.get(key)
        if there is None or there.template_id not in preferred or row.template_id == there.template_id:
            found[key] = row
    return found


def wording(
    found: Wordings, kind: str, language: str, *, otherwise: TemplateVersion | None = None
) -> TemplateVersion | None:
    """Give the words for a reader of a language: in it, else `otherwise` where that is given, else in English."""
    there = found.get((kind, language_key(language)))
    return there or otherwise or found.get((kind, language_key(ENGLISH)))


def language_key(language: str) -> str:
    """Give what makes two names of a language one; a language that is not said is English."""
    return language.strip().casefold() or ENGLISH.casefold()
