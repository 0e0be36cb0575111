"""Which samples the demo record names: the story's, one untouched in each region, some to spare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ledger.catalogue import ORGANIZATION
from nodes.devnet.demo.folder import DemoFolder
from nodes.devnet.demo.record import SampleRecord
from nodes.devnet.demo.tamper_scene import WITNESS
from nodes.devnet.samples.collection import STORY_LENGTH
from nodes.devnet.samples.places import BEIJING, PLACES, main_office
from nodes.devnet.samples.sample import Sample

MINIMUM_LICENSES: Final = 40
"""So many at least make sure of one in each region that nobody tampers with."""

SPARE: Final = "spare-"
_SPARES: Final = 5


def split(samples: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """The many, and the story's few.

    The many come first and get anchored heads of their own: a log rewritten at a late place still
    proves what was anchored before.
    """
    return samples[STORY_LENGTH:], samples[:STORY_LENGTH]


def choose(
    samples: Sequence[Sample], ids: Mapping[str, str], folder: DemoFolder
) -> dict[str, SampleRecord]:
    """Records by the names that the demo uses; `ids` are license ids by the samples' own names."""
    many, few = split(samples)
    named = {sample.name: sample for sample in few}
    open_ones = [one for one in many if one.type_.holder == ORGANIZATION and one.type_.level == 1]
    for place in PLACES:
        named[WITNESS + place.code] = next(
            one for one in open_ones if one.office.region == place.code
        )
    spares = [
        one
        for one in open_ones
        if one.office == main_office(BEIJING.code) and one not in named.values()
    ]
    for at, sample in enumerate(spares[:_SPARES], start=1):
        named[f"{SPARE}{at}"] = sample
    return {name: _record(sample, ids, folder) for name, sample in named.items()}


def _record(sample: Sample, ids: Mapping[str, str], folder: DemoFolder) -> SampleRecord:
    return SampleRecord(
        id=ids[sample.name],
        region=sample.office.region,
        type=sample.type_.code,
        name_zh=sample.type_.name_zh,
        identifier=sample.identifier,
        check_code=sample.check_code,
        holder_name=sample.holder.name,
        holder_code=sample.holder.code,
        file=str(folder.document(sample.name).absolute()),
    )
