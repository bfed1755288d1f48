"""What tests ask of figures: the texts that are seen, and which of them lie over each other."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from dynamech.report.plotting import plain_texts


def texts(figure: Any) -> list[str]:
    """All that is written, in no order."""
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def overlaps(figure: Any) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes share more than a pixel each way, and texts that leave the picture."""
    from matplotlib.text import Text

    plain_texts(figure)
    figure.canvas.draw()
    sides = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    drawn = [tick.label1 for axis in sides if axis.axes.axison for tick in axis._update_ticks()]
    left = {id(text) for axis in sides for text in axis.findobj(Text)} - {id(text) for text in drawn}
    left -= {id(axis.label) for axis in sides if axis.axes.axison}
    seen = [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text() and id(text) not in left
    ]
    boxes = [(text.get_text(), text.get_window_extent()) for text in seen]
    wide, high = figure.canvas.get_width_height()
    outside = [
        (name, "the edge")
        for name, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > wide + 1 or box.y1 > high + 1
    ]
    return outside + [
        (one, two)
        for (one, a), (two, b) in combinations(boxes, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1
    ]
