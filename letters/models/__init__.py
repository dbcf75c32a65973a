"""The post room's nouns."""

from .letters import Addressee, Letter, LetterQuerySet, PrintRun
from .messages import Chase, Message, MessageQuerySet
from .policy import Episode, LetterPolicy, Stop
from .templates import Letterhead, LetterKind, LetterTemplate, TemplateVersion

__all__ = [
    "Addressee",
    "Chase",
    "Episode",
    "Letter",
    "LetterKind",
    "LetterPolicy",
    "LetterQuerySet",
    "LetterTemplate",
    "Letterhead",
    "Message",
    "MessageQuerySet",
    "PrintRun",
    "Stop",
    "TemplateVersion",
]
