"""Templates in the office: supplied, changed with a preview, compared, taken up again, translated; the letterhead."""

from io import BytesIO

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from attendance_office.audit.models import Entry
from attendance_office.refusals import Conflict, Refused
from letters.actions import templates as actions
from letters.models import Letterhead, LetterTemplate, TemplateVersion
from letters.queries.templates import latest_version, version_in
from tests.factories.post_room import MORNING, settle_in


@pytest.fixture
def level_1(cast):
    settle_in(cast)
    return LetterTemplate.objects.get(school=cast.thornbridge, kind="level_1")


def save(template, cast, body, seen=1, subject="About ((forename))"):
    return actions.save_template(template=template, subject=subject, body=body, seen=seen, by=cast.sandra, at=MORNING)


def test_supplied_letters_come_once_and_leave_what_a_school_has(cast):
    assert actions.supply_templates(school=cast.thornbridge, by=cast.sandra, at=MORNING) == 9
    template = LetterTemplate.objects.get(school=cast.thornbridge, kind="praise")
    save(template, cast, "Our own words.\n")
    assert actions.supply_templates(school=cast.thornbridge, by=cast.sandra, at=MORNING) == 0
    assert latest_version(template).body == "Our own words.\n"
    assert cast.thornbridge.letterhead.ring_name == "Mrs Sandra Pugh"
    assert not LetterTemplate.objects.filter(school=cast.ridgeway).exists()


def test_a_change_is_a_new_version_and_the_old_one_stays(cast, level_1):
    before = latest_version(level_1)
    save(level_1, cast, "New words about ((forename)).")
    assert latest_version(level_1).number == 2
    assert TemplateVersion.objects.get(pk=before.pk).body == before.body
    assert Entry.objects.about("letter template", level_1.pk).get().verb == "changed a letter template"


def test_an_unusable_letter_is_refused_with_line_and_field(cast, level_1):
    with pytest.raises(Refused, match=r"Body, line 2: .shoe size. is no field of the list"):
        save(level_1, cast, "One\n((shoe size))")
    with pytest.raises(Refused, match=r"Subject, line 1"):
        save(level_1, cast, "One", subject="((if form))")
    with pytest.raises(Refused, match="fonts cannot print: ب"):
        save(level_1, cast, "ب")
    now = latest_version(level_1)
    with pytest.raises(Refused, match="nothing to save"):
        save(level_1, cast, now.body, subject=now.subject)
    assert level_1.versions.count() == 1


def test_two_people_who_change_the_same_version_are_told(cast, level_1):
    save(level_1, cast, "First.")
    with pytest.raises(Conflict, match=r"Mrs S. Pugh saved version 2 meanwhile"):
        save(level_1, cast, "Second.", seen=1)


def test_an_earlier_version_is_taken_up_again_as_the_next(cast, level_1):
    first = latest_version(level_1)
    save(level_1, cast, "Second.")
    made = actions.take_up_version(template=level_1, number=1, by=cast.sandra, at=MORNING)
    assert (made.number, made.body, made.why) == (3, first.body, "Version 1 taken up again")


def test_a_home_gets_its_language_where_the_school_has_it_else_english_with_a_note(cast, level_1):
    polish = actions.add_template(
        school=cast.thornbridge, kind="level_1", name=level_1.name, language="polish", by=cast.sandra, at=MORNING
    )
    assert version_in(level_1, "Polish").version == latest_version(polish)
    fallen = version_in(level_1, "Somali")
    assert fallen.version == latest_version(level_1)
    assert fallen.note == "No Somali version: it goes in English."
    with pytest.raises(Refused, match="already"):
        actions.add_template(
            school=cast.thornbridge, kind="level_1", name=level_1.name, language="Polish", by=cast.sandra, at=MORNING
        )


def test_the_editor_shows_the_letter_about_a_real_pupil_and_saves_a_version(cast, level_1, sign_in, at_morning):
    client = sign_in(cast.sandra)
    page = client.get(reverse("letters:template_edit", args=[level_1.pk])).content.decode()
    assert "((dates missed))" in page
    data = {"subject": "About ((forename))", "body": "Dear words, ((He)) is fine.", "who": "Ashworth", "seen": 1}
    piece = client.post(reverse("letters:template_try", args=[level_1.pk]), data).content.decode()
    assert "Dear words, He is fine." in piece
    assert "Ashworth, Callum" in piece
    assert level_1.versions.count() == 1
    answer = client.post(reverse("letters:template_edit", args=[level_1.pk]), data)
    assert answer.status_code == 302
    assert latest_version(level_1).subject == "About ((forename))"


def test_the_preview_names_line_and_field_or_what_would_stop_the_letter(cast, level_1, sign_in, at_morning):
    client = sign_in(cast.sandra)
    url = reverse("letters:template_try", args=[level_1.pk])
    data = {"subject": "x", "body": "One\n((shoe size))"}
    assert "Line 2: “shoe size” is no field of the list." in client.post(url, data).content.decode()
    piece = client.post(url, {"subject": "x", "body": "((per cent))"}).content.decode()
    assert "would not be made" in piece
    assert "((per cent)) has no value" in piece
    assert "No pupil on roll has that name" in client.post(url, data | {"who": "Nobody Here"}).content.decode()


