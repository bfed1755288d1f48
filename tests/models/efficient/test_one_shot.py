"""Single lies by whole arrays, beside the judge who walks through all plans; and where he cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.instances import load
from dynamech.models.efficient.deferral import bonded, deferred
from dynamech.models.efficient.mechanisms import efficient_mechanism
from dynamech.models.efficient.one_shot import holds
from dynamech.models.efficient.pivot import Pivot, pivot
from dynamech.models.efficient.scheme import Scheme
from dynamech.models.efficient.team import team
from dynamech.models.environment.environment import Agent, Environment
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import TooLarge


def noisy(found: Pivot, seed: int) -> Scheme:
    """Payments that some lie escapes and that some would rather not make."""
    rng = np.random.default_rng(seed)
    share = found.W[0][0] / 5
    paid = (p[:, None] + share * rng.integers(0, 3, size=(len(p), 1, p.shape[1])) for p in found.transfers)
    return Scheme(found, False, tuple(paid))


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**5),
    shape=st.sampled_from(
        [
            {"stationary": True, "discount": "4/5"},
            {"periods": 3, "sparse": True},
            {"periods": 2, "observed": 1, "feasible": True},
            {"stationary": True, "observed": 1, "given": True, "discount": "1/2", "sparse": True},
        ]
    ),
    exact=st.booleans(),
)
def test_the_judge_agrees(seed: int, shape: dict[str, Any], exact: bool) -> None:
    found = pivot(load("random", seed=seed, agents=2, types=2, actions=2, **shape), Effort(exact=exact))
    for scheme in (Scheme(found, False, tuple(p[:, None] for p in found.transfers)), team(found),
                   bonded(found, 1), noisy(found, seed)):  # fmt: skip
        most, slack = scheme.gains
        alone = holds(scheme.environment, most, scheme.left, slack)
        judged = {verdict.notion: verdict.holds for verdict in scheme.verdicts}
        assert {word: judged[word] if held is None else held for word, held in alone.items()} == judged
        assert scheme.satisfies == judged
        violation = next(verdict.violation for verdict in scheme.verdicts if verdict.notion == "ex-post")
        assert max(gain.max() for gain in most) <= violation + slack  # plans may gain more than single lies


def test_noise_is_noticed() -> None:
    """The payments above do break all four notions in some environments, so that agreeing says something."""
    env = load("random", seed=1, agents=2, types=2, actions=2, stationary=True, discount="4/5")
    held = noisy(pivot(env), 1).satisfies
    assert held["ex-post"] is held["bayesian"] is False
    found = pivot(env)
    dear = Scheme(found, False, tuple(p[:, None] + found.W[0].max() for p in found.transfers)).satisfies
    assert dear == {"ex-post": True, "bayesian": True, "periodic": False, "interim": False}


def large(agents: int = 5, types: int = 6) -> Environment:
    rng = np.random.default_rng(3)
    moves = 0.05 + rng.random((agents, 3, types, types))
    moves /= moves.sum(axis=-1, keepdims=True)
    values = rng.random((agents, 3, types))
    names = [str(k) for k in range(types)]
    return Environment(
        name="large",
        horizon=None,
        discount=0.9,
        actions=["a", "b", "c"],
        agents=[
            Agent(str(i), names, np.full(types, 1 / types), [values[i]], [moves[i]]) for i in range(agents)
        ],
    )


def test_five_agents_of_six_types() -> None:
    """7,776 profiles: too many for the judge, and every lie at each is looked at."""
    made = efficient_mechanism(large())
    assert made.satisfies == dict.fromkeys(made.satisfies, True)
    assert len(made.satisfies) == 5
    most, slack = made.paid.gains
    assert most[0].shape == (5, 1, 6**5)
    assert abs(most[0]).max() <= slack  # the truth is one of the reports, and gains nothing


def test_what_the_judge_cannot_look_at_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*args: Any) -> None:
        raise TooLarge("public states")

    late = deferred(pivot(large(2, 2)))
    monkeypatch.setattr("dynamech.models.efficient.scheme.satisfied", too_large)
    assert late.satisfies == dict.fromkeys(("ex-post", "periodic", "bayesian", "interim"))
