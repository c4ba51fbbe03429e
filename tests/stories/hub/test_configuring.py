"""Configuration as text: versions, folders of YAML, what publishing means for the past, keys that open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from harken.errors import Invalid, NotFound
from harken.hub import Hub
from stories.hub.telling import (
    HOUR,
    NOW,
    Place,
    Places,
    all_of,
    check_states,
    did,
    hear,
    iso,
    members,
    publish,
    segment,
    together,
    told,
    whole,
)

# ---------------------------------------------------------------- the catalogue


def page(path: str, at: int, anon: str) -> dict[str, object]:
    context = {"page": {"path": path, "url": f"https://shop.example.test{path}"}}
    return {
        "messageId": f"{path}{at}{anon}",
        "type": "page",
        "anonymousId": anon,
        "timestamp": iso(at),
        "context": context,
    }


@pytest.mark.parametrize("settled", [0, 1, 2], ids=["in the store", "in both", "in the lake"])
def test_a_changed_catalogue_tells_history_anew(place: Place, settled: int) -> None:
    """Every event of the past gets its new name: in timelines, counters, segments, the map; as if it had been so always."""
    hub = place.open()
    for number in range(4):
        hear(hub, page("/plans/gold", NOW, f"b{number}"), page("/cart", NOW + HOUR, f"b{number}"))
        if number == 1 and settled == 1:
            hub.settle()
    if settled == 2:
        hub.settle()
    waiting = {one.touchpoint for one in hub.touchpoints() if not one.mapped}
    assert len(waiting) == 2
    segment(hub, "planners", {"touchpoint": "web: Plan page"})
    publish(hub, "touchpoint", id="web: Plan page", stage="consider", match=[{"path": "/plans/*"}])
    publish(hub, "touchpoint", id="web: Cart", stage="buy", match=[{"path": "/cart"}])
    uses = {one.touchpoint: one for one in hub.touchpoints()}
    assert uses.keys() == {"web: Plan page", "web: Cart"}
    assert (uses["web: Cart"].events, uses["web: Cart"].customers, uses["web: Cart"].mapped) == (4, 4, True)
    for number in range(4):
        customer = hub.profile(f"anonymous_id:b{number}")
        assert customer.touchpoints.keys() == {"web: Plan page", "web: Cart"}
        assert customer.touchpoints["web: Cart"].count == 1
        assert (customer.stage.current, customer.stage.earliest) == ("buy", "consider")
        assert [one.touchpoint for one in hub.timeline(customer.pid).data] == ["web: Cart", "web: Plan page"]
    assert len(members(hub, "planners")) == 4
    moves = hub.journeys.map().moves
    assert moves.select("from", "to", "customers").rows() == [("web: Plan page", "web: Cart", 4)]
    check_states(hub)
    fresh = Place("memory:", place.data.with_name("fresh"), several=False, lasting=False)
    always = fresh.open()
    publish(always, "touchpoint", id="web: Plan page", stage="consider", match=[{"path": "/plans/*"}])
    publish(always, "touchpoint", id="web: Cart", stage="buy", match=[{"path": "/cart"}])
    segment(always, "planners", {"touchpoint": "web: Plan page"})
    for number in range(4):
        hear(always, page("/plans/gold", NOW, f"b{number}"), page("/cart", NOW + HOUR, f"b{number}"))
    for number in range(4):
        mine, theirs = whole(hub, f"anonymous_id:b{number}"), whole(always, f"anonymous_id:b{number}")
        mine["customer"]["segments"], theirs["customer"]["segments"] = (
            sorted(one["customer"]["segments"]) for one in (mine, theirs)
        )
        assert mine == theirs
    fresh.close()


def test_a_period_is_said_as_people_write_times(place: Place) -> None:
    """In a notebook: a text, a day, a moment with or without a zone; what is none says what would be right."""
    hub = place.open()
    hear(hub, page("/plans/gold", NOW, "b1"), page("/cart", NOW + HOUR, "b1"))
    at = datetime.fromtimestamp((NOW + HOUR) / 1e6, UTC)
    for since in (NOW + HOUR, at, at.replace(tzinfo=None), iso(NOW + HOUR)):
        assert hub.journeys.map(since=since).header.events == 1
    for since in (at.date(), at.date().isoformat()):
        assert hub.journeys.map(since=since, until=at + timedelta(seconds=1)).header.since == whole_day(at)
    assert [one.kind for one in hub.identity("anonymous_id:b1", as_of=at + timedelta(days=9000)).identifiers]
    for wrong in ("soon", 1.5, True):
        with pytest.raises(Invalid, match=r"since: .* is not a time"):
            hub.journeys.map(since=wrong)  # type: ignore[arg-type]


def whole_day(at: datetime) -> int:
    return int(at.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * 1_000_000


def test_a_map_shows_a_merge_and_a_new_name_at_once(place: Place) -> None:
    """Also of a period that is over, whose answer was asked for before."""
    hub = place.open()
    hear(hub, page("/plans/gold", NOW, "b1"), page("/cart", NOW + HOUR, "b2"))

    def drawn() -> str:
        told = hub.journeys.map(until=NOW + 2 * HOUR)
        return repr([sorted(map(repr, told.nodes.rows())), sorted(map(repr, told.edges.rows()))])

    before = drawn()
    hub.merge("anonymous_id:b1", "anonymous_id:b2", by="op")
    merged = drawn()
    assert merged != before
    hub.unmerge("anonymous_id:b2", "anonymous_id:b1", by="op")
    assert drawn() == before
    hub.documents.put("touchpoint", {"id": "web: Plan page", "match": [{"path": "/plans/*"}]}, by="ada")
    hub.documents.publish("touchpoint", "web: Plan page", by="ada")
    drawn()
    hub.jobs.run_wanted()
    assert "web: Plan page" in drawn()
    hub.erase("anonymous_id:b1", by="op")
    assert "web: Plan page" not in drawn()


# ---------------------------------------------------------------- versions


def test_a_document_is_drafted_published_rolled_back_and_retired(hub: Hub) -> None:
    """Each step is a version with who, when and why; only what is published counts."""
    documents = hub.documents
    draft = documents.put("segment", {"id": "s", "rule": {"event": "A"}}, by="ada", reason="first")
    assert (draft.version, draft.state) == (1, "draft")
    assert not hub.config.segments
    documents.publish("segment", "s", by="bob")
    documents.put("segment", {"id": "s", "rule": {"event": "B"}}, by="ada")
    [entry] = documents.list("segment")
    assert (entry.published, entry.draft) == (1, 2)
    assert hub.config.segments["s"].rule == {"event": "A"}
    documents.publish("segment", "s", by="bob")
    assert hub.config.segments["s"].rule == {"event": "B"}
    documents.rollback("segment", "s", 1, by="cyd")
    assert hub.config.segments["s"].rule == {"event": "A"}
    assert [(one.version, one.state) for one in documents.get("segment", "s")] == [(1, "published"), (2, "retired")]
    assert documents.get("segment", "s")[0].reason == "back to version 1"
    documents.retire("segment", "s", by="cyd")
    assert not hub.config.segments
    with pytest.raises(NotFound, match="no version 9"):
        documents.publish("segment", "s", by="bob", version=9)
    with pytest.raises(NotFound, match="no segment named 't'"):
        documents.publish("segment", "t", by="bob")


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("segmnt", {"id": "s"}, "did you mean 'segment'"),
        ("segment", {"rule": {}}, "needs an 'id'"),
        ("segment", {"id": "s", "rule": {"evnt": "A"}}, "evnt"),
        ("segment", {"id": "s", "roole": {}}, "did you mean 'rule'"),
        ("key", {"id": "user_id"}, "priority"),
        ("source", {"id": "web", "resolution": "years"}, "resolution"),
        ("touchpoint", [], "mapping"),
    ],
)
def test_a_wrong_document_is_refused_with_what_would_be_right(
    place_of: Places, kind: str, body: object, words: str
) -> None:
    """Nothing is written, and the message names field and cure."""
    hub = place_of("memory").open()
    with pytest.raises(Invalid, match=words):
        hub.documents.put(kind, body, by="ada")
    assert hub.config.version == 0


def test_segments_that_need_each_other_are_refused(hub: Hub) -> None:
    """A circle is refused when its last part is published, and what was in force stays."""
    segment(hub, "a", {"event": "A"})
    segment(hub, "b", {"segment": "a"})
    version = hub.config.version
    with pytest.raises(Invalid, match="a"):
        segment(hub, "a", {"segment": "b"})
    assert hub.config.segments["a"].rule == {"event": "A"}
    assert hub.config.version <= version + 1
    hear(hub, did("A", NOW, user="ada"))
    assert members(hub, "b") == {"ada"}


def test_keys_cannot_be_cut_otherwise_once_there_are_trails(hub: Hub) -> None:
    """Kind, `device` and exclusiveness make trails; everything else may change, and then everybody is told anew."""
    publish(hub, "key", id="loyalty", priority=15, limit=1)
    hear(hub, did("Hi", NOW, user="ada", email="e1@example.test"), did("Hi", NOW, user="bob", email="e1@example.test"))
    with pytest.raises(Invalid, match="key email"):
        publish(hub, "key", id="email", priority=40, limit=1, normalizer="email")
    with pytest.raises(Invalid, match="key loyalty"):
        publish(hub, "key", id="loyalty", priority=15)
    publish(hub, "key", id="email", priority=40, limit=3, normalizer="email", quarantine=7)
    assert next(key for key in hub.config.keys if key.id == "email").quarantine == 7


@pytest.mark.parametrize("settled", [False, True], ids=["in the store", "in the lake"])
def test_a_new_kind_of_key_counts_from_now_on(place: Place, settled: bool) -> None:
    """What was heard before stays where it was filed, also when a late sign-in has the device's events filed again."""
    hub = place.open()
    traits = {"badge": "7", "email": "e1@example.test"}
    hear(
        hub,
        told(NOW, anon="d", **traits),
        did("Seen", NOW + HOUR, anon="d"),
        did("In", NOW + 2 * HOUR, anon="d", user="ada"),
        told(NOW + 3 * HOUR, anon="d", badge="8"),
    )
    if settled:
        hub.settle()
    publish(hub, "key", id="badge", priority=15, limit=1)
    assert hub.profile("user_id:ada").events == 4
    hear(hub, did("In", NOW + HOUR - 1, anon="d", user="bob"))
    check_states(hub)
    assert hub.profile("user_id:ada").events + hub.profile("user_id:bob").events == 5
    assert len(hub.profiles().data) == 2
    hear(hub, told(NOW + 4 * HOUR, user="ada", badge="8"))
    assert together(hub, "badge:8", "user_id:ada")
    check_states(hub)


