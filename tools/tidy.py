#!/usr/bin/env python3
"""Check the rules of the house that a compiler does not: layers, includes, forbidden calls, text.

    tools/tidy.py              check every file that git tracks
    tools/tidy.py --all        also the ones not added yet
    tools/tidy.py FILE...      only report on these

Each finding is one line, file:line: what is wrong and what to do. Exit status 1 if there is any.
The rules are the tables below; ARCHITECTURE.md and STYLE.md say why. Standard library only.
"""

import concurrent.futures
import fnmatch
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# --- The rules as tables -------------------------------------------------------------------------

# What a layer may include besides itself: layers, or single headers of one.
MAY_INCLUDE = {
    "base": [],
    "codec": ["base"],
    "ai": ["base", "codec"],
    "net": ["base", "codec"],
    "store": ["base", "codec", "ai", "snapshot/telemetry.h"],
    "snapshot": ["base", "codec", "ai", "net"],
    "gate": ["base", "codec", "ai", "net", "snapshot"],
    "policy": ["base", "codec", "ai", "net", "snapshot", "gate/exchange.h"],
    "control": ["base", "codec", "ai", "store", "snapshot", "net"],
    "app": ["base", "codec", "ai", "net", "store", "snapshot", "gate", "policy", "control"],
}

# Layers that are bytes in, values out: testable and fuzzable without a machine around them.
PURE_LAYERS = ("codec", "ai")
IO_HEADERS = set("""dirent.h fcntl.h netdb.h poll.h pthread.h semaphore.h signal.h threads.h unistd.h
    sys/epoll.h sys/eventfd.h sys/file.h sys/mman.h sys/select.h sys/socket.h sys/stat.h
    sys/timerfd.h sys/un.h sys/wait.h""".split())

# Layers without mutable variables at file scope, and the files that are the exception.
STATELESS_LAYERS = ("base", "codec", "ai")
STATE_OWNERS = {"base/log.c": "the log ring", "base/fault.c": "injected faults",
                "base/clock.c": "the test clock"}

# Programs of the tests' own: they link nothing of Sluice, so they have no loop, clock or num of it.
FREE_PROGRAMS = ("tests/bench/*", "tests/mockllm/*", "tests/fuzz/*")

# Functions nobody may call, with the remedy; a third item lists files that are the remedy.
_NUMBERS = "use base/num.h"
POISONED = {
    "strcpy": ("use sl_str, or memcpy with a checked length",),
    "strcat": ("use base/strbuf.h",),
    "sprintf": ("use base/fmt.h or snprintf",),
    "vsprintf": ("use base/fmt.h or vsnprintf",),
    "gets": ("read with a limit",),
    "strtok": ("use base/str.h",),
    "strtok_r": ("use base/str.h",),
    "gmtime": ("use codec/httpdate.h or base/units.h",),
    "localtime": ("times are UTC; use base/units.h",),
    "ctime": ("use base/units.h",),
    "asctime": ("use base/units.h",),
    "rand": ("use base/rand.h",),
    "srand": ("use base/rand.h",),
    "random": ("use base/rand.h",),
    "alloca": ("use an arena",),
    "setjmp": ("return an sl_rc",),
    "longjmp": ("return an sl_rc",),
    "system": ("no shell from C",),
    "popen": ("no shell from C",),
    **{name: (_NUMBERS, "src/base/num.c", *FREE_PROGRAMS) for name in
       "atoi atol atoll atof strtol strtoul strtoll strtoull strtod strtold".split()},
    # an embedding's decimals to the nearest 32-bit float: what no integer parser can say
    "strtof": (_NUMBERS, "src/ai/embed_float.c", *FREE_PROGRAMS),
}
CLOCKS = "clock_gettime gettimeofday timespec_get time clock ftime __rdtsc".split()
CLOCK_OWNERS = ("src/base/clock.c", "src/net/loop.c")
EPOLL_OWNERS = ("src/net/loop.c",)

# Sources that come without a header of their own: entry points and rows of a generated table.
NO_HEADER = ("src/policy/*.c", "src/app/main.c", "src/app/ctl_*.c", "src/ai/provider/*.c",
             # seams of ai/call.h and ai/usage.h, split by what they do
             "src/ai/fault.c", "src/ai/embed_*.c", "src/ai/usage_json.c", "src/ai/usage_write.c",
             "src/gate/balance_*.c", "src/control/resource/*.c", "src/control/source/*.c")

