"""Published documents -> Config; YAML text <-> documents; what differs between two sets of them. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import msgspec
import yaml
from msgspec import Struct

from harken import rules
from harken.errors import Invalid
from harken.words import (
    DEFAULT_KEYS,
    DEFAULT_STAGES,
    Acting,
    Action,
    Config,
    Control,
    Document,
    Goal,
    Idea,
    Interests,
    Key,
    Lever,
    Limit,
    Match,
    Micros,
    Placement,
    SavedView,
    Segment,
    Source,
    Stage,
    Survey,
    Touchpoint,
)

Body: TypeAlias = (
    Source | Key | Touchpoint | Stage | Segment | Goal | Survey | Interests | SavedView | Idea
    | Placement | Action | Limit | Lever | Control
)  # fmt: skip

KINDS: Mapping[str, type[Body]] = {
    "source": Source,
    "key": Key,
    "touchpoint": Touchpoint,
    "stage": Stage,
    "segment": Segment,
    "goal": Goal,
    "survey": Survey,
    "interests": Interests,
    "view": SavedView,
    "idea": Idea,
    "placement": Placement,
    "action": Action,
    "limit": Limit,
    "lever": Lever,
    "control": Control,
}
FILES: Mapping[str, str] = {
    "source": "sources.yaml",
    "key": "keys.yaml",
    "touchpoint": "touchpoints.yaml",
    "stage": "stages.yaml",
    "segment": "segments.yaml",
    "goal": "goals.yaml",
    "survey": "surveys.yaml",
    "interests": "interests.yaml",
    "view": "views.yaml",
    "idea": "ideas.yaml",
    "placement": "placements.yaml",
    "action": "actions.yaml",
    "limit": "limits.yaml",
    "lever": "levers.yaml",
    "control": "controls.yaml",
}
ADDRESS = re.compile(r"/[a-z][a-z/-]*(\?[\x21-\x7e]{0,20000})?")  # of a page, as a browser writes it
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C, where PyYAML was built with it
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
MAX_DOCUMENTS = 10_000
MAX_BODY = 256 * 1024
NAMED = 5  # in a warning


class Difference(Struct, frozen=True, kw_only=True):
    """What `apply` would do to one document: `new`, `changed` or `removed`, with a unified diff to read."""

    kind: str
    id: str
    change: str
    text: str


def kind_of(kind: str) -> type[Body]:
    """The type of a kind of document; Invalid names the kinds there are."""
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, 1)
        raise Invalid(
            f"no kind of document named '{kind}'" + (f", did you mean '{near[0]}'" if near else "")
            + f"; there are {', '.join(KINDS)}"
        )  # fmt: skip
    return KINDS[kind]


def read(kind: str, body: Any, where: str = "") -> Body:
    """Plain data -> a typed document; Invalid says what is wrong, where, and what would be right."""
    type_ = kind_of(kind)
    at = where or kind
    if not isinstance(body, dict):
        raise Invalid(f"{at}: a {kind} is a mapping of fields, not {type(body).__name__}")
    if not isinstance(body.get("id", type_ is Interests and "interests"), str) or body.get("id") == "":
        raise Invalid(f"{at}: a {kind} needs an 'id' of text")
    try:
        document = msgspec.convert(body, type_)
    except msgspec.ValidationError as error:
        raise Invalid(f"{at}: {error}{_fields(type_, body)}") from None
    if len(document.id) > 200 or any(ord(char) < 32 for char in document.id):
        raise Invalid(f"{at}: an id has at most 200 printable characters")
    if isinstance(document, Segment):
        rules.parse(document.rule, f"{at}.rule")
    if isinstance(document, Survey):
        _check_survey(document, at)
    if isinstance(document, SavedView):
        _check_address(document.address, at)
    if isinstance(document, Idea):
        _check_idea(document, at)
    return document


def _check_idea(idea: Idea, at: str) -> None:
    if not idea.name.strip():
        raise Invalid(f"{at}: an idea needs a `name`: what shall be tried, in a few words")
    if idea.origin.address:
        _check_address(idea.origin.address, f"{at}.origin")


def _check_address(address: str, at: str) -> None:
    """An address leads to a page of this hub and nowhere else, whatever a browser makes of slashes."""
    if not ADDRESS.fullmatch(address):
        raise Invalid(
            f"{at}: an address is that of a page of the studio and what is chosen on it, such as "
            f"/map?segment=likely_to_leave, not {address[:80]!r}"
        )


def _check_survey(survey: Survey, at: str) -> None:
    if not survey.match:
        raise Invalid(f"{at}: a survey needs `match`: which events are its answers, such as name: Survey Answered")
    if not survey.property:
        raise Invalid(f"{at}: a survey needs `property`: where its events tell the number answered, such as score")
    if (survey.worst is None) != (survey.best is None) or (survey.worst is not None and survey.worst == survey.best):
        raise Invalid(f"{at}: a scale has two different ends, `worst` and `best`, such as 1 and 5")
    if survey.asks == "nps" and (survey.worst, survey.best) not in ((None, None), (0, 10)):
        raise Invalid(f"{at}: NPS is asked from 0 to 10; for another scale say `asks: csat` or `asks: ces`")


def _fields(type_: type[Body], body: Mapping[str, Any]) -> str:
    """The nearest right name for a field that does not exist."""
    names = [field.encode_name for field in msgspec.structs.fields(type_)]
    for unknown in (name for name in body if name not in names):
        near = difflib.get_close_matches(str(unknown), names, 1)
        return f" (did you mean '{near[0]}'?)" if near else f" (there are: {', '.join(names)})"
    return ""


@cache
def _defaults(type_: type[Body]) -> dict[str, Any]:
    """Field -> what it is when nothing is said."""
    fields = msgspec.structs.fields(type_)
    return {one.encode_name: msgspec.to_builtins(one.default) for one in fields if one.default is not msgspec.NODEFAULT}


def body_of(document: Body) -> dict[str, Any]:
    """The fields that say something: those that differ from the default, and the id."""
    defaults = _defaults(type(document))
    told = {"id": document.id} | {
        name: value
        for name, value in msgspec.to_builtins(document).items()
        if name != "id" and (name not in defaults or value != defaults[name])
    }
    return {name: _shorter(value) if name == "match" else value for name, value in told.items()}


def _shorter(matches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in match.items() if value not in ("", {})} for match in matches]


def encode(document: Body) -> bytes:
    return msgspec.json.encode(body_of(document))


def config(published: Iterable[Document], version: int) -> Config:
    """The configuration a batch is heard with. Kinds with no document at all keep their defaults."""
    by_kind: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for document in published:
        by_kind[document.kind].append(msgspec.json.decode(document.body, type=KINDS[document.kind]))
    stages = sorted(by_kind["stage"] or DEFAULT_STAGES, key=lambda stage: (stage.order, stage.id))
    keys = {key.id: key for key in (*DEFAULT_KEYS, *by_kind["key"])}
    return Config(
        version=version,
        sources={source.id: source for source in by_kind["source"]},
        keys=tuple(sorted(keys.values(), key=lambda key: (key.priority, key.id))),
        touchpoints=tuple(sorted(by_kind["touchpoint"], key=lambda one: (-precision(one), one.id))),
        stages=tuple(stages),
        segments={segment.id: segment for segment in by_kind["segment"]},
        goals={goal.id: goal for goal in by_kind["goal"]},
        surveys={survey.id: survey for survey in by_kind["survey"]},
        interests=(by_kind["interests"] or [Interests()])[0],
        acting=Acting(
            placements={one.id: one for one in by_kind["placement"]},
            actions={one.id: one for one in by_kind["action"]},
            limits={one.id: one for one in by_kind["limit"]},
            levers={one.id: one for one in by_kind["lever"]},
            controls={one.id: one for one in by_kind["control"]},
        ),
    )


def warnings(config: Config, changed: Collection[tuple[str, str]]) -> list[str]:
    """What works but is hardly meant, in a configuration in which the documents `changed` (kind, id) are new or gone:
    touchpoints whose stage there is not. The map shows it behind all others."""
    stages = [stage.id for stage in config.stages]
    lost: dict[str, list[str]] = {}
    for touchpoint in config.touchpoints:
        if touchpoint.stage and touchpoint.stage not in stages:
            lost.setdefault(touchpoint.stage, []).append(touchpoint.id)
    of_stages = any(kind == "stage" for kind, _ in changed)
    told = []
    for stage, ids in sorted(lost.items()):
        concerned = sorted(id for id in ids if of_stages or ("touchpoint", id) in changed)
        if concerned:
            near = difflib.get_close_matches(stage, stages, 1)
            hint = f"did you mean '{near[0]}'?" if near else f"the stages are {', '.join(stages)}."
            more = f" and {len(concerned) - NAMED} more" if len(concerned) > NAMED else ""
            told.append(
                f"there is no stage '{stage}', which {', '.join(concerned[:NAMED])}{more} "
                f"{'says' if len(concerned) == 1 else 'say'}; {hint} Until then it comes behind all stages"
            )
    return told


def precision(touchpoint: Touchpoint) -> int:
    """How narrow a touchpoint's match is; the narrowest that fits an event names its place, so order in a file does
    not matter.

    >>> precision(Touchpoint(id="a", match=(Match(path="/plans/*"),))) < precision(
    ...     Touchpoint(id="b", match=(Match(path="/plans/gold"),)))
    True
    """
    return max((_precision(match) for match in touchpoint.match), default=0)


def _precision(match: Match) -> int:
    score = 1_000 * len(match.properties)
    for text in (match.name, match.path):
        if text:
            score += 200 + (100 if "*" not in text else 0) + min(99, len(text.replace("*", "")))
    return score + 20 * bool(match.source) + 10 * bool(match.type)


def to_yaml(documents: Iterable[Body]) -> str:
    """A list of documents as YAML, ids in order, stages by their order."""
    ordered = sorted(documents, key=lambda one: (getattr(one, "order", 0), getattr(one, "priority", 0), one.id))
    bodies = [body_of(one) for one in ordered]
    text: str = yaml.dump(bodies, Dumper=DUMPER, sort_keys=False, allow_unicode=True, width=110)
    return text


def from_yaml(kind: str, text: str, where: str) -> list[Body]:
    """YAML text -> documents. `where` is the file's name, for errors."""
    try:
        data = yaml.load(text, Loader=LOADER)  # noqa: S506 (it is a safe one)
    except yaml.YAMLError as error:
        raise Invalid(f"{where}: not YAML: {error}") from None
    if data is None:
        return []
    if isinstance(data, dict):
        data = [data]
    if not isinstance(data, list):
        raise Invalid(f"{where}: a list of {kind} documents is wanted, each with an id")
    if len(data) > MAX_DOCUMENTS:
        raise Invalid(f"{where}: {len(data)} documents; at most {MAX_DOCUMENTS} in a file")
    read_ = [read(kind, body, f"{where}[{place}]") for place, body in enumerate(data)]
    seen: set[str] = set()
    for document in read_:
        if document.id in seen:
            raise Invalid(f"{where}: two documents have the id '{document.id}'")
        seen.add(document.id)
    return read_