def test_a_changed_quarantine_tells_everybody_anew(place: Place, place_of: Places) -> None:
    """A terminal that is no terminal by the new key, and back: identity and anonymous events as if it had been so always."""
    people = [f"u{n}" for n in range(6)]
    events = [did("Paid", NOW + n * HOUR - 20 * HOUR, anon="t", user=user) for n, user in enumerate(people)]
    events += [did("Idle", NOW + n * HOUR - 20 * HOUR + 1, anon="t") for n in range(6)]
    refs = [*(f"user_id:{user}" for user in people), "anonymous_id:t"]

    def heard(hub: Hub, limit: int) -> dict[str, object]:
        publish(hub, "key", id="anonymous_id", priority=90, device=True, quarantine=limit)
        hear(hub, *events)
        return all_of(hub, refs)

    open_, closed = heard(place_of("memory").open(), 20), heard(place_of("memory").open(), 3)
    assert open_ != closed
    hub = place.open()
    assert heard(hub, 3) == closed
    for settled in (False, True):
        if settled:
            hub.settle()
        hub = place.again(hub)
        publish(hub, "key", id="anonymous_id", priority=90, device=True, quarantine=20)
        check_states(hub)
        assert all_of(hub, refs) == open_
        publish(hub, "key", id="anonymous_id", priority=90, device=True, quarantine=3)
        check_states(hub)
        assert all_of(hub, refs) == closed


