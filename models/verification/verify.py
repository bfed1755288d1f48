"""Does this mechanism really work? Every notion checked by dynamic programming, without any program.

Nothing here is shared with the compiler: the best lie is found by backward induction over the product of the
mechanism's memory with what beliefs depend on, so a mechanism that a program returned is judged by other code
than the one that wrote the program.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from ...solvers.errors import AssumptionViolated
from ...solvers.numbers import Number
from ..environment import Environment
from ..incentives import INCENTIVES, Incentive, Information, Lies
from ..mechanism import Mechanism
from ..participation import PARTICIPATIONS, Participation, Promise
from ..verdict import Tolerances, Verdict
from .best_reply import best_reply
from .participation_check import lowest
from .public_states import Play, play, verification_bytes
from .witness import lie_witness, shortfall_witness

Rewrite: TypeAlias = Callable[[Environment, Mechanism, Incentive], tuple[Environment, Mechanism]]
"""From an environment, a mechanism and a notion with a `rewriting` to what the notion is checked on."""

PLAN_SLACK = 1e-9
"""In doubles, a plan says the truth where that costs no more than this, times the largest value."""


def incentive_verdict(
    env: Environment,
    mechanism: Mechanism,
    notion: Incentive,
    *,
    messages: str = "all",
    tolerances: Tolerances | None = None,
    memory_limit: int | None = None,
) -> Verdict:
    """Whether truth is optimal in the sense of `notion`, on the environment as given (no rewriting).

    messages: "all" reports, or only "possible" ones, of positive probability given the last report.
    tolerances: how doubles are read. memory_limit: bytes.
    Raises `AssumptionViolated` for an infinite horizon, `InvalidInput` where mechanism and environment do
    not fit, `TooLarge` above the memory limit. KLN Definition 2.1; BV, LIU for every profile; MPTZ PPIC.
    """
    tolerances = tolerances or Tolerances()
    game = play(
        env,
        mechanism,
        messages=messages,
        everywhere=notion.everywhere,
        tolerances=tolerances,
        memory_limit=memory_limit,
    )
    return _incentives(game, notion, tolerances)


def participation_verdict(
    env: Environment,
    mechanism: Mechanism,
    notion: Participation,
    information: Information = Information.INTERIM,
    *,
    tolerances: Tolerances | None = None,
    memory_limit: int | None = None,
) -> Verdict:
    """Whether what `notion` promises is kept when everybody is truthful.

    information: for continuations, whether they are averaged over the others' current types (INTERIM) or
    count at each profile (PROFILE). Raises as `incentive_verdict` does.
    """
    tolerances = tolerances or Tolerances()
    game = play(env, mechanism, tolerances=tolerances, memory_limit=memory_limit)
    return _participation(game, notion, information, tolerances)


def verify(
    env: Environment,
    mechanism: Mechanism,
    incentives: Incentive | None = None,
    participation: Participation | None = None,
    *,
    messages: str = "all",
    rewrite: Rewrite | None = None,
    tolerances: Tolerances | None = None,
    memory_limit: int | None = None,
) -> list[Verdict]:
    """Check a mechanism against the notions given, or against every notion that applies where none is.

    With both, continuations are taken at every profile where the incentive notion is (``periodic`` under
    ``ex-post``). rewrite: how notions with a `rewriting` are checked, with the reports that remain possible;
    without it they are left out. Other arguments and errors as in `incentive_verdict`.

    >>> from dynamech.models.environment import Agent, Environment
    >>> from dynamech.models.incentives import incentive
    >>> from dynamech.models.mechanism import Mechanism, Stage
    >>> from dynamech.solvers.numbers import array
    >>> env = Environment(name="shop", horizon=1, actions=["keep", "sell"], agents=[
    ...     Agent("buyer", types=[1, 2], prior=["1/2", "1/2"], values=[[[0, 0], [1, 2]]])])
    >>> own_price = Stage(array([[[0, 1], [0, 1]]]), array([[[1, 2]]]))
    >>> verdict, = verify(env, Mechanism("shop", (own_price,)), incentive("bayesian"))
    >>> print(verdict.witness.sentence)
    Agent 'buyer' of type '2' in period 0 reports '1'; she gains 1.
    """
    tolerances = tolerances or Tolerances()
    everything = incentives is None and participation is None
    lies = ALL_LIES if everything else [] if incentives is None else [incentives]
    promises = ALL_PROMISES if everything else [] if participation is None else [participation]
    games: dict[bool, Play] = {}

    def game(everywhere: bool) -> Play:
        # Only "possible" messages make the public states differ.
        key = everywhere or messages == "all"
        if key not in games:
            games[key] = play(
                env,
                mechanism,
                messages=messages,
                everywhere=key,
                tolerances=tolerances,
                memory_limit=memory_limit,
            )
        return games[key]

    verdicts = []
    for lie in lies:
        if lie.rewriting is None:
            verdicts.append(_incentives(game(lie.everywhere), lie, tolerances))
        elif rewrite is not None:
            try:
                home, carried = rewrite(env, mechanism, lie)
            except AssumptionViolated:
                if everything:
                    continue
                raise
            verdicts.append(
                incentive_verdict(
                    home,
                    carried,
                    lie,
                    messages="possible",
                    tolerances=tolerances,
                    memory_limit=memory_limit,
                )
            )
    information = lies[0].information if incentives is not None else Information.INTERIM
    for promise in promises:
        verdicts.append(_participation(game(False), promise, information, tolerances))
    return verdicts


ALL_LIES = [notion for notion in INCENTIVES.values() if not notion.initial is notion.later is Lies.NONE]
ALL_PROMISES = [notion for notion in PARTICIPATIONS.values() if notion.promise is not Promise.NOTHING]


def _incentives(game: Play, notion: Incentive, tolerances: Tolerances) -> Verdict:
    scale = _scale(game)
    found = [(i, best_reply(game, i, notion)) for i in game.env.private]
    lies = [(reply.lie, reply) for _, reply in found if reply.lie is not None]
    if not lies:
        return _holds(game, "incentives", notion.name, tolerances, scale)
    lie, reply = max(lies, key=lambda pair: pair[0].gain)
    limit = _limit(game, tolerances, scale)
    if lie.gain <= limit:
        return Verdict("incentives", notion.name, True, _positive(game, lie.gain), None, limit)
    slack = 0.0 if game.exact else PLAN_SLACK * scale
    witness = lie_witness(game, notion, lie, reply, slack)
    return Verdict("incentives", notion.name, False, lie.gain, witness, limit)


def _participation(
    game: Play, notion: Participation, information: Information, tolerances: Tolerances
) -> Verdict:
    scale = _scale(game)
    if notion.promise is Promise.NOTHING:
        return _holds(game, "participation", notion.name, tolerances, scale)
    found = [lowest(game, i, notion.promise, information) for i in game.env.private]
    low = min(found, key=lambda entry: entry.value)
    limit = _limit(game, tolerances, scale)
    if -low.value <= limit:
        return Verdict("participation", notion.name, True, _positive(game, -low.value), None, limit)
    return Verdict("participation", notion.name, False, -low.value, shortfall_witness(game, low), limit)


def _holds(game: Play, kind: str, notion: str, tolerances: Tolerances, scale: float) -> Verdict:
    zero = _positive(game, Fraction(0))
    return Verdict(kind, notion, True, zero, None, _limit(game, tolerances, scale))


def _positive(game: Play, value: Number) -> Number:
    zero: Number = Fraction(0) if game.exact else 0.0
    return max(zero, value if game.exact else float(value))


def _limit(game: Play, tolerances: Tolerances, scale: float) -> Number:
    return Fraction(0) if game.exact else tolerances.violation * scale


def _scale(game: Play) -> float:
    """max(1, largest absolute value of an agent): payments are left out, huge ones would excuse anything."""
    tables = (table for agent in game.env.agents for table in agent.values)
    return max(1.0, *(float(abs(table).max()) for table in tables if table.size))


__all__ = [
    "Rewrite",
    "incentive_verdict",
    "participation_verdict",
    "verification_bytes",
    "verify",
]
