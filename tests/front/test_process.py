"""The command as a process: where output goes, what interrupts do, and that it runs from anywhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dynamech.cli import main
from dynamech.cli.commands import COMMANDS, command
from dynamech.models.design.design import Design

COMMAND = [sys.executable, "-m", "dynamech"]
LONG = ["ladder", "sequential-screening", "--set", "k0=25", "--set", "k1=80"]


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        **options,
    )


def test_it_runs_from_an_unrelated_folder(tmp_path: Path) -> None:
    process = start("ladder", "kln-nonseparable", "--json", cwd=tmp_path)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert json.loads(out)["tight"]["relaxed"] is False
    assert "bayesian: 130 rows" in err
    assert list(tmp_path.iterdir()) == []


def test_json_is_utf8_whatever_the_terminal_speaks(tmp_path: Path) -> None:
    content = json.loads(main_json("show", "two-type-markov"))
    content.pop("parameters")
    content["agents"][0]["types"] = [["tiefer θ", "höher θ"], ["tiefer θ", "höher θ"]]
    path = tmp_path / "umlaut.json"
    path.write_text(json.dumps(content))
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for arguments in (["ladder", str(path), "--json"], ["ladder", str(path)], ["show", str(path)]):
        process = start(*arguments, env=ascii_only)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        if "--json" in arguments:
            assert "tiefer θ" in json.loads(out)["witness"]["sentence"]


def main_json(*arguments: str) -> str:
    process = start(*arguments, "--json")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def test_a_reader_who_has_seen_enough_causes_no_traceback() -> None:
    process = start("show", "kln-nonseparable", "--set", "n=300", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 0


@pytest.mark.skipif(
    os.name != "posix" or signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="needs signals"
)
def test_an_interrupted_ladder_prints_and_keeps_what_was_finished(tmp_path: Path) -> None:
    path = tmp_path / "ladder.json"
    process = start(*LONG, "--json", "--quiet", "--out", str(path))
    until = time.monotonic() + 60
    while not path.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.count("\n") == 1
    assert err.startswith("dynamech: interrupted; not reached: ")
    content = json.loads(out)
    assert content["interrupted"]
    assert content["rungs"][0]["status"] == "optimal"
    assert content["rungs"][-1]["message"] == "not reached, interrupted"
    kept = json.loads(path.read_text())
    assert kept["finished"] is False
    assert kept["rungs"][0]["value"] == content["rungs"][0]["value"]


@pytest.mark.skipif(
    os.name != "posix" or signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="needs signals"
)
def test_an_interrupt_while_it_is_imported_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("import time\nprint('importing', flush=True)\ntime.sleep(60)\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    process = start("list", env=os.environ | {"PYTHONPATH": path})
    assert process.stdout is not None
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "dynamech: interrupted\n")
    assert process.returncode == 130


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is full")
def test_a_full_disk_is_one_line() -> None:
    for arguments in (["list"], ["list", "--json"]):
        with open("/dev/full", "w") as full:
            ran = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, check=False)
        assert ran.stderr == b"dynamech: standard output: No space left on device\n"
        assert ran.returncode == 2
    with open("/dev/full", "w") as full:
        ran = subprocess.run([*COMMAND, "show", "no"], stdout=subprocess.PIPE, stderr=full, check=False)
    assert (ran.returncode, ran.stdout) == (2, b"")


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_closed_streams_are_no_files(tmp_path: Path) -> None:
    """What is opened does not get the number of a stream that is closed."""
    command = f"cd {tmp_path} && {sys.executable} -m dynamech"
    told = subprocess.run(f"{command} list >&-", shell=True, stderr=subprocess.PIPE, check=False)
    assert (told.returncode, told.stderr) == (2, b"dynamech: standard output is closed\n")
    quiet = subprocess.run(
        f"{command} show kln-nonseparable --out x.json --json <&- 2>&-", shell=True, capture_output=True,
        check=False,
    )  # fmt: skip
    assert quiet.returncode == 0
    assert json.loads((tmp_path / "x.json").read_text())["name"] == "kln-nonseparable"
    assert json.loads(quiet.stdout)["name"] == "kln-nonseparable"


def test_an_interrupted_design_is_one_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> Design:
        raise KeyboardInterrupt

    monkeypatch.setattr("dynamech.api.questions.design", interrupt)
    assert main(["design", "kln-nonseparable", "--quiet"]) == 130
    out, err = capfd.readouterr()
    assert (out, err) == ("", "dynamech: interrupted\n")


def test_an_interrupted_witness_leaves_the_ladder_whole(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dynamech.models.ladder.ladder.unrelax", interrupt)
    ran = run("ladder", "kln-nonseparable", "--quiet", "--json")
    assert ran.code == 130
    assert ran.json["tight"]["relaxed"] is False
    assert (ran.json["witness"], ran.json["interrupted"]) == (None, ["un-relaxing"])
    assert ran.err == "dynamech: interrupted; not reached: un-relaxing\n"


def test_running_out_of_memory_is_one_line(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def exhaust(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("dynamech.api.questions.design", exhaust)
    ran = run("design", "kln-nonseparable", "--quiet")
    assert ran.code == 2
    assert ran.err == "dynamech: out of memory (nothing left); see --memory-limit\n"


def test_the_help_names_every_command_and_the_version_is_one(run: Callable[..., Any]) -> None:
    for arguments in ([], ["--help"], ["-h"]):
        ran = run(*arguments)
        assert ran.code == 0
        for name in ("list", "show", "design", "ladder", "verify", "export"):
            assert f"│ {name} " in ran.out
    assert run("--version").out == "dynamech 0.1.0\n"
    assert "--participation" in run("ladder", "--help").out


def test_the_list_of_commands_says_what_each_says_first() -> None:
    for name, (_, line) in COMMANDS.items():
        assert command(name).help.partition("\n\n")[0] == line, name


def test_commands_are_listed_before_arrays_and_engines_are_imported() -> None:
    asked = "import sys; from dynamech.cli import main; main(['--help'])"
    told = "print('numpy' in sys.modules, 'highspy' in sys.modules, 'typer' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", f"{asked}; {told}"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split()[-3:] == ["False", "False", "True"]


def test_help_is_broken_by_the_terminal_alone(run: Callable[..., Any]) -> None:
    for name in COMMANDS:
        told = run(name, "--help").out.partition("╭")[0]
        lines = [line.strip() for line in told.splitlines()]
        for line, after in pairwise(lines):  # the next word would not have fitted
            assert not line or not after or len(line) + 1 + len(after.split()[0]) > 78, (name, line)