def test_what_one_node_publishes_the_other_hears_with(shared: Place) -> None:
    """Within its next batch."""
    here, there = shared.open(), shared.open()
    hear(here, page("/cart", NOW, "b0"))
    publish(there, "touchpoint", id="web: Cart", match=[{"path": "/cart"}])
    segment(there, "carts", {"touchpoint": "web: Cart"})
    hear(here, page("/cart", NOW, "b1"))
    assert here.profile("anonymous_id:b1").touchpoints.keys() == {"web: Cart"}
    assert here.config.version == there.config.version
    assert members(here, "carts") == {"b1"} | members(here, "carts")
    hear(here, page("/cart", NOW + 1, "b0"))
    check_states(there)


# ---------------------------------------------------------------- a folder of YAML


def test_pull_and_apply_go_round(place: Place, tmp_path: Path) -> None:
    """What is in force as files; applied to another hub it is the same; a changed file is shown before it is applied."""
    hub = place.open()
    segment(hub, "a", {"event": "A"})
    publish(hub, "touchpoint", id="web: Cart", stage="buy", match=[{"path": "/cart"}])
    publish(hub, "source", id="app", channel="app")
    folder = tmp_path / "config"
    written = hub.documents.pull(folder)
    assert {path.name for path in written} == {"segments.yaml", "touchpoints.yaml", "sources.yaml"}
    assert not hub.documents.diff(folder)
    other = Place("memory:", tmp_path / "other", several=False, lasting=False).open()
    changes = other.documents.apply(folder, by="ada")
    assert {(one.kind, one.change) for one in changes} == {("segment", "new"), ("touchpoint", "new"), ("source", "new")}
    assert other.config.touchpoints == hub.config.touchpoints
    assert other.config.segments == hub.config.segments
    assert other.config.sources == hub.config.sources
    rules = yaml.safe_load((folder / "segments.yaml").read_text())
    rules[0]["rule"] = {"event": "B"}
    rules.append({"id": "c", "rule": {"segment": "a"}})
    (folder / "segments.yaml").write_text(yaml.safe_dump(rules))
    (folder / "sources.yaml").write_text("[]\n")
    found = {(one.id, one.change) for one in hub.documents.diff(folder)}
    assert found == {("a", "changed"), ("c", "new"), ("app", "removed")}
    assert hub.config.segments["a"].rule == {"event": "A"}
    hub.documents.apply(folder, by="ada", prune=False)
    assert "app" in hub.config.sources
    hub.documents.apply(folder, by="ada")
    assert "app" not in hub.config.sources
    assert hub.config.segments["a"].rule == {"event": "B"}
    assert not hub.documents.diff(folder)
    assert not hub.documents.apply(folder, by="ada")


