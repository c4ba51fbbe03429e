"""Published configuration -> Plan: rules compiled, stages and interests looked up once. Events -> whom they concern."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches

from msgspec import Struct

from harken import rules
from harken.errors import Invalid
from harken.remember.foretold import Foretold
from harken.rules import Evaluate, Field, GoalChance, InStage, Reads, Rule
from harken.words import DEFAULT_KEYS, DEFAULT_STAGES, Config, Event, Stage, Touchpoint

Readers = dict[str, frozenset[str]]  # what is read -> the segments that read it


class Compiled(Struct, frozen=True, kw_only=True):
    """One segment, ready to judge."""

    rule: Rule
    evaluate: Evaluate
    reads: Reads


class Plan(Struct, frozen=True, kw_only=True):
    """A configuration compiled for `remember`; made once for each published version."""

    devices: frozenset[str]  # kinds of identifiers that name a device
    half_life: float  # of interests, in days
    stages: dict[str, int]  # stage -> its order
    stage_of: dict[str, str]  # touchpoint -> stage
    touchpoints: dict[str, Touchpoint]
    segments: dict[str, Compiled] = {}
    by_event: Readers = {}
    by_touchpoint: Readers = {}
    by_channel: Readers = {}
    by_trait: Readers = {}
    by_topic: Readers = {}
    by_identifier: Readers = {}
    on_consent: frozenset[str] = frozenset()
    on_stage: frozenset[str] = frozenset()
    on_any: frozenset[str] = frozenset()
    foretells: bool = False  # some segment compares the chance of a goal
    foretold: Foretold | None = None  # where it looks them up; None: nobody can know any


def prepare(config: Config, foretold: Foretold | None = None) -> Plan:
    """Compile a configuration; Invalid says which segment is wrong, where, and what would be right. `foretold`: what is
    known of the chances of goals."""
    if not config.interests.half_life_days > 0:
        raise Invalid(f"interests.half_life_days: wants more than 0, not {config.interests.half_life_days}")
    stages = config.stages or DEFAULT_STAGES
    segments = _compiled(config, stages)

    def readers(names: Callable[[Reads], frozenset[str]]) -> Readers:
        read = {name for one in segments.values() for name in names(one.reads)}
        return {name: frozenset(id for id, one in segments.items() if name in names(one.reads)) for name in read}

    def those(wanted: Callable[[Reads], bool]) -> frozenset[str]:
        return frozenset(id for id, one in segments.items() if wanted(one.reads))

    return Plan(
        devices=frozenset(key.id for key in config.keys or DEFAULT_KEYS if key.device),
        half_life=config.interests.half_life_days,
        stages={stage.id: stage.order for stage in stages},
        stage_of={touchpoint.id: touchpoint.stage for touchpoint in config.touchpoints if touchpoint.stage},
        touchpoints={touchpoint.id: touchpoint for touchpoint in config.touchpoints},
        segments=segments,
        by_event=readers(lambda reads: reads.events),
        by_touchpoint=readers(lambda reads: reads.touchpoints),
        by_channel=readers(lambda reads: reads.channels),
        by_trait=readers(lambda reads: reads.traits),
        by_topic=readers(lambda reads: reads.topics),
        by_identifier=readers(lambda reads: reads.identifiers),
        on_consent=those(lambda reads: bool(reads.purposes)),
        on_stage=those(lambda reads: bool(reads.stages)),
        on_any=those(lambda reads: reads.seen),
        foretells=any(one.reads.goals for one in segments.values()),
        foretold=foretold,
    )


def _compiled(config: Config, stages: Sequence[Stage]) -> dict[str, Compiled]:
    parsed = {id: rules.parse(segment.rule, f"segments.{id}.rule") for id, segment in config.segments.items()}
    _check_leaves(parsed, [stage.id for stage in stages], config.goals)
    reads = rules.closure(parsed)
    return {
        id: Compiled(rule=rule, evaluate=rules.compile(rule), reads=reads[id]) for id, rule in sorted(parsed.items())
    }


def _check_leaves(parsed: Mapping[str, Rule], stages: Sequence[str], goals: Collection[str]) -> None:
    """What a rule by itself cannot know: that a segment is about a customer, and which stages and goals there are."""
    for id, rule in parsed.items():
        for leaf in rules.leaves(rule):
            if isinstance(leaf, Field):
                raise Invalid(
                    f"segments.{id}.rule: `{leaf.where}: {leaf.name}` asks about one event, a segment about a "
                    "customer; ask for a trait, or count events of a name or touchpoint",
                    code="invalid_rule",
                )
            if isinstance(leaf, InStage):
                _check_name(id, "stage", leaf.stage, stages)
            if isinstance(leaf, GoalChance):
                _check_name(id, "goal", leaf.goal, goals)


def _check_name(id: str, what: str, name: str, there: Collection[str]) -> None:
    if name not in there:
        close = get_close_matches(name, there, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there is {', '.join(there) or 'none yet'}"
        raise Invalid(f"segments.{id}.rule: there is no {what} {name!r}; {hint}", code="invalid_rule")


def affected(events: Sequence[Event], plan: Plan) -> set[str]:
    """The segments whose verdict these events may change, by what their rules read. Does not know of customers that
    are merged or parted: those need every segment judged."""
    found: set[str] = set()
    if not plan.segments or not events:
        return found
    if plan.on_any:
        found |= plan.on_any
    for event in events:
        if readers := plan.by_event.get(event.name):
            found |= readers
        if readers := plan.by_touchpoint.get(event.touchpoint):
            found |= readers
        if readers := plan.by_channel.get(event.channel):
            found |= readers
        if plan.on_stage and event.touchpoint in plan.stage_of:
            found |= plan.on_stage
        if event.consent:
            found |= plan.on_consent
        if event.traits and plan.by_trait:
            found.update(id for name in event.traits for id in plan.by_trait.get(name, ()))
        if event.topics and plan.by_topic:
            _add_topics(found, event, plan)
        if plan.by_identifier:
            found.update(id for one in event.identifiers for id in plan.by_identifier.get(one.kind, ()))
    return found


def _add_topics(found: set[str], event: Event, plan: Plan) -> None:
    for topic in event.topics:
        above = topic
        while above:
            found.update(plan.by_topic.get(above, ()))
            above = above.rpartition("/")[0]
