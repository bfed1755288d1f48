"""What a person meets on the first day: what is taken as it is given, and errors that say the way out."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.models.notions.incentives import CHECKED_INCENTIVES, INCENTIVES
from dynamech.models.notions.participation import CHECKED_PARTICIPATIONS, PARTICIPATIONS
from dynamech.solvers.events import Event, tell

from .conftest import Ran

Run = Callable[..., Ran]


def owner(types: Any, values: Any = None) -> dm.Agent:
    return dm.Agent("owner", types=types, prior=["1/4", "3/4"], values=values)


@pytest.mark.parametrize(
    "types",
    [
        np.array([1, 2]),
        [np.int64(1), np.int64(2)],
        np.array([[1, 2]]),
        np.array([Fraction(1), Fraction(2)], dtype=object),
    ],
    ids=["array", "list of numpy numbers", "by period", "fractions"],
)
def test_types_and_actions_are_arrays_too(types: Any) -> None:
    def worth(t: int, action: str, type: Any) -> Any:
        return Fraction(type) if action == "sell" else 0

    env = dm.Environment(horizon=1, actions=np.array(["keep", "sell"]), agents=[owner(types, worth)])
    assert env.agents[0].types == (("1", "2"),)
    assert dm.design(env, incentives="none", exact=True).value == Fraction(7, 4)


def test_types_and_actions_are_columns_of_pandas() -> None:
    pd = pytest.importorskip("pandas")
    sheet = pd.DataFrame({"type": ["x", "y"], "worth": [1, 2]}).set_index("type")
    for types in (sheet.index, [sheet.index], pd.Series(["x", "y"])):
        env = dm.Environment(
            horizon=1,
            actions=pd.Series(["keep", "sell"]),
            agents=[owner(types, [[[0, 0], sheet.worth]])],
        )
        assert env.agents[0].types == (("x", "y"),)
        assert env.actions == (("keep", "sell"),)
        assert dm.design(env, incentives="none", exact=True).value == Fraction(7, 4)


def test_a_mechanism_that_does_not_fit_says_whose_it_is() -> None:
    env = dm.load("kln-nonseparable", n=2)
    public = dm.design(env, incentives="relaxed", exact=True).mechanism
    whose = (
        r"^mechanism for 'kln-nonseparable with public shocks \(signals\)', period 0: allocation has shape"
    )
    with pytest.raises(dm.DynamechError, match=whose):
        dm.implement(env, public)


def test_functions_get_labels_of_pythons_kinds() -> None:
    seen: list[Any] = []

    def worth(t: int, action: str, type: Any) -> int:
        seen.extend([action, type])
        return 0

    dm.Environment(horizon=1, actions=np.array(["a"]), agents=[owner(np.array([1, 2]), worth)])
    assert {type(label) for label in seen} == {str, int}


def test_no_number_is_a_list_of_types() -> None:
    with pytest.raises(dm.DynamechError, match=r"^agent 'owner', types: a list is expected, not array\(1\)"):
        dm.Environment(horizon=1, actions=["a"], agents=[owner(np.array(1))])


def test_an_agent_without_values_has_values_0(tmp_path: Path) -> None:
    env = dm.Environment(horizon=1, actions=["a", "b"], agents=[owner(["x", "y"])])
    assert env.agents[0].values[0].tolist() == [[0, 0], [0, 0]]
    path = tmp_path / "idle.json"
    path.write_text(
        '{"format": "dynamech/1", "name": "idle", "horizon": 1, "actions": [["a", "b"]],'
        ' "agents": [{"name": "owner", "types": [["x", "y"]], "prior": ["1/4", "3/4"]}]}'
    )
    assert dm.load(path).agents[0].values[0].tolist() == env.agents[0].values[0].tolist()


PRIOR = [["3/8", "1/8"], ["1/8", "3/8"]]
MOVES: Any = [[["1/2", 0, 0, "1/2"], [0, 1, 0, 0]], [[0, 0, 1, 0], ["1/4", "1/4", "1/4", "1/4"]]]


def pair(process: Any, horizon: int | None = 3, **more: Any) -> dm.Environment:
    agents = [dm.Agent(name, types=[0, 1], values=lambda t, a, k: k) for name in "ab"]
    return dm.Environment(agents=agents, process=process, horizon=horizon, actions=["left", "right"], **more)


def test_a_process_takes_functions_of_labels() -> None:
    by_array = {"prior": PRIOR, "transitions": [np.reshape(np.array(MOVES), (2, 2, 2, 2))] * 2}
    asked: list[Any] = []

    def moves(t: int, action: str, *types: int) -> str:
        asked.append((t, action))
        one, other, one_next, other_next = types
        return str(MOVES[one][other][2 * one_next + other_next])

    by_label = {"prior": lambda one, other: PRIOR[one][other], "transitions": moves}
    assert pair(by_label).to_json() == pair(by_array).to_json()
    assert set(asked) == {(t, action) for t in (0, 1) for action in ("left", "right")}
    endless = pair(by_label | {"prior": PRIOR}, None, discount="1/2")
    assert endless.process is not None
    assert endless.process.transitions[0].shape == (1, 2, 2, 2, 2)


def test_its_labels_are_named_where_chances_do_not_sum_to_1() -> None:
    wrong = {"prior": lambda one, other: "1/4", "transitions": lambda t, a, *types: "1/3"}
    with pytest.raises(dm.DynamechError, match=r"^process, period 0"):
        pair(wrong)


def test_words_without_a_program_are_not_offered_for_one(run: Run) -> None:
    for option, known, checked in (
        ("incentives", INCENTIVES, CHECKED_INCENTIVES),
        ("participation", PARTICIPATIONS, CHECKED_PARTICIPATIONS),
    ):
        compiled, alone = ", ".join(known), ", ".join(checked)
        ran = run("design", "two-type-markov", f"--{option}", "no-such")
        assert ran.code == 2
        assert f"is not one of {compiled}; by verify alone also {alone}" in ran.err
        ran = run("design", "two-type-markov", f"--{option}", next(iter(checked)))
        assert f"has no program: mechanisms are checked for it by verify; {compiled} have one" in ran.err


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("cvxpy:NAG", dm.errors.NotInstalled, "CVXPY knows it, and does not find it here"),
        ("pyomo:baron", dm.errors.NotInstalled, "Pyomo knows it, and does not find it here"),
        ("gurobi", dm.errors.InvalidInput, r"did you mean cvxpy:GUROBI or pyomo:gurobi\?"),
        ("nothing", dm.errors.InvalidInput, "pyomo:NAME$"),
        ("pyomo:nothing", dm.errors.InvalidInput, "known are pyomo:"),
    ],
)
def test_a_solver_that_is_not_there_says_how(name: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        dm.design("two-type-markov", solver=name)


class Listener(logging.Handler):
    """Keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def log() -> Iterator[list[logging.LogRecord]]:
    logger, listener = logging.getLogger("dynamech"), Listener()
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    yield listener.records
    logger.removeHandler(listener)
    logger.setLevel(logging.NOTSET)


