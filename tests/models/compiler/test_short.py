"""Whatever is reached from an answer says what it is in one line, however much it holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import partial
from types import MethodType
from typing import Any

import numpy as np
import pytest

from dynamech import testing
from dynamech.models.compiler.prepared import Prepared
from dynamech.models.correlation.answer import correlation
from dynamech.models.design.design import Question, design
from dynamech.models.verification.public_states import play
from dynamech.solvers.effort import Effort

MOST = 200
ROOMS = ("dynamech.models.", "dynamech.solvers.")


def parts(held: Any) -> list[Any]:
    """What an object holds directly."""
    if isinstance(held, dict):
        return [*held.values()]
    if isinstance(held, list | tuple | set | frozenset):
        return [*held]
    if isinstance(held, partial):
        return [held.func, *held.args, *held.keywords.values()]
    if isinstance(held, MethodType):
        return [held.__self__]
    if type(held).__module__.startswith(ROOMS):
        slots = [getattr(held, field.name) for field in dataclasses.fields(held)] if is_data(held) else []
        return [*slots, *getattr(held, "__dict__", {}).values()]
    return []


def is_data(held: Any) -> bool:
    return dataclasses.is_dataclass(held) and not isinstance(held, type)


def reachable(held: Any) -> Iterator[Any]:
    """Everything that can be reached from an object, once."""
    seen, waiting = {id(held): held}, [held]
    while waiting:
        yield (here := waiting.pop())
        for part in parts(here):
            if id(part) not in seen and not isinstance(part, str | int | float):
                seen[id(part)] = part
                waiting.append(part)


ENV = testing.random_environment(5, agents=2, periods=2, types=2, controlled=True)
JOINT = testing.random_environment(4, agents=2, periods=2, types=2, joint=True)


def answered(exact: bool) -> Any:
    found = design(ENV, Question.of(ENV), Effort(exact=exact))
    return found, Prepared.of(ENV, found.solved.compiled.layout.plan, np.inf), play(ENV, found.mechanism)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (partial(answered, True), {"Layout", "Compiled", "Plan", "Level", "View", "Prepared", "Certificate"}),
        (partial(answered, False), {"Layer", "Tree", "Kernel", "Stakes", "PublicStates", "Play"}),
        (lambda: correlation(JOINT), {"Process", "BeliefBlocks", "ConvexIndependence", "TheoremAnswer"}),
    ],
)
def test_what_holds_arrays_prints_one_short_line(make: Callable[[], Any], names: set[str]) -> None:
    data = [held for held in reachable(make()) if is_data(held)]
    assert {type(held).__name__ for held in data} >= names
    long = {type(held).__name__: text for held in data if len(text := repr(held)) > MOST or "\n" in text}
    assert long == {}