def differences(now: Mapping[tuple[str, str], bytes], wanted: Mapping[tuple[str, str], bytes]) -> list[Difference]:
    """What changes when the documents `now` become those `wanted`; both by (kind, id) -> JSON body."""
    found = []
    for kind, id in sorted({*now, *wanted}):
        old, new = now.get((kind, id), b""), wanted.get((kind, id), b"")
        if old == new:
            continue
        text = "\n".join(list(difflib.unified_diff(_lines(kind, old), _lines(kind, new), lineterm="", n=2))[2:])
        change = "new" if not old else "removed" if not new else "changed"
        found.append(Difference(kind=kind, id=id, change=change, text=text))
    return found


def _lines(kind: str, body: bytes) -> list[str]:
    if not body:
        return []
    return to_yaml([msgspec.json.decode(body, type=KINDS[kind])]).splitlines()


def next_version(
    versions: Sequence[Document], document: Body, *, kind: str, by: str, reason: str, at: Micros
) -> Document:
    """A new draft after the versions there are."""
    body = encode(document)
    if len(body) > MAX_BODY:
        raise Invalid(f"{kind} '{document.id}' is {len(body):,} bytes; at most {MAX_BODY:,}")
    last = max((one.version for one in versions), default=0)
    return Document(kind=kind, id=document.id, version=last + 1, state="draft", body=body, at=at, by=by, reason=reason)
