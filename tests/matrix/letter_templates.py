"""Templates and the letterhead."""

from attendance_office.staff.roles import Can
from letters.actions.templates import supply_templates
from letters.models import Letterhead, LetterTemplate
from registers.models import StoredFile
from tests.conftest import MORNING

from .unexplained import csv
from .way import Way


def template(cast):
    supply_templates(school=cast.thornbridge, by=cast.sandra, at=MORNING)
    return {"pk": LetterTemplate.objects.get(school=cast.thornbridge, kind="level_1").pk}


def version(cast):
    return template(cast) | {"number": 1}


def logo(cast):
    supply_templates(school=cast.thornbridge, by=cast.sandra, at=MORNING)
    file = StoredFile.objects.create(
        school=cast.thornbridge, purpose="logo", name="l.png", kind="image/png", size=1, sha256="0", content=b"x",
        added_at=MORNING,
    )  # fmt: skip
    Letterhead.objects.filter(school=cast.thornbridge).update(logo=file)
    return {}


EDIT = (Can.EDIT_LETTERS,)
WAYS = {
    "letters:template_list": Way(EDIT),
    "letters:template_export": Way(EDIT, csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "letters:template_supply": Way(EDIT, post=True),
    "letters:template_renew": Way(EDIT, post=True),
    "letters:template_add": Way(EDIT, post=True),
    "letters:template_edit": Way(EDIT, template),
    "letters:template_try": Way(EDIT, template, post=True, is_fragment=True),
    "letters:template_print": Way(EDIT, template, post=True, is_fragment=True),
    "letters:template_versions": Way(EDIT, template),
    "letters:template_take_up": Way(EDIT, version, post=True),
    "letters:template_use": Way(EDIT, template, post=True),
    "letters:letterhead": Way(EDIT),
    "letters:letterhead_logo": Way(EDIT, logo, is_fragment=True),
}
