#!/bin/sh
# Resolve what pyproject.toml, *.in and package.json ask for into files that hold names, versions
# and hashes, and no address. `UPGRADE=1 make lock` takes newer versions; without it only what the
# declarations force changes.
set -eu
cd "$(dirname "$0")/.."

uv="${UV:-.venv/bin/uv}"
npm="${NPM:-npm}"
upgrade=""
if [ "${UPGRADE:-}" = "1" ]; then upgrade="--upgrade"; fi

compile() {
    target="$1"
    shift
    # $upgrade is one word or none.
    # shellcheck disable=SC2086
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
        $upgrade "$@" --output-file "requirements/$target.lock"
}

compile runtime pyproject.toml
compile postgres pyproject.toml --extra postgres --constraint requirements/runtime.lock
compile dev pyproject.toml --group dev --extra postgres --constraint requirements/postgres.lock
compile build requirements/build.in
compile node requirements/node.in

"$npm" install --package-lock-only --loglevel=error
# npm copies the sponsors' addresses out of the packages; nothing reads them.
.venv/bin/python - <<'PYTHON'
import json
from pathlib import Path

path = Path("package-lock.json")
lock = json.loads(path.read_text(encoding="utf-8"))
for package in lock["packages"].values():
    package.pop("funding", None)
path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
PYTHON
