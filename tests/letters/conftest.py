"""The cast's Monday morning, as the post room sees it."""

from datetime import UTC, date, datetime

import pytest

from letters.actions.chases import chase_registers
from letters.actions.deciding import approve_letters
from letters.actions.proposing import propose_letters
from letters.models import Letter, LetterKind
from registers.queries.registers import registers_of
from registers.rules.sessions import Session
from tests.factories.letters import AT, at_home, attend, give_policy, give_template, make_sent
from tests.letters.notify_server import KEY, NotifyServer

TOKEN = "the token of both sides"
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MONDAY_AM = Session(date(2026, 11, 23), "AM")


@pytest.fixture
def notify(settings):
    """Give a server that speaks as Notify does, and have the office hand over to it."""
    server = NotifyServer()
    settings.OFFICE_POST = "smtp"
    settings.OFFICE_NOTIFY_KEY = KEY
    settings.OFFICE_NOTIFY_URL = server.url
    settings.OFFICE_NOTIFY_TEXT_TEMPLATE = "7f3c1c0e-52b1-4f08-8d36-6b2a3a0a4c11"
    settings.OFFICE_NOTIFY_CALLBACK_TOKEN = TOKEN
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def chase(cast):
    """Give a function that chases what Thornbridge owes on Monday morning."""

    def _chase(step="first", at=NINE, by=None, **more):
        lines = more.pop("lines", None) or registers_of(cast.thornbridge, MONDAY_AM)
        return chase_registers(school=cast.thornbridge, session=MONDAY_AM, lines=lines, step=step, by=by, at=at, **more)

    return _chase


@pytest.fixture
def fallen(cast):
    """Give the cast after two weeks of marks: Callum is at 18 of 20, Amina at 16 of 20, Freya at 20 of 20."""
    attend(cast.nine_a, by=cast.pat, absent={cast.callum: 2, cast.amina: 4})
    for pupil in (cast.callum, cast.amina, cast.freya):
        at_home(pupil, address=f"{pupil.pk} Weavers Close, Thornbridge")
    give_policy(cast.thornbridge, 1)
    give_policy(cast.thornbridge, 2)
    give_template(cast.thornbridge, LetterKind.APOLOGY)
    return cast


@pytest.fixture
def propose(fallen):
    """Give a function that proposes Thornbridge's letters."""

    def _propose(at=AT, by=None):
        return propose_letters(school=fallen.thornbridge, by=by, at=at)

    return _propose


@pytest.fixture
def approve(fallen):
    """Give a function that approves letters, all that are proposed unless some are named."""

    def _approve(*letters, at=AT, by=None):
        ids = [one.pk for one in letters] or list(
            Letter.objects.filter(school=fallen.thornbridge, state="proposed").values_list("pk", flat=True)
        )
        return approve_letters(school=fallen.thornbridge, letter_ids=ids, by=by or fallen.sandra, at=at)

    return _approve


@pytest.fixture
def sent(fallen, propose, approve):
    """Give Callum's letter of level 1, approved, made and posted on Monday morning."""
    propose()
    approve()
    letter = Letter.objects.get(pupil=fallen.callum)
    return make_sent(letter, by=fallen.sandra)
