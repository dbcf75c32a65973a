"""The demo: a school that does not exist, with absence like that of the schools that do.

`make_school` makes it and keeps it up to date; `copy_school` makes more of it for measuring. The same seed makes the
same school. Everything but the writing of rows is plain functions from a seed: terms, names, people, absence.
"""

from .cast import CAST, NEIGHBOURS, PASSWORD, RIDGEWAY, SEED, THORNBRIDGE, copies
from .copying import copy_school
from .people import Plan
from .school import Made, make_school
from .terms import clock_shift
from .working_day import lay_out_morning

__all__ = [
    "CAST",
    "NEIGHBOURS",
    "PASSWORD",
    "RIDGEWAY",
    "SEED",
    "THORNBRIDGE",
    "Made",
    "Plan",
    "clock_shift",
    "copies",
    "copy_school",
    "lay_out_morning",
    "make_school",
]
