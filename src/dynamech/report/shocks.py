"""What the shocks in the words of a witness are: what each draws from every type, and how likely it is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from ..models.environment.environment import Environment
from ..models.environment.independence import independent_version
from ..models.ladder.ladder import Ladder
from ..models.relaxations.shocks import Shock, shocks_of
from .environments import COLUMNS, ROWS, cut
from .wording import Shown, brief, periods_text, table, titled

MARK = "(shock "
"""In the label of a type that is not all that a report says."""


def shocks_report(ladder: Ladder) -> list[Shown]:
    """The shocks that the witness of a ladder names, a table for all periods with the same ones."""
    witness = ladder.witness
    if witness is None or MARK not in witness.sentence:
        return []
    env = independent_version(ladder.designs["relaxed"].solved.rewriting.original, "no shocks are told")
    i = [agent.name for agent in env.agents].index(witness.agent)
    shocks = shocks_of(env, i, ladder.coupling)
    return [_table(env, i, run, shocks[run[0] - 1]) for run in _runs(env, i, shocks)]


def _runs(env: Environment, i: int, shocks: list[Shock]) -> Iterator[list[int]]:
    """Periods that are reached by the same shocks from the same types."""

    def same(t: int, other: int) -> bool:
        one, two, types = shocks[t], shocks[other], env.agents[i].types
        return (
            types[t : t + 2] == types[other : other + 2]
            and one.labels == two.labels
            and np.array_equal(one.lengths, two.lengths)
            and np.array_equal(one.moves, two.moves)
        )

    run: list[int] = []
    for t in range(len(shocks)):
        if run and not same(run[0] - 1, t):
            yield run
            run = []
        run.append(t + 1)
    if run:
        yield run


def _table(env: Environment, i: int, run: list[int], shock: Shock) -> Shown:
    agent, t = env.agents[i], run[0] - 1
    kernel, after = agent.kernels[t], env.after(t)
    steered = shock.moves.shape[0] > 1
    axes = [range(len(shock.labels))]
    axes += [range(len(env.agents[j].types[after])) for j in kernel.given]
    axes += [range(env.num_actions(t))] if steered else []
    heads = [f"type of {env.agents[j].name}" for j in kernel.given] + (["action"] if steered else [])
    own = agent.types[t][:COLUMNS]
    lines = table(["shock", *heads, "probability", *(f"from {label}" for label in own)], ["probability"])
    rows = itertools.islice(itertools.product(*axes), ROWS)
    for c, *at in rows:
        given, action = at[: len(kernel.given)], at[-1] if steered else 0
        lines.add_row(
            shock.labels[c],
            *(env.agents[j].types[after][k] for j, k in zip(kernel.given, given, strict=True)),
            *([env.actions[t][action]] if steered else []),
            brief(shock.lengths[c]),
            *(agent.types[after][shock.moves[(action, *given, k, c)]] for k in range(len(own))),
        )
    title = f"Shocks of '{agent.name}', {periods_text(run)}: the type that each draws"
    return titled(title, lines, *cut(math.prod(map(len, axes)), len(agent.types[t]), ""))
