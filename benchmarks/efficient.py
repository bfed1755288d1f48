"""Efficient policies and pivot transfers, ours beside general solvers: `python -m benchmarks.efficient`.

Every agent has K states and A actions move all of them, by kernels of full support; values are uniform on
[0, 10]. Each row is a process of its own; seconds are wall clock and include building what a solver takes,
not imports; memory is what the process held at its peak beyond its imports. `pip install dynamech[bench]`
brings the peers, and rows whose package is missing say so.

Why an engine of our own. General solvers take the joint transition table, S × S an action. At 5 × 6 × 6
that is 2.9 GB where five kernels are 8.6 kB; contracting kernels one by one takes A S Σ K multiplications a
sweep where the table takes A S². Looked at, and run here at 4 × 6 × 6 (1,296 states), where the table is
81 MB:

- quantecon 0.11 `DiscreteDP` (dense Q (S, A, S), policy iteration): 2 to 4 s and 154 MB where ours takes
  0.006 to 0.04 s and 1 MB, some 100 times the time and the memory; values agree to 1.2e-11. At 5 × 6 × 6
  (`--large`) 85 s and 5,549 MB where ours takes 0.06 s and 2 MB: over 1,000 times either.
- pymdptoolbox 4.0 (one (S, S) an action, modified policy iteration): 8 to 13 s and 154 MB at δ = 19/20, over
  200 times the time; a minute at δ = 99/100.
- mdpsolver 0.10 (C++, takes nested Python lists, 10 million floats here): 8 s and 657 MB; not run here.

Of more agents (`--plot`): from 5 of 6 types on a sweep takes as long as its A S Σ K multiplications, W, all
W_{-i} and all transfers together some 50 ns for each of them; below, arrays are too short to count.

None of them has a factored form, a bound on the error of values, or rationals.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

Doubles = NDArray[np.float64]
MEGABYTE = 1024.0
"""Of kilobytes, in which Linux counts what a process held."""


def kernels(agents: int, types: int, actions: int, stay: float, seed: int = 1) -> tuple[Doubles, Doubles]:
    """Values (N, A, K) and kernels (N, A, K, K) of full support; with probability `stay` nothing moves."""
    rng = np.random.default_rng(seed)
    moves = 0.05 + rng.random((agents, actions, types, types))
    moves = stay * np.eye(types) + (1 - stay) * moves / moves.sum(axis=-1, keepdims=True)
    return 10 * rng.random((agents, actions, types)), moves / moves.sum(axis=-1, keepdims=True)


def ours(given: argparse.Namespace) -> dict[str, Any]:
    """W, every W_{-i} and all transfers."""
    from dynamech.models.efficient.pivot import pivot
    from dynamech.models.environment.environment import Agent, Environment

    values, moves = kernels(given.agents, given.types, given.actions, given.stay)
    start, held = time.perf_counter(), peak()
    names = [str(k) for k in range(given.types)]
    env = Environment(
        name="benchmark",
        horizon=None,
        discount=given.discount,
        actions=[str(a) for a in range(given.actions)],
        agents=[
            Agent(str(i), names, np.full(given.types, 1 / given.types), [own], [step])
            for i, (own, step) in enumerate(zip(values, moves, strict=True))
        ],
    )
    found = pivot(env)
    least = min(float(paid.min()) for paid in found.transfers)
    return measured(start, held, found.W[0]) | {"error": found.error["W"], "least": least}


def ours_alone(given: argparse.Namespace) -> dict[str, Any]:
    """W alone, which is what the peers are asked for."""
    from dynamech.solvers.algorithms.mdp import policy_iteration
    from dynamech.solvers.algorithms.moves import Factor, Moves

    values, moves = kernels(given.agents, given.types, given.actions, given.stay)
    start, held = time.perf_counter(), peak()
    sizes = (given.types,) * given.agents
    product = Moves(sizes, sizes, tuple(Factor(table, (i,)) for i, table in enumerate(moves)))
    plan = policy_iteration(rewards(values), product, given.discount)
    return measured(start, held, plan.values[0]) | {"error": plan.error}


def quantecon(given: argparse.Namespace) -> dict[str, Any]:
    """W by policy iteration; the table is built here, as a user would have to."""
    from quantecon.markov import DiscreteDP

    values, moves = kernels(given.agents, given.types, given.actions, given.stay)
    start, held = time.perf_counter(), peak()
    table = np.stack([joint(moves[:, a]) for a in range(given.actions)], axis=1)
    problem = DiscreteDP(rewards(values).T.copy(), table, given.discount)
    found = problem.solve(method="policy_iteration")
    return measured(start, held, found.v)


def pymdptoolbox(given: argparse.Namespace) -> dict[str, Any]:
    """W by modified policy iteration at ε = 1e-9."""
    import mdptoolbox.mdp

    values, moves = kernels(given.agents, given.types, given.actions, given.stay)
    start, held = time.perf_counter(), peak()
    table = np.stack([joint(moves[:, a]) for a in range(given.actions)])
    problem = mdptoolbox.mdp.PolicyIterationModified(
        table, rewards(values).T.copy(), given.discount, epsilon=1e-9, max_iter=10_000
    )
    problem.run()
    return measured(start, held, np.array(problem.V))


def rewards(values: Doubles) -> Doubles:
    """(A, S) from (N, A, K)."""
    total: Doubles = np.zeros((values.shape[1], 1))
    for own in values:
        total = (total[:, :, None] + own[:, None, :]).reshape(len(own), -1)
    return total


def joint(moves: Doubles) -> Doubles:
    """(S, S) from the kernels (N, K, K) of one action."""
    table: Doubles = np.ones((1, 1))
    for own in moves:
        table = np.kron(table, own)
    return table


def measured(start: float, held: float, values: Doubles) -> dict[str, Any]:
    """What a row reports; some values, to be compared."""
    few = values[:: max(1, len(values) // 50)]
    return {"seconds": time.perf_counter() - start, "megabytes": peak() - held, "values": few.tolist()}


def peak() -> float:
    """Megabytes that this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


