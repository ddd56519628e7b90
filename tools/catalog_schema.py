"""The schema of data/models.csv, shared by the programs that write and read it.

Token prices are micro-USD per million tokens, unit prices nano-USD per unit (characters: pico-USD),
all integers; an empty cell is "not known", which is not 0.
"""

import csv
import datetime
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data" / "models.csv"
AI = ROOT / "src" / "ai"

PRICE_STATUSES = ("ok", "free_or_unpriced", "unknown")
STATUSES = ("active", "beta", "deprecated")
TIERS = ("flex", "batch", "priority")
RULE_CONDITIONS = ("above", "from", "until", "utc")
PRICE_MAX = 10**12  # SL_AI_PRICE_MAX of ai/price.h


class Malformed(Exception):
    """A row that cannot be used; the text says which and why."""


def def_rows(name):
    """The rows X(...) of a .def file, each a list of its arguments; no argument holds a comma in text."""
    text = re.sub(r"/\*.*?\*/", "", (AI / name).read_text(), flags=re.S)
    rows = re.findall(r"^X\((.*)\)$", text, flags=re.M)
    return [[cell.strip().strip('"') for cell in row.split(",")] for row in rows]


BUCKETS = [row[1] for row in def_rows("usage_bucket.def")]
UNITS = [row[2] for row in def_rows("usage_unit.def")]
MODES = [row[1] for row in def_rows("model_mode.def")]
FLAGS = {row[1]: row[0] for row in def_rows("model_flag.def")}

COLUMNS = (
    ["vendor", "model", "mode", "status", "context", "max_output", "price_status"]
    + BUCKETS
    + UNITS
    + [tier + "_permille" for tier in TIERS]
    + ["anthropic_cache", "rules", "flags", "source", "as_of"]
)


def integer(row, column, most):
    """The cell as an int, or None when it is empty."""
    text = row[column]
    if text == "":
        return None
    if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) > most:
        raise Malformed(f"{column}: '{text}' is not an integer from 0 to {most}")
    return int(text)


def is_date(text):
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def check_rule(rule):
    conditions = [key for key in rule if key in RULE_CONDITIONS]
    prices = [key for key in rule if key in BUCKETS]
    if not conditions or not prices or len(conditions) + len(prices) != len(rule):
        raise Malformed(f"rules: {rule} must have conditions {RULE_CONDITIONS} and prices of buckets")
    for key in prices + [key for key in conditions if key == "above"]:
        if type(rule[key]) is not int or not 0 <= rule[key] <= PRICE_MAX:
            raise Malformed(f"rules: {key} must be an integer from 0 to {PRICE_MAX}")
    for key in ("from", "until"):
        if key in rule and not is_date(str(rule[key])):
            raise Malformed(f"rules: {key} must be a date, such as 2027-01-01")
    if "utc" in rule and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d", str(rule["utc"])):
        raise Malformed("rules: utc must be a window, such as 01:00-04:00")


def parse_rules(text):
    if text == "":
        return []
    try:
        rules = json.loads(text)
    except ValueError as error:
        raise Malformed(f"rules: not JSON: {error}") from None
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise Malformed("rules: must be a list of objects")
    for rule in rules:
        check_rule(rule)
    return rules


def one_of(row, column, allowed):
    if row[column] not in allowed:
        raise Malformed(f"{column}: '{row[column]}' is not one of {', '.join(allowed)}")


def check_row(row):
    """A row of data/models.csv with its numbers read; raises Malformed."""
    if None in row or None in row.values():
        raise Malformed(f"must have {len(COLUMNS)} cells")
    for column in ("vendor", "model"):
        if not re.fullmatch(r'[!#-\[\]-~]{1,200}', row[column]):
            raise Malformed(f"{column}: '{row[column]}' must be 1 to 200 printable characters")
    one_of(row, "mode", MODES)
    one_of(row, "status", STATUSES)
    one_of(row, "price_status", PRICE_STATUSES)
    one_of(row, "anthropic_cache", ("", "1"))
    read = dict(row)
    for column in ("context", "max_output"):
        read[column] = integer(row, column, 2**32 - 1)
    for column in BUCKETS + UNITS:
        read[column] = integer(row, column, PRICE_MAX)
    for tier in TIERS:
        read[tier + "_permille"] = integer(row, tier + "_permille", 65535)
    read["rules"] = parse_rules(row["rules"])
    read["flags"] = row["flags"].split(";") if row["flags"] else []
    for flag in read["flags"]:
        if flag not in FLAGS:
            raise Malformed(f"flags: '{flag}' is not in model_flag.def")
    priced = any(read[column] is not None for column in BUCKETS + UNITS)
    if priced != (row["price_status"] == "ok"):
        raise Malformed(f"price_status: '{row['price_status']}' contradicts the prices")
    return read


def read_models(path):
    """All rows of a file in the schema; exits with the place of the first that is malformed."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            raise SystemExit(f"{path}:1: columns must be {','.join(COLUMNS)}")
        rows = []
        for row in reader:
            try:
                rows.append(check_row(row))
                check_order(rows)
            except Malformed as error:
                raise SystemExit(f"{path}:{reader.line_num}: {error}") from None
    return rows


def sort_key(row):
    return (row["vendor"].encode(), row["model"].encode())


def check_order(rows):
    if len(rows) > 1 and sort_key(rows[-2]) >= sort_key(rows[-1]):
        raise Malformed("rows must be sorted by the bytes of vendor and model, without duplicates")
