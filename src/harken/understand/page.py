"""A journey map in, a drawing out: SVG for a notebook, and a page of its own that needs no network and no server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Protocol

import polars as pl
from msgspec import Struct

from harken.understand.levels import NONE
from harken.understand.result import Coverage, Header, duration

NODES, LINKS = 24, 90  # drawn at most
WIDE, HIGH, ACROSS, DOWN, EDGE = 168, 52, 250, 84, 24  # a node, from column to column, from row to row, the margin
COLUMNS = 7
ROUNDS = 40
COLORS = ("#3b6fd4", "#0f8a7e", "#b4581a", "#8a4fbf", "#b3365c", "#5b7a1f", "#2c7da0", "#8c6a1a")


class Drawn(Protocol):
    """What is drawn: a `JourneyMap`."""

    @property
    def nodes(self) -> pl.DataFrame: ...
    @property
    def moves(self) -> pl.DataFrame: ...
    @property
    def stages(self) -> pl.DataFrame: ...
    @property
    def header(self) -> Header: ...
    @property
    def caption(self) -> str: ...
    @property
    def coverage(self) -> Coverage: ...
    @property
    def question(self) -> Any: ...
    def _repr_html_(self) -> str: ...


class Place(Struct, frozen=True):
    """Where a node lies, and what is said of it."""

    x: int
    y: int
    node: dict[str, Any]


def drawing(found: Drawn) -> str:
    """The map as SVG: most customers first, at most some nodes and links; what a thing says it says when pointed at."""
    nodes = found.nodes.filter(pl.col("kind") != "other").head(NODES).to_dicts()
    if not nodes:
        return ""
    kept = [node["id"] for node in nodes]
    moves = found.moves.filter(pl.col("from").is_in(kept) & pl.col("to").is_in(kept)).head(LINKS).to_dicts()
    placed = _placed(nodes, moves, [stage for stage in found.stages["stage"] if stage != NONE])
    width = max(one.x for one in placed.values()) + WIDE + 3 * EDGE
    height = max(one.y for one in placed.values()) + HIGH + 2 * EDGE
    most = max([move["customers"] for move in moves] or [1])
    every = sum(int(n) for n in found.moves["events"])
    lines, before = [], 0
    for move in moves:
        lines.append(_line(move, placed, most, before / every if every else 0.0))
        before += move["events"]
    colors = {channel: COLORS[n % len(COLORS)] for n, channel in enumerate(sorted({node["channel"] for node in nodes}))}
    heads = _heads(found, placed.values())
    boxes = [_box(one, colors, nodes[0]["customers"]) for one in placed.values()]
    return (
        f'<svg class="harken-map" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(found.caption, quote=True)}" xmlns="http://www.w3.org/2000/svg" '
        'style="max-width:100%;height:auto;font:12px system-ui,sans-serif">'
        '<defs><marker id="harken-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="#7a8699"/></marker></defs>'
        f"{heads}{''.join(lines)}{''.join(boxes)}</svg>"
    )


def _placed(
    nodes: Sequence[dict[str, Any]], moves: Sequence[dict[str, Any]], stages: Sequence[str]
) -> dict[str, Place]:
    """Columns are stages, or how far into their journeys customers are; the busiest node of a column lies on top."""
    staged = [node for node in nodes if node["stage"] in stages]
    if len(stages) > 1 and len(staged) > len(nodes) / 2:
        column = {node["id"]: stages.index(node["stage"]) if node["stage"] in stages else 0 for node in nodes}
    else:
        column = _ordered(nodes, moves)
    used = {one: place for place, one in enumerate(sorted({*column.values()}))}
    rows: dict[int, int] = {}
    placed: dict[str, Place] = {}
    for node in nodes:
        x = used[column[node["id"]]]
        y = rows[x] = rows.get(x, -1) + 1
        placed[node["id"]] = Place(EDGE + x * ACROSS, 2 * EDGE + y * DOWN + (x % 2) * 20, node)
    return placed


def _heads(found: Drawn, placed: Iterable[Place]) -> str:
    """The names of the stages over their columns."""
    columns: dict[int, set[str]] = {}
    for one in placed:
        columns.setdefault(one.x, set()).add(one.node["stage"])
    names = dict(found.stages.select("stage", "label").iter_rows())
    if any(len(stages) > 1 for stages in columns.values()) or not {*names} - {NONE}:
        return ""
    return "".join(
        f'<text x="{x}" y="18" fill="#4a5568" font-size="13">{escape(names.get(stage, stage))}</text>'
        for x, (stage,) in sorted(columns.items())
        if stage != NONE
    )


def _ordered(nodes: Sequence[dict[str, Any]], moves: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How many steps customers have typically made before they come here, as a few columns."""
    far = {node["id"]: 0.0 for node in nodes}
    begun = {node["id"]: float(node["started"]) for node in nodes}
    for _ in range(ROUNDS):
        sums, weights = dict.fromkeys(far, 0.0), dict(begun)
        for move in moves:
            if move["from"] != move["to"]:
                sums[move["to"]] += move["events"] * min(far[move["from"]] + 1, COLUMNS)
                weights[move["to"]] += move["events"]
        far = {id: sums[id] / weights[id] if weights[id] else 0.0 for id in far}
    order = sorted(far, key=lambda node: (far[node], node))
    columns = min(COLUMNS, max(1, round(len(order) ** 0.5) + 1))
    return {id: place * columns // len(order) for place, id in enumerate(order)}


def _box(one: Place, colors: dict[str, str], most: int) -> str:
    node, color = one.node, colors[one.node["channel"]]
    label = node["label"] if len(node["label"]) <= 21 else node["label"][:20] + "…"
    told = [f"{node['id']}: {node['customers']:,} customers, {node['events']:,} steps",
            f"{node['left']:,} left here, {node['still_open']:,} may go on",
            f"the next step after {duration(node['median_seconds'])}" if node["median_seconds"] is not None else ""]  # fmt: skip
    left = f"{node['share_left']:.0%} leave" if node["share_left"] else ""
    bar = round((WIDE - 16) * node["customers"] / max(most, 1))
    return (
        f'<g class="node" tabindex="0" data-id="{escape(node["id"], quote=True)}" transform="translate({one.x} {one.y})">'
        f"<title>{escape(chr(10).join(text for text in told if text))}</title>"
        f'<rect width="{WIDE}" height="{HIGH}" rx="8" fill="#fff" stroke="{color}" stroke-width="1.5"/>'
        f'<rect x="8" y="{HIGH - 9}" width="{bar}" height="4" rx="2" fill="{color}"/>'
        f'<text x="8" y="18" font-weight="600" fill="#17202e">{escape(label)}</text>'
        f'<text x="8" y="35" fill="#4a5568">{node["customers"]:,}</text>'
        f'<text x="{WIDE - 8}" y="35" text-anchor="end" fill="#a0341f">{left}</text></g>'
    )


def _line(move: dict[str, Any], placed: dict[str, Place], most: int, before: float) -> str:
    a, b = placed[move["from"]], placed[move["to"]]
    width = 1 + 9 * move["customers"] / most
    time = f", typically after {duration(move['median_seconds'])}" if move["median_seconds"] is not None else ""
    told = (
        f"{a.node['label']} → {b.node['label']}: {move['customers']:,} customers, {move['events']:,} times, "
        f"{move['p_out']:.0%} of what follows{time}"
    )
    return (
        f'<g class="link" data-from="{escape(move["from"], quote=True)}" data-to="{escape(move["to"], quote=True)}" '
        f'data-before="{before:.4f}"><title>{escape(told)}</title><path d="{_path(a, b)}" fill="none" stroke="#7a8699" '
        f'stroke-opacity=".45" stroke-width="{width:.1f}" marker-end="url(#harken-tip)"/></g>'
    )


def _path(a: Place, b: Place) -> str:
    ya, yb = a.y + HIGH // 2, b.y + HIGH // 2
    if a is b:  # a loop over its corner
        return f"M{a.x + WIDE - 40} {a.y}c-6 -26 46 -26 34 -1"
    if b.x > a.x:
        bend = (b.x - a.x - WIDE) // 2
        return f"M{a.x + WIDE} {ya}C{a.x + WIDE + bend} {ya} {b.x - bend} {yb} {b.x - 2} {yb}"
    if b.x == a.x:  # beside the column
        return f"M{a.x + WIDE} {ya}C{a.x + WIDE + 44} {ya} {b.x + WIDE + 44} {yb} {b.x + WIDE + 2} {yb}"
    low = max(a.y, b.y) + HIGH + 22  # back, under both
    return f"M{a.x + 30} {a.y + HIGH}C{a.x + 20} {low + 20} {b.x + WIDE - 20} {low + 20} {b.x + WIDE - 30} {b.y + HIGH + 2}"


# ---------------------------------------------------------------------- a page of its own


def page(maps: Sequence[Drawn], title: str) -> str:
    """One file with the maps (levels to choose from), sliders, and the same as tables. It asks no network for anything."""
    tabs = "".join(
        f'<button type="button" data-tab="{n}" aria-pressed="{"true" if n == 0 else "false"}">{escape(one.question.level)}</button>'
        for n, one in enumerate(maps)
    )
    parts = "".join(
        f'<section data-map="{n}"{"" if n == 0 else " hidden"}><h2>{escape(one.caption)}</h2>'
        f"<p>{one.header.customers:,} customers, {one.header.events:,} steps; {escape(one.coverage.text)}</p>"
        f"<div class=draw>{drawing(one)}</div><details><summary>As tables</summary>{tables(one)}</details></section>"
        for n, one in enumerate(maps)
    )
    return PAGE.replace("{{title}}", escape(title)).replace("{{tabs}}", tabs).replace("{{parts}}", parts)


def tables(found: Drawn) -> str:
    """What a map says as tables, without its drawing."""
    html = found._repr_html_()
    before, begin, rest = html.partition('<svg class="harken-map"')
    return before + rest.partition("</svg>")[2] if begin else html


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{title}}</title>
<style>
:root { color-scheme: light } body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem; color: #17202e; background: #f7f8fa }
h1 { font-size: 1.1rem; margin: 0 } h2 { font-size: 1.4rem; margin: .5rem 0 0 } p { margin: .2rem 0 1rem; color: #4a5568 }
.bar { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center } .draw { overflow: auto; background: #fff; border: 1px solid #d8dee8; border-radius: 10px; padding: 8px }
button { font: inherit; border: 1px solid #b8c2d0; background: #fff; border-radius: 6px; padding: .2rem .7rem; cursor: pointer }
button[aria-pressed=true] { background: #17202e; color: #fff } label { display: inline-flex; gap: .5rem; align-items: center }
table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .2rem .8rem; border-bottom: 1px solid #d8dee8 }
.node { cursor: pointer } .node:focus { outline: none } .node:focus rect:first-of-type, .on rect:first-of-type { stroke-width: 3 }
.link.off, .node.off { opacity: .08 } .link.on path { stroke: #3b6fd4; stroke-opacity: .9 } .link path { pointer-events: stroke }
</style></head><body>
<div class="bar"><h1>{{title}}</h1><span role="group" aria-label="Level">{{tabs}}</span>
<label>Moves shown <input id="share" type="range" min="1" max="100" value="80"> <output id="said">80 %</output></label></div>
{{parts}}
<script>
(function () {
  var chosen = null, share = document.getElementById('share'), all = function (q, r) { return [].slice.call((r || document).querySelectorAll(q)); };
  function show() {
    document.getElementById('said').textContent = share.value + ' %';
    all('section').forEach(function (part) {
      all('.link', part).forEach(function (link) {
        var d = link.dataset, mine = chosen !== null && (d.from === chosen || d.to === chosen);
        link.style.display = mine || +d.before < share.value / 100 ? '' : 'none';
        link.classList.toggle('on', mine); link.classList.toggle('off', chosen !== null && !mine);
      });
      var near = {}; all('.link.on', part).forEach(function (l) { near[l.dataset.from] = near[l.dataset.to] = 1; });
      all('.node', part).forEach(function (n) {
        n.classList.toggle('on', n.dataset.id === chosen);
        n.classList.toggle('off', chosen !== null && n.dataset.id !== chosen && !near[n.dataset.id]);
      });
    });
  }
  function choose(id) { chosen = chosen === id ? null : id; show(); }
  share.addEventListener('input', show);
  all('.node').forEach(function (n) {
    n.addEventListener('click', function (e) { choose(n.dataset.id); e.stopPropagation(); });
    n.addEventListener('keydown', function (e) { if (e.key === 'Enter' || e.key === ' ') { choose(n.dataset.id); e.preventDefault(); } });
  });
  document.addEventListener('keydown', function (e) { if (e.key === 'Escape') { chosen = null; show(); } });
  all('.draw').forEach(function (d) { d.addEventListener('click', function () { chosen = null; show(); }); });
  all('[data-tab]').forEach(function (tab) {
    tab.addEventListener('click', function () {
      all('[data-tab]').forEach(function (one) { one.setAttribute('aria-pressed', one === tab); });
      all('[data-map]').forEach(function (part) { part.hidden = part.dataset.map !== tab.dataset.tab; });
      chosen = null; show();
    });
  });
  show();
})();
</script></body></html>
"""
