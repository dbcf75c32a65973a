"""The school's letter templates: which there are, what each says now and said before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from django.db.models import OuterRef, QuerySet, Subquery

from letters.models import LetterTemplate, TemplateVersion
from letters.rules.supplied import SUPPLIED, Supplied

from .wording import ENGLISH, language_key, wording, wordings

# Why a version is there that nobody of the school wrote.
SUPPLIED_WHY: Final = "Comes with the office"


@dataclass(frozen=True)
class Chosen:
    """The version to write from, and what there is to say about its language."""

    version: TemplateVersion
    note: str = ""


@dataclass(frozen=True)
class Change:
    """A stretch of two versions laid side by side: alike, taken out, or put in."""

    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def templates_of(school_id: int) -> QuerySet[LetterTemplate]:
    """Give a school's templates with `number` and `changed_at` of what each says now."""
    latest = TemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number")
    return (
        LetterTemplate.objects.filter(school=school_id)
        .annotate(
            number=Subquery(latest.values("number")[:1]),
            changed_at=Subquery(latest.values("made_at")[:1]),
            changed_by=Subquery(latest.values("made_by__last_name")[:1]),
            subject=Subquery(latest.values("subject")[:1]),
        )
        .order_by("kind", "name", "language")
    )


def latest_version(template: LetterTemplate) -> TemplateVersion:
    """Give what a template says now."""
    return template.versions.order_by("-number").select_related("made_by", "template")[0]


def version_in(template: LetterTemplate, language: str) -> Chosen:
    """Give what to write from for a home that reads a language: the school's own translation, else the template.

    A language without a translation comes with a note that says so.
    """
    itself, wanted = latest_version(template), language.strip() or ENGLISH
    found = wordings(template.school_id, [template.kind], named=template.name)
    version = wording(found, template.kind, wanted, otherwise=itself) or itself
    is_in_it = language_key(version.template.language) == language_key(wanted)
    return Chosen(version, "" if is_in_it else f"No {wanted} version: it goes in {template.language}.")


def reworded(school_id: int) -> list[tuple[LetterTemplate, TemplateVersion, Supplied]]:
    """Give the templates that say what the office supplied before and nobody changed, and what it supplies now."""
    rows = TemplateVersion.objects.filter(
        school=school_id, template__language=ENGLISH, why__startswith=SUPPLIED_WHY
    ).select_related("template")
    latest = TemplateVersion.objects.filter(template=OuterRef("template")).order_by("-number").values("pk")[:1]
    now = {(one.kind, one.name): one for one in SUPPLIED}
    found = []
    for row in rows.filter(pk=Subquery(latest)).order_by("template__kind", "pk"):
        supplied = now.get((row.template.kind, row.template.name))
        if supplied is not None and (row.subject, row.body) != (supplied.subject, supplied.body):
            found.append((row.template, row, supplied))
    return found


def compared(before: TemplateVersion, after: TemplateVersion) -> Sequence[Change]:
    """Lay two versions side by side, line by line, subject first."""
    old = [before.subject, *before.body.splitlines()]
    new = [after.subject, *after.body.splitlines()]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [
        Change(what, tuple(old[first:last]), tuple(new[begin:end]))
        for what, first, last, begin, end in matcher.get_opcodes()
    ]
