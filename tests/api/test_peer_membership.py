"""Who counts as a member, with which key and at which address: what the chain says now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ledger.chain_events import AuthoritySet, ChainEvent, EndpointSet, RegionKeySet
from ledger.keys import KeyAlgorithm, KeyId, SigningKey
from ledger.signing import Signer
from tests.support.exchange import register
from tests.support.nodes import Nodes, serve_nodes
from tests.support.signed import NOWHERE, ask, one_message, refused, search_message, send, verify


def change_on_chain(nodes: Nodes, *events: ChainEvent) -> None:
    nodes.chain.block(events)
    nodes.chain.block()


def test_a_region_that_was_removed_gets_one_denial(tmp_path: Path) -> None:
    """The same for what exists and what does not, and for every kind of question."""
    with serve_nodes(tmp_path, ("133100", "110000")) as nodes:
        asking, asked = nodes["133100"], nodes["110000"]
        license_id = register(nodes, "110000")
        assert send(ask(asking, asked, "bundle", one_message(license_id))).status_code == 200
        change_on_chain(
            nodes,
            AuthoritySet(
                region=asking.code,
                since_block=nodes.chain.newest.number + 2,
                anchor_key="0x" + "00" * 20,
                active=False,
            ),
        )
        details = set()
        for path, message in (
            ("search", search_message()),
            ("bundle", one_message(license_id)),
            ("bundle", one_message(NOWHERE)),
            ("file", one_message(license_id)),
            ("file", one_message(NOWHERE)),
            ("find", {"v": 1, "check_code": "A" * 22, "sha256": None}),
        ):
            request = ask(asking, asked, path, message)
            response = send(request)
            assert refused(response, 403) == "not_a_member"
            verify(response, request, asked)
            details.add(response.json()["detail"])
        assert details == {"133100 is not an active member"}


def test_after_a_rotation_only_the_new_key_counts(tmp_path: Path) -> None:
    with serve_nodes(tmp_path, ("133100", "110000")) as nodes:
        asking, asked = nodes["133100"], nodes["110000"]
        fresh = Signer(key_id=KeyId(asking.code, 1), key=SigningKey.generate())
        assert refused(send(ask(asking, asked, signer=fresh)), 401) == "key_unknown"
        change_on_chain(
            nodes,
            RegionKeySet(
                region=asking.code,
                use="signing",
                number=1,
                algorithm=KeyAlgorithm.ED25519,
                public=fresh.key.public.raw,
                since_block=nodes.chain.newest.number + 2,
            ),
        )
        assert send(ask(asking, asked, signer=fresh)).status_code == 200
        assert refused(send(ask(asking, asked)), 401) == "key_unknown"


def test_a_node_answers_for_its_endpoint_on_the_chain_only(tmp_path: Path) -> None:
    with serve_nodes(tmp_path, ("133100", "110000")) as nodes:
        asking, asked = nodes["133100"], nodes["110000"]
        change_on_chain(
            nodes,
            EndpointSet(
                region=asked.code,
                url="https://node.example/ledger/",
                since_block=nodes.chain.newest.number + 2,
            ),
        )
        assert refused(send(ask(asking, asked)), 401) == "signature_invalid"
        moved = replace(asked, url="https://node.example/ledger")
        # As a reverse proxy hands it on: without the prefix, from another host.
        assert send(ask(asking, moved), f"{asked.url}/v1/peer/search").status_code == 200


def test_a_node_that_does_not_follow_the_chain_lets_nobody_in(tmp_path: Path) -> None:
    with serve_nodes(tmp_path, ("133100", "110000")) as nodes:
        asking, asked = nodes["133100"], nodes["110000"]
        with asked.region.database.write() as session:
            session.mirror.halt("a final block was replaced")
        request = ask(asking, asked)
        response = send(request)
        assert refused(response, 503) == "busy"
        assert int(response.headers["retry-after"]) > 0
        verify(response, request, asked)
