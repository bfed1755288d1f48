"""`pivot` and `index`: the worked cases by the command line, files that are verified again, bad input."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.instances.file import instance_from_json

Run = Callable[..., Any]
SPILL = "0,0,0; 0,0,0; -4,0,0"


def turned(path: Path) -> str:
    """Two tasks of values 0, 3, 5 or 8; at ties the second is served first."""
    content = dm.load("scheduling", grid="0,3,5,8").to_json()
    for part in (content, *content["agents"]):
        for key in ("actions", "values", "transitions"):
            if key in part:
                part[key] = [[part[key][0][a] for a in (0, 2, 1)]]
    dm.save(instance_from_json(content), path / "turned.json")
    return str(path / "turned.json")


def test_an_externality(run: Run) -> None:
    """F1: agent 3 loses 4 when task 1 runs while hers waits; the order is 3, 1, 2."""
    ran = run("pivot", "scheduling", "--set", f"externalities={SPILL}", "--exact", "--json", "--quiet")
    found = ran.json
    assert list(found) == [
        "agents", "states", "policy", "unique", "W", "W_without", "M", "m", "transfers", "outside", "exit",
        "budget", "indices", "interval", "assumptions", "error", "tie_rule", "satisfies", "bond",
    ]  # fmt: skip
    here = {tuple(state): s for s, state in enumerate(found["states"])}
    waiting, order = ["8", "5", "3"], []
    for _ in range(3):
        action = found["policy"][here[tuple(waiting)]]
        order.append(int(action.removeprefix("serve ")))
        waiting[order[-1] - 1] = "done"
    assert order == [3, 1, 2]
    start = here["8", "5", "3"]
    assert found["W"][start] == "57/4"
    assert [row[start] for row in found["M"]] == ["131/20", "81/20", "7/4"]
    assert [row[start] for row in found["transfers"]] == ["1/5", "0", "5/4"]
    assert found["satisfies"] == dict.fromkeys(
        ("ex-post", "periodic", "bayesian", "interim", "outside-efficient"), True
    )
    assert found["assumptions"]["nonnegative values"] == {
        "holds": False,
        "where": "agent 'agent 3', period 0, action 'serve 1'",
        "by": "4",
    }
    assert found["error"] == {"W": 0.0, "W_without": 0.0, "transfers": 0.0}
    assert found["indices"] is found["interval"] is None


@pytest.mark.parametrize("idle", ["true", "false"])
def test_who_is_out(run: Run, idle: str) -> None:
    found = run(
        "pivot", "scheduling", "--set", "grid=0,3,5,8", "--set", "agents=3", "--set", f"idle={idle}",
        "--json", "--quiet",
    ).json  # fmt: skip
    assert [len(states) for states in found["exit"]] == [30, 36, 45]
    assert all(set(map(tuple, states)) <= set(map(tuple, found["states"])) for states in found["exit"])


def test_all_payments_that_are_compatible(run: Run, tmp_path: Path) -> None:
    """Agent 1 (8) against a rival who waits with 5, by who is served first at the tie 5 to 5."""
    for words, interval in (
        (("scheduling", "--set", "grid=0,3,5,8"), ["3/10", "16/5"]),
        ((turned(tmp_path),), ["1/2", "7/2"]),
    ):
        found = run("pivot", *words, "--uniqueness", "--exact", "--json", "--quiet").json
        s = found["states"].index(["8", "5"])
        assert found["interval"][0][s] == interval
        assert found["transfers"][0][s] == "1/2"


def test_an_index(run: Run) -> None:
    """Beta(1,1), learning frozen after n uses, exactly; in the order of arms and states."""
    for n, wanted in ((1, "7/11"), (2, "113/166")):
        found = run("index", "licensing", "--set", f"n={n}", "--exact", "--json", "--quiet").json
        assert list(found) == ["arms", "error"]
        assert [list(arm) for arm in found["arms"]] == [["name", "states", "index"]] * 2
        assert found["arms"][0]["states"][0] == "0+ 0-"
        assert found["arms"][0]["index"][0] == wanted
        assert found["error"] == 0
    whole = run("pivot", "licensing", "--set", "n=2", "--json", "--quiet").json
    assert whole["indices"] == [pytest.approx([float(F(x)) for x in arm["index"]]) for arm in found["arms"]]


def test_virtual_indices(run: Run, tmp_path: Path) -> None:
    """F1_vp_bandit_infinite: by arm, first signal and state; what everybody pays by first reports."""
    picture = tmp_path / "indices.svg"
    words = ("index", "kln-bandit", "--virtual", "--exact", "--quiet")
    found = run(*words, "--json", "--plot", str(picture)).json
    assert picture.stat().st_size > 1000
    assert [arm["name"] for arm in found["arms"]] == ["safe", "buyer 1", "buyer 2"]
    by_state = dict(zip(found["arms"][1]["states"], found["arms"][1]["index"], strict=True))
    assert (by_state["3|0+ 0-"], by_state["4|0+ 0-"]) == ("14/11", "28/11")
    assert (found["bound"], found["profit"]) == ("6651/400", {"A": "6651/400", "B": "1035/64"})
    assert found["lie"]["A"]["gain"] == "351/400"
    assert found["lie"]["B"] is None
    assert all(one["holds"] for one in found["assumptions"].values())
    last = found["payments"][-1]
    assert (last["agent"], last["price"], last["entry in A"]) == ("buyer 2", "2", "621/200")
    said = run(*words, "--set", "margins=3,4;2,6").out
    assert "Left out, as α ≤ 0: buyer 2 '2'." in " ".join(said.split())
    assert "Assumption A.2 fails" in run(*words, "--set", "margins=1,2,8;4,5,6").out
    refused = run("index", "licensing", "--virtual", "--quiet")
    assert refused.code == 2
    assert "'licensing' has no period 0 of its own" in refused.err
    late = run("index", "kln-bandit", "--virtual", "--json", "--quiet", "--time-limit", "1e-9").json
    assert late["status"] == "limit"
    assert len(late["arms"][1]["index"]) == 6
    assert "bound" not in late


def test_a_finite_horizon_is_a_list_over_periods(run: Run) -> None:
    found = run("pivot", "scheduling", "--set", "horizon=2", "--exact", "--json", "--quiet").json
    assert [len(period) for period in found["states"]] == [8, 8]
    for key in ("policy", "unique", "W", "W_without", "M", "m", "transfers", "outside", "exit", "bond"):
        assert len(found[key]) == 2, key
    assert len(found["budget"]["discounted"]) == 2
    assert found["W"][1][-1] == "8"
    assert found["W"][0][-1] == "25/2"
    assert found["indices"] is None


@pytest.mark.parametrize("option", [(), ("--team",), ("--balanced-team",)])
@pytest.mark.parametrize("horizon", [(), ("--set", "horizon=2")])
def test_its_file_is_verified_again(
    run: Run, tmp_path: Path, option: tuple[str, ...], horizon: tuple[str, ...]
) -> None:
    out, instance = tmp_path / "m.json", ("scheduling", "--set", "grid=0,3", *horizon)
    ran = run("pivot", *instance, *option, "--exact", "--out", str(out), "--json", "--quiet")
    assert ran.code == 0
    assert (ran.json["transfers"] is None) == (option == ("--balanced-team",))
    for kind, word in (("incentives", "ex-post"), ("incentives", "bayesian"), ("participation", "interim")):
        again = run("verify", instance[0], str(out), *instance[1:], f"--{kind}", word, "--quiet")
        assert again.code == (0 if ran.json["satisfies"][word] else 1), word


def test_a_balanced_budget(run: Run) -> None:
    found = run(
        "pivot", "scheduling", "--set", "grid=0,3", "--balanced-team", "--exact", "--json", "--quiet"
    ).json
    assert found["budget"]["least"] == "0"
    assert set(found["budget"]["discounted"]) == {"0"}
    assert [len(row) for row in found["bond"]] == [5, 5]  # by the last profile, the start last
    assert found["satisfies"]["bayesian"] is True


def test_tables_fit(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """No number and no name is broken in 60 columns, and what is left out is counted."""
    monkeypatch.setenv("COLUMNS", "60")
    said = run("pivot", "scheduling", "--set", "grid=0,3,5,8", "--set", "agents=3", "--quiet").out
    assert max(map(len, said.splitlines())) <= 60
    assert "55 more" in said
    assert "done, done, 3: serve 3" in said
    said = run("pivot", "scheduling", "--set", "grid=0,3,5,8", "--exact", "--uniqueness", "--quiet").out
    assert max(map(len, said.splitlines())) <= 60
    assert any(
        line.split() == ["agent", "2", "47/10", "3/10", "0", "3/10", "16/5"] for line in said.splitlines()
    )
    said = run("index", "licensing", "--set", "n=9", "--quiet").out
    assert said.count("19 more") == 2


def test_a_limit_is_an_answer(run: Run, tmp_path: Path) -> None:
    """The answer says that the time was up; what was to be written is not."""
    out = tmp_path / "m.json"
    drawn = str(tmp_path / "m.png")
    ran = run("pivot", "scheduling", "--time-limit", "1e-9", "--out", str(out), "--plot", drawn, "--json")
    assert ran.code == 0
    assert ran.json == {
        "agents": ["agent 1", "agent 2", "agent 3"],
        "status": "limit",
        "message": "the time limit of 1e-09 s was reached",
    }
    for name in ("m.json", "m.png"):
        assert f"{name} is not written: the time limit of 1e-09 s was reached" in ran.err
    assert not out.exists()
    ran = run("index", "licensing", "--time-limit", "1e-9", "--json")
    assert (ran.code, ran.json["arms"], ran.json["status"]) == (0, [], "limit")
    ran = run("pivot", "scheduling", "--memory-limit", "1kB")
    assert ran.code == 2
    assert ran.err.endswith("memory limit of 1 kB; raise --memory-limit or give fewer types\n")


def refused(run: Run, *words: str) -> str:
    ran = run(*words)
    assert ran.code == 2
    assert ran.out == ""
    (line,) = ran.err.strip().splitlines()
    return str(line)


def test_bad_input_names_the_assumption(run: Run, tmp_path: Path) -> None:
    """One line each: which assumption of which theorem fails."""
    line = refused(run, "pivot", "interdependent-auction", "--quiet")
    assert "needs private values (Bergemann and Välimäki, Theorem 1)" in line
    line = refused(run, "pivot", "hidden-arrivals", "--quiet")
    assert "types are not independent" in line
    assert "Theorem 1" in line
    line = refused(run, "pivot", "interdependent-auction", "--team", "--quiet")
    assert "the team mechanism" in line
    endless = dm.load("scheduling").to_json() | {"discount": 1}
    (tmp_path / "endless.json").write_text(json.dumps(endless))
    line = refused(run, "pivot", str(tmp_path / "endless.json"), "--quiet")
    assert "discount" in line
    assert "below 1" in line
    goods = [{"goods": ["unit"], "upper": [None], "quadratic": [[1]]}]
    buyer = dm.Agent("buyer", types=["low", "high"], prior=["1/2", "1/2"], values=[[[1, 2]]])
    with pytest.raises(dm.errors.AssumptionViolated, match="period 0 are divisible goods"):
        dm.pivot(dm.Environment(name="monopolist", horizon=1, agents=[buyer], actions=goods))
    hurt = ("--set", "tasks=1", "--set", "horizon=1")
    content = dm.load("scheduling", tasks="1", idle=False, horizon=1).to_json()
    content["agents"][0]["values"] = [[[-1, -1]]]
    (tmp_path / "hurt.json").write_text(json.dumps(content))
    assert run("pivot", "scheduling", *hurt, "--uniqueness", "--quiet").code == 0
    line = refused(run, "pivot", str(tmp_path / "hurt.json"), "--uniqueness", "--quiet")
    assert "participation needs nonnegative values; Bergemann and Välimäki, Theorem 2" in line
    line = refused(run, "index", "scheduling", "--set", "horizon=3", "--quiet")
    assert "indices decide an infinite horizon; this one has 3 periods" in line
    line = refused(run, "pivot", "scheduling", "--team", "--uniqueness")
    assert "give one of --team, --balanced-team, --generalised, --uniqueness" in line
    line = refused(run, "pivot", "scheduling", "--set", "tasks=3", "--balanced-team", "--quiet")
    assert "alone reports" in line
    with pytest.raises(dm.errors.AssumptionViolated, match=r"BV Theorem 3\) needs values of at least 0"):
        dm.second_price(dm.load("licensing", learning="normal", arms="-3,1,1; 1,1,1", n=1))


def test_pictures(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for words, name in (
        (("pivot", "scheduling", "--set", "grid=0,3,5,8", "--set", "agents=3"), "many.png"),
        (("pivot", "scheduling", "--uniqueness"), "few.svg"),
    ):
        assert run(*words, "--plot", str(tmp_path / name), "--quiet").code == 0
        assert (tmp_path / name).stat().st_size > 1000
    made = dm.pivot("scheduling", exact=True)
    _, values, gains, pays = made.plot().axes
    assert made.transfers is not None
    assert values.lines[0].get_ydata().tolist() == made.W[0].astype(float).tolist()
    for place, rows in ((gains, made.M[0]), (pays, made.transfers[0])):
        assert [line.get_ydata().tolist() for line in place.lines] == rows.astype(float).tolist()
    with pytest.raises(dm.errors.InvalidInput, match="periods 0 to 0"):
        made.plot(period=1)
