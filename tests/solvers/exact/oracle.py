"""What is true of a tiny program, found without a solver and without the checker.

A program is the dictionary of a certificate file. Linear ones are decided by Fourier-Motzkin elimination:
with t ≤ value of the objective as one more row, the columns are eliminated one by one, and the rest bounds t.
Quadratic ones whose columns have bounds are decided by their stationary points on every face.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from math import ceil, floor
from typing import Any

Row = tuple[list[Fraction], Fraction]
"""a, b: a'v ≤ b."""


def constraints(p: dict[str, Any]) -> list[Row]:
    """Every bound of columns and rows, one inequality a side."""
    n, found = len(p["columns"]["objective"]), []
    for lower, upper, lines in (
        (p["columns"]["lower"], p["columns"]["upper"], [{j: Fraction(1)} for j in range(n)]),
        (p["rows"]["lower"], p["rows"]["upper"], rows(p)),
    ):
        for low, high, line in zip(lower, upper, lines, strict=True):
            a = [line.get(j, Fraction(0)) for j in range(n)]
            if high is not None:
                found.append((a, Fraction(high)))
            if low is not None:
                found.append(([-v for v in a], -Fraction(low)))
    return found


def rows(p: dict[str, Any]) -> list[dict[int, Fraction]]:
    """A, row by row."""
    r = p["rows"]
    return [
        {r["columns"][k]: Fraction(r["entries"][k]) for k in range(start, end)}
        for start, end in zip(r["starts"], r["starts"][1:], strict=False)
    ]


def hessian(p: dict[str, Any]) -> list[list[Fraction]]:
    """Q, in full."""
    n = len(p["columns"]["objective"])
    q = [[Fraction(0)] * n for _ in range(n)]
    if p["quadratic"] is not None:
        for i, j, value in zip(*(p["quadratic"][key] for key in ("i", "j", "entries")), strict=True):
            q[i][j] += Fraction(value)
    return q


def best(p: dict[str, Any]) -> tuple[str, Fraction | None]:
    """(infeasible, unbounded or optimal, the optimal value); whole numbers by enumeration."""
    if p.get("integer"):
        return best_of(p)
    cost, offset = [Fraction(v) for v in p["columns"]["objective"]], Fraction(p["offset"])
    sign = 1 if p["sense"] == "max" else -1
    box, q = constraints(p), hessian(p)
    if any(map(any, q)):
        if most([Fraction(0)] * len(cost), box)[0] == "infeasible":
            return "infeasible", None
        if rises(cost, q, box, sign):
            return "unbounded", None
        return "optimal", sign * max(stationary(cost, q, box, sign)) + offset
    status, value = most([sign * c for c in cost], box)
    return status, None if value is None else sign * value + offset


def best_of(p: dict[str, Any]) -> tuple[str, Fraction | None]:
    """The same of a program with whole numbers, between −9 and 9 where they have no bound."""
    sides = [[p["columns"][end][j] for j in p["integer"]] for end in ("lower", "upper")]
    spans = [
        range(-9 if low is None else ceil(Fraction(low)), 10 if high is None else floor(Fraction(high)) + 1)
        for low, high in zip(*sides, strict=True)
    ]
    answers = []
    for whole in product(*spans):
        ends = {end: [*p["columns"][end]] for end in ("lower", "upper")}
        for j, value in zip(p["integer"], whole, strict=True):
            ends["lower"][j] = ends["upper"][j] = str(value)
        answers.append(best({**p, "columns": {**p["columns"], **ends}, "integer": []}))
    if any(status == "unbounded" for status, _ in answers):
        return "unbounded", None
    values = [value for _, value in answers if value is not None]
    if not values:
        return "infeasible", None
    return "optimal", max(values) if p["sense"] == "max" else min(values)


def most(cost: list[Fraction], box: list[Row]) -> tuple[str, Fraction | None]:
    """The largest cost'v, by elimination."""
    system: list[Row] = [([-c for c in cost] + [Fraction(1)], Fraction(0))]
    system += [([*a, Fraction(0)], b) for a, b in box]
    for j in range(len(cost)):
        up = [row for row in system if row[0][j] > 0]
        down = [row for row in system if row[0][j] < 0]
        system = [row for row in system if not row[0][j]]
        for (a, b), (c, d) in product(up, down):
            s, t = a[j], -c[j]
            system.append(([x / s + y / t for x, y in zip(a, c, strict=True)], b / s + d / t))
        system = list({(tuple(a), b): (a, b) for a, b in system}.values())
    if any(b < 0 for a, b in system if not a[-1]):
        return "infeasible", None
    tops = [b / a[-1] for a, b in system if a[-1] > 0]
    return ("optimal", min(tops)) if tops else ("unbounded", None)


