"""A case study: what it says without naming anybody, and what the office knows that it must not say."""

from .content import content_of
from .knowing import Told, names_of, told_of
from .open_hits import PARTS, open_hits
from .steps import Step, steps_of
from .weeks import Course, course_of

__all__ = [
    "PARTS",
    "Course",
    "Step",
    "Told",
    "content_of",
    "course_of",
    "names_of",
    "open_hits",
    "steps_of",
    "told_of",
]
