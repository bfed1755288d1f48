"""The command line ``dynamech``; its commands are registered in ``commands``.

Nothing heavy is imported here: from the first moment on an interrupt ends the process with exit code 130 and
one line, also while engines and arrays are being imported, and again while it ends.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from .exit_codes import INTERRUPTED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; without `arguments`, those of the process."""
    if arguments is not None:
        from .commands import run

        return run(arguments)
    _interrupt(_leave)
    _fill_closed_streams()
    from .commands import run

    sys.set_int_max_str_digits(0)  # exact answers can have long numerators
    try:
        _interrupt(signal.default_int_handler)
        code = run(sys.argv[1:])
        _interrupt(_leave)
    except KeyboardInterrupt:  # a second one, while the first was told
        code = INTERRUPTED
    if code == INTERRUPTED:
        # An engine that cannot be stopped may still be at work in its thread; nobody waits for it.
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        os._exit(code)
    return code


def _interrupt(handler: Any) -> None:
    """Let an interrupt do this, unless the process was started deaf to interrupts."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, handler)


def _leave(*_: Any) -> None:
    """End at once: nothing has been begun, or nothing is left to be done."""
    with suppress(OSError):
        os.write(2, b"dynamech: interrupted\n")
    os._exit(INTERRUPTED)


def _fill_closed_streams() -> None:
    """Give descriptors 0 to 2 to nothing where they are closed, before a file that is opened gets them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


__all__ = ["main"]
