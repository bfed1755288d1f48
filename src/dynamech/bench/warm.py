"""Processes that measure: fresh ones, and warm ones that have imported everything and fork to measure.

A fork is as good as a fresh process where nothing has run in the one that it leaves: no engine has been
called there, so no thread of one is missing, and its peak of memory is counted from the fork on. What is to
be imported is said by a first fork, which makes all first calls and ends.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from .case import WORKER

Figures = dict[str, Any]
"""What is known of one measurement; see `worker.measure`."""

WARM = "--warm"
"""What a command is told to answer one request a line, each from a fork."""
FORKS = sys.platform == "linux"
"""Whether processes are forked; elsewhere libraries of the system do not survive it, or it cannot be had."""


class Warm:
    """Warm processes, one a solver, started when first asked; `close` ends them all."""

    def __init__(self) -> None:
        self._processes: dict[tuple[Any, ...], subprocess.Popen[str]] = {}

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def measure(self, command: Sequence[str], request: Mapping[str, Any]) -> Figures:
        """What `apart` would return; of our own worker sooner from the second time on."""
        if not FORKS or command != WORKER:
            return apart(command, request)
        key = (*command, request["solver"], request["certificate"])
        process = self._processes.get(key)
        if process is None:
            # A session of its own, so that it ends together with what it forked.
            process = self._processes[key] = subprocess.Popen(
                [*command, WARM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                text=True, encoding="utf-8", errors="backslashreplace", start_new_session=True,
            )  # fmt: skip
        asking, telling = process.stdin, process.stdout
        with suppress(ValueError, OSError):
            if asking is not None and telling is not None:
                asking.write(json.dumps(request) + "\n")
                asking.flush()
                return figures_of(*json.loads(telling.readline()))
        self._end(self._processes.pop(key))
        return apart(command, request)

    def close(self) -> None:
        """End all of them, and what they are measuring."""
        while self._processes:
            self._end(self._processes.popitem()[1])

    @staticmethod
    def _end(process: subprocess.Popen[str]) -> None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(OSError), process:
            pass


def apart(command: Sequence[str], request: Mapping[str, Any]) -> Figures:
    """The figures that `command` gives for a request; where it ends otherwise, status "failed" and why."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", errors="backslashreplace",
    ) as process:  # fmt: skip
        try:
            out, err = process.communicate(json.dumps(request))
        except BaseException:
            process.kill()
            raise
    return figures_of(process.returncode, out, err)


def figures_of(code: int, out: str, err: str) -> Figures:
    """The figures that a process left when it ended with a code; why there are none, where there are none."""
    if code == 0:
        with suppress(ValueError):
            figures = json.loads(out)
            if isinstance(figures, dict) and "status" in figures:
                return figures
        why = "it did not say what it measured"
    elif code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        why = f"ended by {name}{', probably out of memory' if name == 'SIGKILL' else ''}"
    else:
        why = (err.strip().splitlines() or ["it said nothing"])[-1]
    return {"status": "failed", "message": f"the measuring process failed: {why}", "seconds": {}}


def serve(
    measuring: Callable[[Figures], Figures], first_calls: Callable[[Figures], None] = lambda request: None
) -> None:
    """Answer the request on standard input; whatever engines print goes to standard error.

    With `WARM`, answer one request a line, for ever: a line is the code, output and errors of the fork that
    measured. first_calls: imports what a request needs and calls it, in a fork.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        if WARM not in sys.argv:
            json.dump(measuring(json.loads(sys.stdin.read())), out)
            return
        for number, line in enumerate(sys.stdin):
            request = json.loads(line)
            if not number:
                _import_all(forked(lambda: _modules(first_calls, request))[1])  # noqa: B023
                gc.freeze()
            json.dump(forked(lambda: json.dumps(measuring(request))), out)  # noqa: B023
            out.write("\n")
            out.flush()


def forked(telling: Callable[[], str]) -> tuple[int, str, str]:
    """(code, what `telling` returned, what went to standard error) of a fork in which it was called."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as errors:
        with warnings.catch_warnings():
            # Python counts the threads of BLAS, which come again by themselves.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            _tell(telling, writing, errors.fileno())
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8", errors="backslashreplace") as pipe:
            out = pipe.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        errors.seek(0)
        return code, out, errors.read().decode("utf-8", "backslashreplace")


def _tell(telling: Callable[[], str], writing: int, errors: int) -> None:
    """The life of a fork."""
    code = 1
    try:
        os.dup2(errors, 1)
        os.dup2(errors, 2)
        with os.fdopen(writing, "w", encoding="utf-8") as pipe:
            pipe.write(telling())
        code = 0
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
    finally:
        os._exit(code)


def _modules(first_calls: Callable[[Figures], None], request: Figures) -> str:
    first_calls(request)
    return "\n".join(sys.modules)


def _import_all(names: str) -> None:
    """Import what is not imported yet, in the order given; what has no such name by itself is passed over."""
    for name in names.split():
        if name not in sys.modules:
            with suppress(Exception):
                importlib.import_module(name)