def test_views_of_the_studio_are_text_like_everything_else(place: Place, tmp_path: Path) -> None:
    """Drafted, published, pulled, changed, applied, put back; nothing that is heard or counted changes with them."""
    hub = place.open()
    hear(hub, page("/cart", NOW, "b0"))
    before = repr(hub.journeys.map().nodes.rows())
    publish(hub, "view", id="leavers", name="Likely to leave", address="/map?segment=at_risk&cover=60")
    folder = tmp_path / "config"
    (written,) = hub.documents.pull(folder)
    assert yaml.safe_load(written.read_text()) == [
        {"id": "leavers", "name": "Likely to leave", "address": "/map?segment=at_risk&cover=60"}
    ]
    written.write_text(written.read_text().replace("Likely to leave", "Leavers"))
    (changed,) = hub.documents.diff(folder)
    assert (changed.kind, changed.id, changed.change) == ("view", "leavers", "changed")
    hub.documents.apply(folder, by="ada")
    (one,) = hub.documents.list("view")
    assert (one.body["name"], one.published) == ("Leavers", 2)
    hub.documents.rollback("view", "leavers", 1, by="ada")
    hub.documents.retire("view", "leavers", by="ada")
    assert not hub.documents.list("view")
    assert repr(hub.journeys.map().nodes.rows()) == before
    assert not hub.jobs.run_wanted()


