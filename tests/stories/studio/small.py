"""A screenshot as PNG in, the same picture as PNG with a palette out: about a third of the bytes, for the repository."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLORS = 256
GROUNDS = 24  # the most frequent colors, large grounds among them, are kept exactly
NONE, SUB, UP, AVERAGE, PAETH = range(5)


def with_palette(png: bytes) -> bytes:
    """The same size and, as far as 256 colors do, the same pixels. What is no screenshot (8 bit RGB) comes back as it is."""
    chunks = list(_chunks(png))
    width, height, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if (depth, kind, interlaced) != (8, 2, 0):
        return png
    pixels = _pixels(zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT")), width, height)
    palette, places = _reduced(pixels)
    lines = np.zeros((height, width + 1), np.uint8)  # each begins with its filter: none
    lines[:, 1:] = places.reshape(height, width)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = zlib.compress(lines.tobytes(), 9)
    return SIGNATURE + b"".join(
        _chunk(name, told)
        for name, told in ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", body), (b"IEND", b""))
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += size + 12


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _pixels(raw: bytes, width: int, height: int) -> np.ndarray:
    """Every pixel as one number 0xRRGGBB, the filters of PNG undone line by line."""
    step = width * 3 + 1
    told = np.zeros((height + 1, width, 3), np.uint8)
    for line in range(height):
        kind = raw[line * step]
        now = np.frombuffer(raw, np.uint8, width * 3, line * step + 1).reshape(width, 3)
        above = told[line]
        if kind == NONE:
            told[line + 1] = now
        elif kind == UP:
            told[line + 1] = now + above
        elif kind == SUB:
            told[line + 1] = np.cumsum(now, axis=0, dtype=np.uint8)
        else:
            _from_neighbors(kind, now, above, told[line + 1])
    colors = told[1:].astype(np.uint32)
    return (colors[..., 0] << 16 | colors[..., 1] << 8 | colors[..., 2]).ravel()


def _from_neighbors(kind: int, now: np.ndarray, above: np.ndarray, into: np.ndarray) -> None:
    rows = now.tolist(), above.tolist()
    left, corner = [0, 0, 0], [0, 0, 0]
    line = []
    for one, up in zip(*rows, strict=True):
        guess = [(a + b) // 2 if kind == AVERAGE else _paeth(a, b, c) for a, b, c in zip(left, up, corner, strict=True)]
        left = [(value + near) & 255 for value, near in zip(one, guess, strict=True)]
        corner = up
        line.append(left)
    into[:] = line


def _paeth(a: int, b: int, c: int) -> int:
    to_a, to_b, to_c = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    if to_a <= to_b and to_a <= to_c:
        return a
    return b if to_b <= to_c else c


def _reduced(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most frequent colors that differ enough, and for every pixel the place of the nearest of them."""
    colors, inverse, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    parts = np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=1).astype(np.int32)
    kept: list[int] = np.argsort(-counts, kind="stable")[:GROUNDS].tolist()
    for apart in (14, 8, 4, 0):
        for at in np.argsort(-counts, kind="stable").tolist():
            if len(kept) >= COLORS:
                break
            if np.abs(parts[kept] - parts[at]).max(axis=1).min() > apart:
                kept.append(at)
    chosen = parts[kept]
    nearest = np.concatenate(
        [
            ((part[:, None, :] - chosen) ** 2).sum(axis=2).argmin(axis=1)
            for part in np.array_split(parts, 1 + len(parts) // 2_000)
        ]
    )
    return chosen.astype(np.uint8), nearest[inverse].astype(np.uint8)
