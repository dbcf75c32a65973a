"""The school under torture: eight forms whose every pupil, parent and letter can be told from every other."""

from datetime import date, datetime, time, timedelta
from uuid import uuid4

from attendance_office import clock
from attendance_office.staff.models import TutorGroup
from letters.actions.policies import supply_policies
from letters.actions.proposing import propose_letters
from letters.actions.templates import supply_templates
from letters.models import LetterTemplate
from registers.actions.attendance import save_marks
from registers.actions.entries import Entry
from registers.models import Contact
from registers.queries.calendar import calendar_of
from registers.rules.codes import present_code
from tests.factories.cast import make_cast, put_on_roll
from tests.factories.staff import TutorGroupFactory

FORMS, SEATS = 8, 30
# Sessions taken before the run, in which every third pupil misses enough for a letter.
WEEKS_BEFORE = 3


class World:
    """The cast's school with eight more forms, letters to write and registers to save."""

    def __init__(self):
        self.cast = make_cast()
        self.school, self.officer, self.lead = self.cast.thornbridge, self.cast.sandra, self.cast.laila
        type(self.school).objects.filter(pk=self.school.pk).update(headteacher="Mrs A. Head", phone="01632 960000")
        self.school.refresh_from_db()
        names = [f"{7 + n % 5}Z{n}" for n in range(FORMS)]
        self.forms = [TutorGroupFactory(school=self.school, name=name, year_group=int(name[0])) for name in names]
        rows = [
            (form, f"Pupil{n * SEATS + seat:04d}", f"Kid{n * SEATS + seat:04d}", {"upn": f"K{n * SEATS + seat:012d}"})
            for n, form in enumerate(self.forms)
            for seat in range(SEATS)
        ]
        self.pupils = put_on_roll(*rows)
        self._give_addresses()
        at = datetime.combine(date(2026, 9, 2), time(7), tzinfo=clock.LONDON)
        supply_templates(school=self.school, by=self.officer, at=at)
        supply_policies(school=self.school, by=self.officer, at=at)
        self.meeting = LetterTemplate.objects.get(school=self.school, kind="meeting")

    def _give_addresses(self):
        """Let every other home be written to by e-mail and the rest by post."""
        contacts = list(Contact.objects.filter(children__pupil__in=self.pupils).order_by("pk"))
        for n, contact in enumerate(contacts):
            contact.email = f"home{n}@parents.invalid"
            contact.address, contact.postcode = f"{n + 1} Torr Street\nThornbridge", f"TB{n % 9 + 1} {n % 9}AA"
            contact.letters_by = "email" if n % 2 else "post"
        Contact.objects.bulk_update(contacts, ["email", "address", "postcode", "letters_by"])

    def sessions(self, today):
        """Give the sessions of the term before a day, the earliest first."""
        calendar = calendar_of(self.school.pk)
        return list(calendar.sessions(date(2026, 9, 7), today - timedelta(days=1)))

    def entries(self, form: TutorGroup, session, absent):
        """Give a register of the form: `absent` are the pupils marked O."""
        pupils = [one for one in self.pupils if one.tutor_group_id == form.pk]
        return [Entry(one.pk, "O" if one.pk in absent else present_code(session.half)) for one in pupils]

    def save(self, form, session, entries, *, key=None, at):
        """Save a register as the office does; give the answer."""
        return save_marks(
            school=self.school, tutor_group=form, session=session, entries=entries, key=key or uuid4(), finish=True,
            by=self.officer, at=at,
        )  # fmt: skip

    def begin(self, at):
        """Take three weeks of registers and propose the level letters; give the sessions that are left to take."""
        sessions = self.sessions(clock.local(at).date())
        before, left = sessions[: WEEKS_BEFORE * 10], sessions[WEEKS_BEFORE * 10 :]
        often = {one.pk for one in self.pupils[::3]}
        for n, session in enumerate(before):
            for form in self.forms:
                self.save(form, session, self.entries(form, session, often if n % 9 == 0 else set()), at=at)
        propose_letters(school=self.school, by=self.officer, at=at)
        return left
