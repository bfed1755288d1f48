"""What every plot needs before it is drawn, and the one way in which it is written.

A label is drawn as what it is: a ``$`` begins no formula, and escape codes and line breaks are written out.
The same plot gives the same bytes.
"""

from __future__ import annotations

import importlib.util
import io
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..solvers.errors import InvalidInput, NotInstalled
from ..solvers.files import write_whole
from ..solvers.numerals import one_line

FORMATS = (".png", ".pdf", ".svg")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")
LONGEST = 60
"""Characters of a label on an axis or in a legend, at most."""
SURE = 16
"""Characters of a title that fit anywhere."""
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
    """Ticks at 0, `step`, 2 `step`, ... of an axis with these labels, in at most `LONGEST` characters."""
    named = [shortened(label, LONGEST) for label in labels]
    axis.set_ticks(range(0, step * len(labels), step), named, **looks)
    for text in axis.get_ticklabels():
        text.set_parse_math(False)


def fit_ticks(axis: Any, labels: Sequence[str], inches: float, size: float = 8, length: int = 24) -> None:
    """Ticks at 0, 1, ... of an axis of so many inches, of labels in at most `length` characters; of those
    that would touch each other only every second, third, ... has its label."""
    short = [shortened(label, length) for label in labels]
    across = axis.axis_name == "x"
    room = (max((text_width(one, size) for one in short), default=0) + 0.1) if across else size / 50
    step = max(1, math.ceil(room * len(short) / inches)) if short else 1
    name_ticks(axis, short[::step], step, fontsize=size)


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
        # A layout that goes on from where it was differs in last digits, and they are in names of an SVG.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        figure.savefig(content, format=suffix[1:], dpi=150, metadata=_UNDATED.get(suffix))
    return content.getvalue()


def shortened(label: str, length: int) -> str:
    """A label in one line of at most so many characters; what is left out is in the middle, for labels often
    begin alike.

    >>> shortened("low", 5), shortened("a long one", 5)
    ('low', 'a …ne')
    """
    line = one_line(label)
    end = (length - 1) // 2
    return line if len(line) <= length else f"{line[: length - 1 - end]}…{line[len(line) - end :]}"


def text_width(text: str, size: float) -> float:
    """How wide a text of the usual letters is, in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph ")
        wide = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)[0]
    return float(wide) / 72


def plain_texts(figure: Any) -> None:
    """Make all texts of a figure plain but those of ticks (for which see `name_ticks`); titles, names of axes
    and entries of legends that do not fit are shortened."""
    from matplotlib.legend import Legend
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
    for legend in figure.findobj(Legend):
        for text in legend.get_texts():
            text.set_text(shortened(text.get_text(), LONGEST * 2 // 3))
    _fit(figure)


def _fit(figure: Any) -> None:
    """Shorten titles and names of axes that are longer than their part of the picture."""
    long = [
        (text, x, y)
        for text, x, y in _headings(figure)
        if text.get_text() and text.get_gid() != LINES and len(text.get_text()) > SURE
    ]
    if not long:
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph ")
        warnings.filterwarnings("ignore", "constrained_layout not applied")
        figure.draw_without_rendering()
        for text, x, y in long:
            box, (low, high) = text.get_window_extent(), (y if text.get_rotation() else x)
            start, end = (box.y0, box.y1) if text.get_rotation() else (box.x0, box.x1)
            side = "center" if text.get_rotation() else text.get_ha()
            rooms = {"left": high - start, "right": end - low}
            room = rooms.get(side, 2 * min((start + end) / 2 - low, high - (start + end) / 2))
            if end - start > room:
                said = text.get_text()
                text.set_text(shortened(said, max(SURE, int(len(said) * room / (end - start)) - 1)))


def _headings(figure: Any) -> Iterator[tuple[Any, tuple[float, float], tuple[float, float]]]:
    """Titles and names of axes with the part of the picture, in pixels, that each may fill."""
    wide, high = (0.0, figure.bbox.width), (0.0, figure.bbox.height)
    for text in (figure._suptitle, figure._supxlabel):
        if text is not None:
            yield text, wide, high
    for axes in figure.axes:
        place, x, y = axes.get_subplotspec(), wide, high
        if place is not None:
            grid, box = place.get_gridspec(), axes.figure.bbox
            across, down = (
                np.cumsum([0.0, *ratios]) / sum(ratios)
                for ratios in (
                    grid.get_width_ratios(),
                    grid.get_height_ratios(),
                )
            )
            x = tuple(box.x0 + box.width * across[[place.colspan.start, place.colspan.stop]])
            y = tuple(box.y1 - box.height * down[[place.rowspan.stop, place.rowspan.start]])
        titles = (axes.title, axes._left_title, axes._right_title)
        for text in (*titles, axes.xaxis.label, axes.yaxis.label):
            yield text, x, y
