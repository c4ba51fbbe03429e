"""What a hub heard -> the HTML of its own pages. Everything of a customer's or a client's is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import polars as pl
from msgspec import Struct

from harken import __version__
from harken.api.maps import period
from harken.understand import JourneyMap
from harken.understand.result import duration

if TYPE_CHECKING:
    from harken.hub import Hub

SHOWN = 14


class Place(Struct, frozen=True, kw_only=True):
    """One row of the places."""

    label: str
    channel: str
    stage: str
    customers: int
    left: int
    share_left: float | None


class Move(Struct, frozen=True, kw_only=True):
    """One row of the moves."""

    source: str
    source_channel: str
    target: str
    target_channel: str
    customers: int
    chance: float | None
    seconds: float | None


class Step(Struct, frozen=True, kw_only=True):
    """One stage."""

    label: str
    customers: int
    left: int


class Picture(Struct, frozen=True, kw_only=True):
    """What the page at / shows, as of one moment."""

    caption: str
    period: str
    customers: int
    events: int
    dead_letters: int
    touchpoints: int
    unmapped: int
    stages: Sequence[Step]
    places: Sequence[Place]
    moves: Sequence[Move]


def picture(hub: Hub) -> Picture:
    """Ask the hub. Blocks."""
    found = hub.journeys.map()
    with hub.core.read() as view:
        counts, heard = view.counts(), view.last_seq()
    named = {one.id for one in hub.config.touchpoints}
    nodes = found.nodes.filter(pl.col("kind") != "other")
    return Picture(
        caption=found.caption,
        period=period(found),
        customers=counts["profiles"],
        events=heard,
        dead_letters=counts["dead_letters"],
        touchpoints=nodes.height,
        unmapped=sum(1 for id in nodes["id"].to_list() if id not in named),
        stages=_stages(found),
        places=[
            Place(
                label=row["label"],
                channel=row["channel"] or "",
                stage=_stage_label(found, row["stage"]),
                customers=row["customers"],
                left=row["left"],
                share_left=row["share_left"],
            )
            for row in nodes.head(SHOWN).iter_rows(named=True)
        ],
        moves=_moves(found),
    )


def _stages(found: JourneyMap) -> list[Step]:
    rows = [row for row in found.stages.iter_rows(named=True) if row["customers"]]
    if len(rows) < 2:
        return []
    return [Step(label=row["label"], customers=row["customers"], left=row["left"]) for row in rows]


def _stage_label(found: JourneyMap, stage: str | None) -> str:
    labels = dict(found.stages.select("stage", "label").iter_rows())
    return str(labels.get(stage, "")) if stage and not stage.startswith("(") else ""


def _moves(found: JourneyMap) -> list[Move]:
    labels = {row["id"]: (row["label"], row["channel"] or "") for row in found.nodes.iter_rows(named=True)}
    rows = found.moves.filter(pl.col("from") != pl.col("to")).sort("customers", descending=True).head(SHOWN)
    moves = []
    for row in rows.iter_rows(named=True):
        source, target = labels.get(row["from"], (row["from"], "")), labels.get(row["to"], (row["to"], ""))
        moves.append(
            Move(
                source=source[0],
                source_channel=source[1],
                target=target[0],
                target_channel=target[1],
                customers=row["customers"],
                chance=row["p_out"],
                seconds=row["median_seconds"],
            )
        )
    return moves


# ---------------------------------------------------------------- pages


def _page(prefix: str, title: str, body: str, *, script: str = "") -> bytes:
    base = escape(prefix, quote=True) + "/"
    loaded = f'<script type="module" src="assets/{script}"></script>' if script else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><base href="{base}">'
        f'<link rel="icon" href="assets/mark.svg"><link rel="stylesheet" href="assets/page.css">{loaded}</head>'
        f"<body>{body}</body></html>"
    ).encode()


_BRAND = '<a class="brand" href="."><img src="assets/mark.svg" width="26" height="26" alt="">Harken</a>'


def _top(current: str, *, signed_in: bool) -> str:
    links = (("./", "Map", "map"), ("api/docs", "API", "docs"), ("readyz", "Health", ""), ("metrics", "Metrics", ""))
    shown = "".join(
        f'<a href="{href}"{" aria-current=page" if key == current else ""}>{name}</a>' for href, name, key in links
    )
    leave = '<form method="post" action="logout"><button class="quiet">Sign out</button></form>' if signed_in else ""
    return (
        '<a class="skip" href="#main">To the content</a>'
        f'<header class="top">{_BRAND}<nav aria-label="Pages">{shown}{leave}</nav></header>'
    )


def sign_in_page(prefix: str, wrong: str) -> bytes:
    """Asks for a secret key."""
    told = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    body = (
        f'<main class="door" id="main">{_BRAND}<h2>Sign in to this hub</h2>'
        '<p class="lead">It shows what customers do, so it needs a secret key. The first start printed one; '
        "<code>harken keys create --kind secret</code> makes another.</p>"
        '<form method="post" action="login"><label for="key">Secret key</label>'
        '<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>'
        f'{told}<button class="main">Sign in</button></form></main>'
    )
    return _page(prefix, "Sign in · Harken", body)


def docs_page(prefix: str) -> bytes:
    """The frame that docs.js fills from openapi.json."""
    body = (
        _top("docs", signed_in=False)
        + '<main class="docs" id="main"><nav id="menu" aria-label="Operations"></nav>'
        + f'<div><h1>API <span class="dim">{escape(__version__)}</span></h1><p class="lead" id="about"></p>'
        + '<p class="lead"><a href="api/openapi.json">openapi.json</a></p><div id="operations">'
        + "<noscript><p>This page needs JavaScript; openapi.json says the same.</p></noscript></div></div></main>"
    )
    return _page(prefix, "API · Harken", body, script="docs.js")


def front_page(prefix: str, told: Picture, *, signed_in: bool) -> bytes:
    """The map as tables, and live counts."""
    if told.places:
        content = f'{_strip(told.stages)}<div class="columns">{_places(told)}{_moved(told.moves)}</div>'
        head = f'<h1>{escape(told.caption)}</h1><p class="lead">Journeys from {escape(told.period)}</p>'
    else:
        content = _nothing_yet(prefix)
        head = '<h1>Listening</h1><p class="lead">Nothing has been heard yet.</p>'
    body = f'{_top("map", signed_in=signed_in)}<main id="main">{head}{_figures(told)}{content}</main>'
    return _page(prefix, "Journeys · Harken", body, script="page.js")


def _figures(told: Picture) -> str:
    waiting = f' <span class="dim">({told.unmapped:,} to name)</span>' if told.unmapped else ""
    return (
        '<dl class="counts">'
        f'<div><dt>Customers</dt><dd data-count="customers">{told.customers:,}</dd></div>'
        f'<div><dt>Events heard</dt><dd data-count="heard">{told.events:,}</dd></div>'
        f"<div><dt>Touchpoints{waiting}</dt><dd>{told.touchpoints:,}</dd></div>"
        f'<div><dt>Could not be taken</dt><dd data-count="dead_letters">{told.dead_letters:,}</dd></div>'
        '<div><dt><span class="pulse"></span>Events a second</dt><dd data-count="rate">0</dd></div>'
        "</dl>"
    )


def _strip(stages: Sequence[Step]) -> str:
    if not stages:
        return ""
    most = max(one.customers for one in stages)
    items = "".join(
        f'<li><b>{escape(one.label)}</b><svg class="bar" viewBox="0 0 100 5" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="of" width="100" height="5"/><rect class="part" width="{100 * one.customers / most:.1f}" height="5"/>'
        f"</svg><span>{one.customers:,} customers</span><span>{one.left:,} left here</span></li>"
        for one in stages
    )
    return (
        '<section class="card stages" aria-label="Stages"><header><h2>Stages</h2><p>distinct customers</p></header>'
        f'<ul class="strip">{items}</ul></section>'
    )


def _dot(channel: str) -> str:
    name = "".join(letter for letter in channel.lower() if letter.isalnum() or letter == "_")
    return f'<i class="dot {name}" title="{escape(channel, quote=True)}"></i>'


def _places(told: Picture) -> str:
    rows = "".join(
        f'<tr><td class="clip"><div class="place">{_dot(one.channel)}<span>{escape(one.label)}</span></div></td>'
        f'<td class="dim">{escape(one.stage or one.channel)}</td><td class="num">{one.customers:,}</td>'
        f'<td class="num">{one.left:,}</td><td class="num dim">{_share(one.share_left)}</td></tr>'
        for one in told.places
    )
    more = f"the {len(told.places)} with most customers, of {told.touchpoints:,}"
    return (
        f'<section class="card"><header><h2>Touchpoints</h2><p>{more}</p></header><div class="scroll"><table><thead><tr>'
        '<th>Touchpoint</th><th>Stage</th><th class="num">Customers</th><th class="num">Left here</th>'
        f'<th class="num">Share</th></tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _moved(moves: Sequence[Move]) -> str:
    rows = "".join(
        f'<tr><td class="clip two"><div class="place">{_dot(one.source_channel)}<span>{escape(one.source)}</span></div></td>'
        f'<td class="clip two"><div class="place"><i class="arrow">→</i>{_dot(one.target_channel)}'
        f'<span>{escape(one.target)}</span></div></td><td class="num">{one.customers:,}</td>'
        f'<td class="num dim">{_share(one.chance)}</td><td class="num">{escape(duration(one.seconds))}</td></tr>'
        for one in moves
    )
    return (
        '<section class="card"><header><h2>Moves</h2><p>from one place straight to another</p></header><div class="scroll">'
        '<table><thead><tr><th>From</th><th>To</th><th class="num">Customers</th><th class="num">Chance</th>'
        f'<th class="num">Median time</th></tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _share(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.0f} %"


def _nothing_yet(prefix: str) -> str:
    example = (
        "curl -u $HARKEN_WRITE_KEY: -H 'content-type: application/json' \\\n"
        '  -d \'{"type":"page","name":"Plan page","anonymousId":"a-1","userId":"ada"}\' \\\n'
        f"  http://127.0.0.1:8787{prefix}/v1/page"
    )
    return (
        '<section class="card"><header><h2>Send a first event</h2></header><div class="empty">'
        "<p>Any client that speaks the Segment or RudderStack protocol works: give it this hub as its host and a write "
        f"key. By hand:</p><pre>{escape(example)}</pre><p>Or fill the hub with a simulated phone company: "
        "<code>harken demo</code>. Your own tables come in with <code>harken import</code>.</p></div></section>"
    )
