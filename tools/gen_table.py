#!/usr/bin/env python3
"""Write the table of policy types from the names in src/policy/meson.build.

    tools/gen_table.py OUTPUT NAME...

Explicit and in the order given: no constructors, no linker sections.
"""

import re
import sys


def main():
    output, names = sys.argv[1], sys.argv[2:]
    for name in names:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            sys.exit(f"gen_table: '{name}' is not the name of a policy")
    with open(output, "w", encoding="utf-8") as file:
        file.write('/* Made by tools/gen_table.py from src/policy/meson.build. */\n#include "snapshot/registry.h"\n\n')
        for name in names:
            file.write(f"extern const struct sl_policy_type sl_policy_{name};\n")
        file.write("\nconst struct sl_policy_type *const sl_policy_types[] = {\n")
        for name in names:
            file.write(f"    &sl_policy_{name},\n")
        file.write("    NULL,\n};\n")


main()
