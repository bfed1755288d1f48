"""``simulate``: paths of a mechanism from a file."""

from __future__ import annotations

from typing import Annotated

from ..api.simulating import simulate as run_simulate
from ..instances.mechanism_file import read_mechanism
from ..models.simulation.draws import MOST_PATHS, MOST_SEEDS
from ..solvers.errors import InvalidInput
from . import options as say
from .checking import MechanismFile
from .files import check_files, deliver
from .terminal import note, working

Paths = Annotated[str, say.option("--paths N", "How many paths.")]
Seed = Annotated[str, say.option("--seed S", "The same seed draws the same paths.")]
PathsOut = Annotated[str | None, say.option("--out FILE.csv", "Write all paths, a line a period.")]
Plot = Annotated[
    str | None, say.option("--plot FILE", "Draw revenue over time and actions (.png, .pdf, .svg).")
]


def simulate(
    instance: say.Instance,
    mechanism: MechanismFile,
    settings: say.Settings = None,
    paths: Paths = "10000",
    seed: Seed = "0",
    out: PathsOut = None,
    plot: Plot = None,
    memory_limit: say.MemoryLimit = None,
    as_json: say.Json = False,
    quiet: say.Quiet = False,
) -> None:
    """Paths of types, actions and payments: what a mechanism earns and does, with confidence intervals.

    Everybody tells the truth. Errors are standard errors, intervals of 95 percent. The same seed draws the
    same paths, however many.
    """
    limit = say.memory_bytes(memory_limit)
    count, start = drawn(paths, seed)
    env = say.environment_of(instance, settings)
    check_files(instance, out, plot, mechanism)
    ran = read_mechanism(mechanism)
    with working(quiet) as work:
        work.step(f"drawing {count:,} paths")
        try:
            answer = run_simulate(
                env, ran, paths=count, seed=start, out=out, memory_limit=limit, notify=work.tell
            )
        except InvalidInput as error:
            raise InvalidInput(f"{mechanism}: {error}") from None
    deliver(answer, as_json, plot)
    if not as_json and answer.environment.name != env.name:
        note(f"The mechanism is for '{answer.environment.name}', and was run there.", quiet)


def drawn(paths: str, seed: str, least: int = 1) -> tuple[int, int]:
    """How many paths, and the seed. Raises `InvalidInput`."""
    count = say.whole_number("--paths", paths, least, MOST_PATHS)
    return count, say.whole_number("--seed", seed, 0, MOST_SEEDS)
