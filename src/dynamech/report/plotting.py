"""What every plot needs before it is drawn, and the one way in which it is written.

A label is drawn as what it is: a ``$`` begins no formula, and escape codes and line breaks are written out.
The same plot gives the same bytes.
"""

from __future__ import annotations

import importlib.util
import io
import warnings
from collections.abc import Sequence
from typing import Any

from ..solvers.errors import InvalidInput, NotInstalled
from ..solvers.files import write_whole
from ..solvers.numerals import one_line

FORMATS = (".png", ".pdf", ".svg")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")
LINES = "lines"
"""The group (``set_gid``) of a text whose line breaks are its own, not those of a label."""
_UNDATED: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def check_plot(path: str) -> None:
    """Raise `InvalidInput` for a suffix that is no format of a plot, `NotInstalled` without matplotlib."""
    if not path.lower().endswith(FORMATS):
        raise InvalidInput(f"{path}: a plot is written as {', '.join(FORMATS)}")
    check_matplotlib()


def check_matplotlib() -> None:
    """Raise `NotInstalled` without matplotlib."""
    if importlib.util.find_spec("matplotlib") is None:
        raise NotInstalled('plots need matplotlib: pip install "matplotlib>=3.8"')


def new_figure(width: float, height: float) -> Any:
    """An empty figure of this size, in inches, that no window and no notebook holds on to."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def colour(k: int) -> str:
    """The colour of thing k of several: also for the colour-blind; they come again after the last."""
    return COLOURS[k % len(COLOURS)]


def name_ticks(axis: Any, labels: Sequence[str], step: int = 1, **looks: Any) -> None:
    """Ticks at 0, `step`, 2 `step`, ... of an axis with these labels."""
    axis.set_ticks(range(0, step * len(labels), step), [one_line(label) for label in labels], **looks)
    for text in axis.get_ticklabels():
        text.set_parse_math(False)


def save_figure(figure: Any, path: str) -> None:
    """Write a figure, whole or not at all; the suffix of `path` decides the format. Raises `InvalidInput`."""
    write_whole(path, drawn(figure, path[-4:].lower()))


def drawn(figure: Any, suffix: str = ".svg") -> bytes:
    """A figure in the format of a suffix of `FORMATS`."""
    from matplotlib import rc_context

    plain_texts(figure)
    content = io.BytesIO()
    with warnings.catch_warnings(), rc_context({"svg.hashsalt": "dynamech"}):
        warnings.filterwarnings("ignore", "Glyph ")  # a letter that the font lacks is drawn as a box
        figure.savefig(content, format=suffix[1:], dpi=150, metadata=_UNDATED.get(suffix))
    return content.getvalue()


def shortened(label: str, length: int) -> str:
    """A label in one line of at most so many characters.

    >>> shortened("low", 5), shortened("a long one", 5)
    ('low', 'a lo…')
    """
    line = one_line(label)
    return line if len(line) <= length else f"{line[: length - 1]}…"


def text_width(text: str, size: float) -> float:
    """How wide a text of the usual letters is, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph ")
        wide = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)[0]
    return float(wide) / 72


def plain_texts(figure: Any) -> None:
    """Make all texts of a figure plain but those of ticks (for which see `name_ticks`)."""
    from matplotlib.text import Text

    ticks = {
        id(text)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for text in (*axis.get_ticklabels(which="both"), axis.get_offset_text())
    }
    for text in figure.findobj(Text):
        if id(text) not in ticks:
            said = text.get_text()
            parts = said.split("\n") if text.get_gid() == LINES else [said]
            text.set_text("\n".join(map(one_line, parts)))
            text.set_parse_math(False)
