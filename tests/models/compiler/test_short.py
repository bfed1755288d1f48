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
from dynamech.models.design.design import design
from dynamech.models.design.question import Question
from dynamech.models.verification.public_states import play
from dynamech.solvers.effort import Effort

MOST = 200
ROOMS = ("dynamech.models.", "dynamech.solvers.")


def parts(thing: Any) -> list[Any]:
    """What an object holds directly."""
    if isinstance(thing, dict):
        return [*thing.values()]
    if isinstance(thing, list | tuple | set | frozenset):
        return [*thing]
    if isinstance(thing, partial):
        return [thing.func, *thing.args, *thing.keywords.values()]
    if isinstance(thing, MethodType):
        return [thing.__self__]
    if type(thing).__module__.startswith(ROOMS):
        slots = [getattr(thing, field.name) for field in dataclasses.fields(thing)] if is_data(thing) else []
        return [*slots, *getattr(thing, "__dict__", {}).values()]
    return []


def is_data(thing: Any) -> bool:
    return dataclasses.is_dataclass(thing) and not isinstance(thing, type)


def reachable(thing: Any) -> Iterator[Any]:
    """Everything that can be reached from an object, once."""
    seen, waiting = {id(thing): thing}, [thing]
    while waiting:
        yield (here := waiting.pop())
        for part in parts(here):
            if id(part) not in seen and not isinstance(part, str | int | float):
                seen[id(part)] = part
                waiting.append(part)


ENV = testing.random_environment(5, agents=2, periods=2, types=2, controlled=True)
JOINT = testing.random_environment(4, agents=2, periods=2, types=2, joint=True)


def answered(exact: bool) -> Any:
    answer = design(ENV, Question.of(ENV), Effort(exact=exact))
    return answer, Prepared.of(ENV, answer.solved.compiled.layout.plan, np.inf), play(ENV, answer.mechanism)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (partial(answered, True), {"Layout", "Compiled", "Plan", "Level", "View", "Prepared", "Certificate"}),
        (partial(answered, False), {"Layer", "Tree", "Kernel", "Stakes", "PublicStates", "Play"}),
        (lambda: correlation(JOINT), {"Process", "BeliefBlocks", "ConvexIndependence", "TheoremAnswer"}),
    ],
)
def test_what_holds_arrays_prints_one_short_line(make: Callable[[], Any], names: set[str]) -> None:
    data = [thing for thing in reachable(make()) if is_data(thing)]
    assert {type(thing).__name__ for thing in data} >= names
    long = {type(thing).__name__: text for thing in data if len(text := repr(thing)) > MOST or "\n" in text}
    assert long == {}