def test_an_idea_is_text_that_asks_for_what_it_was_read_from(place: Place, tmp_path: Path) -> None:
    """Its origin is a question and a row: who is behind it can be asked again. It changes nothing that is counted."""
    hub = place.open()
    hear(hub, page("/cart", NOW, "b0"), page("/help", NOW + 1, "b0"))
    asked = {"anchor": "START", "depth": 1}
    row = {"table": "tree", **hub.journeys.paths(**asked)["tree"].row(1, named=True)}
    origin = {"analysis": "paths", "question": asked, "row": row, "address": "/paths?depth=1"}
    body = {"id": "fix-cart", "name": "Fix the cart", "origin": origin, "value": 2.5, "owner": "ada"}
    publish(hub, "idea", **body)
    (written,) = hub.documents.pull(tmp_path / "config")
    assert yaml.safe_load(written.read_text()) == [body]
    assert not hub.documents.diff(tmp_path / "config")
    (one,) = hub.documents.list("idea")
    told = one.body["origin"]
    assert len(hub.journeys.customers(told["analysis"], told["row"], **told["question"])) == 1
    publish(hub, "idea", **{**body, "status": "trying"})
    assert [b"trying" in one.body for one in hub.documents.get("idea", "fix-cart")] in ([False, True], [True, False])
    assert not hub.jobs.run_wanted()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"name": " "}, "needs a `name`"),
        ({"name": "x", "status": "maybe"}, "maybe"),
        ({"name": "x", "origin": {"address": "https://elsewhere.test"}}, "an address is that of a page of the studio"),
        ({"name": "x", "origin": {"rows": {}}}, "rows"),
        ({"name": "x", "hypotesis": "y"}, "did you mean 'hypothesis'"),
    ],
)
def test_a_wrong_idea_is_told_what_is_right(hub: Hub, wrong: dict, right: str) -> None:
    with pytest.raises(Invalid, match=right):
        hub.documents.put("idea", {"id": "i", **wrong}, by="ada")


@pytest.mark.parametrize(
    "address", ["", "map", "//elsewhere.test/map", "https://elsewhere.test", "javascript:alert(1)", "/map?a b", "/Map"]
)
def test_a_view_leads_to_a_page_of_the_hub_and_nowhere_else(hub: Hub, address: str) -> None:
    with pytest.raises(Invalid, match="an address is that of a page of the studio"):
        hub.documents.put("view", {"id": "v", "address": address}, by="ada")


def test_apply_is_all_or_nothing(hub: Hub, tmp_path: Path) -> None:
    """One wrong document, or a circle between right ones, and nothing of the folder is in force."""
    (tmp_path / "touchpoints.yaml").write_text("- id: 'web: Cart'\n  match: [{path: /cart}]\n")
    (tmp_path / "segments.yaml").write_text("- {id: a, rule: {segment: b}}\n- {id: b, rule: {segment: a}}\n")
    with pytest.raises(Invalid):
        hub.documents.apply(tmp_path, by="ada")
    assert not hub.config.touchpoints
    assert hub.config.version == 0
    assert not hub.documents.list("touchpoint")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- id: a\n   rule: [", r"segments.yaml: not YAML: .*line 2"),
        ("- {id: a, rule: {event: A}}\n- {id: b, roole: {}}\n", r"segments.yaml\[1\].*did you mean 'rule'"),
        ("- {id: a, rule: {evnt: A}}\n", r"segments.yaml\[0\]\.rule"),
        ("- {id: a, rule: {event: A}}\n- {id: a, rule: {event: B}}\n", "two documents have the id 'a'"),
        ("just text\n", "a list of segment documents"),
    ],
)
def test_wrong_yaml_is_told_by_file_and_place(place_of: Places, tmp_path: Path, text: str, words: str) -> None:
    """And what would be right."""
    hub = place_of("memory").open()
    (tmp_path / "segments.yaml").write_text(text)
    with pytest.raises(Invalid, match=f"(?s){words}"):
        hub.documents.apply(tmp_path, by="ada")
    with pytest.raises(Invalid, match="not a folder"):
        hub.documents.apply(tmp_path / "nowhere", by="ada")


