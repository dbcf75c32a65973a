"""A day whose year is a slip is refused in words wherever days are asked for, and breaks no page."""

import pytest

from reporting.models import Paper

SLIPS = [("0001-01-01", "0001-02-01"), ("0206-09-01", "2026-11-20"), ("2026-11-02", "9999-12-31")]


@pytest.mark.parametrize(("first", "last"), SLIPS)
@pytest.mark.parametrize("look", ["view=list", "view=weeks", "view=weekdays", "view=beside"])
def test_the_explorer_shows_the_year_to_date_and_says_why(term, sign_in, at_morning, first, last, look):
    shown = sign_in(term.laila).get(f"/explorer/?period=own&from_on={first}&to_on={last}&{look}")
    assert shown.status_code == 200
    assert shown.context["period"].key == "year"
    assert "is a slip: give it with four figures" in shown.context["asked"].fault


@pytest.mark.parametrize(("first", "last"), SLIPS)
def test_figures_receipt_and_file_of_a_pupil_answer(term, sign_in, at_morning, first, last):
    client = sign_in(term.laila)
    assert client.get(f"/explorer/receipt/?period=own&from_on={first}&to_on={last}").status_code == 200
    assert "is a slip" in client.get(f"/figures/?from_on={first}&to_on={last}").content.decode()
    for query in (f"from_on={first}", f"to_on={last}"):
        answered = client.get(f"/pupils/{term.callum.pk}/file/?{query}")
        assert answered.status_code == (422 if answered.context["form"].errors else 200)
    assert client.get(f"/illness/?to={first}").status_code == 200


@pytest.mark.parametrize(("first", "last"), SLIPS)
def test_no_paper_is_begun_over_such_days(term, sign_in, at_morning, first, last):
    answered = sign_in(term.laila).post(
        "/papers/draft/", {"period": "own", "from_on": first, "to_on": last}, follow=True
    )
    assert answered.status_code == 200
    assert not Paper.objects.exists()


@pytest.mark.parametrize("on", ["0001-01-01", "9999-12-31"])
def test_a_round_of_such_a_day_is_not_there(term, sign_in, at_morning, on):
    assert sign_in(term.laila).get(f"/distributions/friday/{on}/").status_code == 404
