"""The outbox and the mirror of the chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.String()
BYTES = sa.LargeBinary()
SMALL = sa.SmallInteger()
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
STATUSES = sa.String(128)


def upgrade() -> None:
    """Create the tables. There is no way back: restore a backup instead."""
    _outbox_head()
    _outbox_transaction()
    _outbox_word()
    _outbox_copy()
    _mirror_block()
    _mirror_following()
    _mirror_anchor()
    _mirror_reopening()
    _mirror_status_word()
    _mirror_authority()
    _mirror_region_key()
    _mirror_endpoint()
    _mirror_type()
    _mirror_grant()
    _mirror_governance()


def _outbox_head() -> None:
    op.create_table(
        "outbox_head",
        sa.Column("kind", SMALL, nullable=False),
        sa.Column("epoch", NUMBER, nullable=False),
        sa.Column("tree_size", NUMBER, nullable=False),
        sa.Column("root_hash", BYTES, nullable=False),
        sa.Column("announced_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "epoch", "tree_size", name="pk_outbox_head"),
        sqlite_with_rowid=False,
    )


def _outbox_transaction() -> None:
    op.create_table(
        "outbox_transaction",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", SMALL, nullable=False),
        sa.Column("nonce", NUMBER, nullable=False),
        sa.Column("old_size", NUMBER, nullable=False),
        sa.Column("epoch", NUMBER, nullable=False),
        sa.Column("tree_size", NUMBER, nullable=False),
        sa.Column("root_hash", BYTES, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("block_number", NUMBER, nullable=True),
        sa.Column("block_hash", BYTES, nullable=True),
        sa.Column("failure", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_transaction"),
    )
    op.create_index("ix_outbox_transaction_block_number", "outbox_transaction", ["block_number"])
    op.create_index(
        "ix_outbox_transaction_kind_epoch_tree_size",
        "outbox_transaction",
        ["kind", "epoch", "tree_size"],
    )
    op.create_index("ix_outbox_transaction_nonce", "outbox_transaction", ["nonce"])
    op.create_index("ix_outbox_transaction_state", "outbox_transaction", ["state"])


def _outbox_word() -> None:
    op.create_table(
        "outbox_word",
        sa.Column("transaction_id", TEXT, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("epoch", NUMBER, nullable=False),
        sa.Column("word_index", NUMBER, nullable=False),
        sa.Column("mask", BYTES, nullable=False),
        sa.Column("word_values", BYTES, nullable=False),
        sa.Column("reason", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", "ordinal", name="pk_outbox_word"),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["outbox_transaction.id"],
            name="fk_outbox_word_transaction_id_outbox_transaction",
            ondelete="CASCADE",
        ),
    )


def _outbox_copy() -> None:
    op.create_table(
        "outbox_copy",
        sa.Column("transaction_id", TEXT, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("hash", BYTES, nullable=False),
        sa.Column("raw", BYTES, nullable=False),
        sa.Column("gas_price", BYTES, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("transaction_id", "ordinal", name="pk_outbox_copy"),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["outbox_transaction.id"],
            name="fk_outbox_copy_transaction_id_outbox_transaction",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("hash", name="uq_outbox_copy_hash"),
    )


def _mirror_block() -> None:
    op.create_table(
        "mirror_block",
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("hash", BYTES, nullable=False),
        sa.Column("parent_hash", BYTES, nullable=False),
        sa.Column("time", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_mirror_block"),
    )
    op.create_index("ix_mirror_block_time_number", "mirror_block", ["time", "number"])


def _mirror_following() -> None:
    op.create_table(
        "mirror_following",
        sa.Column("id", SMALL, nullable=False, autoincrement=False),
        sa.Column("final_number", NUMBER, nullable=True),
        sa.Column("checked_at", INSTANT, nullable=True),
        sa.Column("halted", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mirror_following"),
    )


def _mirror_anchor() -> None:
    op.create_table(
        "mirror_anchor",
        sa.Column("region", TEXT, nullable=False),
        sa.Column("kind", SMALL, nullable=False),
        sa.Column("epoch", NUMBER, nullable=False),
        sa.Column("tree_size", NUMBER, nullable=False),
        sa.Column("previous_size", NUMBER, nullable=False),
        sa.Column("root_hash", BYTES, nullable=False),
        sa.Column("block_time", NUMBER, nullable=False),
        sa.Column("block_number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("region", "kind", "epoch", "tree_size", name="pk_mirror_anchor"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mirror_anchor_block_number", "mirror_anchor", ["block_number"])
    op.create_index(
        "ix_mirror_anchor_region_kind_block_number",
        "mirror_anchor",
        ["region", "kind", "block_number"],
    )


def _mirror_reopening() -> None:
    op.create_table(
        "mirror_reopening",
        sa.Column("region", TEXT, nullable=False),
        sa.Column("kind", SMALL, nullable=False),
        sa.Column("epoch", NUMBER, nullable=False),
        sa.Column("parent_epoch", NUMBER, nullable=False),
        sa.Column("start_size", NUMBER, nullable=False),
        sa.Column("root_hash", BYTES, nullable=False),
        sa.Column("block_number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("region", "kind", "epoch", name="pk_mirror_reopening"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mirror_reopening_block_number", "mirror_reopening", ["block_number"])


def _mirror_status_word() -> None:
    op.create_table(
        "mirror_status_word",
        sa.Column("region", TEXT, nullable=False),
        sa.Column("epoch", NUMBER, nullable=False),
        sa.Column("word_index", NUMBER, nullable=False),
        sa.Column("block_number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("statuses", STATUSES, nullable=False),
        sa.Column("mask", BYTES, nullable=False),
        sa.Column("reason", NUMBER, nullable=False),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "region", "epoch", "word_index", "block_number", "ordinal", name="pk_mirror_status_word"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mirror_status_word_block_number", "mirror_status_word", ["block_number"])


def _mirror_authority() -> None:
    op.create_table(
        "mirror_authority",
        sa.Column("region", TEXT, nullable=False),
        sa.Column("since_block", NUMBER, nullable=False),
        sa.Column("block_number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("anchor_key", TEXT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "region", "since_block", "block_number", "ordinal", name="pk_mirror_authority"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mirror_authority_anchor_key", "mirror_authority", ["anchor_key"])
    op.create_index("ix_mirror_authority_block_number", "mirror_authority", ["block_number"])


def _mirror_region_key() -> None:
    op.create_table(
        "mirror_region_key",
        sa.Column("region", TEXT, nullable=False),
        sa.Column("use", TEXT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("block_number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("algorithm", SMALL, nullable=False),
        sa.Column("public", BYTES, nullable=False),
        sa.Column("since_block", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint(
            "region", "use", "number", "block_number", "ordinal", name="pk_mirror_region_key"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mirror_region_key_block_number", "mirror_region_key", ["block_number"])


def _mirror_endpoint() -> None:
    op.create_table(
        "mirror_endpoint",
        sa.Column("region", TEXT, nullable=False),
        sa.Column("block_number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("since_block", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("region", "block_number", "ordinal", name="pk_mirror_endpoint"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mirror_endpoint_block_number", "mirror_endpoint", ["block_number"])


def _mirror_type() -> None:
    op.create_table(
        "mirror_type",
        sa.Column("type_hash", BYTES, nullable=False),
        sa.Column("since_block", NUMBER, nullable=False),
        sa.Column("block_number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("level", SMALL, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "type_hash", "since_block", "block_number", "ordinal", name="pk_mirror_type"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mirror_type_block_number", "mirror_type", ["block_number"])


def _mirror_grant() -> None:
    op.create_table(
        "mirror_grant",
        sa.Column("region", TEXT, nullable=False),
        sa.Column("type_hash", BYTES, nullable=False),
        sa.Column("since_block", NUMBER, nullable=False),
        sa.Column("block_number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "region", "type_hash", "since_block", "block_number", "ordinal", name="pk_mirror_grant"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mirror_grant_block_number", "mirror_grant", ["block_number"])


def _mirror_governance() -> None:
    op.create_table(
        "mirror_governance",
        sa.Column("block_number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("arguments", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("block_number", "ordinal", name="pk_mirror_governance"),
    )
    op.create_index(
        "ix_mirror_governance_name_block_number", "mirror_governance", ["name", "block_number"]
    )
