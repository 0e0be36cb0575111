"""The tail of file and function lengths: it is what makes a code base hard to read."""

from __future__ import annotations

import ast
from statistics import median

from tests.architecture.sources import ROOT, sources

FILE_LINES = 500
FUNCTION_LINES = 80
MEDIAN_FILE_LINES = 120
FOLDERS = ("ledger", "contracts", "api", "nodes", "benchmarks", "tests")


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    solidity = {path: path.read_text().count("\n") for path in (ROOT / "contracts").rglob("*.sol")}
    lengths = {source.path: source.lines for source in sources(*FOLDERS)} | solidity
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_a_screen_or_two() -> None:
    long = {
        f"{source}:{node.lineno} {node.name}": lines
        for source in sources(*FOLDERS)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def test_half_of_the_files_are_short() -> None:
    assert median(source.lines for source in sources()) <= MEDIAN_FILE_LINES
