#!/usr/bin/env python3
"""Count test cases in what the test runners wrote; print "PASSED FAILED".

    tools/tally.py meson build-asan/meson-logs/testlog.json
    tools/tally.py vitest report.json
    tools/tally.py unittest output.txt

A program that dies counts as one failed case beside those it had already reported, and a runner
that wrote nothing as one: what did not run has not passed.
"""

import json
import re
import sys


def meson(text):
    """Sum over the programs: the cases that cmocka or unittest printed, else the program as one."""
    passed = failed = 0
    for row in map(json.loads, text.splitlines()):
        output = row.get("stdout", "") + "\n" + row.get("stderr", "")
        if re.search(r"^Ran \d+ test", output, re.M):
            good, bad = unittest(output)
        else:
            good = len(re.findall(r"^\[ +OK +\] ", output, re.M))
            bad = len(set(re.findall(r"^\[ +FAILED +\] (?!\d+ test)(.*)$", output, re.M)))
        is_fine = row["result"] in ("OK", "EXPECTEDFAIL")
        if not is_fine:
            bad = max(bad, 1)
        elif good + bad == 0:
            good = 1
        passed += good
        failed += bad
    return passed, failed


def vitest(text):
    """Skipped cases count as failed: nothing may be skipped here."""
    report = json.loads(text)
    passed = report["numPassedTests"]
    broken_files = sum(1 for suite in report["testResults"]
                       if suite["status"] != "passed" and not suite["assertionResults"])
    return passed, report["numTotalTests"] - passed + broken_files


def unittest(text):
    ran = int(re.search(r"^Ran (\d+) test", text, re.M).group(1))
    bad = sum(int(n) for n in re.findall(r"(?:failures|errors|skipped)=(\d+)", text))
    return max(ran - bad, 0), bad


def main(kind, path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            passed, failed = {"meson": meson, "vitest": vitest, "unittest": unittest}[kind](file.read())
    except (OSError, ValueError, AttributeError) as error:
        print(f"tally: {path}: {error}", file=sys.stderr)
        passed, failed = 0, 1
    if passed + failed == 0:
        failed = 1
    print(passed, failed)


if __name__ == "__main__":
    main(*sys.argv[1:])
