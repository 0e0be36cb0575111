"""Tells the demo: all its phases, from an empty folder or from what an earlier run kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from nodes.devnet.demo.choice import choose, split
from nodes.devnet.demo.clerk import Clerk
from nodes.devnet.demo.drawing import Drawing
from nodes.devnet.demo.folder import DemoFolder
from nodes.devnet.demo.kept import Kept
from nodes.devnet.demo.network import Network
from nodes.devnet.demo.record import DemoRecord, read_record
from nodes.devnet.demo.registration import await_final, register
from nodes.devnet.demo.report import Report
from nodes.devnet.demo.story import look_up_and_download
from nodes.devnet.demo.tamper_scene import TamperScene
from nodes.devnet.demo.tampering.journal import Journal
from nodes.devnet.samples.collection import Collection
from nodes.devnet.samples.places import XIONGAN
from nodes.devnet.samples.sample import Sample

_FINAL_SECONDS: Final = 90.0
"""Registered to final; three blocks when all is well."""


@dataclass(slots=True, kw_only=True)
class Teller:
    """One run of the demo, on ports that are free."""

    folder: DemoFolder
    kept: Kept
    collection: Collection
    network: Network
    report: Report

    def start_network(self, drawing: Drawing) -> DemoRecord:
        """Chain, consortium and nodes, while the documents are drawn; the record of what runs."""
        with self.report.phase("chain"):
            self.network.start_chain()
            config = self.network.chain.config
            self.report.say("chain_runs", chain_id=config.chain_id, url=config.url)
        drawing.start()
        with self.report.phase("consortium"):
            deployed = self.network.found(self.collection.types)
            self.report.say(
                "deployed", consortium=deployed.consortium, license_log=deployed.license_log
            )
        with self.report.phase("nodes"):
            earlier = read_record(self.folder.record)
            self.network.start_nodes(deployed)
            record = self.network.record(deployed, earlier)
            for one in record.regions:
                self.report.say("node_ready", region=one.code, url=one.url)
        if earlier is not None and self.kept.is_registered:
            record = replace(record, samples=earlier.samples)
        record.write(self.folder.record)
        return record

    def register(self, record: DemoRecord, drawing: Drawing) -> DemoRecord:
        """All samples, unless an earlier run did; the record that names some of them."""
        with (
            self.report.phase("documents"),
            self.report.bar("drawing", drawing.total) as advance,
        ):
            drawing.finish(advance)
        samples = self.collection.samples(self.kept.licenses)
        with self.report.phase("register"):
            if self.kept.is_registered and record.samples:
                self.report.say("already_registered", number=len(samples))
                return record
            ids: dict[str, str] = {}
            for part in split(samples):
                ids |= self._register(record, part, drawing)
            types = len({sample.type_.code for sample in samples})
            self.report.say("registered", number=len(samples), types=types)
        record = replace(record, samples=choose(samples, ids, self.folder))
        record.write(self.folder.record)
        self.kept = replace(self.kept, is_registered=True)
        self.kept.write(self.folder.kept)
        return record

    def tell(self, record: DemoRecord) -> None:
        """Look-up, download, tampering, repair. What is damaged is whole again afterwards."""
        with Clerk(record.region(XIONGAN.code)) as clerk:
            with self.report.phase("exchange"):
                types = {type_.code: type_ for type_ in self.collection.types}
                look_up_and_download(clerk, record, types, self.report, self.folder.downloads)
            scene = TamperScene(
                folder=self.folder,
                record=record,
                clerk=clerk,
                report=self.report,
                journal=Journal(self.folder.damage),
            )
            with self.report.phase("tamper"):
                scene.play()
            with self.report.phase("repair"):
                scene.repair()

    def _register(
        self, record: DemoRecord, samples: Sequence[Sample], drawing: Drawing
    ) -> dict[str, str]:
        with self.report.bar("registering", len(samples)) as advance:
            batches = register(record, samples, drawing.content_of, advance)
        with self.report.bar("finalizing", len(samples)) as advance:
            await_final(record, batches, _FINAL_SECONDS, advance)
        return {name: id_ for batch in batches for name, id_ in batch.ids.items()}
