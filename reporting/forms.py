"""Shapes of what is asked for in the reading room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final, cast

from django import forms

from attendance_office.staff.models import School
from attendance_office.web.fields import DayField
from registers.models import Group
from registers.queries.years import Period as NamedPeriod
from registers.rules.ages import school_year, school_year_starts
from reporting.models import CaseStudy, EvidenceEntry
from reporting.queries.asked import LONGEST
from reporting.queries.case_study import PARTS, Course, Step, Told
from reporting.queries.pupil_file import KINDS, Asked
from reporting.queries.pupil_file.periods import EVERYTHING


def _day(label: str, *, required: bool = True, help_text: str = "") -> DayField:
    """Give a field for a day."""
    return DayField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class Period(forms.Form):
    """A period of one's own choice."""

    from_on = _day("From")
    to_on = _day("To")

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        asked: dict[str, Any] = super().clean() or {}
        if asked.get("from_on") and asked.get("to_on") and asked["to_on"] < asked["from_on"]:
            self.add_error("to_on", "The last day lies before the first. Choose a later one.")
        return asked


class TrustPeriod(Period):
    """A period of one's own choice over several schools."""

    def clean(self) -> dict[str, Any]:
        """Refuse also a period of more days than a table of schools counts at once."""
        asked = super().clean()
        if asked.get("from_on") and asked.get("to_on") and (asked["to_on"] - asked["from_on"]).days > LONGEST:
            self.add_error("to_on", "A period holds three school years at most. Choose a later first day.")
        return asked


