"""Reads packs with nothing but a CBOR library: for every message of pack.json the rows, as JSON on stdout.

Shows that a pack needs none of our code, and checks the vectors against an implementation that shares nothing with ours.
"""

import json
import struct
import sys

import cbor2

COUNTERS = ("activeEnergy",)  # how the names of the quantities that count up begin
LETTERS = {8: "b", 16: "h", 32: "i"}
TAGS = {72: 8, 77: 16, 78: 32}  # RFC 8746: signed integers, little-endian


def elements(body, width, length):
    """The body as rows of integers, None where missing."""
    if isinstance(body, cbor2.CBORTag):
        assert TAGS[body.tag] == width
        flat = struct.unpack("<%d%s" % (len(body.value) * 8 // width, LETTERS[width]), body.value)
        missing = -(2 ** (width - 1))
        flat = [None if element == missing else element for element in flat]
        return [flat[at : at + length] for at in range(0, len(flat), length)]
    digits = iter(body.hex())

    def varint():
        shift = value = 0
        while True:
            half = int(next(digits), 16)
            value |= (half & 7) << shift
            shift += 3
            if half < 8:
                return value

    count = varint()
    columns = []
    for _ in range(length):
        column, last = [], 0
        for _ in range(count):
            token = varint()
            if token:
                last += -token // 2 if token % 2 == 0 else token // 2
            column.append(last if token else None)
        columns.append(column)
    return [list(row) for row in zip(*columns)]


def read(message, shape):
    kind, shape_id, time, step, body, *bases = cbor2.loads(message)
    assert kind == 1
    quality, start = ("synced", time) if isinstance(time, int) else (["relative", "unknown"][time[0] - 1], time[1])
    width = max(column["width"] for column in shape["columns"])
    ticks = shape["time"] == "column"
    rows = []
    for i, row in enumerate(elements(body, width, len(shape["columns"]) + ticks)):
        at = row.pop(0) if ticks else i
        remaining = list(bases[0]) if bases else []
        values = []
        for column, element in zip(shape["columns"], row):
            base = remaining.pop(0) if column["quantity"].startswith(COUNTERS) else 0
            values.append(None if element is None else str(base + element))
        rows.append([start + at * step, *values])
    return {"id": shape_id.hex(), "time": start, "timeQuality": quality, "step": step, "rows": rows}


with open(sys.argv[1], encoding="utf-8") as file:
    packs = json.load(file)["packs"]
json.dump([read(bytes.fromhex("".join(pack["message"])), pack["shape"]) for pack in packs], sys.stdout)
