"""Cuts and points that outlive one run: a later one of the same question goes on from them.

All that was added stands, whenever a run was stopped: each cut and each point is made of older ones. Who
keeps them is called now and then while a run goes on, so that a kill loses moments.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...solvers.numbers import Floats
from .cuts import Cuts, RentCut
from .points import Points, Promised, RentPoint
from .stages import Recursion, Share

EVERY = 10.0
"""Seconds between two calls of who keeps a pool."""
SHARE = 20
"""And that many times what the last call took, at least."""


class RentPool:
    """cuts, points: of every stage, once a recursion has begun with them."""

    cuts: tuple[Cuts, ...] = ()
    points: tuple[Points, ...] = ()

    def __init__(
        self, kept: Mapping[str, Any] | None = None, keep: Callable[[RentPool], None] | None = None
    ) -> None:
        """kept: `content` of an earlier run. keep: is called now and then with all that there is."""
        self._kept, self._keep = kept, keep
        self._due = time.perf_counter() + EVERY

    def now_and_then(self) -> None:
        """Have the pool kept, where that is due."""
        if self._keep is not None and (began := time.perf_counter()) >= self._due:
            self._keep(self)
            ended = time.perf_counter()
            self._due = ended + max(EVERY, SHARE * (ended - began))

    def begin(self, recursion: Recursion) -> bool:
        """Take what was kept; whether there was anything.

        Raises KeyError, TypeError, ValueError or IndexError where that is not of this recursion.
        """
        stages = recursion.stages
        counts = [stage.values.shape[1] for stage in stages]
        cuts = tuple(Cuts(k) for k in counts)
        points = tuple(Points(k, stage.money) for k, stage in zip(counts, stages, strict=True))
        if self._kept is not None:
            for pool, told in zip(cuts, self._kept["cuts"], strict=True):
                for own, level, slope, parts in told:
                    shares = tuple(Share(*_taken(part)) for part in parts)
                    pool.add(int(own), RentCut(float(level), _doubles(slope), shares))
            for seen, told in zip(points, self._kept["points"], strict=True):
                for own, worth, gain, base, lottery, parts in told:
                    promised = tuple(Promised(*_taken(part), _doubles(part[2])) for part in parts)
                    point = RentPoint(float(worth), _doubles(gain), float(base), _doubles(lottery), promised)
                    seen.add(int(own), point)
        self.cuts, self.points = cuts, points
        return self._kept is not None

    @property
    def content(self) -> dict[str, Any]:
        """Everything, as an object of JSON."""
        return {
            "cuts": [
                [
                    [
                        own, cut.level, cut.slope.tolist(),
                        [[p.after.tolist(), p.share.tolist()] for p in cut.parts],
                    ]
                    for own, cut in zip(pool.type.tolist(), pool.all, strict=False)
                ]
                for pool in self.cuts
            ],
            "points": [
                [
                    [
                        own, point.worth, point.gain.tolist(), point.base, point.lottery.tolist(),
                        [[p.after.tolist(), p.share.tolist(), p.rents.tolist()] for p in point.parts],
                    ]
                    for own, point in zip(seen.type.tolist(), seen.all, strict=False)
                ]
                for seen in self.points
            ],
        }  # fmt: skip


def _doubles(values: Any) -> Floats:
    return np.array(values, dtype=np.float64)


def _taken(part: Any) -> tuple[Any, Floats]:
    return np.array(part[0], dtype=np.int64), _doubles(part[1])