def test_the_log_hears_what_notify_hears(log: list[logging.LogRecord]) -> None:
    told: list[Event] = []
    dm.ladder("kln-nonseparable", notify=told.append)
    assert told
    heard = iter([record.event for record in log])  # type: ignore[attr-defined]
    assert all(event in heard for event in told)  # in that order
    assert [record.getMessage() for record in log] == [record.event.text for record in log]  # type: ignore[attr-defined]


def test_the_log_is_silent_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    tell(None, "step", "nobody asked")
    assert not caplog.records


def test_a_mechanism_is_kept_and_read_back(tmp_path: Path) -> None:
    env, path = dm.load("items-over-time", buyers=2, values="1,2,3", periods=2), tmp_path / "bank.json"
    bounded = dm.bank(env, formulation="recursion", gap="1/10")
    assert bounded.account is None
    assert bounded.mechanism is not None
    dm.save(bounded, path)
    assert dm.load_mechanism(path, env.to_float()).to_json() == bounded.mechanism.to_json()
    with pytest.raises(dm.DynamechError, match=r"bank\.json: "):
        dm.load_mechanism(path, "two-type-markov")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("dynamech nonc", "nonclairvoyant"),
        ("dynamech bank items", "items-over-time"),
        ("dynamech bank items-over-time --form", "--formulation"),
    ],
)
def test_shells_are_told_what_may_follow(line: str, offered: str, tmp_path: Path) -> None:
    place = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    script = "import sys; sys.argv[0] = 'dynamech'; from dynamech.cli import main; sys.exit(main())"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | place | {"_DYNAMECH_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout.split() == [offered]
