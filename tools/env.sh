# Sourced by the scripts of this folder: the checkout's root as working directory, programs of the
# local prefix (tools/bootstrap) first in PATH, and the words for sections and results.
# shellcheck shell=bash
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
PATH=$PWD/.deps/bin:$PATH
export PATH

# configure DIR [MESON OPTION...]: set the build directory up, once; CC is respected.
configure() {
    local dir=$1 out
    shift
    if [ -e "$dir/build.ninja" ]; then
        return
    fi
    out=$(meson setup "$dir" "$@" 2>&1) || {
        printf '%s\n' "$out"
        rm -rf "$dir"
        return 1
    }
}

# build DIR [TARGET...]: quiet when all is well.
build() {
    local dir=$1 out
    shift
    out=$(ninja -C "$dir" "$@" 2>&1) || {
        printf '%s\n' "$out" | awk '/^FAILED:|error:/ { on = 1 } on && !/^\[/' | head -n 60
        return 1
    }
}

# The sanitizer builds. -O1 keeps both compiling and running quick, with readable stacks.
configure_asan() { configure build-asan -Db_sanitize=address,undefined -Doptimization=1 -Ddebug=true; }
configure_tsan() { configure build-tsan -Db_sanitize=thread -Doptimization=1 -Ddebug=true; }

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
