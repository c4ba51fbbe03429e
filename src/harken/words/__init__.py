"""The nouns of Harken: what every stage takes and gives. Values only, no behavior, nothing of Harken imported.

Times are integers: microseconds since 1970-01-01 UTC (`Micros`). Ids that Harken makes are 16 characters, URL-safe,
and follow from what they name (`digest`), so two nodes that meet the same customer at once make the same ids.

    ids.py         ids and times              heard.py   what comes in, and the events it becomes
    who.py         customers                  kept.py    what the hub keeps besides
    configured.py  the documents a team publishes; acting.py those about what the hub can do; config.py all of them
"""

from harken.words.acting import Acting, Action, Asset, Control, Lever, Limit, Placement, Response
from harken.words.config import DEFAULT_KEYS, DEFAULT_STAGES, Config
from harken.words.configured import (
    Goal,
    Idea,
    Interests,
    Key,
    Limits,
    Match,
    Origin,
    SavedView,
    Segment,
    Source,
    Stage,
    Survey,
    Touchpoint,
)
from harken.words.heard import BOOKKEEPING, Answer, Dropped, DropReason, Event, Identifier, RawBatch, Rows
from harken.words.ids import DAY, SECOND, Micros, digest
from harken.words.kept import AccessKey, DeadLetter, Document, Membership, Timer
from harken.words.who import Evidence, Known, Profile, Trail

__all__ = [
    "BOOKKEEPING", "DAY", "DEFAULT_KEYS", "DEFAULT_STAGES", "SECOND", "AccessKey", "Acting", "Action", "Answer",
    "Asset", "Config", "Control", "DeadLetter", "Document", "DropReason", "Dropped", "Event", "Evidence", "Goal",
    "Idea", "Identifier", "Interests", "Key", "Known", "Lever", "Limit", "Limits", "Match", "Membership", "Micros",
    "Origin", "Placement", "Profile", "RawBatch", "Response", "Rows", "SavedView", "Segment", "Source", "Stage", "Survey", "Timer",
    "Touchpoint", "Trail", "digest",
]  # fmt: skip
