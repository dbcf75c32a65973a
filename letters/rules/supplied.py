"""The letters that come with the office, in plain English: a school takes them as they are or writes its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Supplied:
    """A letter as it comes: its kind, its name, its subject and its body."""

    kind: str
    name: str
    subject: str
    body: str


_FIGURES = """| Counted for ((forename)) | ((days possible)) (((sessions possible))) |
| ((He)) ((was)) here for | ((days attended)) (((sessions attended))) |
| ((He)) missed | ((days missed)) (((sessions missed))) |
| Attendance | ((per cent)) |
"""
_RING = """> Please ring **((adult to ring))** on **((their number))**, or speak to us at school.
"""
_COUNTS = """Each morning and each afternoon is one session. Days when school was closed, and sessions without a record, are not counted.
"""

SUPPLIED: Final = (
    Supplied(
        "level_1",
        "First attendance letter",
        "((Forename)) has missed ((days missed)) of school",
        f"""Thank you for what you do to get ((forename)) to school. We are writing because ((he)) ((has)) missed more than we would hope, and we would like to help.

This is ((forename))\u2019s attendance ((period)):

{_FIGURES}
((if dates missed))
These are the sessions ((he)) missed:

((dates missed))
((end))

If any of this is wrong, please tell us and we will put it right. If there is something that makes it hard for ((forename)) to be here, we would rather hear it than guess. Most things can be helped: illness, worries, lessons missed, getting here in the morning.

{_RING}
((if siblings))
If there is anything about ((siblings)) too, one call is enough for all of your children.
((end))

{_COUNTS}""",
    ),
    Supplied(
        "level_2",
        "Second attendance letter",
        "((Forename)) has missed ((days missed)) of school: how can we help?",
        f"""((if earlier letter date))
We wrote to you on ((earlier letter date)) about ((forename))\u2019s attendance. We are writing again because we are worried.
((else))
We are writing because we are worried about ((forename))\u2019s attendance.
((end))

((He)) ((has)) missed ((days missed)) ((period)). Lessons that are missed are hard to catch up alone, and we would like to help.

{_FIGURES}
((if unauthorised))
Of the sessions missed we agreed the reason for ((authorised)). For ((unauthorised)) we were given no reason, or none that we can agree to.
((else))
We agreed the reason for all of them. We are still worried, because time away is hard to make up.
((end))

((if dates missed))
((dates missed))
((end))

We would like to make a plan with you and ((forename)): what makes it hard to be here, what we at school can change, and who will do what.

{_RING}
If something in this letter is wrong, please tell us and we will put it right.

{_COUNTS}""",
    ),
    Supplied(
        "meeting",
        "Invitation to a meeting",
        "An invitation to talk about ((forename))\u2019s attendance",
        f"""We would like to meet you and ((forename)) to talk about ((his)) attendance and what would help.

> **((meeting date)) at ((meeting time))**
> ((meeting place)), with ((meeting with))

((Forename)) has missed ((days missed)) (((sessions missed))) ((period)). ((His)) attendance is ((per cent)).

You may bring someone with you. If you need an interpreter, or the day does not suit you, tell us and we will arrange it.

{_RING}""",
    ),
    Supplied(
        "praise",
        "Praise and recovery",
        "Good news about ((forename))\u2019s attendance",
        """((if earlier letter date))
We wrote to you on ((earlier letter date)) about ((forename))\u2019s attendance. We are glad to write again with good news.
((else))
We are glad to write to you with good news about ((forename)).
((end))

((if gained))
((His)) attendance was ((per cent before)). ((Period)) it is ((per cent)): ((he)) ((was)) here for ((days attended)) of ((days possible)).
((else))
((Period)) ((he)) ((was)) here for ((days attended)) of ((days possible)): an attendance of ((per cent)).
((end))

We know that this takes effort from ((forename)) and from you. Thank you. If anything gets harder, please tell us early.
""",
    ),
    Supplied(
        "improved",
        "Improvement noticed",
        "We have noticed that ((forename)) is here more often",
        """Your effort and ((forename))\u2019s shows. ((His)) attendance was ((per cent before)). ((Period)) it is ((per cent)), which is ((gained)) better.

((He)) ((was)) here for ((days attended)) of ((days possible)). Every one of those days is a day of lessons with nothing to catch up.

Please tell ((him)) from us: well done.
""",
    ),
    Supplied(
        "concern",
        "Attendance concern",
        "We are concerned about ((forename))\u2019s attendance",
        f"""We are concerned because ((forename)) has missed ((days missed)) (((sessions missed))) ((period)).

((if reason))
((Reason))
((end))

((if dates missed))
((dates missed))
((end))

{_RING}""",
    ),
    Supplied(
        "apology",
        "Apology for a letter sent in error",
        "We are sorry: our letter about ((forename)) was wrong",
        """((if wrong letter date))
On ((wrong letter date)) we wrote to you about ((forename))\u2019s attendance. That letter should not have been sent.
((else))
We wrote to you about ((forename))\u2019s attendance. That letter should not have been sent.
((end))

((if reason))
((Reason))
((end))

((if per cent))
The record now says that ((forename)) was here for ((days attended)) of ((days possible)) ((period)): an attendance of ((per cent)).
((end))

Please take no notice of the letter. We are sorry for the worry it may have caused.

> If you have a question, please ring **((adult to ring))** on **((their number))**.
""",
    ),
    Supplied(
        "certificate_full",
        "Full attendance",
        "Certificate of full attendance",
        """was here for every one of ((sessions possible))

((period))
""",
    ),
    Supplied(
        "certificate_improved",
        "Most improved attendance",
        "Certificate for most improved attendance",
        """has brought ((his)) attendance from ((per cent before)) to ((per cent))

((period))
""",
    ),
)
