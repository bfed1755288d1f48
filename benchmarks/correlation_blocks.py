"""All blocks of a correlated process at once: `python -m benchmarks.correlation_blocks [--agents 3 ...]`.

Three agents with eight signals each and four actions make 768 blocks of 8 rows by 64 columns. Every block is
diagnosed (convex independence with certificates and L1 distances, spanning with singular values and L1
distances) and solved (smallest largest transfer by Theorems 3.1 and 3.2; least norms); in the same run a
sample of blocks is solved by cvxpy, one problem a block with all reports in it, compiled once with parameters
and, separately, written anew. Values are compared on that sample.
"""

from __future__ import annotations

import argparse
import importlib
import time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import dynamech as dm
from dynamech.models.correlation.blocks import BeliefBlocks, blocks
from dynamech.models.correlation.convex_independence import convex_independence
from dynamech.models.correlation.course import Course
from dynamech.models.correlation.spanning import spanning
from dynamech.models.correlation.systems import Systems
from dynamech.models.correlation.targets import residual_claims
from dynamech.models.correlation.theorems import systems_of
from dynamech.models.correlation.transfers import largest, smallest

cp: Any = importlib.import_module("cvxpy")


def environment(agents: int, types: int, actions: int, seed: int) -> dm.Environment:
    """A dense random joint process in doubles, interdependent values, infinite horizon."""
    rng = np.random.default_rng(seed)
    everyone = (types,) * agents
    profiles = types**agents
    table = rng.dirichlet(np.ones(profiles), size=(actions, profiles))
    table /= table.sum(axis=-1, keepdims=True)
    return dm.Environment(
        name="dense",
        agents=[
            dm.Agent(
                f"agent {i}",
                types=[[str(k) for k in range(types)]],
                values=[rng.uniform(0, 6, size=(actions, *everyone))],
            )
            for i in range(agents)
        ],
        actions=[[str(a) for a in range(actions)]],
        horizon=None,
        discount=0.9,
        process={
            "prior": np.full(everyone, 1 / profiles),
            "transitions": [table.reshape(actions, *everyone, *everyone)],
        },
    )


def cvxpy_blocks(found: BeliefBlocks, target: Any, sample: int, anew: bool) -> tuple[float, Any]:
    """Seconds a block and the sums of smallest largest transfers of the first `sample` blocks."""
    _, _, size, width = found.shape
    rows, wanted = cp.Parameter((size, width)), cp.Parameter(size)
    p = cp.Variable((size, width))  # one lottery a report
    worth = rows @ p.T  # true type, report
    truth = cp.diag(worth) == wanted
    lies = worth >= cp.reshape(wanted, (size, 1), order="F") @ np.ones((1, size))
    problem = cp.Problem(cp.Minimize(cp.sum(cp.max(cp.abs(p), axis=1))), [truth, lies])
    values = []
    began = time.perf_counter()
    for a, x in list(found.each())[:sample]:
        matrix, c = found.rows[a, x], target[a, x]
        if anew:
            q = cp.Variable((size, width))
            each = matrix @ q.T
            held = [cp.diag(each) == c, each >= c[:, None] @ np.ones((1, size))]
            problem = cp.Problem(cp.Minimize(cp.sum(cp.max(cp.abs(q), axis=1))), held)
        else:
            rows.value, wanted.value = matrix, c
        problem.solve(solver=cp.HIGHS)
        values.append(problem.value)
    return (time.perf_counter() - began) / sample, np.array(values)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=3)
    parser.add_argument("--types", type=int, default=8)
    parser.add_argument("--actions", type=int, default=4)
    parser.add_argument("--sample", type=int, default=12, help="blocks that cvxpy solves")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    env = environment(given.agents, given.types, given.actions, given.seed)
    spent: dict[str, float] = {}

    def timed(name: str, call: Any) -> Any:
        began = time.perf_counter()
        answer = call()
        spent[name] = spent.get(name, 0.0) + time.perf_counter() - began
        return answer

    course = Course(env)
    timed("efficient policy", lambda: course.plan)
    everything = [timed("blocks", lambda i=i: blocks(env, i, 0)) for i in env.private]
    claims = [timed("blocks", lambda f=f: residual_claims(course, f)) for f in everything]
    top = []
    residual = 0.0
    for found, target in zip(everything, claims, strict=True):
        timed("convex independence, distances", lambda f=found: convex_independence(f.matrices))
        timed("spanning, distances", lambda f=found: spanning(f.matrices))
        lottery: Systems = systems_of("3.1", found, target)
        vcg: Systems = systems_of("3.2", found, target)
        best = timed("smallest largest transfer, 3.1", lambda s=lottery: smallest(s))
        timed("smallest largest transfer, 3.2", lambda s=vcg: smallest(s))
        short = timed("least norms, 3.1", lambda s=lottery: smallest(s, "2"))
        shortest = timed("least norms, 3.2", lambda s=vcg: smallest(s, "2"))
        top.append(largest(best.p, best.feasible).reshape(-1, given.types).sum(axis=1))
        pairs = ((lottery, best), (lottery, short), (vcg, shortest))
        residual = max(residual, *(float(s.residual(t.p).max()) for s, t in pairs))
    count = sum(int(found.feasible.sum()) for found in everything)
    compiled, values = cvxpy_blocks(everything[0], claims[0], given.sample, anew=False)
    anew, again = cvxpy_blocks(everything[0], claims[0], given.sample, anew=True)
    gap = max(np.abs(values - top[0][: given.sample]).max(), np.abs(again - values).max())
    table = Table(title=f"{count} blocks of {given.types} by {given.types ** (given.agents - 1)}")
    table.add_column("phase")
    table.add_column("seconds", justify="right")
    for name, seconds in spent.items():
        table.add_row(name, f"{seconds:.2f}")
    solved = spent["smallest largest transfer, 3.1"]
    diagnosed = sum(spent[name] for name in spent if "distances" in name)
    table.add_row("diagnosed and solved (smallest largest transfer)", f"{diagnosed + solved:.2f}")
    table.add_row("cvxpy, one parametrised problem a block (scaled up)", f"{compiled * count:.2f}")
    table.add_row("cvxpy, one new problem a block (scaled up)", f"{anew * count:.2f}")
    Console(width=110).print(table)
    print(
        f"solving is {compiled * count / solved:.1f} and {anew * count / solved:.1f} times as fast as cvxpy; "
        f"values agree to {gap:.1g}; residual {residual:.1g}"
    )


if __name__ == "__main__":
    main()
