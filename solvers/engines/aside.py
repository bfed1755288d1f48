"""A thread beside the main one that stays from task to task.

HiGHS sets up its scheduler anew in every thread that runs it for the first time, which takes longer than it
takes to solve a small program.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeAlias

_Task: TypeAlias = tuple[Callable[[], Any], "Future[Any]"]


class Aside:
    """Runs one task after another, in a thread that ends with the process at the latest."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self, task: Callable[[], Any]) -> Future[Any]:
        """Begin a task, whose result or error the future gets."""
        if self._thread is None or not self._thread.is_alive():  # as in the child of a fork
            self._tasks = SimpleQueue()
            self._thread = threading.Thread(target=_work, args=(self._tasks,), daemon=True)
            self._thread.start()
        future: Future[Any] = Future()
        self._tasks.put((task, future))
        return future

    def leave(self) -> None:
        """Leave the present task to itself: its thread ends with it, and the next task gets another."""
        self._tasks.put(None)
        self._thread = None


def _work(tasks: SimpleQueue[_Task | None]) -> None:
    while (given := tasks.get()) is not None:
        task, future = given
        try:
            future.set_result(task())
        except BaseException as error:  # of whatever kind: it is for who waits
            future.set_exception(error)
        del given, task, future  # what it was about is not kept until the next
