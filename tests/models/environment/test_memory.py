"""What does not fit is refused with the figure, before anything of that size is made."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynamech as dm
from dynamech.models.design.compiling import prepare
from dynamech.models.design.question import Question
from dynamech.models.environment import axes, memory
from dynamech.models.mechanism.mechanism import once
from dynamech.models.notions.incentives import INCENTIVES
from dynamech.models.relaxations.coupling import couple
from dynamech.solvers.effort import Effort
from dynamech.solvers.errors import AssumptionViolated, TooLarge
from dynamech.solvers.numbers import array

LIMITED = """
import resource
import dynamech as dm
from dynamech.solvers.errors import TooLarge
resource.setrlimit(resource.RLIMIT_AS, (1_200_000_000,) * 2)
large = dm.load("random", agents=3, types=16)
wide = dm.load("random", types=60, sparse=True, periods=3)
joint = dm.load("random", types=16, independent=False, actions=1)
many = dm.load("random", agents=20, types=16, actions=1)
for ask in (
    lambda: dm.design(large, memory_limit=1e6),
    lambda: dm.design(large, memory_limit=1e6, exact=True, incentives="ex-post"),
    lambda: dm.compile(large, memory_limit=1e6, formulation="textbook"),
    lambda: dm.design(wide, memory_limit=1e6),
    lambda: dm.design(wide, memory_limit=1e6, incentives="none"),
    lambda: dm.design(wide, memory_limit=1e6, incentives="relaxed", coupling="independent"),
    lambda: dm.design(wide, memory_limit=1e6, incentives="types-public"),
    lambda: dm.design(joint, memory_limit=1e6),
    lambda: dm.design(many, memory_limit=1e9),
):
    try:
        ask()
    except TooLarge as error:
        print(error)
    else:
        print("answered")
"""


def test_a_program_that_does_not_fit_is_refused_before_it_is_counted_class_by_class() -> None:
    """In 1.2 GB; the classes of these environments alone take from 5 GB to more than there is anywhere."""
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=120, check=False
    )
    lines = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stderr
    assert len(lines) == 9
    assert all("more than the memory limit of 1 MB; " in line for line in lines[:8])
    assert "at least 33,558,528 rows and 67,117,056 columns up to period 1" in lines[0]
    assert "(about 18.5 GB or more)" in lines[0]
    assert "independent shocks the table of moves" in lines[5]
    assert "at least about 1.21e+24 rows" in lines[8]


@given(
    st.integers(0, 10**6), st.booleans(), st.booleans(), st.booleans(), st.booleans(),
    st.sampled_from(sorted(INCENTIVES)), st.sampled_from(["auto", "textbook"]),
)  # fmt: skip
@settings(derandomize=True, max_examples=40, deadline=None)
def test_nothing_that_fits_is_refused_on_the_way(
    seed: int, independent: bool, private: bool, sparse: bool, exact: bool, word: str, form: str
) -> None:
    """Whatever is counted first is part of the program: there is room in exactly the bytes of the program."""
    env = dm.load(
        "random", seed=seed, independent=independent, private_values=private, sparse=sparse,
        observed=seed % 2, types=2, periods=3 if independent else 2, feasible=bool(seed % 3),
    )  # fmt: skip
    question = Question.of(env, "revenue", word, "periodic", formulation=form)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "COUNTING", 0)
        try:
            size = prepare(env, question, Effort(exact=exact))[0].size
        except AssumptionViolated:
            return
        enough = Effort(exact=exact, memory_limit=float(size.bytes))
        assert prepare(env, question, enough)[0].size == size
        with pytest.raises(TooLarge, match=r"rows.*more than the memory limit"):
            prepare(env, question, Effort(exact=exact, memory_limit=float(size.bytes - 1)))


def test_shocks_are_counted_before_their_moves() -> None:
    """Rows with 4 breakpoints each, none in common: 2 x 7 moves by quantiles, 2 x 16 by independent draws."""
    rows = array([["1/10", "1/10", "1/10", "7/10"], ["1/7", "1/7", "1/7", "4/7"]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "COUNTING", 0)
        assert couple(rows, array([0, 1]).astype(int), "quantile", "agent 'a'", 14 * 24)[1].shape == (2, 7)
        with pytest.raises(TooLarge, match="agent 'a': with 7 shocks the table of moves has 14 entries"):
            couple(rows, array([0, 1]).astype(int), "quantile", "agent 'a'", 14 * 24 - 1)
        with pytest.raises(TooLarge, match=r"16 independent shocks .* 32 entries .*; choose coupling 'quant"):
            couple(rows, array([0, 1]).astype(int), "independent", "agent 'a'", 32 * 240 - 1)


def test_tables_that_repeat_themselves_are_read_once() -> None:
    """As those of a mechanism carried over to an environment with 10**9 shocks; lotteries stay whole."""
    table = np.broadcast_to(np.arange(6).reshape(3, 1, 2), (3, 10**9, 2))
    assert once(table).tolist() == [[[0, 1]], [[2, 3]], [[4, 5]]]
    assert once(np.broadcast_to(0.5, (2, 2))).shape == (1, 2)


def crowd(agents: int) -> dm.Environment:
    """So many agents of one type each."""
    return dm.Environment(
        name="crowd", horizon=2, actions=["a", "b"],
        agents=[
            dm.Agent(str(i), types=["only"], prior=[1], values=[[[0], [1]]] * 2, transitions=[[[[1]]]])
            for i in range(agents)
        ],
    )  # fmt: skip


def test_more_agents_than_arrays_have_axes() -> None:
    """One line, where an environment is read and where a relaxation adds to its agents; else an answer."""
    most = axes.MOST_AXES - 2
    assert np.zeros((1,) * axes.MOST_AXES).ndim == axes.MOST_AXES
    with pytest.raises(ValueError, match="dimension"):
        np.zeros((1,) * (axes.MOST_AXES + 1))
    for agents in (most + 1, most + 2):
        with pytest.raises(TooLarge, match=f"agents: with {agents} of them a table of a mechanism has"):
            crowd(agents)
    env = crowd(most)
    design = dm.design(env)
    assert design.status == "optimal"
    design.mechanism.check(env)
    for word in ("relaxed", "types-public"):
        with pytest.raises(TooLarge, match="give fewer agents"):
            dm.design(env, incentives=word)
