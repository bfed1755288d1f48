"""Files and command lines that nobody would write in good faith: each is refused in one line, or answered.

``python -m benchmarks.hostile [--mutants 2000] [--lines 200] [--seed 0]`` makes that many mutants of
instance, mechanism, certificate (their question words), ladder and bench files and that many command lines,
always the same ones for a seed, and runs the command on each in a process of its own. Allowed are one line on
standard error with exit code 2 and nothing on standard output, or one JSON object (exit code 0 or 1); a
ladder or a bench that goes on from a file has to say what it said without one. Five seconds of processor time
and one gigabyte are the most that a case may take. Printed is how many were refused, answered and wrong
(there should be none).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .hostile_cases import Case, lines, told
from .hostile_mutants import mutants

SECONDS = 5.0
BYTES = 1_000_000_000
WALL = 60.0
"""Seconds by the clock, for a case that waits instead of working; the machine may be busy."""
ENDS = ("refused", "answered", "wrong")


@dataclass(frozen=True)
class Outcome:
    """What became of a case."""

    case: Case
    code: int
    out: str
    err: str
    seconds: float = 0.0
    peak: int = 0

    @property
    def end(self) -> str:
        return "wrong" if self.wrong else "refused" if self.code == 2 else "answered"

    @property
    def wrong(self) -> str:
        """Why the outcome may not stand, empty where it may."""
        if self.seconds > SECONDS or self.peak > BYTES:
            return f"took {self.seconds:.1f} s and {self.peak / 1e6:.0f} MB"
        if self.code not in (0, 1, 2):
            return f"exit code {self.code}: {self.err[-300:]!r}"
        if not all(line.isprintable() for line in (self.out + "\n" + self.err).split("\n")):
            return f"what is told is not text: {self.out[:300]!r} {self.err[:300]!r}"
        if self.code == 2:
            fine = self.err.startswith("dynamech: ") and self.err.count("\n") == 1 and self.out == ""
            return "" if fine else f"not one line: {self.err[-300:]!r} {self.out[:100]!r}"
        if "--json" not in self.case.arguments:
            return ""
        try:
            content = json.loads(self.out)
        except ValueError as error:
            return f"no JSON ({error}): {self.out[:300]!r}"
        if self.case.same is not None and told(content) != self.case.same:
            return f"says {told(content)}, not {self.case.same}"
        return ""


def furnish(case: Case, folder: Path) -> None:
    """Lay out the files of a case, and a folder, a link and a link to itself."""
    for name, data in case.files.items():
        (folder / name).write_bytes(data)
    (folder / "folder").mkdir(exist_ok=True)
    for name, target in (("link", "f"), ("circle", "circle")):
        with contextlib.suppress(FileExistsError):
            (folder / name).symlink_to(folder / target)


def run_here(case: Case, folder: Path, call: Callable[[tuple[str, ...]], tuple[int, str, str]]) -> Outcome:
    """Run a case in this process; `call` gives the exit code and both outputs."""
    furnish(case, folder)
    before = os.getcwd()
    os.chdir(folder)
    try:
        return Outcome(case, *call(case.arguments))
    finally:
        os.chdir(before)


def run_apart(case: Case, folder: Path) -> Outcome:
    """Run a case in a fork of this process, which has imported everything and begun nothing."""
    furnish(case, folder)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        sys.stdout.flush()
        process = os.fork()
        if process == 0:
            _child(case, folder, out.fileno(), err.fileno())
        began = time.monotonic()
        while True:
            ended, status, used = os.wait4(process, os.WNOHANG)
            if ended:
                break
            if time.monotonic() - began > WALL:
                os.killpg(process, signal.SIGKILL)
            time.sleep(0.005)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)  # what it started
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "backslashreplace"))
    seconds = used.ru_utime + used.ru_stime if time.monotonic() - began <= WALL else WALL
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Outcome(case, os.waitstatus_to_exitcode(status), texts[0], texts[1], seconds, peak)


def _child(case: Case, folder: Path, out: int, err: int) -> None:
    from dynamech.cli import main as dynamech

    code = 99
    try:
        os.setpgid(0, 0)
        os.chdir(folder)
        resource.setrlimit(resource.RLIMIT_CPU, (int(4 * SECONDS), int(4 * SECONDS)))
        resource.setrlimit(resource.RLIMIT_AS, (8 * BYTES, 8 * BYTES))
        for number, stream in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
            os.dup2(stream, number)
        sys.argv = ["dynamech", *case.arguments]
        code = dynamech()
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mutants", type=int, default=2000)
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="the name of one case, told in full")
    asked = parser.parse_args()
    import dynamech.cli.commands  # noqa: F401  the forks have it

    counts: Counter[tuple[str, str]] = Counter()
    slowest, largest = 0.0, 0

    def cases() -> Iterator[Case]:
        yield from mutants(asked.mutants, asked.seed, run_apart)
        yield from lines(asked.lines, asked.seed)

    for case in cases():
        if asked.only is not None and case.name != asked.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = run_apart(case, Path(folder))
        if asked.only is not None:
            print(case.arguments, case.files, found, sep="\n")
        counts[case.kind, found.end] += 1
        if found.wrong:
            words = " ".join(part if len(part) < 60 else f"{part[:50]}..." for part in case.arguments)
            print(f"{case.name}: {words!r}: {found.wrong}", flush=True)
        slowest, largest = max(slowest, found.seconds), max(largest, found.peak)
    for kind in dict.fromkeys(kind for kind, _ in counts):
        print(f"{kind:>12}  " + "  ".join(f"{end} {counts[kind, end]}" for end in ENDS))
    total = {end: sum(count for (_, one), count in counts.items() if one == end) for end in ENDS}
    print(f"{'all':>12}  " + "  ".join(f"{end} {count}" for end, count in total.items()))
    print(f"slowest {slowest:.1f} s, largest {largest / 1e6:.0f} MB")
    return 1 if total["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
