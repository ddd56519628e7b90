#!/usr/bin/env python3
"""Write docs/reference/models.md from data/models.csv.

    tools/gen_model_docs.py            write it
    tools/gen_model_docs.py --check    only say whether it is up to date; exit status 1 if not
"""

import sys
from collections import Counter

import catalog_schema as schema

DOCS = schema.ROOT / "docs" / "reference"
WRITTEN = "<!-- Written by tools/gen_model_docs.py; change the tables, not this page. -->\n"
PRICES = ("input", "cache_read", "output")


def code(text):
    return f"`{text}`" if text else ""


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def dollars(musd):
    """Micro-USD as a decimal, exactly."""
    whole, rest = divmod(musd, 10**6)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def overview_row(vendor, models):
    modes = Counter(model["mode"] for model in models)
    statuses = Counter(model["price_status"] for model in models)
    return [
        code(vendor),
        str(len(models)),
        str(statuses["ok"]),
        str(statuses["free_or_unpriced"]),
        str(statuses["unknown"]),
        ", ".join(f"{mode} {count}" for mode, count in modes.most_common()),
    ]


def condition(rule):
    words = {"above": "prompt above {} tokens", "from": "from {}", "until": "before {}", "utc": "{} UTC"}
    return ", ".join(words[key].format(rule[key]) for key in schema.RULE_CONDITIONS if key in rule)


def rule_rows(models):
    """Equal rules of a vendor's models share a line."""
    groups = {}
    for model in models:
        for rule in model["rules"]:
            prices = tuple(dollars(rule[price]) if price in rule else "" for price in PRICES)
            groups.setdefault((model["vendor"], condition(rule), prices), []).append(code(model["model"]))
    return [[code(vendor), when, *prices, ", ".join(names)] for (vendor, when, prices), names in groups.items()]


def models_page(models):
    by_vendor = {}
    for model in models:
        by_vendor.setdefault(model["vendor"], []).append(model)
    overview = [overview_row(vendor, by_vendor[vendor]) for vendor in by_vendor]
    modes = ["vendor", "models", "priced", "free or unpriced", "unknown price", "by mode"]
    rules = ["vendor", "when", "input", "cached", "output", "models"]
    return (
        f"# Models\n\n{WRITTEN}\n"
        f"The catalogue knows {len(models)} models of {len(by_vendor)} vendors. Prices are second-hand defaults;\n"
        "[data/README.md](../../data/README.md) says where they come from and how to override them. A model that is\n"
        "*free or unpriced* costs nothing only if you say so; until then its cost is unknown, which is not zero.\n\n"
        f"{table(modes, overview)}\n## Prices that change\n\n"
        "Dollars per million tokens. A size step prices the whole request, cached tokens counted; empty means as\n"
        f"the fallback says (input for cached tokens).\n\n{table(rules, rule_rows(models))}"
    )


def main():
    models = schema.read_models(schema.DATA)
    pages = {DOCS / "models.md": models_page(models)}
    if sys.argv[1:] == ["--check"]:
        stale = [str(path) for path, text in pages.items() if not path.exists() or path.read_text() != text]
        raise SystemExit("not up to date, run tools/gen_model_docs.py: " + ", ".join(stale) if stale else 0)
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