SOLVERS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "ours": ours,
    "ours, W alone": ours_alone,
    "quantecon": quantecon,
    "pymdptoolbox": pymdptoolbox,
}


def run(solver: str, agents: int, types: int, actions: int, stay: float, discount: float) -> dict[str, Any]:
    """One row in a process of its own."""
    words = [str(word) for word in (solver, agents, types, actions, stay, discount)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.efficient", "--row", *words], capture_output=True, text=True
    )
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1][:70]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print the tables, and draw the cost of more agents where a file is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--row", nargs=6, help=argparse.SUPPRESS)
    parser.add_argument("--large", action="store_true", help="quantecon at 5 × 6 × 6, too: about 6 GB")
    parser.add_argument("--most", type=int, default=7, help="agents of the last table")
    parser.add_argument("--plot", help="file for a picture of the cost by number of agents")
    given = parser.parse_args()
    if given.row:
        solver, agents, types, actions, stay, discount = given.row
        sizes = {"agents": int(agents), "types": int(types), "actions": int(actions)}
        asked = argparse.Namespace(**sizes, stay=float(stay), discount=float(discount))
        small = argparse.Namespace(agents=2, types=2, actions=2, stay=0.0, discount=0.5)
        SOLVERS[solver](small)  # imports and compilation are left out
        print(json.dumps(SOLVERS[solver](asked)))
        return
    console = Console(width=120)
    console.print(scale())
    console.print(beside(5 if given.large else 4))
    console.print(more(given.most, given.plot))


def scale() -> Table:
    """W, all W_{-i}, all transfers."""
    table = _table("5 agents × 6 states × 6 actions: W, all W_{-i}, all transfers", "mixing", "error of W")
    for name, stay, discount in (("fast, δ = 19/20", 0.0, 0.95), ("stays 19/20, δ = 99/100", 0.95, 0.99)):
        row = run("ours", 5, 6, 6, stay, discount)
        table.add_row("ours", name, *_figures(row), f"{row['error']:.1e}")
    return table


def beside(most: int) -> Table:
    """W by ours and by the peers, with ratios."""
    table = _table("W alone, beside general solvers", "size", "slower", "memory", "off by")
    for agents, discount, stay in ((4, 0.95, 0.0), (4, 0.99, 0.95), *([(5, 0.95, 0.0)] if most > 4 else [])):
        size = f"{agents} × 6 × 6, δ = {discount}, stays {stay}"
        base = run("ours, W alone", agents, 6, 6, stay, discount)
        table.add_row("ours", size, *_figures(base), "1", "1", "")
        for solver in ("quantecon", "pymdptoolbox")[: 2 if (agents, stay) == (4, 0.0) else 1]:
            row = run(solver, agents, 6, 6, stay, discount)
            if "failed" in row:
                table.add_row(solver, size, row["failed"])
                continue
            slower = row["seconds"] / base["seconds"]
            memory = row["megabytes"] / max(base["megabytes"], 1.0)
            off = np.abs(np.array(row["values"]) - np.array(base["values"])).max()
            table.add_row(solver, size, *_figures(row), f"{slower:.1f}", f"{memory:.1f}", f"{off:.1e}")
    return table


def more(most: int, file: str | None) -> Table:
    """The cost of more agents: seconds for each million of multiplications in a sweep, A S Σ K."""
    table = _table("more agents, 6 states each, 6 actions, δ = 19/20", "profiles", "A S Σ K", "ns each")
    found = []
    for agents in range(2, most + 1):
        row = run("ours", agents, 6, 6, 0.0, 0.95)
        work = 6 * 6**agents * 6 * agents
        found.append((agents, work, row["seconds"]))
        size, each = f"{6**agents:,}", f"{row['seconds'] / work * 1e9:.3g}"
        table.add_row(f"{agents} agents", size, *_figures(row), f"{work:,}", each)
    if file is not None:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        figure, axes = pyplot.subplots(layout="constrained")
        agents, work, seconds = found[-1]
        ends = np.array([found[0][1], work])
        axes.loglog(ends, seconds / work * ends, "--", color="0.6", label="as the last, in proportion")
        axes.legend()
        axes.loglog([work for _, work, _ in found], [seconds for _, _, seconds in found], "o-")
        for agents, work, seconds in found:
            axes.annotate(str(agents), (work, seconds))
        axes.set(xlabel="multiplications in a sweep, A S Σ K", ylabel="seconds for W, all W₋ᵢ, all transfers")
        figure.savefig(file)
    return table


def _table(title: str, what: str, *more: str) -> Table:
    table = Table(title=title)
    for head in ("solver", what, "seconds", "MB", *more):
        table.add_column(head, justify="right")
    return table


def _figures(row: dict[str, Any]) -> tuple[str, str]:
    return f"{row['seconds']:.3f}", f"{row['megabytes']:.0f}"


if __name__ == "__main__":
    main()
