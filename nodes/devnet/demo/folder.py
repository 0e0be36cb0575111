"""Where a demo keeps what it has: one folder, which a second run goes on from.

demo.json            the demo record (DESIGN §10), mode 0600
kept.json            what the next run must know, mode 0600
damage.json          what was tampered with and how to undo it; absent when all is whole
demo.pid             held while a demo works
chain/               the chain's state, log and lock
consortium/          the deployment and the regions' keys
documents/ fonts/    the samples' PDF files, and the font that they are drawn with
<region>/            a node: settings, database, files, log and lock
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger.types import Region


@dataclass(frozen=True, slots=True)
class NodeFolder:
    """One region's node."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "node.toml"

    @property
    def database(self) -> Path:
        return self.root / "node.sqlite"

    @property
    def files(self) -> Path:
        return self.root / "files"

    @property
    def log(self) -> Path:
        return self.root / "node.log"

    @property
    def lock(self) -> Path:
        return self.root / "node.pid"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The whole demo."""

    root: Path

    @property
    def record(self) -> Path:
        return self.root / "demo.json"

    @property
    def kept(self) -> Path:
        return self.root / "kept.json"

    @property
    def damage(self) -> Path:
        return self.root / "damage.json"

    @property
    def lock(self) -> Path:
        return self.root / "demo.pid"

    @property
    def chain(self) -> Path:
        return self.root / "chain"

    @property
    def consortium(self) -> Path:
        return self.root / "consortium"

    @property
    def documents(self) -> Path:
        return self.root / "documents"

    @property
    def fonts(self) -> Path:
        return self.root / "fonts"

    @property
    def downloads(self) -> Path:
        return self.root / "downloads"

    def document(self, name: str) -> Path:
        """The PDF of the sample called `name`."""
        return self.documents / f"{name}.pdf"

    def keys(self, region: Region) -> Path:
        """The keys of the region's node."""
        return self.consortium / f"{region}.keys.json"

    def node(self, region: Region) -> NodeFolder:
        return NodeFolder(self.root / region)
