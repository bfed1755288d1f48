"""One design: its value with status, and the mechanism as a table where that is short."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from rich.text import Text

from ..models.design.design import Design
from ..models.design.question import Question
from ..models.environment.environment import Environment
from ..models.mechanism.mechanism import Mechanism
from ..models.verification.public_states import play, profile_digits
from ..solvers.arithmetic import COMPUTED
from ..solvers.numbers import Bools, Ints, Number
from .wording import NONE, Shown, brief, counted, facts, interval, table, titled, value_text, why_not
from .written import shown_mechanism

LINES = 40
"""A mechanism of more lines than this is not shown; ``--out`` keeps it."""
OPTIMALITY = {
    "proved": "proved, case by case",
    "solver": "that nothing else does better is {solver}'s word",
}
"""That of a question in whole numbers, in words."""
MEMORY = 1_000_000
"""Entries beyond which a mechanism is not even looked at for showing."""


def question_report(question: Question) -> list[Shown]:
    """What is asked, a word a line."""
    words = [("coupling", question.coupling), ("formulation", question.formulation)]
    return [facts([*_asked(question), *((name, word) for name, word in words if word is not None)])]


def _asked(question: Question, home: Environment | None = None) -> list[tuple[str, str]]:
    """What does not depend on the formulation, with its name; in its environment, where there is one."""
    pairs = [
        ("objective", question.objective.word),
        ("incentives", f"{question.incentives.name} ({question.incentives.summary})"),
        ("participation", question.participation.name),
    ]
    demands = ", ".join(demand.name if home is None else demand.told(home) for demand in question.demands)
    return [*pairs, ("demands", demands)] if demands else pairs


def design_report(design: Design) -> list[Shown]:
    """Value, status and size, then the mechanism where there is a short one."""
    question, program = design.question, design.program
    pairs = [
        ("value", interval(design) or value_text(design)),
        ("status", "optimal" if design.status == "optimal" else why_not(design.status, design.message)),
        *_asked(question, design.environment),
    ]
    if design.optimality is not None:
        pairs.append(("optimality", OPTIMALITY[design.optimality].format(solver=design.effort.solver)))
    if design.coupling is not None:
        pairs.append(("coupling", design.coupling))
    if design.formulation:
        pairs.append(("formulation", design.formulation))
    if program is not None:
        size = (
            f"{program.num_rows:,} rows, {program.num_columns:,} columns, {program.num_nonzeros:,} nonzeros"
        )
        if whole := len(program.integers):
            size += f", {whole:,} whole numbers"
        pairs.append(("size", size))
    if design.bounds is not None:
        both = design.bounds
        ends = f"{float(both.lower):.9g} to {float(both.upper):.9g}"
        pairs.append(("bounds", f"{ends}, after {counted(both.rounds, 'round')}"))
    parts = ", ".join(f"{name} {spent:.3g}" for name, spent in design.seconds.items())
    pairs.append(("seconds", f"{sum(design.seconds.values()):.3g} ({parts})"))
    shown: list[Shown] = [facts(pairs)]
    if not design.attained:
        shown.append(
            Text(
                "The value is a supremum that no mechanism attains; the mechanism below takes every feasible "
                "action with a small probability and comes close."
            )
        )
    env, mechanism = design.environment, shown_mechanism(design)
    if mechanism is not None and env is not None:
        if question.incentives.rewriting is not None:
            shown.append(Text(f"The mechanism is for the relaxation's environment '{env.name}'."))
        shown += mechanism_report(env, mechanism, lottery_noise(design))
    return shown


def lottery_noise(design: Design) -> float:
    """How far off the entries of the mechanism may be: a simplex method leaves next to nothing."""
    measured = None if design.outcome is None else design.outcome.decodable.measured
    return COMPUTED if measured is None else max(COMPUTED, 10 * measured.largest)


def mechanism_report(env: Environment, mechanism: Mechanism, noise: float) -> list[Shown]:
    """What the mechanism does at every history that truth reaches, where that is `LINES` lines or fewer.

    Lotteries are told to within `noise`, payments to within as much of what is at stake.
    """
    too_long = Text("The mechanism is too long to show; --out FILE writes it whole.", style="dim")
    return mechanism_tables(env, mechanism, noise) or [too_long]


def mechanism_tables(env: Environment, mechanism: Mechanism, noise: float) -> list[Shown]:
    """The tables of `mechanism_report`, none where that would be too many lines."""
    if sum(stage.allocation.size for stage in mechanism.stages) > MEMORY:
        return []
    states = play(env, mechanism, messages="possible", everywhere=False).states
    reached = [
        list(dict.fromkeys(_reached(reach.memory, reach.probable[reach.news] & reach.truth[:, None])))
        for reach in states
    ]
    if sum(map(len, reached)) > LINES:
        return []
    shown: list[Shown] = []
    for t, rows in enumerate(reached):
        stage = mechanism.stages[t]
        digits = profile_digits(env, t)
        heads = [agent.name for agent in env.agents]
        does = "does" if env.goods[t] is None else "supplies"
        pays = [f"{env.agents[i].name} pays" for i in env.private]
        lines = table(["after", *heads, does, *pays], right=pays)
        for m, profile in rows:
            at = tuple(int(k) for k in digits[:, profile])
            lines.add_row(
                stage.label_of(m),
                *(env.agents[j].types[t][k] for j, k in enumerate(at)),
                _lottery(env, t, stage.allocation[(m, *at)].tolist(), noise),
                *(_payment(env, t, i, at[i], stage.transfers[(i, m, *at)], noise) for i in env.private),
            )
        shown.append(titled(f"Mechanism, period {t}", lines))
    return shown


def _payment(env: Environment, t: int, i: int, own: int, paid: Number, noise: float) -> str:
    """A payment, to within `noise` of it or of what the type who makes it values most."""
    table = env.agents[i].values[t]
    worth = table.take(own, axis=1 + i) if table.shape[1 + i] > 1 else table
    return brief(paid, noise * max(float(abs(worth).max()), abs(float(paid))))


def _reached(memory: Ints, live: Bools) -> Iterator[tuple[int, int]]:
    for state, profile in itertools.islice(np.argwhere(live).tolist(), LINES * LINES):
        yield int(memory[state]), profile


def _lottery(env: Environment, t: int, shares: list[Number], noise: float) -> str:
    if env.goods[t] is not None:
        return "  ".join(
            f"{label} {brief(share, noise)}" for label, share in zip(env.actions[t], shares, strict=True)
        )
    taken = [(label, share) for label, share in zip(env.actions[t], shares, strict=True) if share > noise]
    if len(taken) == 1:
        return taken[0][0]
    return "  ".join(f"{label} {brief(share, noise)}" for label, share in taken) or NONE