class IntoGroup(forms.Form):
    """An own group for the pupils selected in the explorer."""

    group = forms.ModelChoiceField(queryset=Group.objects.none())

    def __init__(self, *args: Any, school: School, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["group"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells the type checker what was declared above
        field.queryset = Group.objects.filter(school=school).order_by("name")


class SavedViewForm(forms.Form):
    """A saved view's name, and whether the school sees it."""

    name = forms.CharField(label="Name", max_length=80)
    is_shared = forms.BooleanField(label="Shared with the school", required=False)


class OtherFigure(forms.Form):
    """The figure that another system gives for the same pupils and days."""

    source = forms.ChoiceField(
        label="Whose figure is it?",
        choices=[("mis", "The management information system's"), ("dfe", "DfE's, from its own reports for the school")],
        initial="mis",
    )
    possible = forms.IntegerField(label="Possible sessions", min_value=0, max_value=100_000_000, required=False)
    attended = forms.IntegerField(label="Sessions attended", min_value=0, max_value=100_000_000, required=False)
    per_cent = forms.DecimalField(
        label="Attendance, per cent", min_value=0, max_value=100, max_digits=9, decimal_places=6, required=False
    )
    first_on = _day(
        "It counts from",
        required=False,
        help_text="DfE counts from the second Monday of September. Leave it empty where it counts from the first day.",
    )
    file = forms.FileField(
        label="Or its file, a row for each pupil",
        required=False,
        help_text="CSV or spreadsheet with UPN, admission number or name, and Possible and Attended. It is not kept.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a figure without a number, and more attended than possible."""
        asked: dict[str, Any] = super().clean() or {}
        given = [name for name in ("possible", "attended", "per_cent", "file") if asked.get(name) is not None]
        if not given and not self.errors:
            raise forms.ValidationError("Give the other figure: its sessions, its per cent, or its file.")
        possible, attended = asked.get("possible"), asked.get("attended")
        if possible is not None and attended is not None and attended > possible:
            self.add_error("attended", f"{attended} attended of {possible} possible cannot be.")
        return asked


class PaperWords(forms.Form):
    """What the author of a paper writes into it."""

    title = forms.CharField(label="Title", max_length=150)
    headline = forms.CharField(
        label="Headline in your own words",
        required=False,
        max_length=4000,
        help_text="Stands before the figures. Name nobody.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    asks = forms.CharField(
        label="What the school asks of governors",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ExpectedAttendance(forms.Form):
    """What attendance is expected of the school in this school year or the last."""

    on = forms.TypedChoiceField(label="School year", coerce=date.fromisoformat)
    attendance = forms.DecimalField(
        label="Expected attendance, per cent",
        max_digits=4,
        decimal_places=2,
        help_text="The attendance baseline improvement expectation (ABIE) that DfE gave the school.",
    )
    note = forms.CharField(label="Where it is from", max_length=200, required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        starts = school_year_starts(today)
        days = (today, starts - timedelta(days=1))
        choices = [(day.isoformat(), school_year(day)) for day in days]
        cast("forms.TypedChoiceField", self.fields["on"]).choices = choices


class PupilFile(forms.Form):
    """What a reader asks of a pupil's file: a school year, everything, or days of one's own; kinds, words, order."""

    period = forms.ChoiceField(label="Period", required=False)
    from_on = _day("From", required=False)
    to_on = _day("To", required=False)
    q = forms.CharField(label="Search within", required=False, max_length=80)
    order = forms.ChoiceField(
        label="Order", required=False, choices=[("newest", "Newest first"), ("oldest", "Oldest first")]
    )
    kind = forms.MultipleChoiceField(label="Kinds", required=False)

    def __init__(self, *args: Any, periods: Sequence[NamedPeriod], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.periods = periods
        _choices(self.fields["period"], [(one.key, one.name) for one in periods])
        _choices(self.fields["kind"], [(kind.key, kind.title) for kind in KINDS.values()])

    def clean(self) -> dict[str, Any]:
        """Refuse days that end before they begin."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("from_on") and said.get("to_on") and said["to_on"] < said["from_on"]:
            self.add_error("to_on", "The last day lies before the first. Choose a later one.")
        return said

    @property
    def period_chosen(self) -> NamedPeriod:
        """Give the named period asked for; the first where none was."""
        asked = self.cleaned_data.get("period") if self.is_valid() else ""
        return next((one for one in self.periods if one.key == asked), self.periods[0])

    def asked(self) -> Asked:
        """Give what was asked; days of one's own go before the named period. What is not valid is as if not said."""
        said = self.cleaned_data if self.is_valid() else {}
        period = self.period_chosen
        return Asked(
            from_on=said.get("from_on") or min(period.from_on, said.get("to_on") or period.from_on),
            to_on=said.get("to_on") or max(period.to_on, said.get("from_on") or period.to_on),
            kinds=frozenset(said.get("kind", ())),
            q=said.get("q", ""),
            oldest_first=said.get("order") == "oldest",
            is_everything=period.key == EVERYTHING and not said.get("from_on") and not said.get("to_on"),
        )


_HINTS: Final = {
    "start": "Where the pupil stood when it began, and what was known of why.",
    "tried": "What the school and others did, beyond what the office has on record.",
    "impact": "What became of it, and what did not.",
    "progress": "How learning went before and after.",
    "voice": "What the pupil and the family say, in general words.",
    "next_steps": "",
}


def _part(name: str) -> forms.CharField:
    return forms.CharField(
        label=PARTS[name], required=False, max_length=4000, help_text=_HINTS[name],
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip


class StudyWords(forms.Form):
    """What the author of a case study writes into it, tells of the pupil and leaves out."""

    headline = forms.CharField(label=PARTS["headline"], required=False, max_length=200)
    start = _part("start")
    tried = _part("tried")
    impact = _part("impact")
    progress = _part("progress")
    voice = _part("voice")
    next_steps = _part("next_steps")
    stage = forms.ChoiceField(label="How the pupil's age is told", choices=CaseStudy.Stage.choices)
    tells = forms.MultipleChoiceField(
        label="Told of the pupil", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Each makes the pupil easier to know. Tick only what the study needs.",
    )  # fmt: skip
    left_out = forms.MultipleChoiceField(
        label="Left out of what the office has on record", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Tick what few pupils had and somebody would know them by.",
    )  # fmt: skip

    def __init__(
        self, *args: Any, told: Sequence[Told], steps: Sequence[Step], course: Course, **kwargs: Any
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        _choices(self.fields["tells"], [(one.key, f"{one.words} ({_shared(one)})") for one in told])
        _choices(self.fields["left_out"], [(one.key, f"{course.when(one.on)}: {one.words}") for one in steps])
        self._offered = {"tells": {one.key for one in told}, "left_out": {one.key for one in steps}}
        for name, offered in self._offered.items():
            if not offered:
                del self.fields[name]

    def offered(self, name: str) -> set[str]:
        """Give the keys that a field offers; none where it is not asked for."""
        return self._offered.get(name, set())

    @classmethod
    def of(cls, study: CaseStudy, **offered: Any) -> StudyWords:
        """Give the form with what the study says now."""
        return cls(initial={name: getattr(study, name) for name in cls.base_fields}, **offered)


def _shared(told: Told) -> str:
    return f"{told.shared_by} such pupils" if told.shared_by != 1 else "nobody else"


class AttainmentRow(forms.Form):
    """One line of attainment: a subject, before and after."""

    subject = forms.CharField(label="Subject", required=False, max_length=60)
    before = forms.CharField(label="Before", required=False, max_length=60)
    after = forms.CharField(label="After", required=False, max_length=60)


AttainmentRows = forms.formset_factory(AttainmentRow, extra=3, max_num=12)


class FolderWords(forms.Form):
    """What a folder of evidence is called and for."""

    title = forms.CharField(label="Title", max_length=150)
    purpose = forms.CharField(
        label="What it is for", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )


class Document(forms.Form):
    """A document of the school's own for a folder of evidence."""

    file = forms.FileField(
        label="File",
        help_text="PDF, Word, Excel or PNG, up to 10 MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.docx,.xlsx,.png", "data-largest": "10"}),
    )
    title = forms.CharField(label="What it is", required=False, max_length=120, help_text="Empty: the file's own name.")
    section = forms.ChoiceField(label="Section", choices=EvidenceEntry.Section.choices)
    why = forms.CharField(label="Why it is here", required=False, max_length=300)
    names_pupils = forms.BooleanField(
        label="It names pupils",
        required=False,
        initial=True,
        help_text="Then it stays out of the folder's ZIP unless asked for.",
    )


def _choices(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what was declared above
    field.choices = choices


class VisitSaid(forms.Form):
    """What is written down of a monitoring visit."""

    visited_on = _day("Visited on")
    visitors = forms.CharField(label="Who came", max_length=200)
    met = forms.CharField(label="Whom they met", max_length=200, required=False)
    looked_at = forms.CharField(
        label="What was looked at", max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Registers sampled, letters read, pupils talked with. Write no pupil's name.",
    )  # fmt: skip
    found = forms.CharField(
        label="What was found", max_length=4000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="What works, and what does not yet. The school's leadership reads it.",
    )  # fmt: skip


class VisitCorrected(VisitSaid):
    """The same corrected, with the reason."""

    why = forms.CharField(label="Why it is corrected", max_length=400)


class VisitAgreed(forms.Form):
    """Something agreed at a visit."""

    words = forms.CharField(label="What was agreed", max_length=400)
    owner = forms.CharField(label="Who does it", max_length=120, required=False)
    due_on = _day("By when", required=False)