# <headers> that are not a third party's: C, POSIX, Linux, compiler intrinsics.
SYSTEM_HEADERS = set("""assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h
    locale.h math.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h
    stdio.h stdlib.h stdnoreturn.h string.h strings.h tgmath.h threads.h time.h uchar.h wchar.h
    wctype.h dirent.h dlfcn.h endian.h execinfo.h fcntl.h fnmatch.h getopt.h glob.h grp.h ifaddrs.h
    libgen.h malloc.h netdb.h poll.h pthread.h pwd.h regex.h sched.h search.h semaphore.h spawn.h
    syslog.h termios.h ucontext.h unistd.h utime.h cpuid.h link.h elf.h byteswap.h""".split())
SYSTEM_DIRS = ("sys/", "net/", "netinet/", "arpa/", "linux/", "asm/", "bits/", "sanitizer/")
SYSTEM_PATTERNS = ("*intrin.h", "arm_*.h")

MAX_LINES = 1000
CODE = (".c", ".h", ".def")
TEXT = CODE + (".py", ".md", ".yaml", ".yml", ".ts", ".sh", ".build", ".sql", ".css", ".html")
# Bytes that are data, not text of ours.
NOT_OURS = ("tests/fuzz/corpus/*", "tests/transcripts/*", "*.csv", "*.bin")
MARKERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


# --- Reading C -----------------------------------------------------------------------------------

_C_NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)
_CALL = re.compile(r"(?<![\w.])(?<!->)([A-Za-z_]\w*)\s*\(")


