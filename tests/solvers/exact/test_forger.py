"""A forger who edits certificates consistently, digest included: what is accepted is true.

Truth comes from ``oracle``, which knows neither the checker nor a solver. Edits go from single numbers to
things that keep a proof a proof: rows scaled with their duals, columns in other units, the other sense, an
objective turned towards a vertex. So many edited files remain valid, and each of them has to be right.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamech.solvers import checker
from dynamech.solvers.certificate import digest, text
from dynamech.solvers.program import Builder, Program
from dynamech.solvers.solve import solve

from . import oracle

Payload = dict[str, Any]
NUMBERS = ["-3", "-2", "-1", "-1/2", "0", "1/3", "1/2", "1", "2", "5"]
ENDS = ("value", "least", "most")


def _base(sense: Any, bounds: Sequence[Any], rows: Sequence[Any], **more: Any) -> Program:
    builder = Builder(sense=sense, exact=True, name="base")
    for j, (low, high) in enumerate(bounds):
        whole = j in more.get("whole", ())
        builder.columns(f"x{j}", 1, lower=low, upper=high, objective=more["cost"][j], integer=whole)
    for i, (low, entries, high) in enumerate(rows):
        row = builder.rows(f"r{i}", 1, lower=low, upper=high)
        builder.entries(row.index, list(range(len(entries))), entries)
    builder.offset = Fraction(1, 3)
    for i, j, value in more.get("q", ()):
        builder.quadratic([i], [j], [value])
    return builder.build()


Q = [(0, 0, -2), (0, 1, -1), (1, 0, -1), (1, 1, -1)]
MINUS = [(i, j, -v) for i, j, v in Q]
PROGRAMS = {
    "max": _base(
        "max", [(0, None), (0, 3), (-1, 1)], [(None, [1, 1, 1], 2), (0, [1, -1, 0], None)], cost=[3, 2, 1]
    ),
    "min": _base("min", [(0, None), (None, None)], [(2, [1, 1], None), (-1, [1, -1], 1)], cost=[2, 1]),
    "equal": _base("max", [(None, 4), (0, 2)], [(1, [1, 2], 1)], cost=["1/2", -1]),
    "concave": _base("max", [(0, 2), (0, 2)], [(None, [1, 1], 3)], cost=[1, 2], q=Q),
    "convex": _base("min", [(-1, 2), (0, 2)], [(1, [1, 1], 3)], cost=[1, -2], q=MINUS),
    "flat": _base("min", [(-2, 2), (-2, 2)], [], cost=[1, 1], q=[(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)]),
    "bounds cross": _base("max", [(0, -1), (0, 2)], [(None, [1, 1], 3)], cost=[1, 2]),
    "rows contradict": _base("min", [(0, 1), (0, 1)], [(3, [1, 1], None)], cost=[1, 2], q=MINUS),
    "unbounded": _base("max", [(0, None), (0, None)], [(None, [1, -1], 1)], cost=[1, 0]),
    "unbounded curve": _base("min", [(None, None), (0, 1)], [], cost=[1, 1], q=[(1, 1, 2)]),
    "nothing": _base("max", [], [], cost=[]),
    "whole": _base(
        "max", [(0, 2), (-1, 1), (None, None)],
        [(None, [2, 3, 1], 4), (0, [1, -2, 2], None), (None, [0, 1, 1], 1)], cost=[5, 4, 1], whole=[0, 1],
    ),
    "whole, least": _base("min", [(0, 3), (0, None)], [(1, [2, 1], None)], cost=[3, 2], whole=[0]),
    "none whole": _base("min", [(0, 2), (0, 2)], [(3, [2, 2], 3)], cost=[1, 2], whole=[0, 1]),
    "whole, unbounded": _base("max", [(0, 1), (0, None)], [(None, [1, -1], 1)], cost=[1, 1], whole=[0]),
}


def _payload(name: str) -> Payload:
    found = solve(PROGRAMS[name], exact=True).certificate
    assert found is not None
    return found.payload()


def _loosened(payload: Payload) -> Payload:
    """An interval from an optimum: the point gives one end, the dual the other."""
    made = copy.deepcopy(payload)
    made |= {"kind": "interval", "least": made["value"], "most": made["value"], "value": None}
    return made | {"tangent": made["primal"]}


BASES = {name: _payload(name) for name in PROGRAMS}
BASES |= {f"{name}, interval": _loosened(BASES[name]) for name in ("max", "min", "concave", "convex")}


def _sign(payload: Payload) -> Payload:
    rest = {key: value for key, value in payload.items() if key != "digest"}
    return {**rest, "digest": digest(rest)}


def _places(p: Payload) -> list[tuple[Any, Any]]:
    """Where the numbers are: (list or object, index or key)."""
    lists = [p["columns"][key] for key in ("objective", "lower", "upper")]
    lists += [p["rows"][key] for key in ("lower", "upper", "entries")]
    lists += [p[key] for key in ("primal", "ray", "tangent") if p[key] is not None]
    lists += [where[key] for where, key in _duals(p)]
    lists += [p["quadratic"]["entries"]] if p["quadratic"] is not None else []
    return [(found, k) for found in lists for k in range(len(found))] + [(p, "offset")]


def _duals(p: Payload) -> list[tuple[Any, str]]:
    """Where the duals are: (object, key)."""
    leaves = [(node, kind) for node in p.get("tree", ()) if isinstance(node, dict) for kind in node]
    return leaves if p["dual"] is None else [(p, "dual")]


def _times(texts: list[Any], factor: Fraction) -> list[Any]:
    return [None if v is None else text(Fraction(v) * factor) for v in texts]


def _objective(p: Payload, x: list[Fraction]) -> Fraction:
    q = oracle.hessian(p)
    bent = sum((x[i] * oracle.dot(q[i], x) for i in range(len(x))), Fraction(0)) / 2
    return Fraction(p["offset"]) + oracle.dot([Fraction(v) for v in p["columns"]["objective"]], x) + bent


# Edits: each takes the file and a source of choices, and changes the file in place

Draw = Callable[[Any], Any]


def number(p: Payload, draw: Draw) -> None:
    """Any number becomes another."""
    where, k = draw(st.sampled_from(_places(p)))
    if where[k] is not None:
        where[k] = draw(st.sampled_from(NUMBERS))


def bound(p: Payload, draw: Draw) -> None:
    """A bound goes, where the objective is linear, or comes."""
    part = draw(st.sampled_from(["columns", "rows"]))
    side = p[part][draw(st.sampled_from(["lower", "upper"]))]
    if side:
        k = draw(st.integers(0, len(side) - 1))
        free = side[k] is not None and p["quadratic"] is None
        side[k] = None if free else draw(st.sampled_from(NUMBERS))


def curve(p: Payload, draw: Draw) -> None:
    """One entry of Q alone."""
    if p["quadratic"] is not None:
        k = draw(st.integers(0, len(p["quadratic"]["entries"]) - 1))
        p["quadratic"]["entries"][k] = draw(st.sampled_from(NUMBERS))


def bend(p: Payload, draw: Draw) -> None:
    """Another Q, with costs that leave the slopes at the point as they were: only curvature can object."""
    n = len(p["columns"]["objective"])
    if p["primal"] is None or not n or p["quadratic"] is None:
        return
    x, old = [Fraction(v) for v in p["primal"]], oracle.hessian(p)
    new = [[Fraction(0)] * n for _ in range(n)]
    for i, j in combinations_with_replacement(range(n), 2):
        new[i][j] = new[j][i] = Fraction(draw(st.sampled_from(NUMBERS)))
    places = [(i, j) for i in range(n) for j in range(n) if new[i][j]]
    entries = [text(new[i][j]) for i, j in places]
    q = {"i": [i for i, _ in places], "j": [j for _, j in places], "entries": entries}
    p["quadratic"] = q if places else None
    cost = [Fraction(c) for c in p["columns"]["objective"]]
    cost = [c + oracle.dot(a, x) - oracle.dot(b, x) for c, a, b in zip(cost, old, new, strict=True)]
    p["columns"]["objective"] = [text(c) for c in cost]
    reached = text(_objective(p, x))
    for key in checker.ENDS[p["kind"]]:
        p[key] = reached


def claim(p: Payload, draw: Draw) -> None:
    """Another kind, with the ends that it needs."""
    p["kind"] = draw(st.sampled_from(list(checker.ENDS)))
    guess = next((p[key] for key in ENDS if p[key] is not None), draw(st.sampled_from(NUMBERS)))
    for key in ENDS:
        p[key] = guess if key in checker.ENDS[p["kind"]] else None
    p["ray"] = p["ray"] or p["primal"]


def ends(p: Payload, draw: Draw) -> None:
    """What is claimed is what the point reaches, or a little else."""
    if p["primal"] is None:
        return
    reached = _objective(p, [Fraction(v) for v in p["primal"]])
    for key in checker.ENDS[p["kind"]]:
        near = [reached, reached, reached + 1, reached - 1, None if p["kind"] == "interval" else Fraction(0)]
        found = draw(st.sampled_from(near))
        p[key] = None if found is None else text(found)


def sense(p: Payload, draw: Draw) -> None:
    """The other sense, honestly with everything turned or with some of it only."""
    p["sense"] = {"max": "min", "min": "max"}[p["sense"]]
    for part in ("objective", "dual", "offset", "quadratic", "ends"):
        if not draw(st.sampled_from([True, True, True, False])):
            continue
        if part == "objective":
            p["columns"]["objective"] = _times(p["columns"]["objective"], Fraction(-1))
        elif part == "dual":
            for where, key in _duals(p):
                where[key] = _times(where[key], Fraction(-1))
        elif part == "offset":
            p["offset"] = text(-Fraction(p["offset"]))
        elif part == "quadratic" and p["quadratic"] is not None:
            p["quadratic"]["entries"] = _times(p["quadratic"]["entries"], Fraction(-1))
        elif part == "ends":
            p["value"], p["least"], p["most"] = _times([p["value"], p["most"], p["least"]], Fraction(-1))


def row(p: Payload, draw: Draw) -> None:
    """A row in other units, its dual too."""
    rows = p["rows"]
    if not rows["lower"]:
        return
    i = draw(st.integers(0, len(rows["lower"]) - 1))
    factor = draw(st.sampled_from([Fraction(3), Fraction(1, 2)]))
    for k in range(rows["starts"][i], rows["starts"][i + 1]):
        rows["entries"][k] = text(Fraction(rows["entries"][k]) * factor)
    for side in ("lower", "upper"):
        rows[side][i : i + 1] = _times(rows[side][i : i + 1], factor)
    if draw(st.booleans()):
        for where, key in _duals(p):
            where[key][i] = text(Fraction(where[key][i]) / factor)


def money(p: Payload, draw: Draw) -> None:
    """The objective in another currency, and what is claimed of it."""
    factor = draw(st.sampled_from([Fraction(2), Fraction(1, 7), Fraction(10)]))
    p["columns"]["objective"] = _times(p["columns"]["objective"], factor)
    p["offset"] = text(Fraction(p["offset"]) * factor)
    if p["quadratic"] is not None:
        p["quadratic"]["entries"] = _times(p["quadratic"]["entries"], factor)
    if p["kind"] != "infeasible" and draw(st.sampled_from([True, True, False])):
        for where, key in _duals(p):
            where[key] = _times(where[key], factor)
    p["value"], p["least"], p["most"] = _times([p["value"], p["least"], p["most"]], factor)


def shift(p: Payload, draw: Draw) -> None:
    """The constant and the claims, by the same or not."""
    by = Fraction(draw(st.sampled_from(NUMBERS)))
    p["offset"] = text(Fraction(p["offset"]) + by)
    more = draw(st.sampled_from([Fraction(0), Fraction(0), Fraction(1, 9)]))
    for key in ENDS:
        p[key] = None if p[key] is None else text(Fraction(p[key]) + by + more)


def wider(p: Payload, draw: Draw) -> None:
    """An interval gets wider, narrower, or one-sided; proofs have to be exact about their ends."""
    if p["kind"] == "interval":
        key = draw(st.sampled_from(["least", "most"]))
        p[key] = draw(st.sampled_from([None, *NUMBERS]))


def cut(p: Payload, draw: Draw) -> None:
    """Another case, other whole numbers, or what a case claims."""
    if "integer" not in p:
        return
    what = draw(st.sampled_from(["whole", "at", "column", "claim", "swap"]))
    forks = [node for node in p.get("tree", ()) if isinstance(node, list)]
    leaves = [node for node in p.get("tree", ()) if isinstance(node, dict)]
    if what == "whole":
        p["integer"] = draw(st.sampled_from([[0], [1], [0, 1], [0, 1, 2]]))
    elif what in ("at", "column") and forks:
        draw(st.sampled_from(forks))[what == "at"] = draw(st.integers(-1, 3))
    elif what == "claim" and leaves:
        node = draw(st.sampled_from(leaves))
        kind, dual = node.popitem()
        node[{"bound": "infeasible", "infeasible": "bound"}[kind]] = dual
    elif what == "swap" and len(leaves) > 1:
        (one, a), (other, b) = leaves[0].popitem(), leaves[1].popitem()
        leaves[0][other], leaves[1][one] = b, a


EDITS = [number, bound, curve, bend, claim, ends, sense, row, money, shift, wider, cut]


def forged(draw: Draw, name: str) -> Payload:
    """A certificate after a few edits."""
    p = copy.deepcopy(BASES[name])
    for _ in range(draw(st.integers(1, 4))):
        draw(st.sampled_from(EDITS))(p, draw)
    return _sign(p)


def holds(p: Payload) -> bool:
    """Whether what an accepted file claims is true."""
    linear = p["quadratic"] is None
    worse = p["least"] if p["sense"] == "max" else p["most"]
    if linear or p["kind"] in ("infeasible", "unbounded"):
        return oracle.true(p)
    if oracle.curved(p):
        return oracle.true(p)
    one_sided = [p["least"], p["most"]].count(None) == 1 and worse is not None
    return p["kind"] == "interval" and one_sided  # reached by a point, whatever the curvature


@pytest.mark.parametrize("name", list(BASES))
def test_the_bases_are_valid_and_true(name: str) -> None:
    p = _sign(BASES[name])
    assert checker.check(p)["valid"], checker.check(p)["reason"]
    assert oracle.true(p)
    assert oracle.curved(p)


def test_nothing_false_is_accepted() -> None:
    accepted: Counter[str] = Counter()

    @given(data=st.data())
    @settings(deadline=None, derandomize=True, max_examples=400)
    def forge(data: st.DataObject) -> None:
        p = forged(data.draw, data.draw(st.sampled_from(list(BASES))))
        verdict = checker.check(p)
        assert "digest" not in verdict["reason"]
        if verdict["valid"]:
            accepted[p["kind"]] += 1
            assert holds(p), (verdict, p)

    forge()
    assert sum(accepted.values()) > 40, "edits that keep a proof a proof are accepted"
    assert set(accepted) == set(checker.ENDS)


def test_an_unsymmetric_curvature_proves_nothing() -> None:
    """max x0 − 2 x0 x1 with x0 ≥ 0, x1 = 1 has optimum 0; along (1, 0) an unsymmetric Q vanishes."""
    path = Path(__file__).parents[2] / "data" / "forged-unbounded.certificate.json"
    verdict = checker.check_file(path)
    assert not verdict["valid"]
    assert "Q is not symmetric" in verdict["reason"]
    p = checker.read(path)
    p["quadratic"] = {"i": [0, 1], "j": [1, 0], "entries": ["-2", "-2"]}
    assert "the quadratic part does not vanish" in checker.check(_sign(p))["reason"]
