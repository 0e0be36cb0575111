"""House rules that a reader relies on: one place hashes, nobody reads the clock, and so on."""

from __future__ import annotations

import ast

from tests.architecture.sources import ADAPTERS, ROOT, Source, dotted, imported, sources

HASHES = (
    "hashlib",
    "hmac",
    "cryptography.hazmat.primitives.hashes",
    "cryptography.hazmat.primitives.hmac",
    "Crypto.Hash",
    "eth_hash",
    "eth_utils.keccak",
    "eth_utils.crypto",
    "sha3",
    "xxhash",
)
MAY_HASH = {
    "ledger/hashing.py": "the one definition of everything that is hashed",
    "ledger/store/encryption.py": "key derivation (HKDF) names the hash that it runs on",
}
"""Files that may import a hash, with the reason. Key derivation names a hash without hashing."""

WALL_CLOCK = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "date.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
}
ANY_CLOCK = WALL_CLOCK | {"time.monotonic", "time.perf_counter", "time.sleep"}
CLOCK_NAMES = {name.removeprefix("time.") for name in ANY_CLOCK if name.startswith("time.")}


def uses(source: Source, names: set[str]) -> list[str]:
    """Where `source` mentions one of the dotted `names`, called or handed on."""
    return [
        f"{source}:{node.lineno} uses {dotted(node)}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and dotted(node) in names
    ]


def imports_by_name(source: Source) -> list[str]:
    """`from time import time` would hide a clock behind a bare name."""
    return [
        f"{source}:{node.lineno} imports {alias.name} from time"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
        if alias.name in CLOCK_NAMES
    ]


def hashes_in(source: Source) -> list[str]:
    return [name for name in imported(source) if name.startswith(HASHES)]


def test_only_the_named_files_hash() -> None:
    broken = [
        f"{source} imports {name}"
        for source in sources()
        if str(source) not in MAY_HASH
        for name in hashes_in(source)
    ]
    assert broken == []


def test_the_files_that_may_hash_still_do() -> None:
    """So that no name stays on the list when its reason is gone."""
    hashing = {str(source) for source in sources() if hashes_in(source)}
    assert set(MAY_HASH) <= hashing


def test_the_core_and_the_services_read_no_clock() -> None:
    broken = [
        line
        for source in sources("ledger")
        if not source.is_in(*ADAPTERS)
        for line in (*uses(source, ANY_CLOCK), *imports_by_name(source))
    ]
    assert broken == []


def test_adapters_read_no_wall_clock() -> None:
    """They may measure how long something took; what time it is comes from the clock port."""
    broken = [
        line
        for source in sources("ledger")
        if source.is_in(*ADAPTERS)
        for line in uses(source, WALL_CLOCK)
    ]
    assert broken == []


def test_tables_stay_in_the_store() -> None:
    broken = [
        f"{source}:{node.lineno} {node.name}"
        for source in sources()
        if not source.is_in("ledger.store")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        and (
            any(keyword.arg == "table" for keyword in node.keywords)
            or any(dotted(base).endswith(("SQLModel", "DeclarativeBase")) for base in node.bases)
        )
    ]
    assert broken == []


def test_only_the_command_line_prints() -> None:
    broken = [
        f"{source}:{node.lineno}"
        for source in sources()
        if not source.is_in("nodes.cli")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and dotted(node.func) == "print"
    ]
    assert broken == []


def test_the_rules_see_what_they_forbid() -> None:
    """Each search finds a breach in a file made for it."""
    text = "import hashlib, time\nfrom time import time\nstart = time.time\nprint(start())\n"
    made = Source("ledger.made", ROOT / "ledger" / "made.py", ast.parse(text))
    assert hashes_in(made) == ["hashlib"]
    assert uses(made, ANY_CLOCK) == ["ledger/made.py:3 uses time.time"]
    assert imports_by_name(made) == ["ledger/made.py:2 imports time from time"]
