"""What one node is told: the environment (`LEDGER_…`) over a TOML file, read once, then frozen.

Every setting is described here and nowhere else: `docs/configuration.md` is made from these
descriptions, and a test compares the two. A name that is not a setting is an error in either
source, so that a misspelt limit is not silently the default. Secrets are not settings: settings
name the files that hold them (`nodes.keys`).
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX: Final = "LEDGER_"
MEBIBYTE: Final = 1 << 20

_DIGEST = r"(0x)?[0-9a-f]{64}"
_ADDRESS = r"0x[0-9a-fA-F]{40}"


class Finality(StrEnum):
    """When a block is final: a rule per consensus."""

    DEV = "dev"
    QBFT = "qbft"


class Migration(StrEnum):
    """What `node run` does about a database schema that is older than the program."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class LogFormat(StrEnum):
    """How log lines are written."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


class NodeSettings(BaseSettings):
    """See the module's text. Durations end in `_seconds`, sizes in `_bytes`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    # --- Identity
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] = Field(
        description="This node's region: six digits in the form of GB/T 2260, such as 110000."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="TCP port to listen on.")
    public_url: str = Field(
        "",
        pattern=r"^$|^https?://[^\s/?#]+$",
        description="Scheme, host and port under which people and other regions reach this node; "
        "stands in links and QR codes. Empty: http://host:port.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Host names that requests may name, separated by commas; loopback names and "
        "the host of `public_url` are always allowed. `*` allows any.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses of reverse proxies, separated by commas, whose X-Forwarded-For and "
        "X-Forwarded-Proto are believed. Empty: nobody's.",
    )

    # --- Storage
    data_dir: Path = Field(
        Path("var/node"), description="Folder for everything that is not placed elsewhere."
    )
    database_url: str = Field(
        "",
        description="`sqlite:///path/to/file` or `postgresql://…`, without a password. Empty: "
        "`node.sqlite` in `data_dir`.",
    )
    database_password_file: Path | None = Field(
        None, description="File with the database password (mode 0600)."
    )
    database_busy_timeout_seconds: float = Field(
        5.0, gt=0, le=60, description="Wait for a connection or another writer, then answer 503."
    )
    database_readers: int = Field(
        16, ge=2, le=200, description="Connections for reading; as many requests read at once."
    )
    migrate: Migration = Field(
        Migration.AUTO,
        description="Whether `node run` migrates an older schema: `auto` does on SQLite and "
        "refuses on PostgreSQL, where several processes share it (then: `node migrate`).",
    )
    files_dir: Path | None = Field(
        None, description="Folder of the sealed license files. Empty: `files` in `data_dir`."
    )
    keys_file: Path | None = Field(
        None,
        description="The node's own keys (mode 0600), made by `node init`. Empty: `keys.json` in "
        "`data_dir`.",
    )

    # --- Chain
    rpc_url: str = Field(
        "http://127.0.0.1:8545",
        pattern=r"^https?://\S+$",
        description="JSON-RPC address of this region's own chain client.",
    )
    rpc_timeout_seconds: float = Field(
        5.0, gt=0, le=60, description="Longest wait for one answer of the chain client."
    )
    chain_id: int = Field(31337, ge=1, description="Id of the consortium's chain.")
    genesis_hash: str = Field(
        "",
        pattern=rf"^$|^{_DIGEST}$",
        description="Hash of block 0, 64 hex digits. Empty: not checked; a chain that differs from "
        "the one that the mirror began with is refused all the same.",
    )
    consortium_address: str = Field(
        pattern=rf"^{_ADDRESS}$", description="Address of the contract Consortium."
    )
    license_log_address: str = Field(
        pattern=rf"^{_ADDRESS}$", description="Address of the contract LicenseLog."
    )
    start_block: int = Field(
        0,
        ge=0,
        description="First block that the mirror reads; at or before the contracts' creation.",
    )
    finality: Finality = Field(
        Finality.DEV,
        description="When a block is final: `dev` after `finality_depth_blocks` more blocks, "
        "`qbft` at once, by its seals.",
    )
    finality_depth_blocks: int = Field(
        1, ge=0, le=1000, description="Blocks on top of a final one; only for finality `dev`."
    )
    gas_price_wei: int = Field(
        0, ge=0, description="Gas price that anchors offer; 0 on a chain without fees."
    )
    stuck_after_seconds: float = Field(
        30.0, gt=0, description="A transaction not mined for so long is sent again with more gas."
    )
    max_chain_age_seconds: int = Field(
        600, gt=0, description="Older knowledge of the chain makes every verdict `unknown`."
    )

    mirror_patience_seconds: float = Field(
        15.0, gt=0, description="`/readyz` fails when the chain gave no sign for so long."
    )

    # --- Pipeline
    anchor_within_seconds: int = Field(
        3600,
        gt=0,
        le=7 * 86400,
        description="What a registration promise gives: stored to anchored. At most 604800 (7 "
        "days): no verifier believes a longer promise.",
    )
    max_anchor_lag_seconds: int = Field(
        1800,
        gt=0,
        validate_default=True,
        description="Registrations are refused (503) once one has waited so long. Less than "
        "`anchor_within_seconds`, so that no promise is given that cannot be kept.",
    )
    max_pending_licenses: int = Field(
        100_000, gt=0, description="Registrations that may wait for a position, then 503."
    )
    sequencer_batch_licenses: int = Field(
        5000, gt=0, le=50_000, description="Licenses that get their position in one transaction."
    )
    sequencer_lease_seconds: int = Field(
        15, ge=3, le=600, description="How long a silent sequencer keeps others from taking over."
    )
    sequencer_poll_seconds: float = Field(
        0.1, gt=0, le=60, description="Pause of the sequencer when nothing is pending."
    )
    submitter_poll_seconds: float = Field(
        0.25, gt=0, le=60, description="Pause between two looks at the outbox."
    )
    mirror_poll_seconds: float = Field(
        0.25, gt=0, le=60, description="Pause between two looks at the chain's newest block."
    )
    replication_poll_seconds: float = Field(
        1.0, gt=0, le=600, description="Pause between two looks for other regions' new heads."
    )
    unbacked_after_seconds: int = Field(
        60, gt=0, description="A head whose tiles nobody serves for so long raises an alert."
    )
    housekeeping_seconds: float = Field(
        300.0, gt=0, description="Pause between two removals of what has expired."
    )
    idempotency_keep_seconds: int = Field(
        7 * 86400, ge=3600, description="How long the answer to an Idempotency-Key is kept."
    )

    # --- Other regions
    peer_patience_seconds: float = Field(
        5.0, gt=0, le=60, description="Time that one region has for one answer in an exchange."
    )
    peer_find_patience_seconds: float = Field(
        3.0, gt=0, le=60, description="The same for a public verifier's question."
    )
    peer_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (),
        description="Networks (CIDR, separated by commas) in which other regions' nodes may lie. "
        "Loopback addresses are allowed under finality `dev` only.",
    )
    peer_answer_seconds: float = Field(
        4.0, gt=0, le=60, description="Longest wait for the whole of one answer without a file."
    )
    peer_file_seconds: float = Field(
        30.0, gt=0, le=600, description="The same for an answer with a file."
    )
    peer_max_answer_bytes: int = Field(
        8 * MEBIBYTE, gt=0, description="Largest answer without a file taken from another region."
    )
    peer_max_file_bytes: int = Field(
        32 * MEBIBYTE, gt=0, description="Largest answer with a file taken from another region."
    )
    peer_ca_file: Path | None = Field(
        None,
        description="PEM file of the authorities that other regions' certificates come from. "
        "Empty: the system's.",
    )
    peer_concurrency: int = Field(
        8, ge=1, le=100, description="Calls to one region that may be under way at once."
    )
    peer_budget_per_minute: int = Field(
        600, ge=1, description="Public questions that one region may pass on to this one."
    )

    # --- HTTP limits
    max_json_bytes: int = Field(
        MEBIBYTE, gt=0, description="Largest body of a JSON request without files."
    )
    max_file_bytes: int = Field(20 * MEBIBYTE, gt=0, description="Largest license file.")
    max_batch_bytes: int = Field(
        64 * MEBIBYTE, gt=0, description="Largest body of a batch, its files included."
    )
    max_header_bytes: int = Field(
        16 * 1024, ge=4096, description="Largest request line and headers together."
    )
    body_seconds: float = Field(60.0, gt=0, description="Time for a request's body to arrive.")
    max_concurrent_uploads: int = Field(
        8, ge=1, description="Large bodies that are held in memory at once."
    )
    max_concurrent_requests: int = Field(
        200, ge=1, description="Requests in hand at once; more are answered 503."
    )
    verify_rate: str = Field(
        "60/minute",
        pattern=r"^$|^[1-9][0-9]*/(second|minute|hour)$",
        description="Public verifications per address without a token, then 429. Empty: no limit.",
    )
    access_log: bool = Field(True, description="One log line per request.")

    # --- Process
    shutdown_timeout_seconds: float = Field(
        15.0, gt=0, le=300, description="Time for requests and rounds under way after SIGTERM."
    )
    log_level: Annotated[str, StringConstraints(pattern="^(debug|info|warning|error)$")] = Field(
        "info", description="Least level that is logged."
    )
    log_format: LogFormat = Field(
        LogFormat.AUTO, description="`json`, `console`, or `auto`: console on a terminal."
    )

    @field_validator("allowed_hosts", "trusted_proxies", "peer_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("max_anchor_lag_seconds")
    @classmethod
    def _leaves_time_to_anchor(cls, value: int, info: ValidationInfo) -> int:
        # Absent when it is wrong itself, which is then what is said.
        promised = info.data.get("anchor_within_seconds")
        if promised is not None and value >= promised:
            raise ValueError(f"{value} must be less than anchor_within_seconds, {promised}")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is handed in is all: `nodes.settings_sources` reads file and environment once."""
        return (init_settings,)

    @property
    def database(self) -> str:
        """The database's URL, still without its password."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'node.sqlite').absolute()}"

    @property
    def files(self) -> Path:
        return self.files_dir or self.data_dir / "files"

    @property
    def keys(self) -> Path:
        return self.keys_file or self.data_dir / "keys.json"

    @property
    def base_url(self) -> str:
        """Where others reach this node."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def max_chain_age(self) -> timedelta:
        return timedelta(seconds=self.max_chain_age_seconds)

    @property
    def should_migrate(self) -> bool:
        """Whether `node run` may change the schema by itself."""
        if self.migrate is Migration.AUTO:
            return self.database.startswith("sqlite")
        return self.migrate is Migration.ALWAYS
