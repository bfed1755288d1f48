"""Named runs of columns or rows, whose labels are made only when somebody asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from .errors import InvalidInput
from .numbers import Ints
from .short import Short, cut

Label: TypeAlias = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Written:
    """Labels as text, by position: what is left of a function that makes them where functions cannot go."""

    texts: tuple[str, ...]

    def __call__(self, k: int) -> str:
        """The label of place k."""
        return self.texts[k]


def written(label: Label | None, size: int) -> Written | None:
    """The labels of `size` places written out; None where there are none. Pickled objects carry these."""
    return label if label is None or isinstance(label, Written) else Written(tuple(map(label, range(size))))


@dataclass(frozen=True, slots=True, repr=False)
class Block(Short):
    """A run of `size` columns or rows from `start`, with a name and a way to label each."""

    name: str
    start: int
    size: int
    shape: tuple[int, ...]
    label: Label | None = None

    @property
    def index(self) -> Ints:
        """Global indices, shape (size,)."""
        return np.arange(self.start, self.start + self.size, dtype=np.int64)

    @property
    def grid(self) -> Ints:
        """Global indices, in the block's shape."""
        return self.index.reshape(self.shape)

    @property
    def slice(self) -> slice:
        """The same run as a slice."""
        return slice(self.start, self.start + self.size)

    def __reduce__(self) -> tuple[Any, ...]:
        label = written(self.label, self.size)
        return Block, (self.name, self.start, self.size, self.shape, label)

    def label_of(self, k: int) -> str:
        """``name[label]`` of the k-th of the block (counted from 0), or ``name[coordinates]``.

        A block without a name shows the label alone.
        """
        if not 0 <= k < self.size:
            raise InvalidInput(f"block {self.name!r} has {self.size} places, none numbered {k}")
        if self.label is not None:
            return f"{self.name}[{self.label(k)}]" if self.name else self.label(k)
        return f"{self.name}[{','.join(str(int(i)) for i in np.unravel_index(k, self.shape))}]"


class Blocks(Mapping[str, Block]):
    """Blocks by name, in order; read-only, and can be pickled."""

    def __init__(self, blocks: Mapping[str, Block]) -> None:
        self._blocks = dict(blocks)

    @classmethod
    def some(cls, places: Ints, label: Label, name: str = "") -> Blocks:
        """One block of these places of other blocks, each under its old `label`."""
        size = len(places)
        return cls({name: Block(name, 0, size, (size,), lambda k: label(int(places[k])))})

    @classmethod
    def of(cls, **sizes: int) -> Blocks:
        """Plain blocks of these sizes, one after the other.

        >>> Blocks.of(x=2, s=3)["s"].index.tolist()
        [2, 3, 4]
        """
        blocks, start = {}, 0
        for name, size in sizes.items():
            blocks[name] = Block(name, start, size, (size,))
            start += size
        return cls(blocks)

    def __getitem__(self, name: str) -> Block:
        return self._blocks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)

    def __repr__(self) -> str:
        return f"Blocks({cut(', '.join(self._blocks))})"


def distinct(labels: Iterable[str]) -> list[str]:
    """The labels, all different: one met twice gets its place as well.

    >>> distinct(["low", "high", "low"])
    ['low', 'high', 'low#2']
    """
    seen: dict[str, None] = {}
    for k, label in enumerate(labels):
        while label in seen:
            label = f"{label}#{k}"
        seen[label] = None
    return list(seen)


def parts(blocks: Mapping[str, Block], kept: Ints) -> Blocks:
    """What is left of blocks, under the old labels, where only these places (in order) are kept.

    Numbered anew from 0; a block of which nothing is kept is left out.
    """
    left = {}
    for name, block in blocks.items():
        start, end = map(int, np.searchsorted(kept, [block.start, block.start + block.size]))
        if end > start:
            size, label = end - start, _relabel(block, kept[start:end] - block.start)
            left[name] = Block(name, start, size, (size,), label)
    return Blocks(left)


def _relabel(block: Block, kept: Ints) -> Label | None:
    label = block.label
    return None if label is None else lambda k: label(int(kept[k]))


def label_of(blocks: Mapping[str, Block], k: int, size: int, what: str) -> str:
    """The label of the k-th of all `size` places of the blocks, called `what` in errors."""
    if not 0 <= k < size:
        raise InvalidInput(f"the program has {size} {what}s, none numbered {k}")
    block = next(b for b in blocks.values() if b.start <= k < b.start + b.size)
    return block.label_of(int(k) - block.start)
