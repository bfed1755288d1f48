"""The picture of the multi-task region holds every pair once, in its kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dynamech.models.efficient.multi_task import multi_task

pytest.importorskip("matplotlib")


def test_every_pair_is_drawn_in_its_kind(tmp_path: Path) -> None:
    from dynamech.report.plotting import save_figure
    from dynamech.report.scheduling_plots import KINDS, multi_task_region

    found = multi_task(range(1, 11), range(1, 11), "1/2")
    figure = multi_task_region(found)
    (axes,) = figure.axes
    drawn = np.asarray(axes.collections[0].get_array()).reshape(10, 10)
    assert [int((drawn == k).sum()) for k in range(len(KINDS))] == [55, 20, 5, 20]
    assert ((drawn == 1) == found.inefficient).all()
    said = [text.get_text() for text in axes.get_legend().get_texts()]
    assert f"{KINDS[1][0]}: 20" in said
    save_figure(figure, str(tmp_path / "region.svg"))
    save_figure(multi_task_region(multi_task([10], [4], 0.9)), str(tmp_path / "one.png"))
