#!/usr/bin/env python3
"""Tests of the catalogue's programs: what is malformed is refused with its place, conversions are exact."""

import csv
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

import catalog_schema as schema
import gen_catalog
import gen_catalog_c
import gen_model_docs

GOOD = {"vendor": "v", "model": "m", "mode": "chat", "status": "active", "price_status": "ok", "input": "1"}


def row(**changes):
    return {**dict.fromkeys(schema.COLUMNS, ""), **GOOD, **changes}


def read(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, schema.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with tempfile.NamedTemporaryFile("w+", suffix=".csv") as file:
        file.write(text.getvalue())
        file.flush()
        return schema.read_models(file.name)


class Malformed(unittest.TestCase):
    def test_a_good_row_is_read(self):
        self.assertEqual(read([row()])[0]["input"], 1)
        self.assertIsNone(read([row()])[0]["output"])

    def test_each_bad_cell_is_refused_with_line_and_column(self):
        bad = {
            "vendor": ["", "a b", 'a"b', "a\\b", "é"],
            "model": ["", "x" * 201],
            "mode": ["", "video"],
            "status": ["", "gone"],
            "price_status": ["", "unknown", "free_or_unpriced"],
            "context": ["-1", "1.5", "1e3", "4294967296", " 1"],
            "input": ["-1", "0.5", "x", str(schema.PRICE_MAX + 1)],
            "batch_permille": ["65536"],
            "anthropic_cache": ["yes"],
            "flags": ["flies", "tools;;vision"],
            "rules": ["{", "{}", "[1]", "[{}]", '[{"above":1}]', '[{"input":1}]', '[{"above":1,"input":1.5}]',
                      '[{"above":-1,"input":1}]', '[{"from":"soon","input":1}]', '[{"utc":"25:00-26:00","input":1}]',
                      '[{"above":1,"input":1,"colour":2}]', '[{"above":true,"input":1}]'],
        }
        for column, values in bad.items():
            for value in values:
                with self.subTest(column=column, value=value), self.assertRaises(SystemExit) as caught:
                    read([row(**{column: value})])
                self.assertIn(f":2: {column}", str(caught.exception))

    def test_order_and_duplicates_are_checked(self):
        for second in ("m", "a"):
            with self.assertRaises(SystemExit) as caught:
                read([row(), row(model=second)])
            self.assertIn(":3: rows must be sorted", str(caught.exception))

    def test_a_date_that_does_not_exist_ends_the_build(self):
        with self.assertRaises(SystemExit):
            read([row(rules='[{"from":"2027-02-30","input":1}]')])


class Conversion(unittest.TestCase):
    def test_dollars_become_integers_exactly(self):
        for text, want in (("2.5", 2500000), ("0.000001", 1), ("0", 0), ("150", 150000000), ("0.1", 100000)):
            self.assertEqual(gen_catalog.exact(text, gen_catalog.MICRO, "input"), want)

    def test_what_does_not_fit_is_refused(self):
        for text in ("0.0000001", "-1", "x", "NaN", "Infinity", ""):
            with self.subTest(text=text), self.assertRaises(schema.Malformed):
                gen_catalog.exact(text, gen_catalog.MICRO, "input")

    def test_zeros_beside_a_unit_price_are_not_prices(self):
        self.assertEqual(gen_catalog.without_idle_zeros({"input": 0, "output": 0, "image_nusd": 5}), {"image_nusd": 5})
        self.assertEqual(gen_catalog.without_idle_zeros({"input": 1, "image_nusd": 5}), {"input": 1, "image_nusd": 5})

    def test_times_of_rules(self):
        self.assertEqual(gen_catalog_c.seconds("2027-01-01"), 1798761600)
        self.assertEqual(gen_catalog_c.minutes("10:30"), 630)


class Committed(unittest.TestCase):
    def test_the_catalogue_is_well_formed(self):
        self.assertGreater(len(schema.read_models(schema.DATA)), 2000)

    def test_the_reference_page_is_up_to_date(self):
        models = schema.read_models(schema.DATA)
        self.assertEqual((gen_model_docs.DOCS / "models.md").read_text(), gen_model_docs.models_page(models))


if __name__ == "__main__":
    unittest.main()
