"""Templates and the letterhead."""

from attendance_office.staff.roles import Can
from letters.actions.templates import supply_templates
from letters.models import LetterTemplate
from tests.conftest import MORNING

from .way import Way


def template(cast):
    supply_templates(school=cast.thornbridge, by=cast.sandra, at=MORNING)
    return {"pk": LetterTemplate.objects.get(school=cast.thornbridge, kind="level_1").pk}


def version(cast):
    return template(cast) | {"number": 1}


EDIT = (Can.EDIT_LETTERS,)
WAYS = {
    "letters:template_list": Way(EDIT),
    "letters:template_supply": Way(EDIT, post=True),
    "letters:template_add": Way(EDIT, post=True),
    "letters:template_edit": Way(EDIT, template),
    "letters:template_try": Way(EDIT, template, post=True, is_fragment=True),
    "letters:template_print": Way(EDIT, template, post=True, is_fragment=True),
    "letters:template_versions": Way(EDIT, template),
    "letters:template_take_up": Way(EDIT, version, post=True),
    "letters:template_use": Way(EDIT, template, post=True),
    "letters:letterhead": Way(EDIT),
}