def test_a_file_that_is_no_text_is_told_too(place_of: Places, tmp_path: Path) -> None:
    """Bytes that are not UTF-8."""
    (tmp_path / "segments.yaml").write_bytes(b"\xff\xfe- id")
    with pytest.raises(Invalid, match=r"segments\.yaml"):
        place_of("memory").open().documents.apply(tmp_path, by="ada")


# ---------------------------------------------------------------- access keys


def test_a_key_is_made_shown_once_checked_and_revoked(place: Place) -> None:
    """Kept only as a hash; a revoked one opens nothing any more, also after a restart."""
    hub = place.open()
    key, plain = hub.keys.create(
        "write", source="shop", label="Shop", origins=["https://shop.example.test"], per_second=5
    )
    secret, opens = hub.keys.create("secret")
    found = hub.keys.check(plain)
    assert found is not None
    assert (found.id, found.kind, found.source, found.per_second) == (key.id, "write", "shop", 5)
    assert plain.endswith(found.hint)
    assert plain not in repr(hub.keys.list())
    assert hub.keys.check(opens) == secret
    assert hub.keys.check(plain + "x") is None
    assert hub.keys.check("") is None
    hub = place.again(hub)
    assert hub.keys.check(plain) is not None
    hub.keys.revoke(key.id)
    assert hub.keys.check(plain) is None
    assert hub.keys.revoke(key.id).revoked
    assert len(hub.keys.list()) == 2
    with pytest.raises(NotFound, match="no key with the id"):
        hub.keys.revoke("nonsense")


def test_a_preset_key_set_again_changes_nothing(hub: Hub) -> None:
    """One that was revoked opens again when somebody sets it again; a short one is refused."""
    first, plain = hub.keys.create("write", preset="a-chosen-key")
    assert plain == "a-chosen-key"
    again, _ = hub.keys.create("write", preset="a-chosen-key")
    assert again == first
    assert len(hub.keys.list()) == 1
    hub.keys.revoke(first.id)
    assert hub.keys.check("a-chosen-key") is None
    hub.keys.create("write", preset="a-chosen-key")
    assert hub.keys.check("a-chosen-key") is not None
    with pytest.raises(Invalid, match="at least 8"):
        hub.keys.create(preset="short")
    with pytest.raises(Invalid, match="rate limit"):
        hub.keys.create(per_second=-1)


def test_retiring_a_stage_in_use_is_warned_of(hub: Hub) -> None:
    """It works, and says which touchpoints are left without: those of the stage, also of stages that were there by default."""
    publish(hub, "stage", id="buy", order=1)
    publish(hub, "stage", id="use", order=2)
    for number in range(7):
        publish(hub, "touchpoint", id=f"web: {number}", stage="buy", match=[{"name": f"n{number}"}])
    documents = hub.documents
    assert documents.warnings([("stage", "use"), ("touchpoint", "web: 1")]) == []
    (told,) = documents.warnings([("stage", "buy")], {("stage", "buy"): None})
    assert told == (
        "there is no stage 'buy', which web: 0, web: 1, web: 2, web: 3, web: 4 and 2 more say; the stages are use. "
        "Until then it comes behind all stages"
    )
    documents.retire("stage", "buy", by="op")
    assert documents.warnings([("stage", "buy")]) == [told]
    assert documents.warnings([("segment", "s")]) == []
    (one,) = documents.warnings([("touchpoint", "web: 3")])
    assert "which web: 3 says" in one
