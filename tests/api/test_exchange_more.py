"""A holder with more licenses than one answer carries: each surface says so, none cuts silently."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.licenses.schemas_in import CODE_WARNING
from ledger.services.issuance import Registered
from ledger.services.lookup import MOST_FOUND
from nodes.devnet.tools import PROJECT_ROOT
from tests.api.test_pages_clerk import FORM, token_in
from tests.support.exchange import part_of, purpose, search
from tests.support.nodes import Node, serve_nodes
from tests.support.region import FIRM, organization_type

REGION = "133100"
MANY, ONE = organization_type(1), organization_type(2)
SAID = f"more than {MOST_FOUND}; narrow by type"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Serves as many licenses of one holder as an answer carries, and one of another type."""
    with serve_nodes(tmp_path_factory.mktemp("nodes"), (REGION,)) as nodes:
        region = nodes[REGION].region
        drafts = [region.draft(kind) for kind in (*[MANY] * MOST_FOUND, ONE)]
        outcomes = region.issuance.register_batch(drafts, office=region.office)
        assert all(isinstance(one, Registered) for one in outcomes)
        nodes.chain.anchor(region)
        yield nodes[REGION]


def ask(node: Node, *types: str) -> tuple[bool, dict[str, Any]]:
    answer = search(node, types=list(types))
    return answer["complete"], part_of(answer, REGION)


def test_the_answer_says_that_there_are_more(node: Node) -> None:
    is_complete, part = ask(node)
    assert not is_complete
    assert (part["outcome"], part["more"], part["detail"]) == ("answered", True, SAID)
    assert len(part["licenses"]) == MOST_FOUND
    assert part["licenses"][0]["type"] == ONE.code, "the newest are sent"


@pytest.mark.parametrize(("code", "count"), [(MANY.code, MOST_FOUND), (ONE.code, 1)])
def test_narrowed_by_type_it_is_whole(node: Node, code: str, count: int) -> None:
    """Exactly as many as an answer carries are not more than it carries."""
    is_complete, part = ask(node, code)
    assert is_complete
    assert (part["more"], part["detail"], len(part["licenses"])) == (False, "", count)


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            ("there is more in", f"more than {MOST_FOUND} licenses", "narrow the search by type"),
        ),
        ("zh-CN", ("还有更多证照", f"超过 {MOST_FOUND} 件", "按证照类型缩小范围")),
    ],
)
def test_the_page_says_it_in_both_languages(
    node: Node, language: str, lines: tuple[str, ...]
) -> None:
    with httpx2.Client(
        base_url=node.url,
        headers={"Accept-Language": language, "Origin": node.url},
        follow_redirects=True,
        timeout=30,
    ) as browser:
        form_token = token_in(browser.get("/clerk").text)
        signed_in = browser.post(
            "/clerk/sign-in",
            data={"token": node.region.token("clerk").secret, "form_token": form_token},
        )
        page = browser.post(
            "/clerk/search", data={**FORM, "form_token": token_in(signed_in.text)}
        ).text
    for line in lines:
        assert line in page
    assert SAID not in page, "the page has words of its own"


def look_up(node: Node, tmp_path: Path, code: str, *types: str) -> subprocess.CompletedProcess[str]:
    stated, holder = tmp_path / "purpose.json", tmp_path / "holder"
    stated.write_text(json.dumps(purpose(node)), encoding="utf-8")
    holder.write_text(code, encoding="utf-8")
    options = ["--url", node.url, "--purpose", str(stated), "--holder-file", str(holder), *types]
    return subprocess.run(
        [sys.executable, "-m", "nodes.cli", "lookup", *options],
        cwd=PROJECT_ROOT,
        env={**os.environ, "LEDGER_TOKEN": node.token},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(("types", "code"), [((), 1), (("--type", ONE.code), 0)])
def test_the_command_says_it_and_ends_with_1(
    node: Node, tmp_path: Path, types: tuple[str, ...], code: int
) -> None:
    done = look_up(node, tmp_path, FIRM, *types)
    assert done.returncode == code, done.stderr
    (line,) = [one for one in done.stdout.splitlines() if one.startswith(f"{REGION}:")]
    assert line.startswith(f"{REGION}: answered, {1 if types else MOST_FOUND} found")
    assert line.endswith(f"({SAID})") is not bool(types)


@pytest.mark.parametrize(("code", "count"), [(FIRM, 0), (FIRM[:-2] + FIRM[:-3:-1], 1)])
def test_the_command_warns_of_a_mistyped_code(
    node: Node, tmp_path: Path, code: str, count: int
) -> None:
    """Two characters swapped: found is nothing, and why is said."""
    done = look_up(node, tmp_path, code, "--type", ONE.code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines().count(f"warning: {CODE_WARNING}") == count
