"""Tests of tools/tally.py: what did not run has not passed."""

import json
import unittest

import tally


def log(*rows):
    return "\n".join(json.dumps({"result": result, "stdout": out, "stderr": ""}) for result, out in rows)


class Meson(unittest.TestCase):
    def test_cases_of_cmocka_are_counted_once(self):
        out = "[       OK ] a: b\n[  FAILED  ] a: c\n[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] a: c\n"
        self.assertEqual((1, 1), tally.meson(log(("FAIL", out))))

    def test_a_program_that_dies_has_failed_beside_what_it_reported(self):
        self.assertEqual((1, 1), tally.meson(log(("FAIL", "[       OK ] a: b\nAddressSanitizer\n"))))
        self.assertEqual((0, 1), tally.meson(log(("TIMEOUT", ""))))

    def test_a_program_without_cases_is_one(self):
        self.assertEqual((2, 0), tally.meson(log(("OK", ""), ("OK", "fine"))))

    def test_cases_of_unittest_are_counted(self):
        self.assertEqual((4, 35), tally.meson(log(("FAIL", "Ran 39 tests in 1s\n\nFAILED (errors=35)\n"))))


class Others(unittest.TestCase):
    def test_skipped_cases_have_not_passed(self):
        self.assertEqual((1, 2), tally.unittest("Ran 3 tests in 0s\nOK (skipped=2)\n"))
        report = {"numPassedTests": 1, "numTotalTests": 3, "testResults": [
            {"status": "passed", "assertionResults": [{}]}]}
        self.assertEqual((1, 2), tally.vitest(json.dumps(report)))

    def test_a_file_that_does_not_load_has_failed(self):
        report = {"numPassedTests": 0, "numTotalTests": 0, "testResults": [
            {"status": "failed", "assertionResults": []}]}
        self.assertEqual((0, 1), tally.vitest(json.dumps(report)))


if __name__ == "__main__":
    unittest.main()