def rises(cost: list[Fraction], q: list[list[Fraction]], box: list[Row], sign: int) -> bool:
    """Whether sign · the objective rises for ever along a direction on which Q vanishes."""
    cone: list[Row] = [(a, Fraction(0)) for a, _ in box]
    cone += [(line, Fraction(0)) for line in q] + [([-v for v in line], Fraction(0)) for line in q]
    return most([sign * c for c in cost], cone)[0] == "unbounded"


def stationary(
    cost: list[Fraction], q: list[list[Fraction]], box: list[Row], sign: int
) -> Iterator[Fraction]:
    """sign · (c'v + ½ v'Qv) at feasible points that are stationary on a face."""
    n = len(cost)
    for size in range(min(n, len(box)) + 1):
        for face in combinations(box, size):
            system = [[*a] + [Fraction(0)] * size + [b] for a, b in face]
            for i in range(n):
                system.append([*q[i], *(a[i] for a, _ in face), -cost[i]])
            point = solution(system, n + size)
            if point is not None and all(dot(a, point) <= b for a, b in box):
                v = point[:n]
                yield sign * (dot(cost, v) + dot([dot(line, v) for line in q], v) / 2)


def dot(a: list[Fraction], b: list[Fraction]) -> Fraction:
    """Σ a · b over the shorter."""
    return sum((x * y for x, y in zip(a, b, strict=False)), Fraction(0))


def solution(system: list[list[Fraction]], unknowns: int) -> list[Fraction] | None:
    """One solution of linear equations, free unknowns 0; None where there is none."""
    lines = [list(line) for line in system]
    where: list[int] = []
    for j in range(unknowns):
        at = next((k for k in range(len(where), len(lines)) if lines[k][j]), None)
        if at is None:
            continue
        k = len(where)
        lines[k], lines[at] = lines[at], lines[k]
        lines[k] = [v / lines[k][j] for v in lines[k]]
        for other, line in enumerate(lines):
            if other != k and line[j]:
                lines[other] = [v - line[j] * w for v, w in zip(line, lines[k], strict=True)]
        where.append(j)
    if any(line[-1] for line in lines[len(where) :]):
        return None
    found = [Fraction(0)] * unknowns
    for k, j in enumerate(where):
        found[j] = lines[k][-1]
    return found


def curved(p: dict[str, Any]) -> bool:
    """Whether Q is symmetric and curves the right way: no principal minor has the wrong sign."""
    q, sign = hessian(p), -1 if p["sense"] == "max" else 1
    n = len(q)
    if any(q[i][j] != q[j][i] for i in range(n) for j in range(n)):
        return False
    parts = (part for size in range(1, n + 1) for part in combinations(range(n), size))
    return all(minor([[sign * q[i][j] for j in part] for i in part]) >= 0 for part in parts)


def minor(m: list[list[Fraction]]) -> Fraction:
    """The determinant."""
    if not m:
        return Fraction(1)
    rest = ([[v for k, v in enumerate(line) if k != j] for line in m[1:]] for j in range(len(m)))
    return sum(((-1) ** j * m[0][j] * minor(part) for j, part in enumerate(rest)), Fraction(0))


def true(p: dict[str, Any]) -> bool:
    """Whether the claim of a certificate file holds, whatever its vectors are."""
    status, value = best(p)
    if p["kind"] == "interval":
        # The optimum of an infeasible program is +∞ for min, −∞ for max; of an unbounded one the reverse.
        above = {"optimal": value, "infeasible": None, "unbounded": None}[status]
        if above is None:
            low = (status == "unbounded") == (p["sense"] == "min")
            return p["least" if low else "most"] is None
        least, most_ = (None if p[end] is None else Fraction(p[end]) for end in ("least", "most"))
        return (least is None or least <= above) and (most_ is None or above <= most_)
    if p["kind"] == "optimal":
        return status == "optimal" and value == Fraction(p["value"])
    return bool(status == p["kind"])
