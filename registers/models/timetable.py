"""The two-week timetable and the registers of lessons, which stand beside the statutory ones and count in nothing."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from attendance_office.audit.models import NEVER_DELETED, ROW_BY_ROW, history
from attendance_office.staff.models import School, User

from .calendar import Half
from .pupils import Pupil


@history("PeriodEvent")
class Period(models.Model):
    """A period of the school day, the same on each day. `half` is the session it lies in."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="periods")
    name = models.CharField(max_length=10)
    half = models.CharField("session", max_length=2, choices=Half.choices)
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "name"], name="one_period_per_name"),
            models.CheckConstraint(name="period_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))),
        ]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return self.name


class TimetableWeek(models.Model):
    """Which week of the timetable a week is, A or B, from its Monday on; weeks alternate until the next row."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    monday = models.DateField()
    letter = models.CharField(max_length=1, choices=[("A", "Week A"), ("B", "Week B")])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "monday"], name="one_letter_per_week")]

    def __str__(self) -> str:
        return f"{self.letter}, {self.monday}"


@history("TeachingGroupEvent")
class TeachingGroup(models.Model):
    """A class: the pupils who are taught a subject together."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="teaching_groups")
    name = models.CharField(max_length=20)
    subject = models.CharField(max_length=60, blank=True)
    year_group = models.SmallIntegerField(null=True, blank=True)
    is_used = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "name"], name="one_teaching_group_per_name")]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return self.name


@history("SeatEvent")
class Seat(models.Model):
    """A pupil in a class, from when to when."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    teaching_group = models.ForeignKey(TeachingGroup, on_delete=models.PROTECT, related_name="seats")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="seats")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["teaching_group", "pupil", "from_on"], name="one_seat_per_start"),
            models.CheckConstraint(name="seat_ends_after_start", condition=Q(to_on=None) | Q(to_on__gte=F("from_on"))),
        ]
        indexes = [models.Index(fields=["school", "pupil"], name="seat_by_pupil")]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"{self.pupil} in {self.teaching_group}"


@history("LessonEvent")
class Lesson(models.Model):
    """A class's place in the timetable: which week, weekday and period, with whom and where, from when to when.

    `week` is A, B, or empty for both.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="lessons")
    teaching_group = models.ForeignKey(TeachingGroup, on_delete=models.PROTECT, related_name="lessons")
    week = models.CharField(max_length=1, blank=True, choices=[("", "Both weeks"), ("A", "Week A"), ("B", "Week B")])
    weekday = models.PositiveSmallIntegerField(help_text="1 is Monday, 5 is Friday.")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="lessons")
    teacher = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="lessons")
    room = models.CharField(max_length=40, blank=True)
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="lesson_is_on_a_weekday", condition=Q(weekday__gte=1, weekday__lte=5)),
            models.CheckConstraint(
                name="lesson_ends_after_start", condition=Q(to_on=None) | Q(to_on__gte=F("from_on"))
            ),
        ]
        indexes = [models.Index(fields=["school", "weekday", "period"], name="lesson_by_slot")]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"{self.teaching_group} {self.weekday} {self.period}"


class LessonCover(models.Model):
    """Who takes a lesson in place of its teacher on one day, and where, if not in its room."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="covers")
    on = models.DateField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="lesson_covers")
    name = models.CharField(max_length=150, blank=True, help_text="Of a supply teacher without an account.")
    room = models.CharField(max_length=40, blank=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lesson", "on"], name="one_cover_per_lesson"),
            models.CheckConstraint(
                name="lesson_cover_is_something", condition=Q(user__isnull=False) | ~Q(name="") | ~Q(room="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lesson} {self.on}: {self.user or self.name}"


class LessonRegister(models.Model):
    """The register of one lesson on one day: saved and finished by whom and when."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="registers")
    on = models.DateField()
    saved_at = models.DateTimeField(null=True)
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lesson", "on"], name="one_lesson_register_per_day")]
        indexes = [models.Index(fields=["school", "on"], name="lesson_register_by_day")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.lesson} {self.on}"


@history("LessonMarkEvent")
class LessonMark(models.Model):
    """Whether a pupil was in a lesson: there, late or not there. It counts in no statutory figure."""

    class Code(models.TextChoices):
        """What a teacher enters."""

        PRESENT = "/", "There"
        LATE = "L", "Late"
        ABSENT = "N", "Not there"
        ELSEWHERE = "M", "Elsewhere in school, known"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="lesson_marks")
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="marks")
    on = models.DateField()
    code = models.CharField(max_length=1, choices=Code.choices)
    minutes_late = models.PositiveSmallIntegerField(null=True)
    comment = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "pupil", "on", "lesson"], name="one_mark_per_pupil_and_lesson"),
            models.CheckConstraint(name="lesson_minutes_belong_to_late", condition=Q(minutes_late=None) | Q(code="L")),
        ]
        indexes = [
            models.Index(fields=["school", "on", "lesson"], name="lesson_mark_by_day"),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.code} {self.on}"
