"""Draws the samples' PDF files in the background while the network starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ledger.types import Region
from nodes.devnet.demo.folder import DemoFolder
from nodes.devnet.pdf.document import render, texts_of
from nodes.devnet.pdf.font import prepare_font
from nodes.devnet.samples.sample import Sample
from nodes.devnet.tools import find_document_font
from nodes.devnet.whole_file import write_whole


class Drawing:
    """All documents of a demo; those that an earlier run drew stay as they are."""

    def __init__(
        self, folder: DemoFolder, samples: Sequence[Sample], urls: Mapping[Region, str]
    ) -> None:
        self._folder = folder
        self._samples = samples
        self._urls = urls
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="drawing")
        self._drawn: list[Future[None]] = []

    def start(self) -> None:
        """Begin; raise ConfigurationError when the font is missing."""
        source = find_document_font()
        missing = [one for one in self._samples if not self._folder.document(one.name).is_file()]
        if not missing:
            return
        font = self._pool.submit(
            prepare_font, source, list(texts_of(self._samples)), self._folder.fonts
        )
        self._drawn = [self._pool.submit(self._draw, sample, font) for sample in missing]

    @property
    def total(self) -> int:
        """Documents that this run draws."""
        return len(self._drawn)

    def finish(self, advance: Callable[[int], None]) -> None:
        """Wait until all are drawn."""
        for future in self._drawn:
            future.result()
            advance(1)
        self._pool.shutdown()

    def abandon(self) -> None:
        """Stop after the document under way."""
        self._pool.shutdown(cancel_futures=True)

    def content_of(self, sample: Sample) -> bytes:
        """The bytes of a document that is drawn."""
        return self._folder.document(sample.name).read_bytes()

    def _draw(self, sample: Sample, font: Future[Path]) -> None:
        url = f"{self._urls[sample.office.region]}/v/{sample.check_code}"
        content = render(sample, font=font.result(), url=url)
        write_whole(self._folder.document(sample.name), content)
