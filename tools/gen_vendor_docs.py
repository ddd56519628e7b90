#!/usr/bin/env python3
"""Write docs/reference/vendors.md and docs/reference/models.md from the tables of the program.

    tools/gen_vendor_docs.py            write them
    tools/gen_vendor_docs.py --check    only say whether they are up to date; exit status 1 if not

The tables are src/ai/provider/compatible.def, src/ai/provider/quirk.def and data/models.csv.
"""

import re
import sys
from collections import Counter

import catalog_schema as schema

DOCS = schema.ROOT / "docs" / "reference"
WRITTEN = "<!-- Written by tools/gen_vendor_docs.py; change the tables, not this page. -->\n"
DIALECT_PATHS = {
    "OPENAI_CHAT": {"chat": "/chat/completions", "embeddings": "/embeddings", "models": "/models"},
    "ANTHROPIC": {"chat": "/messages", "embeddings": "", "models": "/models"},
}
DIALECTS = {"OPENAI_CHAT": "OpenAI chat", "ANTHROPIC": "Anthropic Messages"}
PRICES = ("input", "cache_read", "output")


def uncommented(path):
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)


def quirk_rows():
    text = uncommented(schema.AI / "provider" / "quirk.def")
    return re.findall(r'^X\((\w+), "(\w+)", "(.*)"\)$', text, flags=re.M)


def joined_text(literals):
    """The text of adjacent C string literals."""
    return "".join(re.findall(r'"([^"]*)"', literals))


def members_of(text):
    """The designated members at the end of a row: {name: text}; texts without their S("...")."""
    members = {which.lower(): path for which, path in re.findall(r'\bPATH\((\w+), "([^"]*)"\)', text)}
    members |= {which.lower(): "" for which in re.findall(r"\bNO_PATH\((\w+)\)", text)}
    for name, value in re.findall(r"\.(\w+) = ((?:S\([^)]*\)|[^,\"])+)(?:,|$)", text):
        members[name] = joined_text(value) if value.startswith("S(") else " ".join(value.split())
    return members


def vendors():
    text = uncommented(schema.AI / "provider" / "compatible.def")
    rows = re.split(r"^(?=V\(|AND\()", text, flags=re.M)[1:]
    for row in (row.removeprefix("V(") for row in rows if row.startswith("V(")):
        head = re.match(r'"([^"]*)", "([^"]*)", (\w+),\s*"([^"]*)"', row)
        members = members_of(row[head.end():].rstrip().removesuffix(")"))
        yield dict(zip(("id", "name", "dialect", "base"), head.groups()), **members)


def path_of(vendor, which):
    own = vendor.get(which)
    if own is None:
        return DIALECT_PATHS[vendor["dialect"]][which]
    return own


def code(text):
    return f"`{text}`" if text else ""


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def vendor_row(vendor, quirk_names, model_counts):
    quirks = [quirk_names[quirk] for quirk in re.findall(r"Q\((\w+)\)", vendor.get("quirks", ""))]
    field = "max_completion_tokens" if "COMPLETION" in vendor.get("max_tokens_field", "") else "max_tokens"
    return [
        code(vendor["id"]),
        vendor["name"],
        DIALECTS[vendor["dialect"]],
        code(vendor["base"]) or "set by you",
        code(path_of(vendor, "embeddings")) or "-",
        code(field),
        ", ".join(quirks),
        ", ".join(vendor.get("drops", "").split()),
        str(model_counts.get(vendor.get("catalog"), "-")),
    ]


def vendors_page(models):
    quirk_names = {row[0]: row[1] for row in quirk_rows()}
    counts = Counter(model["vendor"] for model in models)
    head = ["id", "vendor", "dialect", "base URL", "embeddings", "output limit", "quirks", "left out", "models"]
    rows = [vendor_row(vendor, quirk_names, counts) for vendor in vendors()]
    quirks = table(["quirk", "the vendor"], [[code(name), text] for _, name, text in quirk_rows()])
    return (
        f"# Vendors\n\n{WRITTEN}\n"
        "Vendors that speak a public dialect. A request in the vendor's own dialect passes through unchanged but for\n"
        "model name and key. *Left out* names the members of a request that the vendor refuses; *models* is the\n"
        "number of its rows in the [catalogue](models.md).\n\n"
        f"{table(head, rows)}\n## Quirks\n\n{quirks}"
    )


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
    pages = {DOCS / "vendors.md": vendors_page(models), DOCS / "models.md": models_page(models)}
    if sys.argv[1:] == ["--check"]:
        stale = [str(path) for path, text in pages.items() if not path.exists() or path.read_text() != text]
        raise SystemExit("not up to date, run tools/gen_vendor_docs.py: " + ", ".join(stale) if stale else 0)
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
