"""Each face of a notion is one table over its words, and a word that a table lacks is seen to be missing."""

from __future__ import annotations

from enum import Enum
from typing import Any, get_args

import pytest

from dynamech.models.compiler import asked, demand_rows, incentive_rows, lies, participation_rows, sizes
from dynamech.models.design import timing
from dynamech.models.notions import incentives, participation
from dynamech.models.notions.demands import Demanded
from dynamech.models.notions.incentives import CHECKED_INCENTIVES, INCENTIVES, Compares, Incentive, Lies
from dynamech.models.notions.participation import (
    CHECKED_PARTICIPATIONS,
    PARTICIPATIONS,
    Participation,
    Promise,
)
from dynamech.models.relaxations import REWRITINGS
from dynamech.models.verification import (
    best_reply,
    demand_check,
    participation_check,
    stationary,
    verify,
    witness,
)
from dynamech.models.verification.finding import Unmet


class Fake(Enum):
    WORD = "fake"


def words(compiled: bool) -> dict[str, set[Any]]:
    """What registered notions are made of: those that are compiled, or all."""
    lying = [*INCENTIVES.values(), *([] if compiled else CHECKED_INCENTIVES.values())]
    taking_part = [*PARTICIPATIONS.values(), *([] if compiled else CHECKED_PARTICIPATIONS.values())]
    return {
        "compares": {notion.compares for notion in lying},
        "lies": {notion.lies(t) for notion in lying for t in (0, 1)},
        "promise": {notion.promise for notion in taking_part},
        "rewriting": {notion.rewriting for notion in lying if notion.rewriting is not None},
        "demanded": set(Demanded),
    }


def gaps() -> set[str]:
    """``face of what: word`` for every word of a notion without an entry, or entry without a word."""
    compiler, judge = words(compiled=True), words(compiled=False)
    rows = {
        "incentives": set(get_args(get_args(asked.Incentives)[0])),
        "promised": set(get_args(get_args(asked.Promised)[0])),
    }
    faces: list[tuple[str, str, dict[Any, Any], set[Any]]] = [
        ("asked", "compares", asked.INCENTIVES, compiler["compares"]),
        ("asked", "promise", asked.PROMISES, compiler["promise"]),
        ("asked", "lies", lies.TOLD, compiler["lies"]),
        ("rows", "incentives", incentive_rows.WRITTEN, rows["incentives"]),
        ("rows", "promised", participation_rows.WRITTEN, rows["promised"]),
        ("sizes", "incentives", sizes.COUNTED, rows["incentives"]),
        ("sizes", "promised", sizes.PROMISED, rows["promised"]),
        ("timing", "promise", timing.TIMED, compiler["promise"]),
        ("demand rows", "demanded", demand_rows.DEMANDED, compiler["demanded"]),
        ("demand sizes", "demanded", demand_rows.COUNTED, compiler["demanded"]),
        ("violations", "demanded", demand_check.DEMANDED, judge["demanded"]),
        ("rewritings", "rewriting", REWRITINGS, compiler["rewriting"]),
        ("violations", "compares", verify.LIES, judge["compares"]),
        ("violations", "lies", best_reply.COUNTED, judge["lies"]),
        ("violations", "promise", participation_check.LOWEST, judge["promise"]),
        ("stationary", "compares", stationary.LIES, judge["compares"]),
        ("stationary", "promise", stationary.PROMISES, judge["promise"]),
    ]
    return {f"{face} of {what}: {word}" for face, what, table, known in faces for word in known ^ set(table)}


def test_every_word_has_an_entry_in_every_face() -> None:
    assert gaps() == set()
    judged = words(compiled=False)
    assert (judged["compares"], judged["lies"]) == (set(Compares), set(Lies))
    assert judged["promise"] == set(Promise)


def test_every_way_to_miss_a_demand_has_a_sentence() -> None:
    assert set(witness.SENTENCES) == set(Unmet.__subclasses__())


@pytest.mark.parametrize(
    ("what", "fields", "faces"),
    [
        ("compares", {"compares": Fake.WORD}, ["asked", "violations", "stationary"]),
        ("lies", {"later": Fake.WORD}, ["asked", "violations"]),
        ("rewriting", {"rewriting": Fake.WORD}, ["rewritings"]),
        ("promise", {"promise": Fake.WORD}, ["asked", "timing", "violations", "stationary"]),
    ],
)
def test_a_word_without_entries_is_missed_by_every_face(
    monkeypatch: pytest.MonkeyPatch, what: str, fields: dict[str, Any], faces: list[str]
) -> None:
    if what == "promise":
        monkeypatch.setitem(participation.PARTICIPATIONS, "fake", Participation("fake", **fields))
    else:
        monkeypatch.setitem(incentives.INCENTIVES, "fake", Incentive("fake", **fields))
    assert gaps() == {f"{face} of {what}: Fake.WORD" for face in faces}


def test_a_demand_without_entries_is_missed_by_every_face(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "Demanded", [*Demanded, Fake.WORD])
    faces = ("demand rows", "demand sizes", "violations")
    assert gaps() == {f"{face} of demanded: Fake.WORD" for face in faces}


@pytest.mark.parametrize(
    ("checked", "fake", "missing"),
    [
        (CHECKED_INCENTIVES, Incentive("fake", compares=Fake.WORD), "compares"),  # type: ignore[arg-type]
        (CHECKED_PARTICIPATIONS, Participation("fake", Fake.WORD), "promise"),  # type: ignore[arg-type]
    ],
)
def test_a_word_that_is_only_checked_is_missed_by_the_judge_alone(
    monkeypatch: pytest.MonkeyPatch, checked: dict[str, Any], fake: Any, missing: str
) -> None:
    monkeypatch.setitem(checked, "fake", fake)
    assert gaps() == {f"{face} of {missing}: Fake.WORD" for face in ("violations", "stationary")}


def test_rows_of_a_kind_that_nobody_writes_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sizes.COUNTED, asked.LyingNow)
    monkeypatch.delitem(participation_rows.WRITTEN, asked.Paths)
    assert gaps() == {f"sizes of incentives: {asked.LyingNow}", f"rows of promised: {asked.Paths}"}
