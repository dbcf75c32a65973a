"""The demo's case study and folder."""

from reporting.actions.demo_evidence import lay_out_evidence
from reporting.models import CaseStudy
from reporting.queries.evidence import lines_of
from tests.conftest import MORNING
from tests.reporting.case_studies.conftest import callum  # noqa: F401 - the pupil of whom it tells


def test_the_demo_issues_one_study_and_lays_it_into_one_folder(cast, callum):  # noqa: F811
    folder = lay_out_evidence(school=cast.thornbridge, at=MORNING)
    assert lay_out_evidence(school=cast.thornbridge, at=MORNING) is None
    study = CaseStudy.objects.get()
    assert (study.pupil_id, study.state) == (callum.pk, "issued")
    assert [line.entry.source.partition(":")[0] for line in lines_of(folder, ())] == ["part", "study", "trawl", "part"]
    assert not [line for line in lines_of(folder, ()) if line.entry.names_pupils]


def test_a_school_without_letters_has_no_folder(cast):
    assert lay_out_evidence(school=cast.thornbridge, at=MORNING) is None
