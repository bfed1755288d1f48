"""An independent check of a certificate file, from the file alone.

Nothing is shared with the solvers. ``docs/certificate.md`` has the form of the file, in which a number can be
written in one way only. With sign = 1 for min and −1 for max, and z = c + Qx − A'y, the claims are

- optimal: l ≤ x ≤ u and L ≤ Ax ≤ U; and for every feasible point v, by convexity,
  sign · objective(v) ≥ sign · (offset − ½x'Qx + Σ_i y_i b_i + Σ_j z_j d_j), with b_i = L_i where
  sign · y_i > 0 and U_i where < 0 (d_j alike from l and u): all finite, and the sum equal to objective(x);
- infeasible: with z = −A'y, Σ_i y_i b_i + Σ_j z_j d_j > 0 (sign 1), although y'Av + z'v = 0 for all v; or
  two bounds of one column or row cross;
- unbounded: x feasible, and a direction that keeps to all bounds for ever, on which Q vanishes and the
  objective improves;
- interval: a feasible x gives one end, the sum above, at any tangent point, the other.

Where columns are whole numbers, x is whole there, a ray is 0, and a tree of cases, x_j ≤ k or x_j ≥ k + 1,
stands for the dual: a case has duals of its own, for the sum above or for Σ > 0 within its bounds, and the
worst case counts.

A number is a pair (top, bottom) of integers, bottom > 0; a matrix gives its lines, of pairs (place, number).
Arithmetic is exact and counted: what takes more than is linear in the file is refused. Nothing is raised.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, TypeAlias, TypedDict, cast

FORMAT = "dynamech-certificate/1"
BYTES, DIGITS, WORK = 10**9, 50_000, (3 * 10**9, 10**4)
"""Longest file; digits of a numerator or denominator; arithmetic, of 0.1 ns, for any file and for a byte."""
NUMBER = re.compile(rf"(0|-?[1-9][0-9]{{0,{DIGITS - 1}}})(/[1-9][0-9]{{0,{DIGITS - 1}}})?")
NAME = re.compile(r"[ -~]{0,1000}")  # printable ASCII
BOUNDS = {"blocks": [list], "lower": [str, type(None)], "upper": [str, type(None)]}
FORM: dict[str, Any] = {
    **dict.fromkeys(("format", "digest", "kind", "name", "sense", "offset"), str),
    "columns": {**BOUNDS, "objective": [str]},
    "rows": {**BOUNDS, "starts": [int], "columns": [int], "entries": [str]},
    "quadratic": ({"i": [int], "j": [int], "entries": [str]},),
    **dict.fromkeys(("primal", "dual", "ray", "tangent"), ([str],)),
    **dict.fromkeys(("value", "least", "most"), (str,)),
    "question": dict,
    "integer": [int],
    "tree": [list, dict],
}
"""The members and their types, the last three optional: a list of items of these types; in a tuple, or null.
"""
ENDS = {"optimal": ("value",), "infeasible": (), "unbounded": (), "interval": ("least", "most")}
"""What a proof of each kind may claim of the value; null are `value`, `least` and `most` otherwise."""
Pair: TypeAlias = tuple[int, int]
Line: TypeAlias = Iterable[tuple[int, Pair]]
Matrix: TypeAlias = Callable[[], Iterable[Line]]
ZERO: Pair = 0, 1


class CheckResult(TypedDict):
    """Whether the certificate proves its claim; its kind; the value proved; what was found, or why not."""
    valid: bool
    kind: str
    value: str | None
    reason: str


class Rejected(ValueError):
    """The certificate does not prove what it claims."""


def check_file(path: str | Path) -> CheckResult:
    """Read and check a file. One that cannot be read as a certificate is not valid; nothing is raised."""
    try:
        return check(read(Path(path)))
    except (OSError, ValueError) as error:
        return {"valid": False, "kind": "unknown", "value": None, "reason": f"unreadable: {error}"}


def check(payload: dict[str, Any]) -> CheckResult:
    """Check a certificate given as the dictionary of its file."""
    kind = str(payload.get("kind"))
    kind = kind if kind in ENDS else "unknown"
    try:
        proof, (fitting, length) = Proof(payload), digest_and_length(payload)
        _need(payload["digest"] == fitting, "the digest does not fit: the file has been changed")
        proof.left += WORK[1] * length
        reason = {"infeasible": proof._infeasible, "unbounded": proof._unbounded}.get(kind, proof._between)()
        return {"valid": True, "kind": kind, "value": payload["value"], "reason": reason}
    except Rejected as error:
        reason = str(error)
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError, MemoryError) as error:
        reason = f"malformed: {_short(repr(error))}"  # what cannot be checked is no proof
    return {"valid": False, "kind": kind, "value": None, "reason": reason}


def read(path: Path) -> dict[str, Any]:
    """The JSON object of the file. Raises ``ValueError`` for anything else, repeated keys and floats."""
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        _need(len(members := dict(pairs)) == len(pairs), "a key is repeated")
        return members

    def integer(text: str) -> int:
        if len(text) > 4000 or text == "-0":
            raise Rejected(f"{_short(text)} is no integer of up to 4000 digits")
        return int(text)

    _need(path.is_file() and path.stat().st_size <= BYTES, f"not a file of up to {BYTES} bytes")
    hooks: dict[str, Any] = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), integer)
    try:
        payload = json.loads(path.read_text("ascii"), object_pairs_hook=once, **hooks)
    except (RecursionError, MemoryError):
        raise Rejected("nested too deeply, or too large for this machine") from None
    _need(type(payload) is dict, "not a JSON object")
    return dict(payload)


def digest_and_length(payload: dict[str, Any]) -> tuple[str, int]:
    """SHA-256 of the canonical text of everything but the digest itself, and the length of that text."""
    body = {key: value for key, value in payload.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return "sha256:" + hashlib.sha256(text.encode("ascii")).hexdigest(), len(text)


def number(text: str) -> Fraction:
    """``3/8``, ``-2`` or ``0``: ASCII digits, lowest terms, no sign, zero or slash that is not needed."""
    if not NUMBER.fullmatch(text):
        raise Rejected(f"malformed: {_short(text)} is not 3/8, -2 or 0 of up to {DIGITS} digits")
    top, slash, bottom = text.partition("/")
    whole, parts = _integer(top.lstrip("-")), _integer(bottom or "1")
    value = Fraction(-whole if top[0] == "-" else whole, parts)
    _need(value.denominator == parts > bool(slash), f"malformed: {_short(text)} is not in lowest terms")
    return value


def _integer(digits: str) -> int:
    """By halves: Python reads at most 4300 digits at once, and in quadratic time."""
    low = len(digits) // 2
    return int(digits) if low < 1000 else _integer(digits[:-low]) * 10**low + _integer(digits[-low:])


class Proof:
    """The program and the vectors of a file, unchecked. Raises `Rejected` for what is not of the form."""
    def __init__(self, payload: dict[str, Any]) -> None:
        _need(payload.keys() <= FORM.keys(), "malformed: a member of another name")
        for key in FORM:
            fits = _fits(payload[key], FORM[key]) if key in payload else key in [*FORM][-3:]
            _need(fits, f"malformed: {key} is missing or not of its form")
        columns, rows, q, self.kind = (payload[key] for key in ("columns", "rows", "quadratic", "kind"))
        _need(payload["format"] == FORMAT, f"format is {_short(payload['format'])}, not {FORMAT!r}")
        _need(payload["sense"] in ("max", "min"), f"sense is {_short(payload['sense'])}")
        _need(self.kind in ENDS, f"unknown kind {_short(self.kind)}")
        for key in ("value", "least", "most"):
            _need(key in ENDS[self.kind] or payload[key] is None, f"the kind {self.kind!r} has no {key}")
        _need(NAME.fullmatch(payload["name"]), "malformed: the name is not of printable ASCII characters")
        self.left, self.sign = WORK[0], 1 if payload["sense"] == "min" else -1
        self.known: dict[Any, Any] = {None: None}
        self.n, m = len(columns["objective"]), len(rows["starts"]) - 1
        self.size = self.n + len(rows["entries"])
        self.sides: list[tuple[Any, Any, Any]] = []
        for part, size, what in ((columns, self.n, "column"), (rows, m, "row")):
            label = partial(_place, what, _tiled(part["blocks"], size, what))
            low, high = (self.numbers(part[end], size, f"{end} {what} bound") for end in ("lower", "upper"))
            self.sides.append((low, high, label))
        self.cost = self.numbers(columns["objective"], self.n, "objective")
        self.rows = self._matrix(rows["starts"], rows["columns"], rows["entries"], "an entry")
        empty: Matrix = partial(_lines, [0] * (self.n + 1), [], [])
        self.hessian = empty if q is None else self._symmetric(**q)
        self.primal, self.dual, self.ray, self.tangent = (
            None if payload[key] is None else self.numbers(payload[key], size, f"{key} vector")
            for key, size in (("primal", self.n), ("dual", m), ("ray", self.n), ("tangent", self.n))
        )
        self.whole: list[int] = payload.get("integer", [])
        _need(all(a < b for a, b in pairwise([-1, *self.whole, self.n])), "integer columns are out of order")
        if payload.keys() & {"integer", "tree"}:
            plain = all(payload[key] is None for key in ("quadratic", "dual", "tangent"))
            _need(self.whole and plain, "whole numbers go with a tree and a linear objective")
        self.tree = self._nodes(payload["tree"], m) if "tree" in payload else None
        single = (payload[key] for key in ("offset", "value", "least", "most"))
        self.offset, self.value, self.least, self.most = self.numbers(list(single), 4, "")

    def numbers(self, texts: list[Any], size: int, what: str) -> list[Any]:
        """Pairs, and None for null."""
        _need(len(texts) == size, f"the {what} has {len(texts)} numbers, not {size}")
        for text in texts:
            if text not in self.known:
                self.known[text] = number(text).as_integer_ratio()
        return list(map(self.known.__getitem__, texts))

    def _matrix(self, starts: list[int], places: list[int], texts: list[str], what: str) -> Matrix:
        fits = starts[:1] == [0] and starts[-1] == len(places) == len(texts)
        _need(fits and all(a <= b for a, b in pairwise(starts)), "the rows do not fit their entries")
        _need(not places or 0 <= min(places) <= max(places) < self.n, f"{what} lies outside the columns")
        fresh, entries = set(starts), self.numbers(texts, len(texts), "")
        increasing = all(a < b or k in fresh for k, (a, b) in enumerate(pairwise(places), 1))
        _need(increasing and ZERO not in entries, f"{what} is 0, repeated or out of order")
        return partial(_lines, starts, places, entries)

    def _symmetric(self, i: list[int], j: list[int], entries: list[str]) -> Matrix:
        _need(len(i) == len(j) == len(entries) > 0, "the entries of Q do not fit their places")
        _need(0 <= min(i) <= max(i) < self.n, "an entry of Q lies outside the columns")
        for here, there in zip(zip(i, j, entries), sorted(zip(j, i, entries)), strict=True):  # noqa: B905
            _need(here == there, f"Q is not symmetric, or not in order, at {self.sides[0][2](here[0])}")
        return self._matrix([bisect_left(i, k) for k in range(self.n + 1)], j, entries, "an entry of Q")

    def _nodes(self, nodes: list[Any], m: int) -> list[Any]:
        """Pairs (column, k) and (kind, duals), the two cases of a column behind it."""
        columns, read, missing = set(self.whole), [], 1
        for node in nodes:
            head, *tail = next(iter(node.items())) if type(node) is dict and len(node) == 1 else node
            leaf = head in ("bound", "infeasible") and _fits(tail, [list]) and _fits(tail[0], [str])
            fits = leaf or (_fits([head, *tail], [int]) and len(tail) == 1 and head in columns)
            _need(missing and fits, "malformed: a node of the tree")
            missing += -1 if leaf else 1
            read.append((head, self.numbers(tail[0], m, "dual vector") if leaf else tail[0]))
        _need(not missing, "a case is missing in the tree")
        return read

    def _spend(self, units: int) -> None:
        self.left -= units
        _need(self.left >= 0, "the check takes more arithmetic than is allowed for a file of this length")

    def total(self, terms: Iterable[Pair]) -> Pair:
        """Their exact sum, not in lowest terms."""
        top, bottom = 0, 1
        for a, b in terms:
            if a:
                self.left -= 1000 + a.bit_length() + b.bit_length() + top.bit_length()
                if b != bottom:
                    size = b.bit_length()
                    self._spend(size * (64 + abs(bottom.bit_length() - size)) >> 4)
                    times, rest = divmod(bottom, b)
                    if rest:
                        self._spend(size * bottom.bit_length() >> 5)
                        common = math.lcm(bottom, b)
                        top, bottom, times = top * (common // bottom), common, common // b
                    a *= times
                top += a
        self._spend(0)
        return top, bottom

    def _dot(self, a: Iterable[Pair], b: Iterable[Pair]) -> Pair:
        return self.total((p * r, q * s) for (p, q), (r, s) in zip(a, b, strict=True) if p and r)

    def products(self, lines: Iterable[Line], x: list[Pair]) -> Iterator[Pair]:
        """Line by line Σ entry · x[place], not in lowest terms."""
        x, common = self._cleared(x)
        for line in lines:
            top, bottom = self.total([(p * x[j][0], q * x[j][1]) for j, (p, q) in line])
            self._spend(common.bit_length() if top else 0)
            yield (top, bottom * common) if top else ZERO

    def _cleared(self, x: list[Pair]) -> tuple[list[Pair], int]:
        """(integers over one denominator, this one), or (x, 1) where they would be much longer than x."""
        room = 2**27 + 8 * sum(top.bit_length() + bottom.bit_length() for top, bottom in x)
        present, common = sum(1 for top, _ in x if top), 1
        for bottom in {bottom for _, bottom in x}:
            if common % bottom:
                if present * (common.bit_length() + bottom.bit_length()) > room:
                    return x, 1
                self._spend(common.bit_length() * bottom.bit_length() >> 6)
                common = math.lcm(common, bottom)
        return [(top * (common // bottom), 1) for top, bottom in x], common

    def turned(self, y: list[Pair]) -> Iterator[Pair]:
        """A' y, column by column."""
        turned: list[list[tuple[int, Pair]]] = [[] for _ in range(self.n)]
        for i, line in enumerate(self.rows()):
            for j, entry in line if y[i][0] else ():
                turned[j].append((i, entry))
        return self.products(turned, y)

    def _curvature(self, x: list[Pair]) -> Pair:
        return self._dot(self.products(self.hessian(), x), x)

    def inside(self, x: list[Pair], along: str = "") -> None:
        """Raise where x breaks a bound, or where it leads to one."""
        for values, (lower, upper, label) in zip((x, self.products(self.rows(), x)), self.sides, strict=True):
            for k, ((p, q), low, high) in enumerate(zip(values, lower, upper, strict=True)):
                low, high = (low and ZERO, high and ZERO) if along else (low, high)
                if low and p * low[1] < low[0] * q:
                    raise Rejected(f"{along}{label(k)} is {_show(p, q)}, below its lower bound {_show(*low)}")
                if high and p * high[1] > high[0] * q:
                    raise Rejected(f"{along}{label(k)} is {_show(p, q)}, over its upper bound {_show(*high)}")

    def reached(self) -> Pair:
        """The value of the primal point, which is feasible."""
        x = _some(self.primal, "primal vector")
        self.inside(x)
        for j in self.whole:
            _need(x[j][1] == 1, f"{self.sides[0][2](j)} is {_show(*x[j])}, no whole number")
        top, bottom = self._curvature(x)
        return self.total([self.offset, self._dot(self.cost, x), (top, 2 * bottom)])

    def leaning(self, sign: int, gradient: Iterable[Pair]) -> Iterator[Pair]:
        """The terms of Σ z_j d_j + Σ y_i b_i, with z = gradient − A'y."""
        y = _some(self.dual, "dual vector")
        slopes = zip(gradient, self.turned(y), strict=True)
        z = (self.total([slope, (-top, bottom)]) for slope, (top, bottom) in slopes)
        for weights, (lower, upper, label) in zip((z, y), self.sides, strict=True):
            for k, ((top, bottom), low, high) in enumerate(zip(weights, lower, upper, strict=True)):
                side, bound = ("lower", low) if sign * top > 0 else ("upper", high)
                if top and bound is None:
                    raise Rejected(f"{label(k)} has dual {_show(top, bottom)} but no {side} bound")
                if top and bound[0]:
                    self._spend(top.bit_length() * bottom.bit_length() >> 6)
                    common = math.gcd(top, bottom)
                    yield top // common * bound[0], bottom // common * bound[1]

    def bound(self, x: Any) -> Pair:
        """What no feasible point can beat, from the dual and the objective made linear at x."""
        self._convex()
        slopes = map(self.total, zip(self.cost, self.products(self.hessian(), x), strict=True))
        top, bottom = self._curvature(x)
        return self.total(chain([self.offset, (-top, 2 * bottom)], self.leaning(self.sign, slopes)))

    def cases(self) -> Iterator[str]:
        """What is claimed of each leaf of the tree, whose bounds and duals are put in place."""
        (low, high, label), open_cases = self.sides[0], list[tuple[Any, Any]]([((), ())])
        for head, tail in _some(self.tree, "tree"):
            least, most = open_cases.pop()
            if isinstance(head, int):
                open_cases += ((*least, (head, (tail + 1, 1))), most), (least, (*most, (head, (tail, 1))))
            else:
                sides, self.dual = ([*low], [*high]), tail
                for side, further, sign in ((sides[0], least, 1), (sides[1], most, -1)):
                    for j, (bound, _) in further:
                        if side[j] is None or sign * side[j][0] < sign * bound * side[j][1]:
                            side[j] = bound, 1
                self.sides[0] = (*sides, label)
                yield head
            self._spend(500 * self.size + 1000 * (len(least) + len(most)))
        self.sides[0] = low, high, label

    def _worst(self) -> Pair:
        """What no point with whole numbers can beat: the worst bound of a case."""
        worst: Any = None
        for claim in self.cases():
            if claim == "infeasible":
                self._impossible()
            else:
                top, bottom = self.bound([ZERO] * self.n)
                if worst is None or self.sign * (top * worst[1] - worst[0] * bottom) < 0:
                    worst = top, bottom
        return cast(Pair, _some(worst, "bound of a case"))

    def _impossible(self) -> None:
        gap, _ = self.total(self.leaning(1, [ZERO] * self.n))
        _need(gap > 0, "the rows combine to nothing impossible")

    def _convex(self) -> None:
        """Q has the right curvature: symmetric elimination meets no pivot that denies it."""
        lines = enumerate({j: self.sign * Fraction(*value) for j, value in line} for line in self.hessian())
        rows = {i: line for i, line in lines if line}
        for i in sorted(rows, key=lambda k: len(rows[k])):
            line = {j: value for j, value in rows.pop(i).items() if value}
            pivot = line.pop(i, Fraction(0))
            if pivot < 0 or (pivot == 0 and line):
                raise Rejected(f"the quadratic objective curves the wrong way at {self.sides[0][2](i)}")
            for j, value in line.items():
                rows[j].pop(i)
                factor = value / pivot
                for k in (k for k in line if k <= j):
                    rows[j][k] = rows[k][j] = entry = rows[j].get(k, Fraction(0)) - factor * line[k]
                    self._spend(30_000 + sum(map(int.bit_length, entry.as_integer_ratio())) ** 2 // 8)

    def _between(self) -> str:
        optimal = self.kind == "optimal"
        least, most = (_some(self.value, "value"),) * 2 if optimal else (self.least, self.most)
        worse, better = (most, least) if self.sign > 0 else (least, most)
        _need(worse or better, "an interval needs an end")
        if worse is not None:
            top, bottom = self.reached()
            fits = top * worse[1] == worse[0] * bottom
            _need(fits, f"the primal value is {_show(top, bottom)}, not {_show(*worse)} as claimed")
        if better is not None:
            at = self.primal if optimal else self.tangent or [ZERO] * self.n
            top, bottom = self._worst() if self.whole else self.bound(at)
            fits = top * better[1] == better[0] * bottom
            _need(fits, f"the dual value is {_show(top, bottom)}, not {_show(*better)} as claimed")
        return f"primal and dual are feasible and their values are {'equal' if optimal else 'the ends'}"

    def _infeasible(self) -> str:
        for lower, upper, label in self.sides:
            for k, (low, high) in enumerate(zip(lower, upper, strict=True)):
                if low and high and low[0] * high[1] > high[0] * low[1]:
                    return f"{label(k)} has lower bound {_show(*low)} above upper bound {_show(*high)}"
        for claim in self.cases() if self.whole else ["infeasible"]:
            _need(claim == "infeasible", "a case is only bounded")
            self._impossible()
        return "a combination of the rows is impossible within the column bounds"

    def _unbounded(self) -> str:
        self.reached()
        ray = _some(self.ray, "ray vector")
        self.inside(ray, "along the ray ")
        _need(not any(ray[j][0] for j in self.whole), "along the ray a whole number moves")
        flat = not any(top for top, _ in self.products(self.hessian(), ray))
        _need(flat, "along the ray the quadratic part does not vanish")
        _need(self.sign * self._dot(self.cost, ray)[0] < 0, "along the ray the objective does not improve")
        return "from a feasible point the objective improves for ever"


def _need(held: Any, reason: str) -> None:
    if not held:
        raise Rejected(reason)


def _some(member: Any, what: str) -> Any:
    _need(member is not None, f"the {what} is missing")
    return member


def _lines(starts: list[int], places: list[int], entries: list[Pair]) -> Iterator[Line]:
    return (zip(places[a:b], entries[a:b], strict=True) for a, b in pairwise(starts))


def _fits(value: Any, form: Any) -> bool:
    if isinstance(form, tuple):
        return value is None or _fits(value, form[0])
    if isinstance(form, dict):
        fits = type(value) is dict and value.keys() == form.keys()
        return fits and all(_fits(value[key], form[key]) for key in form)
    if isinstance(form, list):
        return type(value) is list and set(map(type, value)) <= set(form)
    return type(value) is form


def _tiled(blocks: list[Any], size: int, what: str) -> list[Any]:
    """Blocks [name, start, shape] follow each other without gaps, and have different names."""
    at = 0
    for block in blocks:
        fits = len(block) == 3 and _fits(block[0], str) and _fits(block[1], int) and _fits(block[2], [int])
        fits = fits and bool(NAME.fullmatch(block[0])) and all(0 <= length < 2**31 for length in block[2])
        _need(fits and block[1] == at and len(block[2]) <= 32, f"blocks do not tile the {what}s")
        at += math.prod(block[2])
    _need(at == size and len({b[0] for b in blocks}) == len(blocks), f"blocks do not tile the {what}s")
    return blocks


def _place(what: str, blocks: list[Any], k: int) -> str:
    name, start, shape = next(b for b in blocks if b[1] <= k < b[1] + math.prod(b[2]))
    at = (str((k - start) // math.prod(shape[d + 1 :]) % shape[d]) for d in range(len(shape)))
    return f"{what} {name}[{','.join(at)}]"


def _show(top: int, bottom: int) -> str:
    if max(top.bit_length(), bottom.bit_length()) < 200:
        return str(Fraction(top, bottom))
    size = top.bit_length() - bottom.bit_length()
    return f"about {top / bottom:.6g}" if abs(size) < 1000 else f"about {'-' * (top < 0)}2^{size}"


def _short(text: str) -> str:
    return ascii(text[:40]) + "..." * (len(text) > 40)
