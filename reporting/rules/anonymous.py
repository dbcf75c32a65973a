"""What in a text could name somebody: names, numbers, places, dates, and what few pupils have in common.

A text is anonymous where it can be put together with nothing that its readers may know. No program can tell that: this
one finds what usually gives a pupil away and asks a person about each of it.

Source: ICO, anonymisation guidance (motivated intruder); UK GDPR art. 9 (special categories); the lists are the
office's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from registers.rules.names import folded


class Ground(StrEnum):
    """Why a word could name somebody, the gravest first."""

    PUPIL = "pupil"
    FAMILY = "family"
    STAFF = "staff"
    OTHER_PUPIL = "other_pupil"
    NUMBER = "number"
    FORM = "form"
    PLACE = "place"
    REACHED = "reached"
    DATE = "date"
    TELLS = "tells"
    FEW = "few"


GROUND_WORDS: Final[Mapping[Ground, str]] = MappingProxyType(
    {
        Ground.PUPIL: "The pupil's own name",
        Ground.FAMILY: "A name in the family",
        Ground.STAFF: "A name on the staff",
        Ground.OTHER_PUPIL: "A name of another pupil",
        Ground.NUMBER: "A number of the pupil",
        Ground.FORM: "A form or group of the school",
        Ground.PLACE: "A place the family is known by",
        Ground.REACHED: "A number or address to reach somebody",
        Ground.DATE: "A date",
        Ground.TELLS: "Something few pupils have in common",
        Ground.FEW: "Told of fewer than five pupils",
    }
)
INSTEAD: Final[Mapping[Ground, str]] = MappingProxyType(
    {
        Ground.PUPIL: "Write “the pupil”.",
        Ground.FAMILY: "Write “a parent”, “a brother or sister”.",
        Ground.STAFF: "Write the role, as “the head of year”.",
        Ground.OTHER_PUPIL: "Write “a friend”, “another pupil”.",
        Ground.NUMBER: "Leave it away.",
        Ground.FORM: "Write “the form”.",
        Ground.PLACE: "Write “at home”, “near the school”.",
        Ground.REACHED: "Leave it away.",
        Ground.DATE: "Write “in week 3” or “in the autumn term”.",
        Ground.TELLS: "Leave it away, or tick it below where the record says so.",
        Ground.FEW: "Tell the key stage and not the year, or tick less.",
    }
)


@dataclass(frozen=True)
class Name:
    """A name that must not stand in a text. One of the pupil's or family's own is found whatever its case."""

    words: str
    ground: Ground
    is_own: bool = False


@dataclass(frozen=True)
class Hit:
    """A word found: in which part, as it stands there, and why it could name somebody."""

    part: str
    word: str
    ground: Ground

    @property
    def key(self) -> tuple[str, str, str]:
        """Give what it is compared by: the part, the ground and the folded word. Source: house style."""
        return (self.part, self.ground.value, folded(self.word))


@dataclass(frozen=True)
class Attribute:
    """Something that few pupils have in common: its words, and how a text says it."""

    words: str
    said: re.Pattern[str]


def _said(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)


# The first ten are read from the record and may be ticked; the last three are in no record of the office.
ATTRIBUTES: Final[Mapping[str, Attribute]] = MappingProxyType(
    {
        "sen": Attribute(
            "Special educational needs",
            _said(r"SEND?|EHCP?|EHC plan|education,? health and care|autis\w*|ASD|ADHD|dyslexi\w*|special (?:educational )?needs"),  # noqa: E501
        ),
        "eal": Attribute(
            "English as an additional language",
            _said(r"EAL|English as an additional|(?:first|home) language|interpreters?"),
        ),
        "pp": Attribute("Pupil premium", _said(r"pupil premium|PP")),
        "fsm": Attribute("Free school meals", _said(r"free (?:school )?meals|FSM")),
        "cla": Attribute(
            "Looked after",
            _said(r"looked[- ]after|in (?:local authority )?care|foster\w*|care (?:order|leaver|home)|children's home|CLA|LAC|virtual school"),  # noqa: E501
        ),
        "cp": Attribute("Child protection plan", _said(r"child protection|protection plan|section 47|CP plan")),
        "cin": Attribute(
            "Child in need", _said(r"child(?:ren)? in need|section 17|CIN|social (?:workers?|services|care)")
        ),
        "carer": Attribute("Young carer", _said(r"young carers?")),
        "vulnerable": Attribute("Highly vulnerable", _said(r"highly vulnerable")),
        "ethnicity": Attribute(
            "Ethnic background",
            _said(
                r"ethnic\w*|white british|irish|travellers?|gyps(?:y|ies)|roma|black|asian|indian|pakistani|bangladeshi"
                r"|chinese|caribbean|african|somali|arab|mixed (?:race|heritage|background)|refugees?|asylum(?:[- ]seek\w*)?"  # noqa: E501
            ),
        ),
        "religion": Attribute(
            "Religion",
            _said(r"muslims?|islam\w*|christians?|hindus?|sikhs?|jewish|eid|ramadan|diwali|mosque|synagogue"),
        ),
        "health": Attribute(
            "A rare illness or state of health",
            _said(r"diabet\w*|epilep\w*|cancer|sickle cell|pregnan\w*|self[- ]harm\w*|suicid\w*|eating disorders?"),
        ),
        "lived": Attribute(
            "Something few families have lived through",
            _said(r"prison|jail|domestic (?:abuse|violence)|refuge|bereave\w*|custody|court|evict\w*|homeless\w*"),
        ),
    }
)  # fmt: skip

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_NTH: Final = r"\d{1,2}(?:st|nd|rd|th)?"
_DAY: Final = r"(?:mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?"
_PATTERNS: Final[Sequence[tuple[Ground, re.Pattern[str]]]] = tuple(
    (ground, re.compile(pattern, re.IGNORECASE))
    for ground, pattern in (
        (Ground.NUMBER, r"\b[a-z]\d{11}[a-z\d]\b"),
        (Ground.REACHED, r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
        (Ground.REACHED, r"\b(?:https?://|www\.)\S+"),
        (Ground.REACHED, r"(?<![\w@])@\w{3,}"),
        (Ground.REACHED, r"(?<!\w)(?:\+\d{1,3}|0)[\d ()\-]{8,14}\d\b"),
        (Ground.DATE, rf"\b{_NTH}\s+(?:of\s+)?{_MONTH}\b(?:,?\s+\d{{2,4}}\b)?"),
        (Ground.DATE, rf"\b{_MONTH}\s+\d{{4}}\b"),
        (Ground.DATE, rf"\b{_MONTH}\s+{_NTH}\b(?!\s*(?:%|per cent|points?|sessions?|days?|weeks?))"),
        (Ground.DATE, rf"\b{_DAY},?\s+(?:the\s+)?{_NTH}\b"),
        (Ground.DATE, r"\bthe\s+\d{1,2}(?:st|nd|rd|th)\b(?!\s+(?:week|time|session|lesson|day|year))"),
        (Ground.DATE, r"\b\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}\b"),
        (Ground.DATE, r"\b\d{4}-\d\d-\d\d\b"),
        (Ground.PLACE, r"\b(?!\w+\s*\d(?:st|nd|rd|th)\b)[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b"),
    )
)
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019\u02bc][^\W_]+)*")
_SENTENCE: Final = re.compile(r"(?:^|[.?!:;\n])[\s\"'\u201c\u2018(]*$")
# Names that are words of every text: found where they begin with a capital and begin no sentence.
_ORDINARY: Final = frozenset(
    word
    for line in (
        "april art august autumn baker bell best bird black brown carter chance chase child church cook dawn day dean",
        "english eve faith field fox french friend good grace green grey hall head hill hope hunter joy june king lane",
        "little long love march mark mason may mills moon moor music north page park power price rain reading rich",
        "robin rose sharp short sky small snow star strong summer swift white will wise wood woods young",
    )
    for word in line.split()
)
# Parts of names that stand in names of many.
_PARTICLES: Final = frozenset({"van", "von", "der", "den", "del", "dos", "das", "ibn", "bin", "bint", "abu", "the"})
_TITLES: Final = frozenset({"mr", "mrs", "miss", "ms", "mx", "dr", "prof", "rev", "sir", "dame", "lord", "lady"})
_LEAST: Final = 3


@dataclass(frozen=True)
class _Token:
    start: int
    end: int
    keys: frozenset[str]
    is_capital: bool


def hits(parts: Mapping[str, str], names: Iterable[Name], told: Collection[str] = ()) -> list[Hit]:
    """Give what in some parts of a text could name somebody, each word of a part once, in the order of the text.

    `told` are keys of attributes that are told on purpose and are looked for no more.

    Source: this module.
    """
    index = _index(names)
    found: dict[tuple[str, str, str], Hit] = {}
    for part, text in parts.items():
        for _, hit in sorted(_of(part, text, index, told), key=lambda one: one[0]):
            found.setdefault(hit.key, hit)
    return list(found.values())


def _of(
    part: str, text: str, index: Mapping[str, Sequence[tuple[tuple[str, ...], Name]]], told: Collection[str]
) -> Iterator[tuple[int, Hit]]:
    taken: list[tuple[int, int]] = []
    for ground, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in taken):
                taken.append(match.span())
                yield match.start(), Hit(part, match.group().strip(), ground)
    for key, attribute in ATTRIBUTES.items():
        if key not in told:
            for match in attribute.said.finditer(text):
                yield match.start(), Hit(part, match.group(), Ground.TELLS)
    for start, end, ground in _names_in(text, index):
        if not any(first < end and start < last for first, last in taken):
            yield start, Hit(part, text[start:end], ground)


def _names_in(
    text: str, index: Mapping[str, Sequence[tuple[tuple[str, ...], Name]]]
) -> Iterator[tuple[int, int, Ground]]:  # fmt: skip
    tokens, at = list(_tokens(text)), 0
    while at < len(tokens):
        fits = [
            (len(keys), name)
            for key in tokens[at].keys
            for keys, name in index.get(key, ())
            if _stands(keys, tokens[at : at + len(keys)]) and _is_meant(name, keys, tokens[at], text)
        ]
        if not fits:
            at += 1
            continue
        # The longest, and of those the gravest.
        long, name = max(fits, key=lambda one: (one[0], -list(Ground).index(one[1].ground)))
        yield tokens[at].start, tokens[at + long - 1].end, name.ground
        at += long


def _stands(keys: Sequence[str], tokens: Sequence[_Token]) -> bool:
    return len(tokens) == len(keys) and all(key in token.keys for key, token in zip(keys, tokens, strict=True))


def _is_meant(name: Name, keys: Sequence[str], first: _Token, text: str) -> bool:
    """Tell whether a word that is like a name may be one, by its capital."""
    if len(keys) > 1 or any(letter.isdigit() for letter in keys[0]):
        return True
    if keys[0] in _ORDINARY:
        begins = _SENTENCE.search(text[: first.start]) is not None
        return first.is_capital and (name.is_own or not begins)
    return first.is_capital or (name.is_own and len(keys[0]) >= _LEAST)


def _tokens(text: str) -> Iterator[_Token]:
    for match in _WORD.finditer(text):
        word = folded(match.group())
        bare = re.sub(r"'s?$", "", word).replace("'", "")
        keys = {bare, word.replace("'", "")}
        if len(bare) > _LEAST and bare.endswith("s"):
            keys.add(bare[:-1])  # "Callums mother"
        yield _Token(match.start(), match.end(), frozenset(keys), match.group()[0].isupper())


def _index(names: Iterable[Name]) -> dict[str, list[tuple[tuple[str, ...], Name]]]:
    """Give the names by the first of their words; of the pupil's and family's own each word for itself too."""
    index: dict[str, list[tuple[tuple[str, ...], Name]]] = {}
    for name in names:
        keys = tuple(folded(match.group()).replace("'", "") for match in _WORD.finditer(name.words))
        keys = tuple(key for key in keys if key not in _TITLES)
        alone = {(key,) for key in keys if name.is_own and len(key) >= _LEAST and key not in _PARTICLES}
        for one in {keys} | alone:
            if one and (len(one) > 1 or len(one[0]) > 1):
                index.setdefault(one[0], []).append((one, name))
    return index
