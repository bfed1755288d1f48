"""The public function on paths: `simulate`."""

from __future__ import annotations

import os

from ..instances.library import EnvironmentLike, as_environment
from ..instances.mechanism_file import MechanismLike, as_mechanism
from ..models.design.design import Design
from ..models.simulation.simulation import Simulation
from ..models.simulation.simulation import simulate as run_simulation
from ..models.verification.anywhere import home_of
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput
from ..solvers.events import Notify


def simulate(
    env: EnvironmentLike | Design,
    mechanism: MechanismLike | None = None,
    *,
    paths: int = 10_000,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    memory_limit: float | None = None,
    notify: Notify | None = None,
) -> Simulation:
    """Paths of types, actions and payments under truth: what a mechanism earns and does, with its errors.

    env: an environment, with the mechanism, or a design, whose mechanism it is (of a relaxation: in the
    environment with public shocks). A path depends on its number, the seed and the names of agents, types and
    actions alone: not on how many paths there are, nor on what is listed first. Errors are standard errors,
    intervals of 95 percent. Where the horizon is infinite paths end where a period weighs 1e-6; what is left
    out is at most `beyond`, by which intervals are wider. Money is of period 0, in doubles.

    out: a CSV file with a line a period of each path. memory_limit: bytes for environments that relaxations
    rewrite. notify: is told of paths that are done. Raises `InvalidInput` where the mechanism does not fit or
    the file cannot be written, `TooLarge` where a discount near 1 makes paths too long, `Infeasible` where a
    design has no mechanism.

    >>> import dynamech as dm
    >>> ran = dm.simulate(dm.design("two-type-markov", exact=True), paths=1000, seed=1)
    >>> ran.revenue.interval[0] < dm.design("two-type-markov").value < ran.revenue.interval[1]
    True
    >>> [sorted(shares) for shares in ran.actions]
    [['keep', 'sell'], ['keep', 'sell']]
    """
    effort = Effort(memory_limit=memory_limit, notify=notify)
    if isinstance(env, Design):
        if mechanism is not None:
            raise InvalidInput(
                "simulate: a design has its own mechanism; give the environment beside another"
            )
        mechanism, home = env.mechanism, env.environment
        if home is None:
            raise env.lacks("environment")
    else:
        home = as_environment(env)
        if mechanism is None:
            raise InvalidInput("simulate: a mechanism is expected beside an environment")
        mechanism = as_mechanism(mechanism)
        if not home.stationary:
            home, _ = home_of(home, mechanism, limit=effort.room)
    return run_simulation(home, mechanism, paths, seed, out=out, effort=effort)
