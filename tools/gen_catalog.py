#!/usr/bin/env python3
"""Write data/models.csv from a table of collected facts.

    tools/gen_catalog.py FACTS.csv [OUTPUT.csv]

FACTS.csv has dollars per million tokens (per image, second, million characters, thousand requests);
the columns are named in TOKEN_PRICES and UNIT_PRICES below. Every conversion is exact: a price that
does not fit the integer unit is an error, never rounded.
"""

import csv
import json
import sys
from decimal import Decimal, InvalidOperation

import catalog_schema as schema
from catalog_schema import Malformed

MICRO, NANO, PICO = 10**6, 10**9, 10**12

TOKEN_PRICES = {
    "input": "input_price_per_mtok_usd",
    "output": "output_price_per_mtok_usd",
    "cache_read": "cached_input_price_per_mtok_usd",
    "cache_write_5m": "cache_write_price_per_mtok_usd",
    "cache_write_1h": "cache_write_1h_price_per_mtok_usd",
    "reasoning": "reasoning_price_per_mtok_usd",
    "input_audio": "audio_input_price_per_mtok_usd",
    "output_audio": "audio_output_price_per_mtok_usd",
    "input_image": "image_input_price_per_mtok_usd",
    "output_image": "image_output_price_per_mtok_usd",
}
UNIT_PRICES = {  # column of ours -> column of theirs, factor to our unit
    "image_nusd": ("price_per_image_usd", Decimal(NANO)),
    "second_nusd": ("price_per_second_usd", Decimal(NANO)),
    "character_pusd": ("price_per_mchar_usd", Decimal(PICO) / MICRO),
}
PER_1K = "price_per_1k_requests_usd"
PER_1K_UNIT = {"rerank": "search_nusd", "ocr": "page_nusd"}  # otherwise a fee per request
RULE_PRICES = {
    "input": "input",
    "output": "output",
    "cached_input": "cache_read",
    "cache_write": "cache_write_5m",
    "cache_write_1h": "cache_write_1h",
}
# Factors of service tiers that the facts do not hold per model.
VENDOR_TIERS = {"openai": {"flex": 500, "priority": 2000}, "azure-openai": {"priority": 2000}}


def exact(text, factor, column):
    """Dollars in `text` as an integer in units of 1/factor dollars."""
    try:
        value = Decimal(text) * factor
    except InvalidOperation:
        raise Malformed(f"{column}: '{text}' is not a number") from None
    if not value.is_finite() or value < 0 or value != value.to_integral_value():
        raise Malformed(f"{column}: '{text}' is negative or finer than 1/{factor} dollar")
    return int(value)


def prices_of(fact):
    prices = {}
    for column, source in TOKEN_PRICES.items():
        if fact[source]:
            prices[column] = exact(fact[source], MICRO, source)
    for column, (source, factor) in UNIT_PRICES.items():
        if fact[source]:
            prices[column] = exact(fact[source], factor, source)
    if fact[PER_1K]:
        prices[PER_1K_UNIT.get(fact["mode"], "request_nusd")] = exact(fact[PER_1K], Decimal(NANO) / 1000, PER_1K)
    return without_idle_zeros(prices)


def without_idle_zeros(prices):
    """A model billed by units says 0 for its tokens: they are not billed, not free of charge."""
    billed_by_unit = any(prices.get(unit) for unit in schema.UNITS)
    if billed_by_unit and not any(prices.get(bucket) for bucket in schema.BUCKETS):
        return {unit: prices[unit] for unit in prices if unit in schema.UNITS}
    return prices


def permille(part, whole, column):
    ratio = Decimal(part) / Decimal(whole) * 1000
    if ratio != ratio.to_integral_value():
        raise Malformed(f"{column}: {part} is not a whole permille of {whole}")
    return int(ratio)


def tiers_of(fact):
    tiers = dict(VENDOR_TIERS.get(fact["provider"], {}))
    ratios = {
        permille(fact[f"batch_{side}_price_per_mtok_usd"], fact[f"{side}_price_per_mtok_usd"], f"batch_{side}")
        for side in ("input", "output")
        if fact[f"batch_{side}_price_per_mtok_usd"]
    }
    if len(ratios) > 1:
        raise Malformed(f"batch prices of input and output differ in proportion: {ratios}")
    if ratios:
        tiers["batch"] = ratios.pop()
    return {f"{tier}_permille": value for tier, value in tiers.items()}


def rule_of(tier):
    rule = {}
    for key, value in tier.items():
        if key in RULE_PRICES:
            rule[RULE_PRICES[key]] = exact(value, MICRO, f"price_tiers.{key}")
        elif key in schema.RULE_CONDITIONS:
            rule[key] = int(value) if key == "above" else value
        else:
            raise Malformed(f"price_tiers: unknown member '{key}'")
    return rule


def rules_of(fact):
    """The rules in order: the last that holds wins, so size steps rise."""
    if not fact["price_tiers"]:
        return ""
    tiers = json.loads(fact["price_tiers"], parse_float=Decimal, parse_int=Decimal)
    rules = sorted((rule_of(tier) for tier in tiers), key=lambda rule: rule.get("above", 0))
    return json.dumps(rules, separators=(",", ":"))


def flags_of(fact):
    flags = {flag.split(":")[0] for flag in fact["supports"].split(";") if flag}
    for control in fact["reasoning_control"].split():
        flags.add("reasoning_" + control.split(":")[0])
    if "claude" in fact["model"] and "reasoning_effort" in flags and "reasoning_budget" not in flags:
        flags.add("adaptive_thinking")
    if fact["open_weights"] == "1":
        flags.add("open_weights")
    return ";".join(sorted(flags))


def row_of(fact):
    status = fact["price_status"]
    prices = prices_of(fact) if status in ("ok", "free_or_unpriced") else {}
    if status == "free_or_unpriced":
        status, prices = ("ok", prices) if any(prices.values()) else (status, {})
    row = dict.fromkeys(schema.COLUMNS, "")
    row.update(vendor=fact["provider"], model=fact["model"], mode=fact["mode"], status=fact["status"])
    row.update(context=fact["context_window"], max_output=fact["max_output_tokens"], price_status=status)
    row.update(flags=flags_of(fact), source=fact["price_source"], as_of=fact["price_as_of"])
    if prices:
        row.update(prices, rules=rules_of(fact), **tiers_of(fact))
        row["anthropic_cache"] = "1" if "claude" in fact["model"] else ""
    row = {column: str(value) for column, value in row.items()}
    schema.check_row(row)
    return row


def read_facts(path):
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        for fact in reader:
            try:
                yield row_of(fact)
            except (Malformed, ValueError, KeyError) as error:
                raise SystemExit(f"{path}:{reader.line_num}: {error}") from None


def main():
    if not 2 <= len(sys.argv) <= 3:
        raise SystemExit(__doc__)
    rows = sorted(read_facts(sys.argv[1]), key=schema.sort_key)
    output = sys.argv[2] if len(sys.argv) == 3 else schema.DATA
    with open(output, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, schema.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    schema.read_models(output)


if __name__ == "__main__":
    main()
