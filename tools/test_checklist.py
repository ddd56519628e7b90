#!/usr/bin/env python3
"""tests/CHECKLIST.md names only tests that exist, for each of its forty items."""

import re
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"


def unit_tests():
    found = set()
    for path in (TESTS / "unit").rglob("*.c"):
        found |= {": ".join(pair) for pair in re.findall(r"^TEST\((\w+),\s*(\w+)\)", path.read_text(), flags=re.M)}
    return found


def exists(name, units):
    kind, _, rest = name.partition(": ")
    if kind == "transcript":
        folder, _, stem = rest.partition("/")
        return any((TESTS / "transcripts" / folder).glob(f"{stem}.*"))
    if kind == "e2e":
        file, _, beginning = rest.partition(": ")
        path = TESTS / "e2e" / "tests" / f"{file}.test.ts"
        return path.exists() and f"'{beginning}" in path.read_text()
    return name in units


class Checklist(unittest.TestCase):
    def setUp(self):
        self.rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", (TESTS / "CHECKLIST.md").read_text(), flags=re.M)

    def test_every_item_has_a_row(self):
        self.assertEqual([int(number) for number, _ in self.rows], list(range(1, 41)))

    def test_every_test_that_is_named_exists(self):
        units = unit_tests()
        missing = [name for _, cell in self.rows for name in re.findall(r"`([^`]+)`", cell) if not exists(name, units)]
        self.assertEqual(missing, [])

    def test_an_item_has_tests_or_is_open(self):
        self.assertEqual([number for number, cell in self.rows if "`" not in cell and cell.strip() != "open"], [])


if __name__ == "__main__":
    unittest.main()
