"""Rows of a sweep as a Parquet file: the parameters as columns of texts, then the row's own."""

from __future__ import annotations

import importlib.util
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from ..solvers.errors import NotInstalled
from ..solvers.files import write_whole
from .answering import SweepRow

NEEDED = ("pandas", "pyarrow")


def check_parquet() -> None:
    """Raise `NotInstalled` where something is not installed that Parquet files need."""
    if not all(importlib.util.find_spec(name) for name in NEEDED):
        raise NotInstalled(f'Parquet files need {" and ".join(NEEDED)}: pip install "dynamech[parquet]"')


def write_parquet(
    path: str | os.PathLike[str], rows: Sequence[tuple[Mapping[str, str], str, SweepRow]]
) -> None:
    """Write rows with the parameters and the outcome of their instances, whole or not at all.

    `value` is a double, missing where there is none; `exact` the rational as text, empty where not proved.
    """
    check_parquet()
    import pandas

    lines = [{**parameters, "outcome": outcome, **asdict(row)} for parameters, outcome, row in rows]
    frame = (
        pandas.DataFrame(lines).drop(columns="parameters").astype({"value": "float64", "seconds": "float64"})
    )
    texts = [name for name in frame.columns if name not in ("value", "seconds")]
    frame[texts] = frame[texts].fillna("").astype(str)
    file = io.BytesIO()
    frame.to_parquet(file, engine="pyarrow", index=False)
    write_whole(path, file.getvalue())