def test_a_preview_never_shows_markup_that_was_typed(cast, level_1, sign_in, at_morning):
    data = {"subject": "<script>1</script>", "body": '<img src="http://x"> **<b>**'}
    piece = sign_in(cast.sandra).post(reverse("letters:template_try", args=[level_1.pk]), data).content.decode()
    assert "<script" not in piece
    assert "<img" not in piece
    assert "&lt;img src=&quot;http://x&quot;&gt;" in piece


def test_the_preview_is_printed_as_it_would_go_and_in_large_print(cast, level_1, sign_in, at_morning):
    client, url = sign_in(cast.sandra), reverse("letters:template_print", args=[level_1.pk])
    data = {"subject": "About ((forename))", "body": "Words.", "who": "Ashworth"}
    answer = client.post(url, data)
    assert answer["Content-Type"] == "application/pdf"
    text = pypdf.PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert "1 Quarry Terrace" in text
    assert client.post(url, data | {"large": "1"}).content != answer.content
    assert client.post(url, data | {"body": "((nope))"}).status_code == 422


def test_versions_lie_beside_each_other(cast, level_1, sign_in, at_morning):
    save(level_1, cast, "First line.\nSecond line.", subject="Same")
    save(level_1, cast, "First line.\nAnother line.", seen=2, subject="Same")
    client = sign_in(cast.sandra)
    url = reverse("letters:template_versions", args=[level_1.pk])
    page = client.get(url, {"before": 2, "after": 3}).content.decode()
    assert "<del>Second line.</del>" in page
    assert "<ins>Another line.</ins>" in page
    assert client.get(url, {"before": 99}).status_code == 404
    client.post(reverse("letters:template_take_up", args=[level_1.pk, 1]))
    assert latest_version(level_1).number == 4


def test_a_saved_conflict_shows_theirs_and_keeps_ones_own(cast, level_1, sign_in, at_morning):
    save(level_1, cast, "Theirs.")
    data = {"subject": "Mine", "body": "My words.", "seen": 1}
    client, url = sign_in(cast.laila), reverse("letters:template_edit", args=[level_1.pk])
    answer = client.post(url, data)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Theirs." in page
    assert "My words." in page
    assert client.post(url, data | {"seen": 2}).status_code == 302


def test_a_logo_is_told_by_its_content_and_size(cast, level_1, sign_in, at_morning):
    client, url = sign_in(cast.sandra), reverse("letters:letterhead")
    picture = BytesIO()
    Image.new("RGB", (200, 80), "#0b5f58").save(picture, "PNG")
    said = {"ring_name": "Mrs Pugh", "ring_phone": "01632 960 142", "signatory": "Dr Abara"}
    svg = SimpleUploadedFile("logo.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
    answer = client.post(url, said | {"logo": svg})
    assert answer.status_code == 422
    assert "is no PNG or JPEG" in answer.content.decode()
    large = SimpleUploadedFile("big.png", picture.getvalue() + b"\0" * 1024 * 1024)
    assert "at most 1 MB" in client.post(url, said | {"logo": large}).content.decode()
    assert client.post(url, said | {"logo": SimpleUploadedFile("l.png", picture.getvalue())}).status_code == 302
    head = Letterhead.objects.get(school=cast.thornbridge)
    assert (head.signatory, head.logo.kind) == ("Dr Abara", "image/png")
    assert client.get(reverse("letters:letterhead_logo"))["Content-Type"] == "image/png"
    assert client.post(url, said | {"without_logo": "on"}).status_code == 302
    head.refresh_from_db()
    assert head.logo is None


def test_the_list_asks_a_fixed_number_of_questions(cast, level_1, sign_in, at_morning, count_queries):
    client = sign_in(cast.sandra)
    client.get(reverse("letters:template_list"))
    with count_queries(8):
        client.get(reverse("letters:template_list"))


def test_a_school_without_letters_takes_the_supplied_ones(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    assert "Take the supplied letters" in client.get(reverse("letters:template_list")).content.decode()
    client.post(reverse("letters:template_supply"))
    assert "First attendance letter" in client.get(reverse("letters:template_list")).content.decode()


# ---------- supplied letters that the office words anew ----------


def old_words(template, body="We wrote to you, and ((forename)) is falling behind.\n"):
    return TemplateVersion.objects.create(
        school=template.school, template=template, number=latest_version(template).number + 1, subject="Attendance",
        body=body, made_at=MORNING, why="Comes with the office",
    )  # fmt: skip


def test_new_words_of_supplied_letters_are_a_new_version_and_only_where_nobody_changed_them(cast, level_1):
    before = old_words(level_1)
    other = LetterTemplate.objects.get(school=cast.thornbridge, kind="praise")
    save(other, cast, "Our own words.\n")
    (made,) = actions.renew_supplied(school=cast.thornbridge, by=cast.sandra, at=MORNING)
    assert (made.template, made.number) == (level_1, before.number + 1)
    assert "falling behind" not in made.body
    assert TemplateVersion.objects.get(pk=before.pk).body == before.body
    assert latest_version(other).body == "Our own words.\n"
    with pytest.raises(Refused, match="what the office supplies now"):
        actions.renew_supplied(school=cast.thornbridge, by=cast.sandra, at=MORNING)


def test_new_words_are_offered_on_the_list_and_taken_there(cast, level_1, sign_in, at_morning):
    old_words(level_1)
    client = sign_in(cast.sandra)
    page = client.get(reverse("letters:template_list")).content.decode()
    assert "The office supplies new words for 1 letter" in page
    client.post(reverse("letters:template_renew"))
    assert "supplies new words" not in client.get(reverse("letters:template_list")).content.decode()
