"""The range of a parameter for which a relaxation is tight (KLN §7; worked case F1_kln_range)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

import dynamech as dm
from dynamech.models.ladder.range_search import middling
from dynamech.models.ladder.tight_range import Point, TightRange
from dynamech.solvers.events import Event
from dynamech.solvers.rational import simplest

F = Fraction
KLN = "kln-nonseparable"


def told(answer: TightRange) -> list[tuple[str, str, bool | None, bool]]:
    return [(str(run.start), str(run.end), run.tight, run.exact) for run in answer.intervals]


@pytest.mark.parametrize(("n", "low", "high"), [(3, 2, 7), (5, "5/2", "13/2"), (9, 3, 5)])
def test_the_boundary_is_exactly_twice_c_plus(n: int, low: Any, high: Any) -> None:
    answer = dm.tight_range(KLN, "c_times", low, high, settings={"n": n, "c_plus": 2}, points=3)
    assert told(answer) == [(str(low), "4", True, True), ("4", str(high), False, True)]
    assert all(run.proved > 0 for run in answer.intervals)


@pytest.mark.parametrize("c_plus", ["3/2", 3])
def test_it_moves_with_c_plus(c_plus: Any) -> None:
    settings = {"n": 3, "c_plus": c_plus}
    answer = dm.tight_range(KLN, "c_times", 2, 7, settings=settings, points=3)
    assert [run.end for run in answer.intervals] == [2 * F(c_plus), 7]


@pytest.mark.parametrize(("n", "gap"), [(3, "1/12"), (5, "1/20")])
def test_gaps_beyond_it(n: int, gap: str) -> None:
    answer = dm.tight_range(KLN, "c_times", 4, "9/2", settings={"n": n}, points=2)
    assert [str(point.gap) for point in answer.points if point.at in (4, F(9, 2))] == ["0", gap]
    assert told(answer)[0] == ("4", "4", True, True)


@pytest.mark.parametrize(("n", "low"), [(3, "1"), (5, "1/2")])
def test_several_intervals_alternate_and_a_coarse_scan_misses_one(n: int, low: str) -> None:
    """In c_plus the relaxation is tight where the lowest type is not served at +, and from c_times / 2 on."""
    settings = {"n": n, "c_times": 10}
    answer = dm.tight_range(KLN, "c_plus", 0, 6, settings=settings, points=4)
    assert told(answer) == [("0", low, True, True), (low, "5", False, True), ("5", "6", True, True)]
    coarse = dm.tight_range(KLN, "c_plus", 0, 6, settings=settings, points=2)
    assert told(coarse) == [("0", "6", True, True)]
    assert coarse.intervals[0].proved == 0


def test_what_lies_between_probes_is_proved_where_asked() -> None:
    asked: dict[str, Any] = {"settings": {"n": 3}, "points": 3}
    whole = dm.tight_range(KLN, "c_times", "15/4", "17/4", whole=True, **asked)
    assert [run.proved for run in whole.intervals] == [1, 1]
    assert min(run.proved for run in dm.tight_range(KLN, "c_times", "15/4", "17/4", **asked).intervals) < 1


def test_an_irrational_boundary_is_known_to_the_width() -> None:
    """With c_times = t² + 2 the boundary c_times = 4 is √2."""
    answer = dm.tight_range(
        lambda t: dm.load(KLN, n=3, c_times=t * t + 2), "t", 1, 2, width=F(1, 500), points=3
    )
    tight, other = answer.intervals
    assert not tight.exact
    assert not other.exact
    assert tight.tight
    assert tight.end**2 < 2 < (tight.end + tight.within) ** 2
    assert 0 < tight.within <= F(1, 500)


@pytest.mark.parametrize("jump", [F(1), F(10037, 10000)])
def test_a_family_that_jumps_has_no_exact_boundary(jump: Fraction) -> None:
    """Tight up to the jump and nowhere beyond: what jumps is no polynomial, and nothing is proved."""
    answer = dm.tight_range(
        lambda t: dm.load(KLN, n=3, c_times=3 if t <= jump else 9), "t", 0, 2, width=F(1, 10), points=3
    )
    tight, other = answer.intervals
    assert (tight.tight, tight.exact, other.exact) == (True, False, False)
    assert tight.end <= jump <= tight.end + tight.within <= tight.end + F(1, 10)


def test_whole_numbers_step_by_one() -> None:
    answer = dm.tight_range(KLN, "n", 2, 5, settings={"c_times": 4})
    assert told(answer) == [(str(n), str(n), n % 2 == 1, True) for n in range(2, 6)]
    own = dm.tight_range(lambda n: dm.load(KLN, n=n, c_times=4), "n", 3, 5, integers=True, points=2)
    assert told(own) == [("3", "5", True, True)]
    assert own.intervals[0].proved == F(2, 3)
    found = dm.tight_range(lambda n: dm.load(KLN, n=3, c_times=n), "n", 1, 9, integers=True, points=2)
    assert told(found) == [("1", "4", True, True), ("5", "9", False, True)]


def test_other_rungs_and_where_one_has_no_value() -> None:
    first = dm.tight_range(KLN, "c_times", 3, 6, settings={"n": 3}, rung="first-order", points=3)
    assert [(run.tight, run.exact) for run in first.intervals] == [(True, True), (False, True), (True, True)]
    assert first.intervals[0].end == 4
    # a joint process has no relaxed rung
    none = dm.tight_range("random-correlated", "types", 2, 3, points=2)
    assert told(none) == [("2", "3", None, True)]
    assert "'relaxed' is not-applicable" in none.intervals[0].message


def test_time_and_interruption_leave_an_answer_that_goes_on() -> None:
    out = dm.tight_range(KLN, "c_times", 3, 6, settings={"n": 3}, time_limit=1e-9)
    assert (out.status, out.points) == ("limit", ())
    assert told(out) == [("3", "6", None, False)]
    numbers: list[Any] = []

    def stop(event: Event) -> None:
        if event.figures.get("at") is not None:
            numbers.append(event.figures["at"])
        if len(numbers) == 3:
            raise KeyboardInterrupt

    done: dict[Fraction, Point] = {}
    with pytest.raises(KeyboardInterrupt):
        dm.tight_range(KLN, "c_times", 3, 6, settings={"n": 3}, notify=stop)
    numbers.clear()
    part = dm.tight_range(KLN, "c_times", 3, 6, settings={"n": 3}, points=3, notify=stop, done=done)
    assert part.status == "interrupted"
    assert sorted(done) == [3, 6]
    assert told(part) == [("3", "3", True, False), ("3", "6", False, False)]
    numbers.clear()
    numbers += [F(0)] * 3  # beyond the third: it goes on
    whole = dm.tight_range(KLN, "c_times", 3, 6, settings={"n": 3}, points=3, notify=stop, done=done)
    assert 3 not in numbers
    assert told(whole)[0] == ("3", "4", True, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"rung": "bayesian"}, "rung 'bayesian' is no bound on 'bayesian'"),
        ({"high": 2}, "the range of c_times must go up, not from 3 to 2"),
        ({"width": 0}, "the width must be above 0, not 0"),
        ({"points": 1}, "2 to 10000 points are asked, the ends among them, not 1"),
        ({"parameter": "d_times"}, "kln-nonseparable has no parameter 'd_times'"),
        ({"settings": {"c_times": 2}}, "c_times is set to 2, and ranges"),
        ({"parameter": "n", "low": 3, "high": "7/2"}, "n is a whole number, not 7/2"),
        ({"family": "licensing", "parameter": "learning"}, "learning is no number"),
        ({"family": "nowhere"}, "there is no library instance 'nowhere'"),
    ],
)
def test_what_cannot_be_asked(words: dict[str, Any], message: str) -> None:
    asked: dict[str, Any] = {"family": KLN, "parameter": "c_times", "low": 3, "high": 4} | words
    with pytest.raises(dm.errors.InvalidInput, match=message):
        dm.tight_range(**asked)


def test_the_simplest_number_between_two() -> None:
    for low, high in ((F(1, 3), F(1, 2)), (F(-9, 4), F(-2)), (F(-1), F(1)), (F(25, 8), F(22, 7))):
        number = simplest(low, high)
        assert low < number < high
        smaller = [F(p, q) for q in range(1, number.denominator) for p in range(-9 * q, 9 * q)]
        assert not any(low < other < high for other in smaller)
        assert low + (high - low) / 4 < middling(low, high) < high - (high - low) / 4


def test_a_proof_lost_is_an_end_that_is_not_exact() -> None:
    """What is exact follows from what is proved of the points, and from nothing else."""
    answer = dm.tight_range(KLN, "c_times", 3, 6, settings={"n": 3}, points=3)
    assert answer.intervals[0].exact
    bare = replace(answer, points=tuple(replace(point, proved=None) for point in answer.points))
    assert not bare.intervals[0].exact
    assert bare.intervals[0].within > 0
