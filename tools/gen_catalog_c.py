#!/usr/bin/env python3
"""Write the model catalogue as C from data/models.csv, when the program is built.

    tools/gen_catalog_c.py MODELS.csv OUTPUT.c

The shape is src/ai/catalog_int.h. A malformed row ends the build with its place.
"""

import datetime
import sys

import catalog_schema as schema


class Pool:
    """All texts in one string; equal texts stand once."""

    def __init__(self):
        self.at, self.texts, self.size = {}, [], 0

    def add(self, text):
        if text not in self.at:
            self.at[text] = self.size
            self.texts.append(text)
            self.size += len(text)
        return f"{{{self.at[text]}, {len(text)}}}"


class Distinct:
    """Values with an index each, in order of first use."""

    def __init__(self):
        self.index = {}

    def add(self, value):
        return self.index.setdefault(value, len(self.index))


def number(value):
    return "-1" if value is None else str(value)


def seconds(date):
    day = datetime.date.fromisoformat(date) - datetime.date(1970, 1, 1)
    return day.days * 86400


def minutes(clock):
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def rates_text(row):
    return "{.musd = {" + ", ".join(number(row.get(bucket)) for bucket in schema.BUCKETS) + "}}"


def rule_text(rule):
    start, before = (rule["utc"].split("-")) if "utc" in rule else ("00:00", "00:00")
    return (
        f"{{.above_tokens = {rule.get('above', 0)}, .from_s = {seconds(rule['from']) if 'from' in rule else 0}, "
        f".until_s = {seconds(rule['until']) if 'until' in rule else 0}, "
        f".start_min = {minutes(start)}, .before_min = {minutes(before)}, .rates = {rates_text(rule)}}}"
    )


def price_text(row, rule_lists):
    rules = ", ".join(rule_text(rule) for rule in row["rules"])
    text = f".base = {rates_text(row)}, .units = {{{', '.join(number(row[unit]) for unit in schema.UNITS)}}}"
    permilles = ", ".join(str(row[tier + "_permille"] or 0) for tier in schema.TIERS)
    text += f", .tier_permille = {{1000, {permilles}}}"
    if rules:
        text += f", .rules = rules_{rule_lists.add(rules)}, .rules_n = {len(row['rules'])}"
    if row["anthropic_cache"]:
        text += ", .has_anthropic_cache = true"
    return "{" + text + "}"


def price_index(row, prices, rule_lists):
    if row["price_status"] == "unknown":
        return "CATALOG_NO_PRICE"
    if row["price_status"] == "free_or_unpriced":
        return "CATALOG_MAYBE_FREE"
    return str(prices.add(price_text(row, rule_lists)))


def model_text(row, pool, words, prices, rule_lists):
    flags = " | ".join("SL_AI_MODEL_" + schema.FLAGS[flag] for flag in row["flags"]) or "0"
    return (
        f"{{{pool.add(row['model'])}, {row['context'] or 0}, {row['max_output'] or 0}, {flags}, "
        f"{price_index(row, prices, rule_lists)}, SL_AI_MODE_{row['mode'].upper()}, "
        f"SL_AI_MODEL_{row['status'].upper()}, {words.add(row['source'])}, {words.add(row['as_of'])}}}"
    )


def vendor_texts(rows, pool):
    vendors = {}
    for at, row in enumerate(rows):
        first, count = vendors.get(row["vendor"], (at, 0))
        vendors[row["vendor"]] = (first, count + 1)
    return [f"{{{pool.add(vendor)}, {first}, {count}}}" for vendor, (first, count) in vendors.items()]


def array(kind, name, items, qualifier="const"):
    return f"{qualifier} {kind} {name}[] = {{\n" + "".join(f"    {item},\n" for item in items) + "};\n"


def c_text(rows):
    pool, words, prices, rule_lists = Pool(), Distinct(), Distinct(), Distinct()
    models = [model_text(row, pool, words, prices, rule_lists) for row in rows]
    vendors = vendor_texts(rows, pool)
    word_texts = [pool.add(word) for word in words.index]
    parts = ['/* Written by tools/gen_catalog_c.py from data/models.csv. */\n#include "ai/catalog_int.h"\n']
    for rules, index in rule_lists.index.items():
        parts.append(array("struct sl_ai_price_rule", f"rules_{index}", [rules], "static const"))
    parts.append(array("struct sl_ai_price", "catalog_prices", prices.index))
    parts.append(array("struct catalog_text", "catalog_words", word_texts))
    parts.append(array("struct catalog_vendor", "catalog_vendors", vendors))
    parts.append("const size_t catalog_vendors_n = SL_LEN(catalog_vendors);\n")
    parts.append(array("struct catalog_model", "catalog_models", models))
    parts.append("const char catalog_pool[] =\n" + "".join(f'    "{text}"\n' for text in pool.texts) + "    ;\n")
    if len(prices.index) >= 65534 or len(words.index) > 255:
        raise SystemExit("the catalogue has outgrown the indexes of catalog_int.h")
    return "\n".join(parts)


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    text = c_text(schema.read_models(sys.argv[1]))
    with open(sys.argv[2], "w", encoding="ascii") as file:
        file.write(text)


if __name__ == "__main__":
    main()
