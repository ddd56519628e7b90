#!/usr/bin/env python3
"""Find a hash without collisions for the names in src/codec/header.def and write it down as C.

    tools/gen_header_slots.py

Run it after a row of header.def came, went or changed its name; it writes src/codec/header_slots.def.
The hash is slot_of() in src/codec/header.c; the tests of header.c find every name by it.
"""

import re
from pathlib import Path

CODEC = Path(__file__).resolve().parent.parent / "src" / "codec"
ROW = re.compile(r'^X\((\w+), "([^"]+)"', re.MULTILINE)
TRIES = 1000000
WORD = 0xFFFFFFFF


def key(name):
    """First, middle and last byte without their case, and the length."""
    text = name.encode()
    first, middle, last = (text[i] | 0x20 for i in (0, len(text) // 2, -1))
    return first | middle << 8 | last << 16 | len(text) << 24


def slots(rows, factor):
    return {key(name) * factor % 2**32 >> 24: row for row, name in rows}


def factors():
    """Odd numbers all over the range, the same ones every time."""
    factor = 1
    for _ in range(TRIES):
        factor = (factor * 1664525 + 1013904223) & WORD
        yield factor | 1


def find(rows):
    for factor in factors():
        found = slots(rows, factor)
        if len(found) == len(rows):
            return factor, found
    raise SystemExit("no factor tells all names apart: slot_of() must look at more bytes")


def main():
    factor, found = find(ROW.findall((CODEC / "header.def").read_text()))
    lines = [
        "/* Written by tools/gen_header_slots.py from header.def: where slot_of() leads for each name. */",
        f"#define HASH_FACTOR 0x{factor:08x}U",
    ]
    lines += [f"S({slot}, {row})" for slot, row in sorted(found.items())]
    (CODEC / "header_slots.def").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
