"""The thread beside the main one: it stays, but not with what was left behind, failed or forked."""

from __future__ import annotations

import os
import threading
import time
import warnings
import weakref
from concurrent.futures import wait

import pytest

from dynamech.solvers.engines.aside import Aside

SOON = 20.0  # seconds: only a failure waits for them


def test_it_stays_from_task_to_task() -> None:
    aside = Aside()
    first, second = (aside.start(threading.current_thread).result(SOON) for _ in range(2))
    assert first is second is not threading.current_thread()
    assert first.daemon
    aside.leave()
    first.join(SOON)
    assert not first.is_alive()


def test_what_is_left_behind_holds_up_nobody() -> None:
    aside, go_on = Aside(), threading.Event()
    held = aside.start(lambda: go_on.wait(SOON) and threading.current_thread())
    aside.leave()
    other = aside.start(threading.current_thread).result(SOON)
    assert not held.done()
    go_on.set()
    left = held.result(SOON)
    left.join(SOON)
    assert left is not other
    assert not left.is_alive()
    aside.leave()


def test_errors_are_for_who_waits_and_the_thread_goes_on() -> None:
    aside = Aside()
    thread = aside.start(threading.current_thread).result(SOON)

    def fail() -> None:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        aside.start(fail).result(SOON)
    assert aside.start(threading.current_thread).result(SOON) is thread
    aside.leave()


def test_nothing_of_a_task_is_kept() -> None:
    class Program:
        def run(self) -> None:
            pass

    aside, program = Aside(), Program()
    kept = weakref.ref(program)
    wait((aside.start(program.run),), SOON)
    del program
    late = time.monotonic() + SOON
    while kept() is not None and time.monotonic() < late:
        time.sleep(0.01)  # the thread is about to wait for the next
    assert kept() is None
    aside.leave()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a fork")
def test_a_child_gets_a_thread_of_its_own() -> None:
    aside = Aside()
    aside.start(threading.current_thread).result(SOON)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of forks beside threads
        child = os.fork()
    if not child:
        try:
            os._exit(7 if aside.start(lambda: 7).result(SOON) == 7 else 1)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    aside.leave()
