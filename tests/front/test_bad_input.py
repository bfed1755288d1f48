"""Bad input: one line on standard error, exit 2, nothing on standard output, nothing written over."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import example

Run = Callable[..., Any]
X = "kln-nonseparable"


def refused(ran: Any, *reasons: str) -> None:
    """One line, exit 2, empty standard output, and what is wrong."""
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("dynamech: ")
    for reason in reasons:
        assert reason in ran.err


@pytest.mark.parametrize(
    ("command", "reasons"),
    [
        # the command itself
        (["nosuch"], ["nosuch", "--help"]),
        (["--nosuch"], ["--nosuch"]),
        (["ladder"], ["Missing argument", "X"]),
        (["verify", X], ["Missing argument", "MECHANISM"]),
        (["export", X], ["Missing option", "--out"]),
        (["ladder", X, "more"], ["unexpected extra argument", "more"]),
        (["ladder", X, "--nosuch"], ["No such option", "--nosuch"]),
        (["ladder", X, "--incentives", "bayesian"], ["--incentives"]),
        (["list", "--set", "n=3"], ["--set"]),
        (["ladder", X, "--objective"], ["--objective"]),
        # the instance and its parameters
        (["ladder", "nosuch"], ["'nosuch' is neither a library instance nor a file", "the library has"]),
        (["ladder", "kln-nonseperable"], ["did you mean 'kln-nonseparable'"]),
        (["ladder", "no/such.json"], ["no/such.json: there is no such file"]),
        (["ladder", ""], ["neither a library instance nor a file"]),
        (["ladder", X, "--set", "m=3"], ["has no parameter 'm'", "n, c_plus, c_times"]),
        (["ladder", X, "--set", "n"], ["name=value"]),
        (["ladder", X, "--set", "n=three"], ["n must be a whole number", "'three'"]),
        (["ladder", X, "--set", "n=1"], ["n must be at least 2, not 1"]),
        (["ladder", X, "--set", "c_plus=nan"], ["c_plus", "nan"]),
        (["ladder", X, "--set", "n=3", "--set", "n=4"], ["n is given twice"]),
        # words
        (["design", X, "--objective", "profit"], ["objective: 'profit'", "'revenue', 'welfare'"]),
        (["design", X, "--objective", "revenue=1,min-utility=-1"], ["weight on min-utility is negative"]),
        (["design", X, "--objective", "utility:seller=1"], ["agent 'seller' is not one of buyer"]),
        (["ladder", X, "--objective", "utility:seller=1"], ["agent 'seller' is not one of buyer"]),
        (["export", X, "--out", "x.mps", "--objective", "revenue=1,utility"], ["'utility' is not a weight"]),
        (["design", X, "--objective", "revenue=0"], ["every weight is 0"]),
        (["design", X, "--objective", "revenue=much"], ["'much' is not a number"]),
        (["design", X, "--objective", "revenue=1,revenue=2"], ["one weight is given twice"]),
        (["design", X, "--objective", "revenue=1e99999999"], ["revenue: 1E+99999999 is beyond 10^±1000"]),
        (
            ["design", "two-type-markov", "--quiet", "--objective", "revenue=1e308"],
            ["inf is not a finite number"],
        ),
        (["burn", "myerson", "--caps", "1e999999999,1"], ["1E+999999999 is beyond 10^±1000"]),
        (["ladder", X, "--set", "c_plus=1e999999999"], ["c_plus"]),
        (["bank", "myerson", "--gap", "1e400"], ["beyond the range of doubles"]),
        (["design", X, "--incentives", "honest"], ["incentives: 'honest' is not one of none, virtual"]),
        (["design", X, "--participation", "maybe"], ["participation: 'maybe' is not one of none, interim"]),
        (["design", X, "--coupling", "comonotone"], ["coupling: 'comonotone' is not one of signals"]),
        (["design", X, "--formulation", "clever"], ["formulation: 'clever' is not one of auto"]),
        (["design", X, "--solver", "oracle"], ["'oracle'", "highs"]),
        (["verify", X, "m.json", "--incentives", "honest"], ["'honest' is not one of"]),
        (["verify", X, "m.json", "--participation", "maybe"], ["'maybe' is not one of"]),
        (["verify", X, "m.json", "--coupling", "comonotone"], ["'comonotone' is not one of"]),
        # limits
        (["ladder", X, "--time-limit", "soon"], ["--time-limit: 'soon' is not a positive number"]),
        (["ladder", X, "--time-limit", "0"], ["--time-limit: '0' is not a positive number"]),
        (["ladder", X, "--time-limit", "-1"], ["--time-limit: '-1'"]),
        (["ladder", X, "--time-limit", "nan"], ["--time-limit: 'nan'"]),
        (["ladder", X, "--time-limit", "1e999999999"], ["--time-limit: '1e999999999'"]),
        (["ladder", X, "--time-limit", "٣"], ["--time-limit: '٣'"]),
        (["ladder", X, "--memory-limit", "1e999GB"], ["--memory-limit: '1e999GB'"]),
        (["ladder", X, "--memory-limit", "lots"], ["--memory-limit: 'lots' is not a number of bytes"]),
        (["ladder", X, "--memory-limit", "2XB"], ["--memory-limit: '2XB'"]),
        (["ladder", X, "--memory-limit", "0"], ["--memory-limit: '0'"]),
        (["ladder", X, "--memory-limit", "10kB"], ["40 rows, 30 columns", "memory limit of 10 kB"]),
        (["design", X, "--memory-limit", "1kB"], ["130 rows, 80 columns", "memory limit of 1 kB"]),
        (["export", X, "--out", "x.mps", "--memory-limit", "1kB"], ["memory limit of 1 kB"]),
        (["ladder", "random", "--set", "periods=12", "--set", "types=4"], ["rows", "memory limit of"]),
        (
            ["ladder", "two-type-markov", "--set", "horizon=200", "--formulation", "textbook"],
            ["rows", "memory limit of"],
        ),
        # contradictions
        (["design", X, "--certificate", "c.json"], ["--certificate needs --exact"]),
        (["ladder", X, "--certificate", "c.json"], ["--certificate needs --exact"]),
        (
            ["design", X, "--formulation", "utilities", "--participation", "ex-post"],
            ["--formulation utilities contradicts --participation ex-post"],
        ),
        (
            ["ladder", X, "--formulation", "utilities", "--participation", "prefix"],
            ["--formulation utilities contradicts --participation prefix"],
        ),
        (
            ["design", X, "--formulation", "utilities", "--incentives", "per-period"],
            ["--formulation utilities contradicts --incentives per-period"],
        ),
        (["design", "two-type-markov", "--coupling", "signals"], ["is not built from signals"]),
        (["design", X, "--exact", "--certificate", "a.json", "--out", "a.json"], ["--out", "a.json"]),
        (["export", X, "--out", "x.json", "--incentives", "relaxed"], ["writes the instance"]),
        # targets
        (["export", X, "--out", "model.txt"], ["model.txt is none of model.mps, model.lp"]),
        (["design", X, "--out", "no/such/folder/m.json"], ["there is no directory"]),
        (["design", X, "--out", "."], ["is a directory"]),
        (["show", X, "--out", "no/such/folder/m.json"], ["there is no directory"]),
        # verify
        (["verify", X, "no-mechanism.json"], ["no-mechanism.json: there is no such file"]),
    ],
)
def test_one_line(
    run: Run, command: list[str], reasons: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(run(*command), *reasons)
    assert list(tmp_path.iterdir()) == []


def broken(change: Callable[[dict[str, Any]], object]) -> str:
    content = example()
    change(content)
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("", ["not JSON at line 1"]),
        ("[1, 2", ["not JSON"]),
        ("[]", ["an object with the key 'format'"]),
        ("{}", ["'format' is missing"]),
        (broken(lambda c: c.pop("agents")), ["'agents' is missing"]),
        (broken(lambda c: c["agents"][0].pop("types")), ["agents[0] 'buyer'", "'types' is missing"]),
        (broken(lambda c: c.update(colour=1)), ["unknown key 'colour'"]),
        (broken(lambda c: c["agents"][0].update(prior=["1/2"])), ["buyer", "prior"]),
        (broken(lambda c: c["agents"][0]["values"][1].pop()), ["buyer", "values", "period 1"]),
        (broken(lambda c: c["agents"][0].update(prior=["1/2", "1/3"])), ["buyer", "sums to 5/6, not 1"]),
        (broken(lambda c: c["agents"][0].update(prior=["3/2", "-1/2"])), ["buyer", "-1/2", "negative"]),
        (
            broken(lambda c: c["agents"][0]["transitions"][0][1].__setitem__(0, ["3/4", "3/20"])),
            ["buyer", "period 0", "'sell'", "'low'", "sums to 9/10, not 1"],
        ),
        (broken(lambda c: c["agents"][0].update(prior=[float("nan"), 1])), ["prior", "NaN"]),
        (broken(lambda c: c["costs"][0].__setitem__(1, "cheap")), ["costs", "'cheap'"]),
        (broken(lambda c: c.update(discount="11/10")), ["discount", "11/10"]),
        (broken(lambda c: c.update(horizon=3)), ["actions: 2 entries for 3 periods"]),
        (broken(lambda c: c.update(format="dynamech/9")), ["'dynamech/9' is not 'dynamech/1'"]),
    ],
)
def test_a_bad_file_is_refused_in_one_line(
    run: Run, text: str, reasons: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text(text)
    for command in ("show", "design", "ladder"):
        refused(run(command, "bad.json"), "bad.json: ", *reasons)


def test_a_file_takes_no_parameters(run: Run, mine: Path) -> None:
    refused(run("ladder", str(mine), "--set", "n=3"), "takes no parameters")


def test_nothing_is_written_over(run: Run, mine: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("precious")
    refused(run("design", str(mine), "--incentives", "honest", "--out", str(kept)))
    refused(run("design", "nosuch", "--out", str(kept)))
    refused(run("design", str(mine), "--memory-limit", "1kB", "--out", str(kept)))
    refused(run("ladder", str(mine), "--out", str(kept)), "not JSON")
    assert kept.read_text() == "precious"
    before = mine.read_text()
    for command in ("design", "show"):
        refused(run(command, str(mine), "--out", str(mine)), "would be overwritten")
    refused(run("export", str(mine), "--out", str(mine)), "would be overwritten")
    assert mine.read_text() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["kept.json", "mine.json"]


def test_a_mechanism_that_does_not_fit_is_refused(run: Run, mine: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "m.json")
    assert run("design", str(mine), "--out", path).code == 0
    refused(run("verify", X, path), "m.json: mechanism")
    joint = ("random", "--set", "independent=false")
    for command in ("verify", "implement"):
        whose = "m.json: mechanism for 'two-type-two-period', period 0: allocation has shape"
        refused(run(command, *joint, path), whose)
    refused(run("verify", str(mine), str(mine)), "mine.json", "an instance file")
    content = json.loads(Path(path).read_text())
    content["periods"][0]["allocation"][0][0] = [0.5, 0.25]
    Path(path).write_text(json.dumps(content))
    refused(run("verify", str(mine), path), "sums to 0.75, not 1")


def test_a_notion_that_does_not_apply_is_refused_by_name(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "m.json")
    run("design", "random", "--set", "independent=false", "--out", path)
    ran = run("verify", "random", path, "--set", "independent=false", "--incentives", "relaxed")
    refused(ran, "shocks are no bound")
