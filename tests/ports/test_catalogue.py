"""The catalogue of types."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

from ledger.catalogue import parse_seed
from ledger.ports.database import Database

SEED = parse_seed((resources.files("ledger") / "data" / "license_types.csv").read_text("utf-8"))


def test_the_seed_catalogue_comes_back_in_code_order(database: Database) -> None:
    with database.write() as session:
        assert session.catalogue.all() == ()
        session.catalogue.put_all(tuple(reversed(SEED)))
        session.catalogue.put_all(())
    with database.read() as session:
        assert session.catalogue.all() == tuple(sorted(SEED, key=lambda kind: kind.code))
        assert session.catalogue.get(SEED[7].code) == SEED[7]
        assert session.catalogue.get("nothing") is None


def test_a_type_is_replaced_by_its_code(database: Database) -> None:
    changed = replace(SEED[0], level=3, name_zh="改名")
    with database.write() as session:
        session.catalogue.put_all(SEED[:2])
        session.catalogue.put_all((changed,))
        assert session.catalogue.all() == tuple(
            sorted((changed, SEED[1]), key=lambda kind: kind.code)
        )
