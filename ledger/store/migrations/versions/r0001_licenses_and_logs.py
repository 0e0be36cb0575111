"""Licenses, logs and what belongs to the node itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.String()
BYTES = sa.LargeBinary()
SMALL = sa.SmallInteger()
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    """Create the tables. There is no way back: restore a backup instead."""
    _license()
    _license_holder()
    _status_change()
    _idempotent_answer()
    _log_head()
    _log_tile()
    _office()
    _token()
    _lease()
    _request_nonce()
    _license_type()
    _data_key()


def _license() -> None:
    op.create_table(
        "license",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("type_code", TEXT, nullable=False),
        sa.Column("office", TEXT, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("entry", BYTES, nullable=False),
        sa.Column("leaf_hash", BYTES, nullable=False),
        sa.Column("sealed", BYTES, nullable=False),
        sa.Column("promise", BYTES, nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.Column("epoch", NUMBER, nullable=True),
        sa.Column("leaf_index", NUMBER, nullable=True),
        sa.Column("supersedes_id", TEXT, nullable=True),
        sa.Column("file_sha256", BYTES, nullable=True),
        sa.Column("file_size", NUMBER, nullable=False),
        sa.Column("media_type", TEXT, nullable=True),
        sa.Column("file_kept", sa.Boolean(), nullable=False),
        sa.Column("identifier_digest", BYTES, nullable=False),
        sa.Column("check_code_digest", BYTES, nullable=False),
        sa.Column("content_digest", BYTES, nullable=False),
        sa.Column("number_digest", BYTES, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_license"),
        sa.ForeignKeyConstraint(
            ["supersedes_id"], ["license.id"], name="fk_license_supersedes_id_license"
        ),
        sa.UniqueConstraint("check_code_digest", name="uq_license_check_code_digest"),
        sa.UniqueConstraint("identifier_digest", name="uq_license_identifier_digest"),
        sa.UniqueConstraint("leaf_hash", name="uq_license_leaf_hash"),
    )
    op.create_index("ix_license_file_sha256_id", "license", ["file_sha256", "id"])
    op.create_index("ix_license_number_digest", "license", ["number_digest"])
    op.create_index("ix_license_office_id", "license", ["office", "id"])
    op.create_index(
        "ix_license_pending",
        "license",
        ["registered_at", "id"],
        sqlite_where=sa.text("leaf_index IS NULL"),
        postgresql_where=sa.text("leaf_index IS NULL"),
    )
    op.create_index("ix_license_supersedes_id", "license", ["supersedes_id"])
    op.create_index("ix_license_type_code_id", "license", ["type_code", "id"])
    op.create_index(
        "uq_license_position",
        "license",
        ["leaf_index", "epoch"],
        unique=True,
        sqlite_where=sa.text("leaf_index IS NOT NULL"),
        postgresql_where=sa.text("leaf_index IS NOT NULL"),
    )


def _license_holder() -> None:
    op.create_table(
        "license_holder",
        sa.Column("holder_digest", BYTES, nullable=False),
        sa.Column("license_id", TEXT, nullable=False),
        sa.Column("type_code", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("holder_digest", "license_id", name="pk_license_holder"),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name="fk_license_holder_license_id_license"
        ),
        sqlite_with_rowid=False,
    )


def _status_change() -> None:
    op.create_table(
        "status_change",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("license_id", TEXT, nullable=False),
        sa.Column("epoch", NUMBER, nullable=False),
        sa.Column("leaf_index", NUMBER, nullable=False),
        sa.Column("old", SMALL, nullable=False),
        sa.Column("new", SMALL, nullable=False),
        sa.Column("reason_code", NUMBER, nullable=False),
        sa.Column("sealed_reason", BYTES, nullable=False),
        sa.Column("office", TEXT, nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("transaction_id", TEXT, nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_status_change"),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name="fk_status_change_license_id_license"
        ),
    )
    op.create_index(
        "ix_status_change_carried",
        "status_change",
        ["requested_at", "id"],
        sqlite_where=sa.text("done = 0 AND transaction_id IS NOT NULL"),
        postgresql_where=sa.text("NOT done AND transaction_id IS NOT NULL"),
    )
    op.create_index(
        "ix_status_change_transaction_id",
        "status_change",
        ["transaction_id"],
        sqlite_where=sa.text("transaction_id IS NOT NULL"),
        postgresql_where=sa.text("transaction_id IS NOT NULL"),
    )
    op.create_index(
        "ix_status_change_waiting",
        "status_change",
        ["requested_at", "id"],
        sqlite_where=sa.text("done = 0 AND transaction_id IS NULL"),
        postgresql_where=sa.text("NOT done AND transaction_id IS NULL"),
    )
    op.create_index(
        "uq_status_change_open",
        "status_change",
        ["license_id"],
        unique=True,
        sqlite_where=sa.text("done = 0"),
        postgresql_where=sa.text("NOT done"),
    )


def _idempotent_answer() -> None:
    op.create_table(
        "idempotent_answer",
        sa.Column("office", TEXT, nullable=False),
        sa.Column("idempotency_key", TEXT, nullable=False),
        sa.Column("request_digest", BYTES, nullable=False),
        sa.Column("answer", BYTES, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("office", "idempotency_key", name="pk_idempotent_answer"),
    )
    op.create_index("ix_idempotent_answer_answered_at", "idempotent_answer", ["answered_at"])


def _log_head() -> None:
    op.create_table(
        "log_head",
        sa.Column("region", TEXT, nullable=False),
        sa.Column("kind", SMALL, nullable=False),
        sa.Column("epoch", NUMBER, nullable=False),
        sa.Column("tree_size", NUMBER, nullable=False),
        sa.Column("root_hash", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("region", "kind", name="pk_log_head"),
        sqlite_with_rowid=False,
    )


def _log_tile() -> None:
    op.create_table(
        "log_tile",
        sa.Column("region", TEXT, nullable=False),
        sa.Column("kind", SMALL, nullable=False),
        sa.Column("level", SMALL, nullable=False),
        sa.Column("tile_index", NUMBER, nullable=False),
        sa.Column("hashes", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("region", "kind", "level", "tile_index", name="pk_log_tile"),
    )


def _office() -> None:
    op.create_table(
        "office",
        sa.Column("uscc", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("uscc", name="pk_office"),
    )


def _token() -> None:
    op.create_table(
        "token",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("digest", BYTES, nullable=False),
        sa.Column("office", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("digest", name="uq_token_digest"),
    )
    op.create_index("ix_token_office", "token", ["office"])


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=True),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )


def _request_nonce() -> None:
    op.create_table(
        "request_nonce",
        sa.Column("key_id", TEXT, nullable=False),
        sa.Column("nonce", TEXT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "nonce", name="pk_request_nonce"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_request_nonce_expires_at", "request_nonce", ["expires_at"])


def _license_type() -> None:
    op.create_table(
        "license_type",
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name_zh", TEXT, nullable=False),
        sa.Column("name_en", TEXT, nullable=False),
        sa.Column("authority_zh", TEXT, nullable=False),
        sa.Column("authority_en", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("level", SMALL, nullable=False),
        sa.Column("validity_years", SMALL, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_license_type"),
    )


def _data_key() -> None:
    op.create_table(
        "data_key",
        sa.Column("number", SMALL, nullable=False, autoincrement=False),
        sa.Column("wrapped", BYTES, nullable=False),
        sa.Column("master_check", BYTES, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_data_key"),
    )
