"""Who sees whom."""

from attendance_office.staff.roles import Can
from registers.models import Pupil


def seen(user):
    return {pupil.legal_forename for pupil in Pupil.objects.visible_to(user)}


def test_an_officer_sees_the_whole_school_and_no_other(cast):
    assert seen(cast.sandra) == {"Callum", "Amina", "Freya", "Tyler", "Ikra"}
    assert seen(cast.olly) == {"Zzyzx"}


def test_a_tutor_sees_the_own_group_only(cast):
    assert seen(cast.pat) == {"Callum", "Amina", "Freya"}
    assert seen(cast.rita) == {"Zzyzx"}


def test_a_head_of_year_sees_the_own_year(cast):
    assert seen(cast.adeyemi) == {"Callum", "Amina", "Freya"}
    assert seen(cast.nine) == {"Tyler", "Ikra"}


def test_governors_administrators_and_strangers_see_no_pupil(cast):
    assert seen(cast.gov) == seen(cast.ada) == seen(cast.nobody) == set()


def test_a_trust_lead_sees_the_schools_of_the_trust_only(cast):
    assert seen(cast.tess) == {"Callum", "Amina", "Freya", "Tyler", "Ikra"}
    assert cast.tess.standing.may(Can.SEE_FIGURES, cast.thornbridge.pk)
    assert not cast.tess.standing.may(Can.SEE_FIGURES, cast.ridgeway.pk)
    assert [school.name for school in cast.tess.standing.schools] == ["Thornbridge Academy"]


def test_a_post_that_ended_shows_nothing(cast):
    cast.pat.posts.update(ended_on="2026-11-20")
    assert seen(type(cast.pat).objects.get(pk=cast.pat.pk)) == set()
