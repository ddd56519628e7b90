#!/bin/sh
# docs/reference/configuration.md must be what `sluice reference` prints.
"$1" reference | diff - "$2" || { echo "run: build-asan/src/sluice reference > docs/reference/configuration.md"; exit 1; }
