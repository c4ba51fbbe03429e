"""Somebody looks at a hub from the terminal: empty, filled, wrong; and configures it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import harken
from stories.cli.terminal import Terminal

VISITS = "user,mail,at,page\n" + "".join(
    f"u{n},c{n}@x.test,2026-01-0{1 + step}T10:00:00Z,{page}\n"
    for n in range(9)
    for step, page in enumerate(["Plans", "Basket", "Order placed"][: 1 + n % 3])
)
FLAGS = ("--who", "user_id=user", "--who", "email=mail", "--time", "at", "--event", "page", "--channel", "web")


@pytest.fixture
def filled(terminal: Terminal) -> Terminal:
    terminal.write("visits.csv", VISITS)
    assert terminal("import", "visits.csv", *FLAGS).code == 0
    return terminal


def test_an_empty_hub_says_what_could_be_done(terminal: Terminal) -> None:
    harken.open(terminal.data).close()
    assert "harken demo" in terminal("map").out
    assert "Nothing waits here" in terminal("dead-letters", "list").out
    assert "no keys yet" in terminal("keys", "list").out
    shown = terminal("profile", "email:nobody@x.test")
    assert shown.code == 1
    assert "nobody is known by 'email:nobody@x.test'" in shown.err
    assert terminal("doctor").code == 0


def test_what_a_customer_will_do_next_is_shown_once_it_was_learned(filled: Terminal) -> None:
    assert "Nothing has been learned yet" in filled("chance", "email:c0@x.test").out
    shown = filled("chance", "email:c0@x.test", "--learn")
    assert shown.code == 0, shown.err
    assert "learned from 18 steps" in shown.out
    assert "leaves" in shown.out
    told = json.loads(filled("chance", "email:c0@x.test", "--json", "--limit", "1").out)
    assert told["model"]["steps"] == 18
    assert len(told["next"]) == 1
    assert "say whom" in filled("chance").err


@pytest.mark.parametrize("name", ["next-step", "next_step"])
def test_an_analysis_is_a_command_by_either_spelling(filled: Terminal, name: str) -> None:
    shown = filled(name, "--json")
    assert json.loads(shown.out)["analysis"] == "next_step", shown.err


@pytest.mark.parametrize(
    "words",
    [
        "map", "profile email:a@x.test", "doctor", "erase email:a@x.test --yes", "erase --list", "keys list",
        "keys revoke x", "quarantine list", "quarantine release email:a@x.test", "pull out", "diff config",
        "dead-letters list", "dead-letters replay", "dead-letters discard 1",
    ],
)  # fmt: skip
def test_a_folder_without_a_hub_is_refused_and_stays_as_it_was(terminal: Terminal, words: str) -> None:
    terminal.write("config/segments.yaml", "[]\n")
    shown = terminal(*words.split())
    assert shown.code == 1
    said = " ".join((shown.out + shown.err).split())
    assert "there is no hub in" in said
    assert "harken serve --data" in said
    assert not Path(terminal.data).exists()
    assert not (terminal.folder / "out").exists()
    other = terminal.folder / "other" / "hub.db"
    assert terminal(*words.split(), "--store", f"sqlite:///{other}").code == 1
    assert not other.parent.exists()


def test_what_begins_a_hub_may_make_one(terminal: Terminal) -> None:
    terminal.write("config/segments.yaml", "- {id: buyers, rule: {event: Order placed}}\n")
    assert terminal("apply", "config").code == 0
    assert terminal("doctor").code == 0
    assert terminal("keys", "create", "secret", "--data", str(terminal.folder / "b"), at_hub=False).code == 0


def test_a_number_that_shows_nothing_is_refused(filled: Terminal) -> None:
    for words in ("map --top -1", "map --top 0", "dead-letters list --limit -1", "quarantine list --limit 0"):
        shown = filled(*words.split())
        assert shown.code == 1
        assert "say a number above 0" in shown.err
    for wrong in ("-5", "0", "501"):
        shown = filled("profile", "user_id:u8", "--events", wrong)
        assert shown.code == 1
        assert f"--events: {wrong} is not right; say a number from 1 to 500" in shown.err


def test_the_map_fits_a_small_terminal(filled: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = filled("map")
    assert "9 customers, 18 steps" in shown.out
    lines = shown.out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    plans = next(line for line in lines if line.startswith("Plans"))
    assert plans.split()[1] == "9"
    assert "… and 2 more (--top)" in filled("map", "--top", "1").out


def test_the_map_as_json_and_as_a_page(filled: Terminal) -> None:
    answer = json.loads(filled("map", "--json", "--level", "channel").out)
    assert answer["totals"]["customers"] == 9
    nodes = filled("map", "--csv", "nodes").out.splitlines()
    assert len(nodes) == 1 + len(json.loads(filled("map", "--json").out)["nodes"])
    assert filled("map", "--csv", "moves").out.startswith("from,to,")
    assert filled("map", "--html", "map.html").code == 0
    assert "<table>" in (filled.folder / "map.html").read_text()
    assert "cannot write" in filled("map", "--html", "no/such/folder/map.html").err
    assert "is not a day" in filled("map", "--since", "yesterday").err
    assert "no segment named 'vip'" in filled("map", "--segment", "vip").err
    assert "Nothing was heard" in filled("map", "--until", "2025-01-01").out


def test_a_profile_for_people_and_for_programs(filled: Terminal) -> None:
    shown = filled("profile", "user_id:u8", "--events", "2")
    assert "email:c8@x.test" in shown.out
    assert "Order placed" in shown.out
    assert "there is more" in shown.out
    told = json.loads(filled("profile", "email:C8@X.test", "--json").out)
    assert told["keys"]["user_id"] == ["u8"]
    assert told["last_seen"].startswith("2026-01-03T10:00:00")
    export = json.loads(filled("profile", "user_id:u8", "--export").out)
    assert [one["name"] for one in export["events"]] == ["Order placed", "Basket", "Plans"]


def test_erasing_asks_first_and_leaves_a_receipt(filled: Terminal) -> None:
    refused = filled("erase", "user_id:u8")
    assert refused.code == 1
    assert "nothing was removed" in refused.err
    receipt = json.loads(filled("erase", "user_id:u8", "--yes", "--reason", "asked by phone", "--json").out)
    assert receipt["reason"] == "asked by phone"
    assert sum(receipt["places"].values()) > 3
    assert filled("profile", "email:c8@x.test").code == 1


def test_configuration_goes_out_and_comes_back(filled: Terminal) -> None:
    filled.write("config/segments.yaml", "- {id: buyers, rule: {event: Order placed}}\n")
    filled.write("config/touchpoints.yaml", "- {id: 'web: Till', match: [{name: Order placed}], stage: buy}\n")
    shown = filled("diff", "config")
    assert shown.code == 1
    assert "+ segment buyers new" in shown.out
    assert filled("apply", "config", "--reason", "a start").code == 0
    assert filled("diff", "config").code == 0
    assert "buyers" in filled("profile", "user_id:u8").out
    assert "web: Till" in filled("profile", "user_id:u8").out  # also what was heard before
    assert "3 customers" in filled("map", "--segment", "buyers").out
    filled("pull", "pulled")
    assert sorted(path.name for path in (filled.folder / "pulled").iterdir()) == ["segments.yaml", "touchpoints.yaml"]
    filled.write("config/segments.yaml", "- {id: buyers, rule: {evnt: x}}\n")
    refused = filled("apply", "config")
    assert refused.code == 1
    assert "segments.yaml" in refused.err
    assert "is not a folder" in filled("diff", "nowhere").err


def test_keys_are_shown_once(terminal: Terminal) -> None:
    made = terminal(
        "keys", "create", "write", "--source", "shop", "--label", "till", "--origin", "https://shop.example"
    )
    plain = made.out.strip()
    assert plain.startswith("hk_write_")
    listed = terminal("keys", "list")
    assert plain not in listed.out
    assert "shop" in listed.out
    (key,) = json.loads(terminal("keys", "list", "--json").out)
    assert "revoked" in terminal("keys", "revoke", key["id"]).out  # also when it begins with a hyphen
    assert "no key with the id" in terminal("keys", "revoke", "nothing").err


def test_doctor_says_what_waits_and_what_is_wrong(filled: Terminal) -> None:
    shown = filled("doctor")
    assert shown.code == 0
    assert "places have no name of yours yet" in " ".join(shown.out.split())
    found = {one["part"]: one for one in json.loads(filled("doctor", "--json").out)}
    assert found["dead letters"]["state"] == "ok"
    assert found["keys"]["state"] == "look"
    file = filled.write("file", "")
    shown = filled("doctor", "--data", str(file), at_hub=False)
    assert shown.code == 1
    assert "bad" in shown.out
    (Path(filled.data) / "harken.db").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    shown = filled("doctor")
    assert shown.code == 1
    assert "Traceback" not in shown.out + shown.err
    assert filled("map").code == 1


def test_a_stage_that_is_not_there_is_warned_of_before_and_when_it_is_put_in_force(filled: Terminal) -> None:
    filled.write("config/touchpoints.yaml", "- {id: 'web: Till', match: [{name: Order placed}], stage: bui}\n")
    says = "there is no stage 'bui', which web: Till says; did you mean 'buy'?"
    for command in ("diff", "apply"):
        assert says in " ".join(filled(command, "config").err.split())
    filled.write("config/touchpoints.yaml", "- {id: 'web: Till', match: [{name: Order placed}], stage: buy}\n")
    for command in ("diff", "apply"):
        assert "warning" not in filled(command, "config").err
    filled.write("config/stages.yaml", "- {id: before}\n- {id: after, order: 1}\n")
    assert "no stage 'buy', which web: Till says; the stages are before, after." in filled("apply", "config").err


def test_settings_tell_where_they_come_from(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARKEN_PORT", "9000")
    monkeypatch.setenv("HARKEN_SECRET_KEY", "a-very-secret-key")
    told = {one["name"]: one for one in json.loads(terminal("settings", "--json").out)}
    assert (told["port"]["value"], told["port"]["origin"]) == ("9000", "HARKEN_PORT")
    assert told["data"]["origin"] == "--data"
    shown = terminal("settings")
    assert "a-very-secret" not in shown.out
    assert "HARKEN_PORT" in shown.out
    monkeypatch.setenv("HARKEN_PORT", "many")
    assert "port from HARKEN_PORT: 'many' is not a whole number" in terminal("settings").err
    assert terminal("settings", "--settings", "nowhere.yaml").code == 1


def test_doctor_counts_every_letter_and_those_that_found_no_room(
    filled: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARKEN_INBOX_LETTERS", "600")
    filled.write("bad.csv", "user,mail,at,page\n" + ",,2026-01-01,Plans\n" * 700)
    filled("import", "bad.csv", *FLAGS)
    found = {one["part"]: one for one in json.loads(filled("doctor", "--json").out)}
    assert found["dead letters"]["told"] == "600 could not be taken, and 100 more found no room in the inbox"
    assert "100 more could not be taken" in filled("dead-letters", "list").out
    assert "600 closed" in filled("dead-letters", "discard", "--source", "import").out
    assert "found no room" not in filled("dead-letters", "list").out


def test_receipts_of_erasures_can_be_read_back(filled: Terminal) -> None:
    assert "Nobody was erased so far" in filled("erase", "--list").out
    receipt = json.loads(filled("erase", "user_id:u1", "--yes", "--reason", "asked", "--json").out)
    assert json.loads(filled("erase", "--list", "--json").out) == [receipt]
    shown = filled("erase", "--list").out
    assert receipt["id"] in shown
    assert "asked" in shown
    for wrong in (["erase"], ["erase", "user_id:u1", "--list"]):
        assert "say whom" in filled(*wrong).err


def test_a_quarantined_identifier_is_listed_and_released(filled: Terminal) -> None:
    assert "Nothing is in quarantine" in filled("quarantine", "list").out
    rows = "".join(f"p{number},office@x.test,2026-01-01,Plans\n" for number in range(22))
    filled.write("office.csv", "user,mail,at,page\n" + rows)
    filled("import", "office.csv", *FLAGS)
    (one,) = json.loads(filled("quarantine", "list", "--json").out)
    assert (one["value"], one["degree"]) == ("office@x.test", 22)
    assert "office@x.test" in filled("quarantine", "list").out
    assert "would move" in filled("quarantine", "release", "email:office@x.test", "--preview").out
    assert "1 identifiers moved" in filled("quarantine", "release", "email:office@x.test", "--reason", "family").out
    assert "Nothing is in quarantine" in filled("quarantine", "list").out
    assert "not quarantined" in filled("quarantine", "release", "email:office@x.test").err
    filled("quarantine", "take-back", "email:office@x.test")
    assert "office@x.test" in filled("quarantine", "list").out


def test_letters_are_replayed_and_closed(filled: Terminal) -> None:
    filled.write("more.csv", "user,mail,at,page\n,,2026-01-01,Plans\nu1,,soon,Plans\n")
    filled("import", "more.csv", *FLAGS)
    letters = json.loads(filled("dead-letters", "list", "--json").out)
    assert [one["where"] for one in letters] == ["more.csv:2", "more.csv:3"]
    assert "2 still cannot be taken" in filled("dead-letters", "replay").out
    assert "say which" in filled("dead-letters", "discard").err
    assert "1 closed" in filled("dead-letters", "discard", str(letters[0]["id"])).out
    assert "1 closed" in filled("dead-letters", "discard", "--source", "import").out
    assert "Nothing waits here" in filled("dead-letters", "list").out
    assert "more.csv:2" in filled("dead-letters", "list", "--state", "discarded").out
