"""The asymptotic mechanism as an answer: the same revenue by its walks and by its account."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

import dynamech as dm
from dynamech.cli import main

FEW = dm.load("items-over-time", periods=4)


@pytest.mark.parametrize("threshold", ["corrected", "printed"])
@pytest.mark.parametrize("buyers", [1, 2])
def test_two_routes_to_its_revenue(threshold: str, buyers: int) -> None:
    env = dm.load("items-over-time", periods=4, buyers=buyers)
    walked = dm.asymptotic(env, threshold=threshold, exact=True)
    kept = dm.account(env, walked.mechanism, by="utility")
    assert kept.original == kept.revenue == sum(walked.revenue)
    assert sum(dm.asymptotic(env, threshold=threshold).revenue) == pytest.approx(float(kept.revenue))


def test_its_file_is_judged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "long.json")
    place = ["--set", "periods=4"]
    words = ["--mechanism", "asymptotic", "--exact", "--out", out, "--json"]
    assert main(["nonclairvoyant", "items-over-time", *place, *words]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert sum(map(Fraction, answer["revenue"])) == sum(dm.asymptotic(FEW, exact=True).revenue)
    for notion in (["--incentives", "report-independent"], ["--participation", "prefix"]):
        assert main(["verify", "items-over-time", out, *place, *notion]) == 0


def test_what_is_no_word_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(dm.DynamechError, match="threshold: 'other' is not one of corrected, printed"):
        dm.asymptotic(FEW, threshold="other")
    assert main(["nonclairvoyant", "items-over-time", "--exact"]) == 2
    assert "--exact is for --mechanism asymptotic" in capfd.readouterr().err
