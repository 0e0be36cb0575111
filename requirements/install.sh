#!/bin/sh
# Install the locked packages; the Makefile says when. One argument names the step:
#   check        forget stamps of an environment that can't run any more
#   python SET   create .venv if needed and install SET (runtime or dev) and the project into it
#   node SET     install SET (runtime or dev) of the npm packages, with Node from PyPI if PATH has none
# A step that fails leaves no stamp, and the next run does it again.
set -eu
cd "$(dirname "$0")/.."

venv=".venv"
minimum_node=20
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s\n' "setup: $*" >&2; }
fail() {
    say "error: $1"
    exit 1
}

usable_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if usable_python "$candidate"; then
            printf '%s' "$candidate"
            return
        fi
    done
    found="$("${PYTHON:-python3}" --version 2>&1 || true)"
    fail "Python 3.11 or newer is needed; found: ${found:-none}. Install it, or name one with 'make setup PYTHON=/path/to/python3'."
}

create_venv() {
    if [ -x "$venv/bin/python" ] && usable_python "$venv/bin/python" \
        && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    python="$(find_python)"
    say "creating $venv with $("$python" --version)"
    rm -rf "$venv"
    "$python" -m venv "$venv" || {
        rm -rf "$venv"
        fail "$python can't create an environment. Debian and Ubuntu keep that part in a package of its own: install python3-venv, or name another Python with 'make setup PYTHON=...'."
    }
}

pip_install() {
    "$venv/bin/python" -m pip install --quiet "$@" ||
        fail "Python packages could not be installed (pip's reason is above). If it is the network: check the connection, HTTPS_PROXY or PIP_INDEX_URL. Then run the same command again."
}

install_python() {
    create_venv
    say "installing the $1 set of Python packages"
    pip_install --require-hashes --requirement requirements/build.lock
    pip_install --require-hashes --requirement "requirements/$1.lock"
    pip_install --no-deps --no-index --no-build-isolation --editable .
}

node_major() { "$1" --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p'; }
recent() { [ "$(node_major "$1" || true)" -ge "$minimum_node" ] 2>/dev/null; }

provide_node() {
    if recent node && command -v npm >/dev/null 2>&1; then return; fi
    if ! recent "$venv/bin/node"; then
        say "no Node $minimum_node or newer on PATH: installing it from PyPI into $venv"
        pip_install --require-hashes --requirement requirements/node.lock
    fi
    PATH="$PWD/$venv/bin:$PATH"
    export PATH
}

install_node() {
    provide_node
    say "installing the $1 set of npm packages"
    rm -f node_modules/.runtime-ready node_modules/.dev-ready
    if [ "$1" = dev ]; then scope="--include=dev"; else scope="--omit=dev"; fi
    npm ci "$scope" --loglevel=error --no-progress ||
        fail "npm packages could not be installed (npm's reason is above). If it is the network: check the connection, HTTPS_PROXY or npm's registry setting. Then run the same command again."
}

check() {
    if ! "$venv/bin/python" -c '' >/dev/null 2>&1; then
        rm -f "$venv/.runtime-ready" "$venv/.dev-ready"
    fi
    if ! command -v node >/dev/null 2>&1 && [ ! -x "$venv/bin/node" ]; then
        rm -f node_modules/.runtime-ready node_modules/.dev-ready
    fi
}

case "${1:-}" in
    check) check ;;
    python) install_python "$2" ;;
    node) install_node "$2" ;;
    *) fail "usage: install.sh check | python SET | node SET" ;;
esac
