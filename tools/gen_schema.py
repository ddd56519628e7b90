#!/usr/bin/env python3
"""Write a table of migrations (store/migrate.h) from the files NNN_<name>.sql of one schema.

    tools/gen_schema.py OUTPUT.c SCHEMA SQL...

PostgreSQL's words differ in two things: its texts are compared as bytes (COLLATE "C"), as SQLite's are,
whatever the database's locale is; and its tables know no WITHOUT ROWID.
The numbers must be 1, 2, ... without gaps, so that no step is forgotten or done twice.
"""

import os
import re
import sys


def literal(text):
    """`text` as C string literals, one per line."""
    lines = []
    for line in text.splitlines():
        line = line.split("--", 1)[0].rstrip()
        if line:
            lines.append('    "' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"')
    return "\n".join(lines)


def postgres(text):
    """The same step for PostgreSQL: every column of text has the collation of bytes."""
    text = text.replace(") WITHOUT ROWID;", ");")
    return re.sub(r"^(\s+[a-z_]+\s+TEXT)\b", r'\1 COLLATE "C"', text, flags=re.M)


def rows(paths):
    for number, path in enumerate(sorted(paths, key=os.path.basename), 1):
        match = re.fullmatch(r"(\d{3})_([a-z0-9_]+)\.sql", os.path.basename(path))
        if match is None or int(match.group(1)) != number:
            sys.exit(f"{path}: expected a name like {number:03}_<name>.sql: numbers have no gaps")
        with open(path, encoding="utf-8") as file:
            text = file.read()
            yield f'    {{{number}, "{match.group(2)}",\n{literal(text)},\n{literal(postgres(text))}}},'


def main(output, schema, *paths):
    text = "\n".join(['#include "store/migrate.h"', "", "static const struct sl_migration steps[] = {",
                      *rows(paths), "};",
                      f"const struct sl_schema sl_schema_{schema} = {{steps, SL_LEN(steps)}};", ""])
    with open(output, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
