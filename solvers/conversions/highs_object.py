"""The one place that makes a ``highspy.Highs``.

Since 1.16 HiGHS introduces itself, two lines on the standard output of the process, the first time that an
object with a console is given its callbacks, which its constructor does; no option can be set before. An
object whose console is shut by then introduces itself to nobody, and so does, in the same process, every one
that CVXPY or Pyomo make after it. Nothing is redirected, so threads are not in each other's way.
"""

from __future__ import annotations

from typing import Any

import highspy


class _Silent(highspy.Highs):
    """A ``Highs`` whose console is shut from before its callbacks are there."""

    def enableCallbacks(self) -> None:
        """Called by the constructor, when the object has options and not yet callbacks."""
        self.setOptionValue("log_to_console", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def new_highs(**settings: Any) -> Any:
    """A ``highspy.Highs`` with these options set; it prints nothing unless ``output_flag`` is among them."""
    highs: Any = _Silent()  # type: ignore[no-untyped-call]
    for name, value in {"output_flag": False, "log_to_console": True, **settings}.items():
        highs.setOptionValue(name, value)
    return highs


def hush() -> None:
    """Let HiGHS introduce itself to nobody, before a library makes objects of its own."""
    new_highs()
