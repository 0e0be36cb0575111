"""The offices of a node and their tokens, put into its database before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from ledger.errors import NotAuthenticatedError
from ledger.ports.accounts import Office
from ledger.services.accounts import ROLES, Accounts
from nodes.devnet.demo.record import OfficeRecord, RegionRecord
from nodes.devnet.samples.places import SampleOffice

ROLE_NAMES: Final = tuple(ROLES)
BUSINESS: Final = "business"
_LIFE: Final = timedelta(days=366)


def put_offices(
    accounts: Accounts, offices: tuple[SampleOffice, ...], earlier: RegionRecord | None
) -> tuple[Mapping[str, str], tuple[OfficeRecord, ...]]:
    """Tokens of the first office by role, and every office with its business token.

    Tokens of an earlier run that still hold are used again, so that what people copied works on.
    """
    for office in offices:
        accounts.put_office(Office(uscc=office.uscc, name=office.name_zh))
    known_tokens = {} if earlier is None else dict(earlier.tokens)
    known_offices = {} if earlier is None else {one.uscc: one for one in earlier.offices}
    main = offices[0]
    tokens = {
        role: _token(accounts, main.uscc, role, known_tokens.get(role)) for role in ROLE_NAMES
    }
    records = []
    for office in offices:
        known = known_offices.get(office.uscc)
        token = (
            tokens[BUSINESS]
            if office == main
            else _token(
                accounts, office.uscc, BUSINESS, None if known is None else known.business_token
            )
        )
        records.append(
            OfficeRecord(
                uscc=office.uscc,
                name_zh=office.name_zh,
                name_en=office.name_en,
                business_token=token,
            )
        )
    return tokens, tuple(records)


def _token(accounts: Accounts, office: str, role: str, known: str | None) -> str:
    if known is not None:
        try:
            if accounts.authenticate(known).office == office:
                return known
        except NotAuthenticatedError:
            pass  # expired or revoked since
    made = accounts.create_token(
        office=office, label=f"demo {role}", scopes=ROLES[role], life=_LIFE
    )
    return made.secret
