"""Documents people write -> versions (draft, tested, published, retired) -> the configuration in force. The same in the
database, through the API, and as a folder of YAML files (`pull`, `diff`, `apply`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from harken.errors import Invalid, NotFound
from harken.hub.core import Core, plans_of
from harken.hub.reidentify import refuse_recut
from harken.manage import documents as texts
from harken.manage.documents import FILES, KINDS, Body, Difference
from harken.stores import Tx, View
from harken.words import Document

RELABEL, REJUDGE, REIDENTIFY = "relabel", "rejudge", "reidentify"
LEARN = "learn"
T = TypeVar("T")
NOTHING: Mapping[tuple[str, str], Body | None] = {}
AFTERMATH: Mapping[str, str] = {  # what publishing a kind means for what is remembered already
    "source": RELABEL,
    "touchpoint": RELABEL,
    "interests": RELABEL,
    "stage": REJUDGE,
    "segment": REJUDGE,
    "key": REIDENTIFY,
    "goal": LEARN,
}


class Entry(Struct, frozen=True, kw_only=True):
    """One document as a list shows it: what is in force, and a draft beside it when there is one."""

    kind: str
    id: str
    published: int  # version in force, 0 when none is
    draft: int  # newest draft, 0 when none is
    body: dict[str, Any]


class Documents:
    """The configuration as text."""

    def __init__(self, core: Core) -> None:
        self._core = core

    # ------------------------------------------------------------------ reading

    @staticmethod
    def kinds() -> tuple[str, ...]:
        """The kinds of document there are."""
        return tuple(KINDS)

    def list(self, kind: str) -> Sequence[Entry]:
        """Every document of a kind that is published or drafted, by id."""
        texts.kind_of(kind)
        with self._core.read() as view:
            versions = view.documents(kind)
        by_id: dict[str, Any] = {}
        for one in versions:
            by_id.setdefault(one.id, []).append(one)
        entries = [_entry(kind, id, told) for id, told in by_id.items()]
        return [entry for entry in entries if entry.published or entry.draft]

    def get(self, kind: str, id: str) -> Sequence[Document]:
        """Every version of one document, oldest first."""
        texts.kind_of(kind)
        with self._core.read() as view:
            return _some(view.documents(kind, id), kind, id)

    def check(self, kind: str, body: Any) -> Body:
        """The typed document, or Invalid with what is wrong, where, and what would be right."""
        return texts.read(kind, body)

    def warnings(
        self, changed: Collection[tuple[str, str]], wanted: Mapping[tuple[str, str], Body | None] = NOTHING
    ) -> Sequence[str]:
        """What works but is hardly meant of the documents `changed` (kind, id), as they are in force; or would be when
        those `wanted` were published, and those that are None retired."""
        with self._core.read() as view:
            published = [one for one in view.documents(state="published") if (one.kind, one.id) not in wanted]
        for (kind, id), body in wanted.items():
            if body is not None:
                text = texts.encode(body)
                published.append(Document(kind=kind, id=id, version=0, state="published", body=text, at=0))
        return texts.warnings(texts.config(published, 0), changed)

    # ------------------------------------------------------------------ one document

    def put(self, kind: str, body: Any, *, by: str, reason: str = "") -> Document:
        """Write a new draft."""
        document = texts.read(kind, body)

        def work(tx: Tx) -> Document:
            versions = tx.documents(kind, document.id)
            at = self._core.clock()
            draft = texts.next_version(versions, document, kind=kind, by=by, reason=reason, at=at)
            tx.write_documents([draft])
            return draft

        return self._core.write(work)

    def publish(self, kind: str, id: str, *, by: str, reason: str = "", version: int = 0) -> Document:
        """Put a version in force (the newest draft unless named); the one before is retired and can come back."""

        def work(tx: Tx) -> Document:
            versions = _some(tx.documents(kind, id), kind, id)
            wanted = next((one for one in versions if one.version == version), versions[-1])
            if version and wanted.version != version:
                raise NotFound(f"{kind} '{id}' has no version {version}; it has 1 to {versions[-1].version}")
            if wanted.state == "published":
                return wanted
            changed = [replace(one, state="retired") for one in versions if one.state == "published"]
            at = self._core.clock()
            published = replace(wanted, state="published", at=at, by=by, reason=reason or wanted.reason)
            self._store(tx, [*changed, published])
            return published

        return self._changed(work)

    def rollback(self, kind: str, id: str, version: int, *, by: str, reason: str = "") -> Document:
        """Put an earlier version back in force."""
        return self.publish(kind, id, by=by, reason=reason or f"back to version {version}", version=version)

    def retire(self, kind: str, id: str, *, by: str, reason: str = "") -> None:
        """Take a document out of force; its versions stay and can be published again."""

        def work(tx: Tx) -> None:
            versions = _some(tx.documents(kind, id), kind, id)
            at = self._core.clock()
            self._store(tx, [replace(one, state="retired", at=at, by=by, reason=reason) for one in versions])

        self._changed(work)

    # ------------------------------------------------------------------ a folder of YAML

    def pull(self, folder: Path) -> Sequence[Path]:
        """Write what is in force as YAML, one file a kind; gives the files written."""
        folder.mkdir(parents=True, exist_ok=True)
        with self._core.read() as view:
            now = _in_force(view)
        written = []
        for kind, name in FILES.items():
            bodies = [msgspec.json.decode(body, type=KINDS[kind]) for (one, _), body in now.items() if one == kind]
            path = folder / name
            if bodies or path.exists():
                path.write_text(texts.to_yaml(bodies) if bodies else "[]\n", encoding="utf-8")
                written.append(path)
        return written

    def diff(self, folder: Path) -> Sequence[Difference]:
        """What `apply` would change. A kind without a file in the folder is left as it is."""
        with self._core.read() as view:
            return self._differences(view, folder)[0]

    def foreseen(self, folder: Path) -> Sequence[str]:
        """What `apply` would warn of."""
        with self._core.read() as view:
            changes, wanted = self._differences(view, folder)
        changed = [(one.kind, one.id) for one in changes]
        return self.warnings(changed, {pair: wanted.get(pair) for pair in changed})

    def apply(self, folder: Path, *, by: str, reason: str = "", prune: bool = True) -> Sequence[Difference]:
        """Make what is in force what the folder says, all of it or nothing; gives what changed. Without `prune`,
        documents the folder does not name stay in force."""

        def work(tx: Tx) -> Sequence[Difference]:
            changes, wanted = self._differences(tx, folder)
            changes = [change for change in changes if prune or change.change != "removed"]
            at = self._core.clock()
            written: list[Document] = []
            for change in changes:
                versions = tx.documents(change.kind, change.id)
                written.extend(replace(one, state="retired") for one in versions if one.state == "published")
                if change.change != "removed":
                    document = wanted[change.kind, change.id]
                    draft = texts.next_version(
                        versions, document, kind=change.kind, by=by, reason=reason or f"applied from {folder}", at=at
                    )
                    written.append(replace(draft, state="published"))
            if written:
                self._store(tx, written)
            return changes

        return self._changed(work)

    def _differences(self, view: View, folder: Path) -> tuple[Sequence[Difference], dict[tuple[str, str], Body]]:
        if not folder.is_dir():
            raise Invalid(f"{folder} is not a folder; `harken pull {folder}` makes one with what is in force")
        wanted: dict[tuple[str, str], Body] = {}
        present = set()
        for kind, name in FILES.items():
            path = folder / name
            if path.exists():
                present.add(kind)
                for document in texts.from_yaml(kind, _text(path), str(path)):
                    wanted[kind, document.id] = document
        if not present:
            raise Invalid(f"{folder} holds none of {', '.join(FILES.values())}")
        now = {pair: body for pair, body in _in_force(view).items() if pair[0] in present}
        return texts.differences(now, {pair: texts.encode(one) for pair, one in wanted.items()}), wanted

    # ------------------------------------------------------------------ what follows

    def _store(self, tx: Tx, changed: Sequence[Document]) -> None:
        """Write versions, and note the work they mean for what is remembered already. Documents that are right one by
        one but not together (a segment that needs itself) are refused, and nothing is written."""
        tx.write_documents(changed)
        config = texts.config(tx.documents(state="published"), tx.config_version())
        plans_of(config)
        if any(one.kind == "key" for one in changed):
            refuse_recut(self._core.plans.config, config, tx.counts()["trails"])
        for aftermath in {AFTERMATH[one.kind] for one in changed if one.kind in AFTERMATH}:
            tx.write_note(f"wanted:{aftermath}", str(self._core.clock()).encode())

    def _changed(self, work: Callable[[Tx], T]) -> T:
        """Do it, and hear with it from now on."""
        with self._core.working.lock:  # nothing is heard between the two
            result = self._core.write(work)
            with self._core.read() as view:
                self._core.load_config(view)
        return result


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path}: cannot be read as UTF-8 text: {error}") from None


def _entry(kind: str, id: str, versions: list[Document]) -> Entry:
    published = next((one for one in versions if one.state == "published"), None)
    draft = next((one for one in reversed(versions) if one.state in ("draft", "tested")), None)
    shown = published or draft or versions[-1]
    return Entry(
        kind=kind,
        id=id,
        published=published.version if published else 0,
        draft=draft.version if draft and (not published or draft.version > published.version) else 0,
        body=msgspec.json.decode(shown.body),
    )


def _some(versions: list[Document], kind: str, id: str) -> list[Document]:
    if not versions:
        raise NotFound(f"no {kind} named '{id}'; `GET /api/config/{kind}` lists them", code="unknown_document")
    return versions


def _in_force(view: View) -> dict[tuple[str, str], bytes]:
    return {(one.kind, one.id): one.body for one in view.documents(state="published")}