def blank(text):
    """`text` with comments and the insides of literals made spaces; every line stays where it is."""
    def spaces(match):
        found = re.sub(r"[^\n]", " ", match.group())
        return found if match.group()[0] == "/" else match.group()[0] + found[1:-1] + match.group()[0]
    return _C_NOISE.sub(spaces, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Source:
    """One file of the tree: its path below the root, its text and, for C, the text without noise."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.code = blank(text) if path.endswith(CODE) else text
        self.folder, self.name = os.path.split(path)
        self.stem, self.ext = os.path.splitext(self.name)
        parts = path.split("/")
        self.layer = parts[1] if parts[0] == "src" and len(parts) > 2 else None

    def includes(self):
        """(line, is_system, path) of every #include; a name inside a comment is not one."""
        for match in _INCLUDE.finditer(self.text):
            if self.code[match.start():match.end()].lstrip().startswith("#"):
                yield line_of(self.text, match.start()), match.group(1) == "<", match.group(2)

    def calls(self):
        """(line, name) of everything that looks like a call; not members, not directives."""
        for match in _CALL.finditer(self.code):
            yield line_of(self.code, match.start()), match.group(1)


def matches(path, patterns):
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def is_third_party(header):
    return not (header in SYSTEM_HEADERS or header.startswith(SYSTEM_DIRS)
                or matches(header, SYSTEM_PATTERNS))


# --- One rule, one function: each yields (path, line, message) -------------------------------------

def check_layers(source):
    """An include between layers is "layer/file.h" and follows an arrow of the table."""
    if source.layer is None:
        return
    if source.layer not in MAY_INCLUDE:
        yield source.path, 1, f"no layer '{source.layer}' in ARCHITECTURE.md section 1"
        return
    allowed = [source.layer] + MAY_INCLUDE[source.layer]
    for line, is_system, path in source.includes():
        if is_system:
            continue
        layer = path.split("/")[0]
        if "/" not in path or layer not in MAY_INCLUDE:
            yield source.path, line, f'write "{path}" as "layer/file.h"'
        elif layer not in allowed and path not in allowed:
            yield source.path, line, (f"{source.layer} may not include {path}; it may use: "
                                      + ", ".join(allowed))


def check_private_headers(source):
    """*_int.h stays in its folder; the layer's own unit tests may look inside."""
    for line, is_system, path in source.includes():
        home = os.path.dirname(path)
        if is_system or not path.endswith("_int.h"):
            continue
        if source.folder not in (f"src/{home}", f"tests/unit/{home.split('/')[0]}"):
            yield source.path, line, f"{path} is private to src/{home}/"


def is_part_of(owner, path):
    stem = owner.removesuffix(".c")
    return path == owner or path.startswith(stem + "_")


def check_third_party(sources):
    """
    A third party's header is included by one .c file and by no header. Where that is too much for a file, the
    others have its name and more: sqlite.c, sqlite_scan.c.
    """
    owner = {}
    for source in sources:
        if source.layer is None:
            continue
        for line, is_system, header in source.includes():
            if not is_system or not is_third_party(header):
                continue
            if source.ext != ".c":
                yield source.path, line, f"<{header}> belongs in one .c file, not in a header"
            elif not is_part_of(owner.setdefault(header, source.path), source.path):
                yield source.path, line, f"<{header}> is already wrapped by {owner[header]}; use that"


def check_pure(source):
    """codec and ai turn bytes into values and back: no files, sockets, threads."""
    if source.layer not in PURE_LAYERS:
        return
    for line, is_system, header in source.includes():
        if is_system and header in IO_HEADERS:
            yield source.path, line, f"{source.layer} does no I/O: <{header}> does not belong here"


def check_calls(source):
    """Poisoned functions, the clock and epoll each have one home."""
    is_ours = source.layer is not None
    for line, name in source.calls():
        if name in POISONED and not matches(source.path, POISONED[name][1:]):
            yield source.path, line, f"{name}() is poisoned: {POISONED[name][0]}"
        if is_ours and name in CLOCKS and source.path not in CLOCK_OWNERS:
            yield source.path, line, f"{name}() is called in base/clock.c only: take the time as a parameter"
        if name.startswith("epoll_") and source.path not in EPOLL_OWNERS \
                and not matches(source.path, FREE_PROGRAMS):
            yield source.path, line, f"{name}() is called in net/loop.c only"


def file_scope_statements(code):
    """(offset, text) of each declaration outside braces, up to its ';', '=' or '{'."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), code,
                  flags=re.M)
    depth, start, is_open = 0, 0, True
    for offset, char in enumerate(code):
        if depth == 0 and is_open and char in ";={":
            yield start + len(code[start:offset]) - len(code[start:offset].lstrip()), code[start:offset].strip()
            is_open = False
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        if depth == 0 and char in ";}":
            # `struct x {...} name;` goes on after the brace; what follows is no new statement.
            start, is_open = offset + 1, True


def is_const(declaration):
    """Whether what is declared is itself constant, not only what it points to."""
    last = [m.start() for m in re.finditer(r"\bconst\b", declaration)][-1:]
    return bool(last) and last[0] > declaration.rfind("*")


def check_state(source):
    """base, codec and ai keep no state of their own: file-scope variables are const."""
    if source.layer not in STATELESS_LAYERS or source.ext != ".c":
        return
    if source.path[len("src/"):] in STATE_OWNERS:
        return
    for offset, text in file_scope_statements(source.code):
        words = text.split()
        if not words or "(" in text or is_const(text) or words[0] in ("typedef", "extern"):
            continue
        if words[0] in ("struct", "union", "enum") and len(words) <= 2:
            continue
        if words[0] == "static" or len(words) > 1:
            yield source.path, line_of(source.code, offset), \
                f"mutable variable at file scope ('{' '.join(words)}'): pass it in"


def check_header(source):
    """A header guards itself and opens with what it is for."""
    if source.ext != ".h":
        return
    if not re.search(r"^#pragma once$", source.text, re.M):
        yield source.path, 1, "add #pragma once"
    if not source.text.startswith("/**"):
        yield source.path, 1, "open with a /** comment: purpose, ownership, thread, units, limits, errors"


def check_pairs(sources):
    """A .c has its .h beside it, or a private one of its own or its group (server_h1.c: server_int.h)."""
    paths = {source.path for source in sources}
    for source in sources:
        if source.layer is None or source.ext != ".c" or matches(source.path, NO_HEADER):
            continue
        layer_int = f"src/{source.layer}/{source.layer}_int.h"  # the seams of a whole layer: gate_int.h
        if layer_int in paths and source.folder == f"src/{source.layer}":
            continue
        stems = [source.stem, source.stem + "_int"] + [source.stem[:i] + "_int" for i, c in enumerate(source.stem) if c == "_"]
        if not any(f"{source.folder}/{stem}.h" in paths for stem in stems):
            yield source.path, 1, f"{source.stem}.h is missing beside it"


def check_listed(sources):
    """Every source is named in a meson.build above it, so that it is built and run."""
    builds = {source.folder: source.text for source in sources if source.name == "meson.build"}
    for source in sources:
        is_built = source.layer or source.path.startswith(("tests/unit/", "tests/fuzz/", "tests/mockllm/"))
        if source.ext != ".c" or not is_built:
            continue
        name = source.stem[len("fuzz_"):] if source.name.startswith("fuzz_") else source.stem
        folder, found = source.folder, False
        while folder and not found:
            found = re.search(rf"'(?:[\w/]*/)?{re.escape(name)}(?:\.c)?'", builds.get(folder, "")) is not None
            folder = os.path.dirname(folder)
        if not found:
            yield source.path, 1, f"not listed in {source.folder}/meson.build"


def check_tests(source):
    """TEST(noun, a_sentence_that_is_true_when_it_passes), in a file named test_*.c."""
    if not source.path.startswith("tests/unit/") or source.ext != ".c":
        return
    if not source.name.startswith("test_"):
        if re.search(r"^TEST\(", source.code, re.M):
            yield source.path, 1, "name it test_<file>.c"
        return
    seen = {}
    for match in re.finditer(r"^TEST\(([^,)]*),([^)]*)\)", source.code, re.M):
        noun, sentence = match.group(1).strip(), match.group(2).strip()
        line = line_of(source.code, match.start())
        if not re.fullmatch(r"[a-z][a-z0-9_]*", noun):
            yield source.path, line, f"'{noun}' is not a noun in lower case"
        if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", sentence):
            yield source.path, line, f"'{sentence}' is not a sentence: say what is true when it passes"
        if seen.setdefault((noun, sentence), line) != line:
            yield source.path, line, "same name as the test in line %d" % seen[noun, sentence]
    if not seen:
        yield source.path, 1, "no TEST in it"


def check_text(source):
    """No marker of unfinished work, no stray white space, no file that nobody reads in one go."""
    if not source.path.endswith(TEXT) and source.folder not in ("tools", ".ci") \
            and source.name != "Makefile":
        return
    lines = source.text.split("\n")
    if source.text and lines[-1] != "":
        yield source.path, len(lines), "the last line has no end"
    if source.path.endswith(CODE) and len(lines) - 1 > MAX_LINES:
        yield source.path, MAX_LINES, f"{len(lines) - 1} lines; {MAX_LINES} is the limit: split it"
    for number, line in enumerate(lines, 1):
        if line.endswith((" ", "\t", "\r")):
            yield source.path, number, "white space at the end of the line"
        if "\t" in line and source.path.endswith(CODE + (".py",)):
            yield source.path, number, "tab; indent with spaces"
        if MARKERS.search(line):
            yield source.path, number, "unfinished: do it, or write an issue"


def check_locks(sources):
    """`npm ci` installs from a lock alone, on every platform and from any registry."""
    by_path = {s.path: s for s in sources}
    findings = []
    for path, source in by_path.items():
        if os.path.basename(path) != "package.json":
            continue
        lock = by_path.get(os.path.join(os.path.dirname(path), "package-lock.json"))
        if lock is None:
            findings.append((path, 1, "has no package-lock.json beside it"))
            continue
        packages = json.loads(lock.text)["packages"]
        wanted = json.loads(source.text)
        how = "run `npm install --package-lock-only` in a folder without node_modules"
        if any(packages[""].get(kind, {}) != wanted.get(kind, {}) for kind in ("dependencies", "devDependencies")):
            findings.append((lock.path, 1, f"is not that of package.json; {how}"))
        if any("resolved" in p for p in packages.values()):
            findings.append((lock.path, 1, "names a registry; write it with omit-lockfile-registry-resolved"))
        optional = {name for p in packages.values() for name in p.get("optionalDependencies", {})}
        if not optional <= {path.rpartition("node_modules/")[2] for path in packages}:
            findings.append((lock.path, 1, f"lacks packages of other platforms; {how}"))
    return findings


PER_FILE = (check_layers, check_private_headers, check_pure, check_calls, check_state, check_header,
            check_tests, check_text)
PER_TREE = (check_third_party, check_pairs, check_listed, check_locks)


def check_tree(sources):
    findings = []
    for source in sources:
        for rule in PER_FILE:
            is_c_rule = rule is not check_text
            is_made = source.path.endswith("package-lock.json")
            if source.path.endswith(CODE) or not (is_c_rule or is_made):
                findings += rule(source)
    for rule in PER_TREE:
        findings += rule(sources)
    return findings


# --- Every header compiles alone -----------------------------------------------------------------

def header_digests(sources, salt):
    """{path: digest of the header and of all of our headers below it}: changes when a check could."""
    by_name = {}
    for source in sources:
        if source.path.endswith((".h", ".def")):
            by_name[source.path.removeprefix("src/")] = source
    below = {}

    def closure(name):
        if name not in below:
            below[name] = {name}  # guards against a cycle
            for _, is_system, path in by_name[name].includes():
                if not is_system and path in by_name:
                    below[name] |= closure(path)
        return below[name]

    digests = {}
    for name, source in by_name.items():
        if source.ext == ".h":
            texts = "".join(by_name[n].text for n in sorted(closure(name)))
            digests[source.path] = hashlib.sha256((salt + texts).encode()).hexdigest()
    return digests


def compile_header(command, path):
    stub = f'#include "{path.removeprefix("src/")}"\n'
    run = subprocess.run(command, input=stub, capture_output=True, text=True, cwd=ROOT, check=False)
    return path, run.returncode == 0, run.stderr


def check_headers_alone(sources, cache_path):
    """Compile each header by itself, in parallel, and only those that changed since they were fine."""
    command = shlex.split(os.environ.get("CC", "cc")) + [
        "-std=gnu17", "-D_GNU_SOURCE", "-Isrc", "-I.", "-isystem", ".deps/usr/include",
        "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused", "-Werror", "-x", "c", "-"]
    try:
        with open(cache_path, encoding="utf-8") as file:
            fine = json.load(file)
    except (OSError, ValueError):
        fine = {}
    digests = header_digests(sources, " ".join(command))
    stale = [path for path, digest in digests.items() if fine.get(path) != digest]
    findings = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, is_fine, message in pool.map(lambda p: compile_header(command, p), stale):
            fine[path] = digests[path] if is_fine else None
            if not is_fine:
                findings.append((path, 1, "does not compile alone:\n    " + message.strip().replace("\n", "\n    ")))
    os.makedirs(os.path.dirname(cache_path), exist_ok=True)
    with open(cache_path, "w", encoding="utf-8") as file:
        json.dump({path: fine[path] for path in digests if fine.get(path)}, file, indent=0)
    return findings


# --- The tree ------------------------------------------------------------------------------------

def list_files(with_untracked):
    command = ["git", "ls-files", "-z", "--cached"]
    if with_untracked:
        command += ["--others", "--exclude-standard"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(set(out.split("\0")) - {""})


def read_tree(with_untracked):
    sources = []
    for path in list_files(with_untracked):
        full = os.path.join(ROOT, path)
        if matches(path, NOT_OURS) or not os.path.isfile(full) or os.path.islink(full):
            continue
        try:
            with open(full, encoding="utf-8", newline="") as file:
                sources.append(Source(path, file.read()))
        except UnicodeDecodeError:
            if path.endswith(TEXT):
                sys.exit(f"{path}:1: not UTF-8")
    return sources


def main(arguments):
    if "-h" in arguments or "--help" in arguments:
        print(__doc__.strip())
        return 0
    only = {os.path.relpath(os.path.abspath(a), ROOT) for a in arguments if not a.startswith("-")}
    sources = read_tree("--all" in arguments or bool(only))
    findings = check_tree(sources)
    findings += check_headers_alone(sources, os.path.join(ROOT, "build-tidy", "headers.json"))
    findings = [f for f in findings if not only or f[0] in only]
    for path, line, message in sorted(findings):
        print(f"{path}:{line}: {message}")
    if findings:
        print(f"tidy: {len(findings)} findings in {len(sources)} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
