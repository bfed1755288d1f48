"""Long work says what it does in events: a kind and figures for programs, a line for people."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from inspect import signature

import pytest

import dynamech as dm
from dynamech.api.accounts import bank
from dynamech.models.accounts.clairvoyant import item_of, optimum
from dynamech.models.accounts.items import read_items
from dynamech.models.accounts.nonclairvoyant.answer import by_horizon, nonclairvoyant
from dynamech.solvers.effort import Effort
from dynamech.solvers.events import Event


def told(run, *given, **words) -> list[Event]:  # type: ignore[no-untyped-def]
    heard: list[Event] = []
    public = "notify" in signature(run).parameters
    words |= {"notify": heard.append} if public else {"effort": Effort(notify=heard.append)}
    run(*given, **words)
    return heard


def test_a_ladder_tells_its_rungs_and_the_sizes_of_programs() -> None:
    env = dm.load("kln-nonseparable", n=3)
    done: dict[str, dm.Design] = {}
    heard = told(dm.ladder, env, done=done)
    rungs = [event.figures["rung"] for event in heard if event.kind == "rung"]
    assert rungs == list(done)
    assert [event.text for event in heard if event.kind == "rung"] == rungs
    sizes = {event.figures["incentives"]: event.figures["size"] for event in heard if event.kind == "size"}
    for name, size in sizes.items():
        program = done[name].program
        assert program is not None
        assert size.rows >= program.num_rows > 0
    assert {event.kind for event in heard} == {"rung", "size"}
    assert told(dm.ladder, env, done=done) == []  # nothing is left to be told


def test_an_optimum_within_a_gap_tells_its_passes() -> None:
    items = [item_of(m.buyers[0]) for m in read_items(dm.load("items-over-time", periods=4), "this").markets]
    heard = told(optimum, items, most_pieces=4)
    passes = [event for event in heard if event.kind == "pass"]
    assert [event.figures["count"] for event in passes] == list(range(1, len(passes) + 1))
    assert passes
    for event in passes:
        assert event.text == (
            f"pass {event.figures['count']}: {event.figures['value']:.9g}, at most "
            f"{event.figures['gap']:.2g} below the optimum"
        )
    assert {event.kind for event in heard} == {"pass", "period"}


def test_simulating_is_told_before_it_begins() -> None:
    env = dm.load("items-over-time", periods=3)
    heard = told(nonclairvoyant, env, most_states=1, paths=5)
    kinds = [event.kind for event in heard]
    assert kinds.count("simulation") == 1
    (said,) = [event for event in heard if event.kind == "simulation"]
    assert said.figures["paths"] == 5
    assert said.text == f"more than 1 balances after period {said.figures['period']}: simulating 5 paths"


def test_horizons_and_periods() -> None:
    env = dm.load("items-over-time", periods=3)
    horizons = [event.figures["periods"] for event in told(by_horizon, env) if event.kind == "horizon"]
    assert horizons == [1, 2, 3]
    assert [event.figures["period"] for event in told(bank, env)] == [2, 1, 0]


def test_events_are_finished(capsys: pytest.CaptureFixture[str]) -> None:
    """They cannot be changed, can be kept, and `notify=print` shows what a person reads."""
    env = dm.load("kln-nonseparable", n=3)
    (event,) = told(dm.compile, env)
    with pytest.raises(FrozenInstanceError):
        event.kind = "pass"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(event)) == event
    dm.compile(env, notify=print)
    assert capsys.readouterr().out == event.text + "\n"
