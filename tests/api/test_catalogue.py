"""Regions, types, heads and tiles: public lists of what the chain and the catalogue have."""

from __future__ import annotations

import pytest

from api.catalogue.tiles import REOPENABLE_FOR
from api.context import RegionName
from ledger.merkle import root_hash
from ledger.tiles import split_hashes
from ledger.types import Region
from tests.api.support import Node, code_of
from tests.support.region import CATALOGUE


def test_regions_as_the_final_block_has_them(node: Node) -> None:
    names = {Region("110000"): RegionName(zh="北京", en="Beijing")}
    members = node.client(region_names=names).get("/v1/regions").json()
    (region,) = members["regions"]
    assert members["block_number"] == node.chain.newest.number
    assert (region["code"], region["name_zh"], region["name_en"]) == ("110000", "北京", "Beijing")
    assert (region["active"], region["is_here"], region["signing_key"]) == (True, True, "110000/0")


def test_types_with_levels_and_grants(node: Node) -> None:
    types = node.client().get("/v1/types").json()["types"]
    assert [one["code"] for one in types] == sorted(one.code for one in CATALOGUE)
    assert len(types) == 150
    assert all(one["chain_level"] == one["level"] for one in types)
    assert all(one["granted"] == ["110000"] for one in types)
    assert all(one["name_zh"] and one["name_en"] for one in types)


def test_heads_newest_and_history(node: Node) -> None:
    writer, client = node.client("business"), node.client()
    assert client.get("/v1/heads").json() == {"heads": []}
    for _ in range(3):
        node.register(writer)
    (newest,) = client.get("/v1/heads").json()["heads"]
    assert (newest["tree_size"], newest["previous_size"]) == (3, 2)
    first = client.get("/v1/heads/110000/licenses?limit=2")
    assert [one["tree_size"] for one in first.json()["heads"]] == [1, 2]
    assert first.json()["lineage"] == [{"epoch": 0, "start_size": 0}]
    following = client.get(first.headers["link"].partition(">")[0].removeprefix("<")).json()
    assert [one["tree_size"] for one in following["heads"]] == [3]
    assert following["heads"][0] == newest
    assert following["next"] is None


def test_heads_of_no_region(node: Node) -> None:
    client = node.client()
    assert client.get("/v1/heads/999999/licenses").status_code == 404
    assert client.get("/v1/heads/x/licenses").status_code == 422
    assert client.get("/v1/heads/110000/other").status_code == 422
    assert code_of(client.get("/v1/heads/110000/licenses?cursor=WyJ4Il0")) == "malformed_cursor"


def test_tile_hashes_make_the_anchored_root(node: Node) -> None:
    writer, client = node.client("business"), node.client()
    for _ in range(3):
        node.register(writer)
    (head,) = client.get("/v1/heads").json()["heads"]
    tile = client.get("/v1/tile/licenses/0/000.p/3")
    assert tile.headers["content-type"] == "application/octet-stream"
    assert root_hash(split_hashes(tile.content)).hex() == head["root_hash"]
    smaller = client.get("/v1/tile/licenses/0/000.p/2")
    assert smaller.content == tile.content[:64]


@pytest.mark.parametrize(
    "path",
    [
        "0/000",
        "0/000.p/9",
        "1/000",
        "0/0",
        "x/000",
        "0/000.p/0",
        "64/000",
        "0/../../x",
        "0/x000/000",
    ],
)
def test_tile_that_is_not_there(node: Node, path: str) -> None:
    node.register(node.client("business"))
    answered = node.client().get(f"/v1/tile/licenses/{path}")
    assert answered.status_code in {404, 422}
    code_of(answered)


def test_full_tile_is_immutable_only_once_no_region_could_reopen_it_alone(node: Node) -> None:
    writer, client = node.client("business"), node.client()
    rows = [node.json() for _ in range(257)]
    writer.post("/v1/licenses/batch", json={"licenses": rows})
    node.chain.anchor()
    full, partial = "/v1/tile/licenses/0/000", "/v1/tile/licenses/0/001.p/1"
    assert len(client.get(full).content) == 256 * 32
    assert "immutable" not in client.get(full).headers["cache-control"]
    node.region.clock.advance(REOPENABLE_FOR.total_seconds() + 1)
    assert "immutable" in client.get(full).headers["cache-control"]
    assert "immutable" not in client.get(partial).headers["cache-control"]
