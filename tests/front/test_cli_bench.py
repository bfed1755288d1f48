"""``dynamech bench``: what is measured, kept, told and drawn."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynamech as dm
from dynamech.bench import Asked, Case, Instance, Keeper, Line, disagreements, summarise, why
from dynamech.bench.benchmark import Benchmark
from dynamech.bench.warm import FORKS, Warm, apart
from dynamech.bench.worker import measure

Run = Callable[..., Any]
SMALL = ("sequential-screening", "--sizes", "k0=2,3", "--sizes", "k1=3,4", "--repeat", "2")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Measurements happen in this process; the list has the requests."""
    asked: list[dict[str, Any]] = []

    def at_once(command: Any, request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        return measure(json.loads(json.dumps(request)))

    monkeypatch.setattr(Warm, "measure", staticmethod(at_once))
    return asked


def test_every_formulation_at_every_size_has_a_line(
    run: Run, here: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    value = float(dm.design(dm.load("sequential-screening", k0=2, k1=3), exact=True).value or 0)
    for width in (80, 100, 130):
        monkeypatch.setenv("COLUMNS", str(width))
        ran = run("bench", *SMALL)
        assert ran.code == 0
        assert max(map(len, ran.out.splitlines())) <= width
        # Rows, columns and nonzeros of the textbook program at both sizes, counted by hand.
        lines = [line.split() for line in re.findall(r"^textbook +[0-9].*$", ran.out, re.MULTILINE)]
        for line, (k0, k1) in zip(lines, ((2, 3), (3, 4)), strict=True):
            rows = k0 + k0 * k1 + k0 + k0 * (k0 - 1) + k0 * k1 + k0 * k1 * (k1 - 1) + k0
            assert line[1:4] == [str(rows), "×", str(k0 + 4 * k0 * k1 + k0)]
            assert f"k0={k0}, k1={k1}: {rows} rows in the textbook program" in ran.out
        for word in ("auto", "utilities+local", "utilities+lazy", "thresholds", "textbook+lazy"):
            assert len(re.findall(rf"^{re.escape(word)} +[0-9]", ran.out, re.MULTILINE)) == 2
        assert f"k0=2, k1=3: value {value:.10g} (all answers agree)." in ran.out
        assert "k0=3, k1=4: the fastest is " in " ".join(ran.out.split())
        headings = next(line for line in ran.out.splitlines() if line.startswith("formulation")).split()
        for heading, least in (("ratio", 0), ("nonzeros", 100), ("MB", 100), ("iterations", 130)):
            assert (heading in headings) == (width >= least)
        assert "utilities: left out, the same as auto here" in ran.err
    # Every line once before any is repeated: the noise of a busy machine hits all alike.
    asked = [(request["settings"]["k0"], request["formulation"]) for request in here[: len(here) // 3]]
    assert asked[: len(asked) // 2] == asked[len(asked) // 2 :]
    assert len(set(asked)) == len(asked) // 2


def test_json_is_one_object(run: Run, here: list[dict[str, Any]]) -> None:
    ran = run("bench", *SMALL, "--solver", "highs", "--solver", "highs-ipm", "--formulation", "textbook+lazy",
              "--formulation", "textbook", "--json")  # fmt: skip
    content = ran.json
    assert (ran.code, content["instance"], content["agree"]) == (0, "sequential-screening", True)
    assert [(line["size"]["k0"], line["formulation"], line["solver"]) for line in content["lines"]] == [
        (k0, word, solver)
        for k0 in ("2", "3")
        for word in ("textbook+lazy", "textbook")
        for solver in ("highs", "highs-ipm")
    ]
    for size in ("2", "3"):
        lines = [line for line in content["lines"] if line["size"]["k0"] == size]
        assert [line["ratio"] for line in lines].count(1.0) == 1
        assert len({round(line["value"], 6) for line in lines}) == 1
        lazy, whole = lines[0], lines[2]
        assert (lazy["rows"], lazy["nonzeros"]) < (whole["rows"], whole["nonzeros"])
    for line in content["lines"]:
        spent = line["seconds"]
        assert (line["status"], line["repeats"]) == ("optimal", 2)
        assert spent["total"] >= max(spent["compile"], spent["handover"], spent["solve"]) > 0
        assert line["peak_bytes"] > 1e7
    assert content["sizes"][0]["textbook_rows"] == content["lines"][2]["rows"]
    assert len(content["why"]) == 2


def test_demands_are_measured_and_kept(run: Run, here: list[dict[str, Any]], tmp_path: Path) -> None:
    """By options or by the file of a question, whose formulation is the one measured where none is said."""
    path, lines = tmp_path / "q.json", str(tmp_path / "lines.jsonl")
    dm.save(dm.Question(demands={"payments": "0..1"}, formulation="per-period"), path)
    common = ("bench", "two-type-markov", "--repeat", "1", "--quiet", "--json", "--out", lines)
    whole = run(*common, "--question", str(path))
    said = run(*common, "--payments", "0..1", "--formulation", "per-period")
    free = run(*common, "--formulation", "per-period")
    assert (whole.code, said.code, free.code) == (0, 0, 0)
    assert [line["formulation"] for line in whole.json["lines"]] == ["per-period"]
    assert whole.json["demands"] == said.json["demands"] == {"payments": "0..1"}
    assert len(here) == 2  # what was kept of the first is the second
    assert whole.json["lines"] == said.json["lines"]
    expected = dm.design("two-type-markov", demands={"payments": "0..1"}).value
    assert whole.json["lines"][0]["value"] == pytest.approx(expected)
    assert free.json["lines"][0]["value"] > expected
    ran = run("bench", "two-type-markov", "--question", str(path), "--payments", "none")
    assert (ran.code, ran.out) == (2, "")


def test_a_file_is_measured_apart(run: Run, mine: Path) -> None:
    """In processes of their own, whose peak is not that of this one."""
    large = np.ones(50_000_000)
    ran = run(
        "bench", str(mine), "--formulation", "auto", "--formulation", "textbook", "--repeat", "1", "--json"
    )
    assert ran.code == 0
    assert [(line["status"], line["size"]) for line in ran.json["lines"]] == [("optimal", {})] * 2
    for line in ran.json["lines"]:
        assert line["value"] == pytest.approx(71 / 40)
        assert 1e7 < line["peak_bytes"] < large.nbytes


def test_a_formulation_that_cannot_be_had_is_a_line_with_the_reason(
    run: Run, here: list[dict[str, Any]]
) -> None:
    command = ("bench", "kln-nonseparable", "--formulation", "thresholds", "--formulation", "textbook")
    ran = run(*command)
    assert ran.code == 0
    assert re.search(r"^thresholds +refused +—", ran.out, re.MULTILINE)
    assert "thresholds, refused: formulation 'thresholds': two types" in " ".join(ran.out.split())
    refused, answered = run(*command, "--json").json["lines"]
    assert (refused["status"], refused["seconds"].get("total"), refused["ratio"]) == ("refused", None, None)
    assert (answered["status"], answered["ratio"]) == ("optimal", 1.0)
    assert [request["formulation"] for request in here[:4]] == [
        "thresholds",
        "textbook",
        "textbook",
        "textbook",
    ]


def test_too_large_and_not_applicable_are_lines_too(run: Run, here: list[dict[str, Any]]) -> None:
    ran = run("bench", "kln-nonseparable", "--formulation", "textbook", "--memory-limit", "1kB", "--json")
    assert ran.code == 0
    assert ran.json["lines"][0]["status"] == "refused"
    assert "memory limit of 1 kB" in ran.json["lines"][0]["message"]
    ran = run("bench", "random", "--set", "independent=false", "--incentives", "relaxed")
    assert ran.code == 0
    assert "auto, not-applicable: process" in " ".join(ran.out.split())


def test_proofs_are_timed_and_values_are_rational(run: Run, here: list[dict[str, Any]]) -> None:
    command = ("bench", "kln-nonseparable", "--repeat", "1", "--certificate", "--formulation", "utilities",
               "--formulation", "textbook")  # fmt: skip
    for line in run(*command, "--json").json["lines"]:
        assert line["exact"] == "9/4"
        parts = ("compile", "handover", "solve", "certificate")
        assert line["seconds"]["total"] == pytest.approx(sum(line["seconds"][part] for part in parts))
        assert line["seconds"]["certificate"] > 0
    ran = run(*command)
    assert "proof" in ran.out
    assert "value 9/4 (all answers agree)" in ran.out


def test_measurements_are_kept_and_taken_up_again(
    run: Run, here: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.jsonl"
    command = ("bench", *SMALL, "--formulation", "auto", "--formulation", "textbook", "--out", str(path))
    first = run(*command, "--json").json
    assert len(path.read_text().splitlines()) == len(here) == 8
    assert all(json.loads(line)["format"] == "dynamech-bench/1" for line in path.read_text().splitlines())
    again = run(*command, "--json")
    assert again.json == first
    assert "8 of 8 measurements are from an earlier run" in again.err
    assert len(here) == 8
    # A line that was cut short while it was written is measured again; another instance or word is new.
    path.write_text(path.read_text()[:-100])
    assert run(*command, "--json").code == 0
    assert len(here) == 9
    assert len(path.read_text().splitlines()) == 8
    run(*command, "--set", "cost=1/5")
    run(*command, "--time-limit", "9")
    assert len(here) == 25
    # The same name with other content is another instance.
    file = tmp_path / "mine.json"
    for cost in ("1/4", "1/5"):
        dm.save(dm.load("sequential-screening", k0=2, k1=2, cost=cost), file)
        run("bench", str(file), "--repeat", "1", "--formulation", "textbook", "--out", str(path))
    assert len(here) == 27


@pytest.mark.parametrize("content", ["{}\n", "not json\n", "not json", '{"format": "dynamech-ladder/1"}\n'])
def test_a_file_of_something_else_is_left_alone(run: Run, tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(content)
    ran = run("bench", "kln-nonseparable", "--out", str(path))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert path.read_text() == content


def test_an_interruption_shows_what_is_done(
    run: Run, here: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.jsonl"
    at_once: Callable[[Any, Any], dict[str, Any]] = Warm.measure  # type: ignore[assignment]
    done = 0

    def until(command: Any, request: dict[str, Any]) -> dict[str, Any]:
        nonlocal done
        if done == 3:
            raise KeyboardInterrupt
        done += 1
        return at_once(command, request)

    monkeypatch.setattr(Warm, "measure", staticmethod(until))
    command = ("bench", *SMALL, "--formulation", "auto", "--formulation", "textbook", "--quiet", "--json")
    ran = run(*command, "--out", str(path))
    assert ran.code == 130
    assert ran.err == "dynamech: interrupted; lines without all their measurements: 4 of 4\n"
    assert [line["repeats"] for line in ran.json["lines"]] == [1, 1, 1, 0]
    assert ran.json["lines"][3]["status"] == "not measured"
    assert len(path.read_text().splitlines()) == 3
    done = -100
    assert [line["repeats"] for line in run(*command, "--out", str(path)).json["lines"]] == [2] * 4
    assert len(here) == 8
    done = 3
    ran = run(*command)  # before anything was measured
    assert (ran.code, ran.out, ran.err) == (130, "", "dynamech: interrupted\n")


@pytest.mark.skipif(
    os.name != "posix" or signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="needs signals"
)
def test_an_interrupted_process_ends_what_it_started(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    command = [sys.executable, "-m", "dynamech", "bench", "sequential-screening", "--set", "k0=25", "--set",
               "k1=80", "--formulation", "auto", "--formulation", "textbook", "--quiet", "--out"]  # fmt: skip
    process = subprocess.Popen(
        [*command, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 100
    while not path.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "dynamech: interrupted; lines without all their measurements: 2 of 2\n"
    assert any(line.startswith("auto ") and line.split()[-1] == "1" for line in out.splitlines())


def test_values_that_disagree_are_told_loudly(
    run: Run, here: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once: Callable[[Any, Any], dict[str, Any]] = Warm.measure  # type: ignore[assignment]

    def wrong(command: Any, request: dict[str, Any]) -> dict[str, Any]:
        found = at_once(command, request)
        return found | ({"value": 0.31} if request["formulation"] == "textbook" else {})

    monkeypatch.setattr(Warm, "measure", staticmethod(wrong))
    ran = run("bench", "sequential-screening", "--set", "k0=2", "--set", "k1=3", "--repeat", "1")
    assert ran.code == 1
    assert "VALUES DISAGREE" in ran.out
    assert "textbook by highs says optimal, value 0.31" in " ".join(ran.out.split())
    assert "values disagree" in ran.err


def line_of(instance: Instance, formulation: str, total: float, **more: Any) -> Line:
    seconds = {"compile": 0.01, "handover": 0.0, "solve": total - 0.01, "total": total}
    made: dict[str, Any] = {"rows": 10, "columns": 10, "nonzeros": 30, "value": 1.0, "seconds": seconds}
    return Line(Case(instance, Asked(), formulation, "highs"), "optimal", "", **(made | more))


def test_accuracy_decides_what_agrees() -> None:
    instance = Instance("two-type-markov")
    for other, error, agrees in ((1 + 5e-7, 0.0, True), (1.001, 0.0, False), (1.001, 0.002, True)):
        lines = [line_of(instance, "a", 1.0), line_of(instance, "b", 1.0, value=other, error=error)]
        assert (not disagreements(lines)) == agrees
    exact = [line_of(instance, "a", 1.0, exact="1"), line_of(instance, "b", 1.0, exact="1000001/1000000")]
    assert len(disagreements(exact)) == 1
    status = [line_of(instance, "a", 1.0), Line(Case(instance, Asked(), "b", "highs"), "infeasible", "")]
    assert len(disagreements(status)) == 1
    at_limit = [line_of(instance, "a", 1.0), Line(Case(instance, Asked(), "b", "highs"), "limit", "")]
    assert not disagreements(at_limit)


def test_why_is_read_off_the_figures() -> None:
    instance = Instance("two-type-markov", {}, {"horizon": "4"})
    lines = [
        line_of(instance, "slow", 4.0, rows=1000, nonzeros=9000, ratio=4.0),
        line_of(instance, "fast", 1.0, rows=100, nonzeros=300, ratio=1.0),
        line_of(instance, "next", 2.0, ratio=2.0),
    ]
    first, second = why(lines)
    assert first == (
        "horizon=4: the fastest is fast with 1 s, "
        "against 2 s (2.0 times) for next and 4 s (4.0 times) for slow."
    )
    assert second == (
        "slow loses most by solving (3.99 s against 0.99 s): the engine got 1,000 rows × 10 columns with "
        "9,000 nonzeros, against 100 rows × 10 columns with 300 nonzeros: 10 times the rows and 30 times the "
        "nonzeros."
    )
    alike = why([lines[2], line_of(instance, "c", 9.0, ratio=9.0)])
    assert "it is not the size that slows it down" in alike[1]
    overlap = [replace(lines[1], between=(0.8, 1.6)), replace(lines[2], between=(1.5, 2.2))]
    assert why(overlap)[0].endswith("Its repeats overlap those of next: which is faster is open.")
    overlap[1] = replace(overlap[1], between=(1.7, 2.2))
    assert "overlap" not in why(overlap)[0]
    assert why(lines[:1]) == []


def test_medians_are_of_the_repeats() -> None:
    case = Case(Instance("two-type-markov"), Asked(), "textbook", "highs")
    keeper = Keeper()
    for repeat, total in enumerate((5.0, 1.0, 2.0)):
        spent = {"compile": total / 2, "handover": 0.0, "solve": total / 2, "total": total}
        found = {
            "status": "optimal",
            "message": "",
            "value": 1.0,
            "seconds": spent,
            "peak_bytes": 10 + repeat,
        }
        keeper.keep(case, repeat, found)
    (line,) = summarise([case], 3, keeper)
    assert (line.between, line.spread) == ((1.0, 5.0), 2.0)
    assert line.to_json()["between"] == [1.0, 5.0]
    shown = str(Benchmark((case.instance,), Asked(), 3, (line,)))
    assert "medians of 3 (±: from the fastest to the slowest)" in " ".join(shown.split())
    assert re.search(r"^textbook .* 2 +200% +1 ", shown, re.MULTILINE)
    (once,) = summarise([case], 1, keeper)
    assert (once.between, once.spread) == (None, None)
    assert (line.total, line.seconds["compile"], line.peak_bytes, line.ratio) == (2.0, 1.0, 12, 1.0)


def test_words_that_mean_one_program_are_measured_once(run: Run, here: list[dict[str, Any]]) -> None:
    words = ("--formulation", "utilities", "--formulation", "auto", "--formulation", "textbook")
    lines = run("bench", "two-type-markov", "--repeat", "2", *words, "--json").json["lines"]
    assert [request["formulation"] for request in here] == ["utilities", "textbook"] * 2
    assert lines[0] | {"formulation": "auto"} == lines[1]
    assert lines[2]["seconds"] != lines[0]["seconds"]


@pytest.mark.skipif(not FORKS, reason="nothing is forked here")
def test_a_warm_process_measures_as_a_fresh_one() -> None:
    case = Case(Instance("two-type-markov", {"horizon": "3"}), Asked(), "textbook", "highs")
    told = ("status", "value", "rows", "columns", "nonzeros", "iterations", "formulation", "digest")
    fresh = apart(case.command, case.request())
    with Warm() as warm:
        for _ in range(2):
            figures = warm.measure(case.command, case.request())
            assert {name: figures[name] for name in told} == {name: fresh[name] for name in told}
        # The peak is of one measurement: a large one before leaves nothing.
        large = Instance("sequential-screening", {"k0": "12", "k1": "30"})
        more = warm.measure(case.command, Case(large, Asked(), "textbook", "highs").request())
        after = warm.measure(case.command, case.request())
        assert more["peak_bytes"] > after["peak_bytes"] + 5e6
        assert after["base_bytes"] == pytest.approx(figures["base_bytes"], rel=0.05)
        # What cannot be measured is a line, and the next is measured all the same.
        failed = warm.measure(case.command, case.request() | {"source": "no such"})
        assert failed["status"] == "failed"
        assert "'no such' is neither a library instance nor a file" in failed["message"]
        assert warm.measure(case.command, case.request())["status"] == "optimal"


def test_a_measuring_process_that_fails_is_a_line() -> None:
    failed = apart([sys.executable, "-c", "import sys; sys.exit('no luck')"], {})
    assert (failed["status"], failed["message"]) == ("failed", "the measuring process failed: no luck")
    killed = apart([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], {})
    assert "ended by SIGKILL, probably out of memory" in killed["message"]


def test_the_plot(run: Run, here: list[dict[str, Any]], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "sizes.svg"
    words = ("--formulation", "auto", "--formulation", "textbook", "--plot")
    assert run("bench", *SMALL, *words, str(path)).code == 0
    drawn = path.read_text()
    for text in ("seconds (median)", "rows of the textbook program", "textbook", "auto", "the fastest is"):
        assert f"<!-- {text}" in drawn or text in drawn
    path = tmp_path / "one.png"
    assert run("bench", "two-type-markov", "--repeat", "1", *words, str(path)).code == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    # Nothing to draw is drawn all the same.
    nothing = ("--formulation", "thresholds", "--plot", str(path))
    for size in (("--set", "n=5"), ("--sizes", "n=5,9")):
        assert run("bench", "kln-nonseparable", *size, *nothing).code == 0


def test_without_matplotlib_a_plot_is_refused_before_work_starts(
    run: Run, here: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    ran = run("bench", "kln-nonseparable", "--plot", str(tmp_path / "plot.png"))
    assert (ran.code, ran.out, here) == (2, "", [])
    assert 'pip install "matplotlib>=3.8"' in ran.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nosuch"], "'nosuch' is neither a library instance nor a file"),
        (["kln-nonseparable", "--formulation", "clever"], "formulation: 'clever' is not one of auto"),
        (["kln-nonseparable", "--formulation", "textbook+utilities"], "exclude each other"),
        (["kln-nonseparable", "--solver", "oracle"], "no solver is called 'oracle'"),
        (["kln-nonseparable", "--incentives", "honest"], "'honest' is not one of"),
        (["kln-nonseparable", "--repeat", "0"], "--repeat: 0 is not between 1 and"),
        (["kln-nonseparable", "--repeat", "x"], "--repeat"),
        (["kln-nonseparable", "--sizes", "n"], "name=value"),
        (["kln-nonseparable", "--sizes", "n=3,x"], "n must be a whole number"),
        (["kln-nonseparable", "--sizes", "n=3,3"], "n=3 is there twice"),
        (["kln-nonseparable", "--sizes", "m=3"], "has no parameter 'm'"),
        (["kln-nonseparable", "--sizes", "n=3", "--set", "n=4"], "n is given already, by --set"),
        (["sequential-screening", "--sizes", "k0=2,3", "--sizes", "k1=2"], "k0 has 2 values and k1 has 1"),
        (["mine.json", "--sizes", "n=3"], "mine.json is a file, which has one size"),
        (["kln-nonseparable", "--plot", "plot.txt"], "a plot is written as .png"),
        (["kln-nonseparable", "--out", "no/such/kept.jsonl"], "there is no directory"),
        (["mine.json", "--out", "mine.json"], "would be overwritten"),
        (["kln-nonseparable", "--time-limit", "soon"], "--time-limit: 'soon'"),
        (["myerson", "--sizes", "values=1,2"], "values is a list"),
    ],
)
def test_bad_words_are_one_line(
    run: Run, arguments: list[str], reason: str, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mine.parent)
    ran = run("bench", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert reason in ran.err
