#!/usr/bin/env python3
"""Write a table of types from the names in a meson.build: policies (the default), resources.

    tools/gen_table.py [--of TYPE --header FILE --prefix PREFIX --table NAME] OUTPUT NAME...

Explicit and in the order given: no constructors, no linker sections.
"""

import argparse
import re
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--of", default="struct sl_policy_type")
    parser.add_argument("--header", default="snapshot/registry.h")
    parser.add_argument("--prefix", default="sl_policy_")
    parser.add_argument("--table", default="sl_policy_types")
    parser.add_argument("output")
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    for name in options.names:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            sys.exit(f"gen_table: '{name}' is not the name of a type")
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(f'/* Made by tools/gen_table.py from meson.build. */\n#include "{options.header}"\n\n')
        for name in options.names:
            file.write(f"extern const {options.of} {options.prefix}{name};\n")
        file.write(f"\nconst {options.of} *const {options.table}[] = {{\n")
        for name in options.names:
            file.write(f"    &{options.prefix}{name},\n")
        file.write("    NULL,\n};\n")


main()
