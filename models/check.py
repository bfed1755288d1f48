"""Checking a mechanism against any notion, relaxations included, in whatever environment it was made for."""

from __future__ import annotations

from ..solvers.errors import AssumptionViolated, InvalidInput
from .environment import Environment
from .incentives import INCENTIVES, Incentive, Information, Lies, incentive
from .mechanism import Mechanism
from .participation import PARTICIPATIONS, Participation, Promise, participation
from .rewritings import REWRITINGS, check_coupling, rewrite
from .rewritings.independence import factored
from .rewritings.private_shocks import shocks_private
from .verdict import Tolerances, Verdict
from .verify import incentive_verdict, participation_verdict


def home_of(
    env: Environment, mechanism: Mechanism, coupling: str | None = None
) -> tuple[Environment, str | None]:
    """The environment that the mechanism's tables fit: `env`, or one that a relaxation rewrites it to.

    Returns it with the name of the rewriting (None for `env` itself, "private shocks" for the environment of
    un-relaxed mechanisms). A mechanism that fits several belongs to the first of them unless its `instance`
    names another. Raises `InvalidInput` with what is wrong in `env` where it fits none.
    """
    fitting: list[tuple[Environment, str | None]] = []
    first_error: InvalidInput | None = None
    for word in (None, *REWRITINGS, "private shocks"):
        try:
            if word is None:
                home = env
            elif word == "private shocks":
                home = shocks_private(env, check_coupling(env, coupling))
            else:
                home = REWRITINGS[word](env, coupling).environment
            mechanism.check(home)
        except InvalidInput as error:
            first_error = first_error or error
            continue
        except AssumptionViolated:
            continue
        if mechanism.instance == home.name:
            return home, word
        fitting.append((home, word))
    if fitting:
        return fitting[0]
    assert first_error is not None
    raise first_error


def verify(
    env: Environment,
    mechanism: Mechanism,
    incentives: str | Incentive | None = None,
    participates: str | Participation | None = None,
    *,
    coupling: str | None = None,
    tolerances: Tolerances | None = None,
    memory_limit: int | None = None,
) -> list[Verdict]:
    """Verdicts on the notions asked for, or on all that apply where no word is given.

    A relaxation is checked where it lives: the mechanism is carried over to the rewritten environment, and
    lies are the reports that remain possible there. Raises `InvalidInput` for unknown words and mechanisms
    that do not fit, `AssumptionViolated` where a notion asked for by name does not apply.
    """
    lies = (
        [] if incentives is None else [incentive(incentives) if isinstance(incentives, str) else incentives]
    )
    promises = (
        []
        if participates is None
        else [participation(participates) if isinstance(participates, str) else participates]
    )
    everything = not lies and not promises
    if everything:
        lies = [n for n in INCENTIVES.values() if not n.initial is n.later is Lies.NONE]
        promises = [p for p in PARTICIPATIONS.values() if p.promise is not Promise.NOTHING]
    env = factored(env)
    home, rewriting = home_of(env, mechanism, coupling)
    found: list[Verdict] = []
    for notion in lies:
        try:
            found.append(
                _incentive(env, home, rewriting, mechanism, notion, coupling, tolerances, memory_limit)
            )
        except AssumptionViolated:
            if not everything:
                raise
    information = lies[0].information if lies and not everything else Information.INTERIM
    for promise in promises:
        found.append(
            participation_verdict(
                home, mechanism, promise, information, tolerances=tolerances, memory_limit=memory_limit
            )
        )
    return found


def _incentive(
    env: Environment,
    home: Environment,
    rewriting: str | None,
    mechanism: Mechanism,
    notion: Incentive,
    coupling: str | None,
    tolerances: Tolerances | None,
    memory_limit: int | None,
) -> Verdict:
    messages = "possible" if rewriting is not None else "all"
    if notion.rewriting is not None:
        if rewriting not in (None, notion.rewriting):
            raise AssumptionViolated(
                f"incentives '{notion.name}': the mechanism is for '{home.name}', where they have no meaning"
            )
        if rewriting is None:
            carried = rewrite(env, notion, coupling)
            home, mechanism = carried.environment, carried.lift(mechanism)
        messages = "possible"
    elif rewriting not in (None, "private shocks") and notion.name != "bayesian" and not notion.myopic:
        raise AssumptionViolated(
            f"incentives '{notion.name}': the mechanism is for '{home.name}', where they have no meaning"
        )
    return incentive_verdict(
        home, mechanism, notion, messages=messages, tolerances=tolerances, memory_limit=memory_limit
    )
