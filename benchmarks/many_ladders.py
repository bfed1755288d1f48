"""What a ladder costs in a loop: `python -m benchmarks.many_ladders [--ladders 200] [--set periods=2 ...]`.

Random environments of the library (one buyer, three types, two periods) are asked one after the other in one
process whether the relaxation is tight: `dm.ladder(env, rungs=["relaxed", "bayesian"])` and its `tight`, that
bounds the error of both values by proofs. They are loaded anew for each pass before the clock starts, so that
none remembers anything. Milliseconds of processor a ladder, all threads of the process, the
best of several passes, beside what of it the engine needs: the same programs, as HiGHS is given them, in one
HiGHS object and nothing else. The two are measured in turn, so that their ratio means the same on a machine
that is slow or busy; it is what compares versions of the project (`PYTHONPATH=OTHER/src` measures another).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

import dynamech as dm
from dynamech.instances.parameters import parse_setting
from dynamech.solvers.conversions.highs_object import new_highs

RUNGS = ("relaxed", "bayesian")
SIZE = {"agents": "1", "types": "3", "periods": "2"}
PASSES = 5


def designs(env: dm.Environment) -> list[dm.Design]:
    """The two answers, in doubles and as measured."""
    return [dm.design(env, incentives=lies) for lies in RUNGS]


def ladder(env: dm.Environment) -> Any:
    """Whether the relaxation is tight."""
    return dm.ladder(env, rungs=RUNGS).tight


def proved(env: dm.Environment) -> Any:
    """The same over the rationals."""
    return dm.ladder(env, rungs=RUNGS, exact=True).tight


def milliseconds(task: Callable[[Any], Any], items: Sequence[Any]) -> float:
    """Of processor, an item."""
    began = time.process_time()
    for item in items:
        task(item)
    return 1e3 * (time.process_time() - began) / len(items)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--ladders", type=int, default=200)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--passes", type=int, default=PASSES)
    given = parser.parse_args()
    settings = SIZE | dict(map(parse_setting, given.set))

    def environments() -> list[dm.Environment]:
        return [dm.load("random", seed=seed, **settings) for seed in range(given.ladders)]

    models = [
        [answer.program.to_highs().getLp() for answer in designs(env) if answer.program is not None]
        for env in environments()
    ]
    engine = new_highs()

    def alone(programs: list[Any]) -> None:
        for program in programs:
            engine.passModel(program)
            engine.run()

    tasks: dict[str, tuple[Callable[[Any], Any], Callable[[], Sequence[Any]]]] = {
        "the engine alone, two programs": (alone, lambda: models),
        "two designs": (designs, environments),
        "ladder of two rungs": (ladder, environments),
        "ladder of two rungs, exact": (proved, environments),
    }
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(given.passes):
        for name, (task, items) in tasks.items():
            best[name] = min(best[name], milliseconds(task, items()))
    own = best["the engine alone, two programs"]
    table = Table("what", "ms of processor", "times the engine", "the engine's share")
    for name, cost in best.items():
        table.add_row(name, f"{cost:.2f}", f"{cost / own:.1f}", f"{own / cost:.0%}")
    Console().print(f"{given.ladders} environments, {settings}, best of {given.passes} passes", table)


if __name__ == "__main__":
    main()
