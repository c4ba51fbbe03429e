"""The studio's files, its page and its session, as any browser gets them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from harken.api.sessions import SESSION_SECONDS, session, session_key
from harken.api.studio import Studio
from harken.words import AccessKey
from stories.api.running import SECRET_KEY, WRITE_KEY, Running

CHUNK = b"export const x = 1;" * 100


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A demo on this very machine."""
    with Running(tmp_path_factory.mktemp("opened"), open_page=True) as running:
        yield running


@pytest.fixture
def visitor(running: Running) -> Iterator[httpx.Client]:
    """A browser without a key."""
    with httpx.Client(base_url=running.url, trust_env=False) as client:
        yield client


def signed_in(running: Running, key: str = SECRET_KEY) -> dict[str, str]:
    """The Cookie header of somebody who signed in."""
    answer = httpx.post(running.url + "/session", json={"key": key}, trust_env=False)
    assert answer.status_code == 200, answer.text
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


# ---------------------------------------------------------------- files and the page


async def ask(studio: Studio, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """What a studio sends for a path."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await studio.take({"method": "GET", "path": path, "headers": told}, send)
    begin, body = sent
    return begin["status"], {name.decode(): value.decode() for name, value in begin["headers"]}, body["body"]


def step(asked: Any) -> Any:
    """A coroutine that waits for nothing, to its end."""
    try:
        asked.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><html><head><title>x</title></head></html>")
    (tmp_path / "assets" / "a-1.js").write_bytes(CHUNK)
    (tmp_path / "assets" / "a-1.js.gz").write_bytes(gzip.compress(CHUNK))
    (tmp_path / "assets" / "a-1.js.br").write_bytes(b"as brotli")
    (tmp_path / "assets" / "small.css").write_text("a{}")
    (tmp_path / "mark.svg").write_text("<svg/>")
    return Studio("/har&ken", tmp_path)


@pytest.mark.parametrize(
    ("taken", "encoding", "body"),
    [
        ("gzip, deflate, br, zstd", "br", b"as brotli"),
        ("gzip", "gzip", gzip.compress(CHUNK, mtime=0)),
        ("gzip;q=0.5, br;q=0", "gzip", gzip.compress(CHUNK, mtime=0)),
        ("br;q=0.0, gzip; q=0", None, CHUNK),
        ("identity", None, CHUNK),
        ("", None, CHUNK),
    ],
)
def test_a_file_is_sent_as_it_was_compressed_when_it_was_built(
    studio: Studio, taken: str, encoding: str | None, body: bytes
) -> None:
    status, headers, sent = step(ask(studio, "/assets/a-1.js", accept_encoding=taken))
    assert (status, headers.get("content-encoding")) == (200, encoding)
    assert (gzip.decompress(sent) if encoding == "gzip" else sent) == (CHUNK if encoding == "gzip" else body)
    assert headers["vary"] == "accept-encoding"
    assert headers["content-type"].startswith("text/javascript")
    assert headers["content-length"] == str(len(sent))


def test_what_has_its_hash_in_its_name_is_kept_for_ever_and_the_page_is_asked_for_each_time(studio: Studio) -> None:
    assert "immutable" in step(ask(studio, "/assets/small.css", accept_encoding="br"))[1]["cache-control"]
    assert step(ask(studio, "/mark.svg"))[1]["cache-control"] == "no-cache"
    assert step(ask(studio, "/map"))[1]["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/map", "/customers/crm%3A7", "/customers/a/b", "/admin/keys", "/start"])
def test_the_page_is_at_every_address_of_the_studio_with_its_prefix_as_base(studio: Studio, path: str) -> None:
    assert studio.asked(path)
    status, headers, body = step(ask(studio, path))
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b'<head><base href="/har&amp;ken/"><title>' in body
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert "script-src" not in policy
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe-eval" not in headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/v1/track", "/api/profiles", "/maps", "/livez", "/session", "/index.html", "/..", "/.git/x"]
)
def test_other_addresses_are_not_its_own(studio: Studio, path: str) -> None:
    assert not studio.asked(path)


def test_a_hub_without_the_studio_says_so_and_where_its_api_is(tmp_path: Path) -> None:
    body = step(ask(Studio("/x", tmp_path), "/map"))[2].decode()
    assert "without its studio" in body
    assert '<base href="/x/">' in body
    assert "api/docs" in body


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-1.js",
        "/assets/",
        "/assets",
        "/assets/%2e%2e/index.html",
        "/assets/..%2findex.html",
        "/assets/a.exe",
    ],
)
def test_a_file_that_is_not_there_is_an_error_and_never_the_page(visitor: httpx.Client, path: str) -> None:
    answer = visitor.get(path, headers={"accept": "text/html"} if path.endswith(".js") else {})
    assert answer.status_code == 404
    assert answer.json()["code"] == "no_such_address"


@pytest.mark.parametrize(
    "path",
    ["/assets/../../settings.py", "/assets/../index.html", "/assets/..\\index.html", "/assets/a\0.js", "/assets//x.js"],
)
def test_nothing_outside_the_built_files_can_be_read(studio: Studio, path: str) -> None:
    from harken.errors import NotFound

    with pytest.raises(NotFound):
        step(ask(studio, path))


def test_an_address_nobody_knows_is_told_to_people_as_a_page_and_to_programs_as_json(visitor: httpx.Client) -> None:
    page = visitor.get("/nonsense", headers={"accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert visitor.get("/nonsense").json()["code"] == "no_such_address"
    assert visitor.get("/api/nonsense", headers={"accept": "text/html"}).json()["code"] == "no_key"
    assert visitor.post("/map").status_code == 405


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/", "/api/docs/docs.css", "/api/docs/docs.js", "/favicon.ico"])
def test_the_api_docs_bring_everything_themselves(visitor: httpx.Client, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 200
    outside = answer.text.replace("http://www.w3.org/2000/svg", "").replace("http://127.0.0.1:8787", "")
    assert "http://" not in outside
    assert "https://" not in outside
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "'unsafe" not in answer.headers["content-security-policy"]


# ---------------------------------------------------------------- the session


def test_nobody_is_signed_in_until_they_show_a_secret_key(running: Running, visitor: httpx.Client) -> None:
    assert visitor.get("/session").json()["signed_in"] is False
    assert visitor.get("/api/jobs").status_code == 401
    cookie = signed_in(running)
    told = visitor.get("/session", headers=cookie).json()
    assert (told["signed_in"], told["open"], told["label"]) == (True, False, "preset")
    assert visitor.get("/api/jobs", headers=cookie).status_code == 200


def test_its_cookie_is_for_this_hub_and_no_script(visitor: httpx.Client) -> None:
    answer = visitor.post("/session", json={"key": f"  {SECRET_KEY}\n"})
    parts = {part.strip() for part in answer.headers["set-cookie"].split(";")}
    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={SESSION_SECONDS}"} <= parts
    assert "Secure" not in parts
    behind = visitor.post("/session", json={"key": SECRET_KEY}, headers={"x-forwarded-proto": "https"})
    assert behind.headers["set-cookie"].endswith("; Secure")
    assert SECRET_KEY not in answer.headers["set-cookie"] + answer.text


@pytest.mark.parametrize(
    ("wrong", "code"),
    [("", "unknown_key"), ("nonsense", "unknown_key"), (WRITE_KEY, "write_key"), ("x" * 3_000, "unknown_key")],
)
def test_a_wrong_key_opens_no_session_and_says_what_it_is(visitor: httpx.Client, wrong: str, code: str) -> None:
    answer = visitor.post("/session", json={"key": wrong})
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"[" * 4_000])
def test_a_body_that_is_no_key_is_refused_with_what_would_be_right(visitor: httpx.Client, body: bytes) -> None:
    answer = visitor.post("/session", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_body")
    assert "hk_secret_" in answer.json()["message"]


def test_after_too_many_wrong_keys_one_has_to_wait(tmp_path: Path) -> None:
    with Running(tmp_path) as running, httpx.Client(base_url=running.url, trust_env=False) as client:
        told = [client.post("/session", json={"key": f"wrong-{n}"}).status_code for n in range(22)]
        assert told == [401] * 20 + [429] * 2
        answer = client.post("/session", json={"key": SECRET_KEY})
        assert (answer.status_code, int(answer.headers["retry-after"]) > 1) == (429, True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "OWN"}, 200),
        ({}, 200),
    ],
)
def test_nobody_is_signed_in_from_another_site(
    running: Running, visitor: httpx.Client, headers: dict[str, str], status: int
) -> None:
    told = {name: running.url if value == "OWN" else value for name, value in headers.items()}
    assert visitor.post("/session", json={"key": SECRET_KEY}, headers=told).status_code == status


def test_a_session_changes_nothing_for_another_site(running: Running, visitor: httpx.Client) -> None:
    cookie = signed_in(running)
    for headers, status in (
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({}, 403),
        ({"origin": running.url}, 201),
        ({"sec-fetch-site": "same-origin"}, 201),
    ):
        assert visitor.post("/api/keys", json={}, headers={**cookie, **headers}).status_code == status, headers


def test_signing_out_ends_the_session_in_the_browser_and_only_the_studio_may(
    running: Running, visitor: httpx.Client
) -> None:
    assert visitor.delete("/session", headers={"origin": "https://evil.test"}).status_code == 403
    assert visitor.delete("/session").status_code == 403
    answer = visitor.delete("/session", headers={**signed_in(running), "sec-fetch-site": "same-origin"})
    assert answer.json() == {"signed_in": False}
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert visitor.put("/session").status_code == 405


def test_a_forged_session_or_one_of_a_revoked_key_is_worth_nothing(
    running: Running, visitor: httpx.Client, name: str
) -> None:
    cookie = signed_in(running)["cookie"]
    id, until, signature = cookie.removeprefix("harken_session=").split(".")
    for forged in (
        cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
        f"harken_session={id}.{int(until) + 1}.{signature}",
        "harken_session=a.b.c",
        'harken_session="',
        "harken_session=x.9.y",
    ):
        assert visitor.get("/api/jobs", headers={"cookie": forged}).status_code == 401
        assert visitor.get("/session", headers={"cookie": forged}).json()["signed_in"] is False
    made = running.http.post("/api/keys", json={"kind": "secret", "label": name}).json()
    own = signed_in(running, made["key"])
    assert visitor.get("/api/jobs", headers=own).status_code == 200
    running.http.delete(f"/api/keys/{made['id']}")
    assert visitor.get("/api/jobs", headers=own).status_code == 401
    assert visitor.get("/session", headers=own).json()["signed_in"] is False


def test_a_session_ends_by_itself() -> None:
    key = AccessKey(id="k1", kind="secret", hashed="ab", hint="")
    told = session(key, 1_000.0)
    assert session_key(told, [key], 1_000.0 + SESSION_SECONDS) == key
    assert session_key(told, [key], 1_001.0 + SESSION_SECONDS) is None


# ---------------------------------------------------------------- a demo on this machine


def test_a_demo_signs_in_whoever_asks_from_this_machine(opened: Running) -> None:
    with httpx.Client(base_url=opened.url, trust_env=False) as client:
        told = client.get("/session").json()
        assert (told["signed_in"], told["open"]) == (True, True)
        assert client.get("/api/jobs").status_code == 200  # with the cookie it was given
    for name in ("localhost", "127.0.0.1:99", "[::1]:8787"):
        answer = httpx.get(opened.url + "/session", headers={"host": name}, trust_env=False)
        assert answer.json()["signed_in"] is True
    assert httpx.get(opened.url + "/api/profiles", trust_env=False).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.test"},
        {"host": "127.0.0.1.evil.test"},
        {"host": "localhost.evil.test:80"},
        {"host": "10.0.0.7"},
        {"x-forwarded-for": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
    ],
)
def test_a_demo_is_closed_to_names_others_may_have_made_and_behind_a_proxy(
    opened: Running, headers: dict[str, str]
) -> None:
    answer = httpx.get(opened.url + "/session", headers=headers, trust_env=False)
    assert (answer.json()["signed_in"], answer.json()["open"]) == (False, False)
    assert "set-cookie" not in answer.headers


def test_a_hub_for_every_network_is_never_open(tmp_path: Path) -> None:
    with Running(tmp_path, open_page=True, host="0.0.0.0") as running:
        port = running.url.rpartition(":")[2]
        assert httpx.get(f"http://127.0.0.1:{port}/session", trust_env=False).json()["signed_in"] is False
