#!/usr/bin/env python3
"""tests/CHECKLIST.md names only tests that exist, for each of its forty items, its cases and its vendors."""

import re
import unittest
from pathlib import Path

CASES = [f"{letter}{i}" for letter, numbers in (
    ("U", [*range(1, 16), 17]), ("T", [*range(1, 9), *range(10, 13), 14, 15]), ("E", range(1, 13)),
    ("X", range(1, 14)), ("I", [1, 2, 6, 7])) for i in numbers]
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


def is_named_after(name, case):
    """Does the test's own name begin with the number: `u4_...` of a unit test, `U4: ...` of another?"""
    kind, _, rest = name.partition(": ")
    own = rest.partition(": ")[2] if kind == "e2e" else rest
    return kind != "transcript" and re.match(rf"{case}(?![0-9])", own, flags=re.I) is not None


class Checklist(unittest.TestCase):
    def setUp(self):
        self.rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", (TESTS / "CHECKLIST.md").read_text(), flags=re.M)
        self.cases = re.findall(r"^\| ([UTEXI]\d+) \| [^|]+ \| ([^|]+) \|$", (TESTS / "CHECKLIST.md").read_text(), flags=re.M)
        self.vendors = re.findall(r"^\| V\d+ \| [^|]+ \| ([^|]+) \|$", (TESTS / "CHECKLIST.md").read_text(), flags=re.M)

    def test_every_item_has_a_row(self):
        self.assertEqual([int(number) for number, _ in self.rows], list(range(1, 41)))

    def test_every_test_that_is_named_exists(self):
        units = unit_tests()
        cells = [cell for _, cell in self.rows + self.cases] + self.vendors
        missing = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell) if not exists(name, units)]
        self.assertEqual(missing, [])

    def test_an_item_has_tests_or_is_open(self):
        self.assertEqual([number for number, cell in self.rows if "`" not in cell and cell.strip() != "open"], [])

    def test_every_case_has_tests_that_begin_with_its_number(self):
        self.assertEqual([case for case, _ in self.cases], CASES)
        nameless = [case for case, cell in self.cases
                    if not any(is_named_after(name, case) for name in re.findall(r"`([^`]+)`", cell))]
        self.assertEqual(nameless, [])

    def test_what_was_seen_at_vendors_has_tests(self):
        self.assertGreater(len(self.vendors), 0)
        self.assertEqual([cell for cell in self.vendors if "`" not in cell], [])


if __name__ == "__main__":
    unittest.main()
