"""The files that a command with a plot writes, checked before anything is computed."""

from __future__ import annotations

from ..report.plotting import check_plot
from .options import file_of
from .terminal import check_target


def check_files(instance: str, out: str | None, plot: str | None) -> None:
    """Raise where ``--out`` or ``--plot`` could not be written, is read too, or is no format of a plot."""
    check_target(out, "--out", file_of(instance), plot)
    check_target(plot, "--plot", file_of(instance), out)
    if plot is not None:
        check_plot(plot)
