"""`python -m benchmarks [--json] [NAME …]`: every figure beside a reference of the same run."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterator

from benchmarks.result import Result

NAMES = ("registration", "tree", "verification", "holder", "endpoint", "gas", "propagation")


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON list")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(NAMES)}")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
    results = []
    for result in _results(arguments.names or NAMES):
        results.append(result)
        if not arguments.json:
            mark = "met" if result.met else "MISSED"
            print(
                f"{result.name:66} {result.figure:12,.2f} {result.unit:12} "
                f"ratio {result.ratio:7.2f}  {result.target}: {mark}",
                flush=True,
            )
    if arguments.json:
        print(json.dumps([result.to_json() for result in results], ensure_ascii=False, indent=1))
    return 0 if all(result.met for result in results) else 1


def _results(names: tuple[str, ...]) -> Iterator[Result]:
    for name in names:
        yield from importlib.import_module(f"benchmarks.{name}").run()


if __name__ == "__main__":
    sys.exit(main())
