"""The post room's nouns."""

from .alerts import AlertRule, MessagePupil
from .letters import Addressee, Letter, LetterQuerySet, PrintRun
from .messages import Chase, Message, MessageQuerySet
from .policy import Episode, LetterPolicy, Stop
from .rewards import Reward, StruckReward
from .templates import Letterhead, LetterKind, LetterTemplate, TemplateVersion

__all__ = [
    "Addressee",
    "AlertRule",
    "Chase",
    "Episode",
    "Letter",
    "LetterKind",
    "LetterPolicy",
    "LetterQuerySet",
    "LetterTemplate",
    "Letterhead",
    "Message",
    "MessagePupil",
    "MessageQuerySet",
    "PrintRun",
    "Reward",
    "Stop",
    "StruckReward",
    "TemplateVersion",
]
