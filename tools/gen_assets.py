#!/usr/bin/env python3
"""Write the built console as C, when the program is built.

    tools/gen_assets.py DIRECTORY OUTPUT.c

Of a file with a `.br` beside it only the compressed form goes in: the program inflates it for clients
that cannot. No directory: an empty table, and the program says that it was built without a console. The
shape is src/app/console.h. OUTPUT is left alone when nothing has changed.
"""

import hashlib
import os
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
FILE_BYTES_MAX = 4 << 20
LINE_BYTES = 24


def files_of(directory):
    """(path as it is asked for, path on disk), in byte order; compressed twins left out."""
    found = []
    for folder, _, names in os.walk(directory):
        for name in names:
            if not name.endswith(".br"):
                full = os.path.join(folder, name)
                found.append(("/" + os.path.relpath(full, directory).replace(os.sep, "/"), full))
    return sorted(found, key=lambda pair: pair[0].encode())


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    if len(data) > FILE_BYTES_MAX:
        sys.exit(f"{path}: {len(data)} bytes; an asset may have {FILE_BYTES_MAX}")
    return data


def row(index, asked, full):
    suffix = os.path.splitext(asked)[1]
    if suffix not in TYPES:
        sys.exit(f"{full}: no media type is known for '{suffix}'; add it to tools/gen_assets.py")
    plain = read(full)
    packed = read(full + ".br") if os.path.exists(full + ".br") else None
    data = plain if packed is None else packed
    lines = [", ".join(str(b) for b in data[i : i + LINE_BYTES]) for i in range(0, len(data), LINE_BYTES)]
    array = f"static const unsigned char data_{index}[] = {{\n" + ",\n".join(lines or ["0"]) + "};\n"
    etag = hashlib.sha256(plain).hexdigest()[:20]
    entry = (
        f'    {{SL_STR_INIT("{asked}"), SL_STR_INIT("{TYPES[suffix]}"), SL_STR_INIT("\\"{etag}\\""),\n'
        f"     {{(const char *)data_{index}, {len(data)}}}, {len(plain)}, {str(packed is not None).lower()}}},\n"
    )
    return array, entry


def main():
    directory, output = sys.argv[1:3]
    rows = [row(i, asked, full) for i, (asked, full) in enumerate(files_of(directory))]
    text = (
        "/* Made by tools/gen_assets.py; not to be edited. */\n"
        '#include "app/console.h"\n\n'
        + "".join(array for array, _ in rows)
        + "\nconst struct sl_console_asset sl_console_assets[] = {\n"
        + "".join(entry for _, entry in rows)
        + "    {.path = {NULL, 0}},\n};\n"
    )
    if os.path.exists(output) and read_text(output) == text:
        return
    with open(output, "w", encoding="ascii") as f:
        f.write(text)


def read_text(path):
    with open(path, encoding="ascii") as f:
        return f.read()


if __name__ == "__main__":
    main()
