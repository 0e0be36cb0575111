"""Which way imports go, beyond what import-linter's layers say (pyproject.toml)."""

from __future__ import annotations

from tests.architecture.sources import ADAPTERS, Source, imported, sources

IO_LIBRARIES = frozenset(
    {
        "alembic", "fastapi", "httpx2", "obstore", "psycopg", "pydantic", "pydantic_settings",
        "requests", "socket", "sqlalchemy", "sqlite3", "sqlmodel", "starlette", "subprocess",
        "typer", "urllib", "uvicorn", "web3",
    }
)  # fmt: skip
"""What does IO or belongs to the edge: not for the core, the ports and the services."""


def cycles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(edges[node]):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def core_and_services() -> list[Source]:
    return [source for source in sources("ledger") if not source.is_in(*ADAPTERS)]


def test_the_search_finds_a_cycle() -> None:
    edges = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert cycles(edges) == [["b", "c"]]


def test_no_module_imports_itself_through_others() -> None:
    """Lazy imports and those under TYPE_CHECKING count: a type two sides need moves down."""
    names = {source.name for source in sources()}
    edges = {
        source.name: {name for name in imported(source) if name in names - {source.name}}
        for source in sources()
    }
    assert sum(map(len, edges.values())) > len(edges) / 2
    packages = {source.name for source in sources() if source.path.name == "__init__.py"}
    for targets in edges.values():
        # `from ledger import merkle` needs the module; the bare package holds no names.
        targets -= {name for name in packages if any(t.startswith(name + ".") for t in targets)}
    assert cycles(edges) == []


def test_the_core_and_the_services_import_no_adapter() -> None:
    broken = [
        f"{source} imports {name}"
        for source in core_and_services()
        for name in imported(source)
        if any(name == each or name.startswith(each + ".") for each in ADAPTERS)
    ]
    assert broken == []


def test_the_core_and_the_services_do_no_io() -> None:
    broken = [
        f"{source} imports {name}"
        for source in core_and_services()
        for name in imported(source)
        if name.split(".")[0] in IO_LIBRARIES
    ]
    assert broken == []
