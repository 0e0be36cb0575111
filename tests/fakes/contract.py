"""The rules of `LicenseLog.append` in memory, with the refusals that the real contract names."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger import merkle
from ledger.chain_events import Anchored, Announcement, StatusWordChanged
from ledger.errors import RevertedError, VerificationError
from ledger.ports.outbox import ContractHead, StatusWordUpdate
from ledger.status_word import StatusWord, word_of
from ledger.types import Digest, Head, LogKind, Region

_FINAL = 0b10


@dataclass(frozen=True)
class Append:
    """The arguments of one call."""

    region: Region
    kind: LogKind
    new_head: Head
    proof: tuple[Digest, ...]
    words: tuple[StatusWordUpdate, ...]


@dataclass
class ContractState:
    """Heads and status words, as after some block."""

    heads: dict[tuple[Region, LogKind], ContractHead] = field(default_factory=dict)
    words: dict[tuple[Region, int, int], int] = field(default_factory=dict)

    def copy(self) -> ContractState:
        return ContractState(dict(self.heads), dict(self.words))

    def append(self, call: Append, block_number: int) -> list[Announcement]:
        """Carry out, or raise RevertedError and change nothing."""
        held = self.heads.get((call.region, call.kind))
        size = held.head.tree_size if held else 0
        new = call.new_head
        events: list[Announcement] = []
        if new.tree_size != size:
            self._require_extends(held, call)
            events.append(
                Anchored(
                    region=call.region,
                    kind=call.kind,
                    epoch=new.epoch,
                    tree_size=new.tree_size,
                    previous_size=size,
                    root_hash=new.root_hash,
                )
            )
        elif not call.words:
            raise RevertedError("NothingToAnchor", {"size": size})
        elif held is None or held.root_hash != new.root_hash:
            raise RevertedError("RootChanged", {"size": size})
        words = self._changed_words(call, new.tree_size)
        if events:
            self.heads[call.region, call.kind] = ContractHead(
                head=new, previous_size=size, block_number=block_number, root_hash=new.root_hash
            )
        self.words.update(words)
        events += [
            StatusWordChanged(
                region=call.region,
                epoch=one.epoch,
                word_index=one.word_index,
                mask=one.mask,
                values=one.values,
                reason=one.reason,
                corrected=False,
            )
            for one in call.words
        ]
        return events

    def _require_extends(self, held: ContractHead | None, call: Append) -> None:
        new = call.new_head
        if held is None:
            if call.proof:
                raise RevertedError("ProofUnexpected", {"length": len(call.proof)})
            return
        if new.tree_size < held.head.tree_size:
            raise RevertedError("SizeDecreased", {"size": held.head.tree_size})
        try:
            merkle.verify_consistency(
                old_size=held.head.tree_size,
                new_size=new.tree_size,
                old_root=held.root_hash,
                new_root=new.root_hash,
                proof=list(call.proof),
            )
        except VerificationError as error:
            raise RevertedError("NotConsistent", {"size": held.head.tree_size}) from error

    def _changed_words(self, call: Append, size: int) -> dict[tuple[Region, int, int], int]:
        words: dict[tuple[Region, int, int], int] = {}
        for one in call.words:
            change = StatusWord(
                epoch=one.epoch,
                word_index=one.word_index,
                mask=one.mask,
                values=one.values,
                reason=one.reason,
            )
            if max(change.statuses()) >= size:
                raise RevertedError("PositionBeyondLog", {"size": size})
            key = (call.region, one.epoch, one.word_index)
            word = words.get(key, self.words.get(key, 0))
            for index in change.statuses():
                if word >> 2 * (index - 128 * word_of(index)) & _FINAL:
                    raise RevertedError("StatusFinal", {"index": index})
            words[key] = change.applied_to(word, by_anchor_key=True)
        return words
