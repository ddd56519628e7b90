#!/bin/sh
# docs/reference/PAGE.md must be what `sluice reference PAGE` prints.
"$1" reference "$2" | diff - "$3" || { echo "run: build-asan/src/sluice reference $2 > docs/reference/$2.md"; exit 1; }
