"""What a mechanism is chosen for: weights on revenue, on welfare, and on what agents keep.

With payments p, values v and costs c, discounted and expected, agent i keeps U_i = v_i − p_i (v_i where she
reports nothing and pays nothing), and

    revenue = Σ p_i − c,   utility = Σ U_i,   welfare = Σ v_i − c = revenue + utility.

Of weights R, W and u_i = weight on utility + weight on U_i, the objective is

    Σ (W + u_i) v_i + Σ κ_i p_i − (R + W) c + m · min,   κ_i = R − u_i,

where `min` is the least E U_i over the agents who report, or the least U_i(θ_0) over them and their probable
initial types: the worst off before and after she learns her type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from ...solvers.arithmetic import ROUNDED, arithmetic_of
from ...solvers.errors import InvalidInput
from ...solvers.numbers import Number, number
from ...solvers.numerals import shown

WEIGHED = ("revenue", "welfare", "utility", "min-utility", "min-type-utility")
"""What has a weight, beside ``utility:AGENT``."""
ONE = "utility:"
_KEY = r'\s*(utility:"(?:[^"\\]|\\.)*"|(?!utility:")[^,=]*?)\s*'
_PAIR = re.compile(_KEY + "=([^,=]*)(?:,|$)")


@dataclass(frozen=True)
class Objective:
    """Weights of either sign, those on the least utilities 0 or more; agents: (name, weight), by name."""

    revenue: Number = Fraction(1)
    welfare: Number = Fraction(0)
    utility: Number = Fraction(0)
    agents: tuple[tuple[str, Number], ...] = ()
    min_utility: Number = Fraction(0)
    min_type_utility: Number = Fraction(0)

    @cached_property
    def weights(self) -> Mapping[str, Number]:
        """All weights by what they are on."""
        named = {ONE + name: weight for name, weight in self.agents}
        plain = [getattr(self, word.replace("-", "_")) for word in WEIGHED]
        return dict(zip(WEIGHED, plain, strict=True)) | named

    @property
    def word(self) -> str:
        """The objective as it is written on the command line, and in files."""
        used = {key: weight for key, weight in self.weights.items() if weight != 0}
        if list(used.values()) == [1]:
            return _quoted(*used)
        if not set(used) - {"revenue", "welfare"}:
            used = {"revenue": self.revenue, "welfare": self.welfare}
        return ",".join(f"{_quoted(key)}={weight}" for key, weight in used.items())

    @property
    def goods(self) -> Number:
        """Weight on costs, and on values beside what agents keep: R + W."""
        return cleared_sum(self.revenue, self.welfare)

    @property
    def least(self) -> Number:
        """Weight on the least utilities: m."""
        return self.min_utility + self.min_type_utility

    def kept(self, agent: str) -> Number:
        """Weight on her value where payments are written out: W + u_i."""
        return cleared_sum(self.welfare, self.utility, dict(self.agents).get(agent, 0))

    def paid(self, agent: str) -> Number:
        """Weight on her payments: κ_i."""
        return cleared_sum(self.revenue, -self.utility, -dict(self.agents).get(agent, 0))

    def over(self, exact: bool) -> Objective:
        """The same over the rationals, doubles at their binary values, or in doubles."""
        kind: Any = Fraction if exact else float
        plain: Any = {word.replace("-", "_"): kind(self.weights[word]) for word in WEIGHED}
        return Objective(**plain, agents=tuple((name, kind(weight)) for name, weight in self.agents))

    def check_agents(self, agents: Sequence[str]) -> None:
        """Raise `InvalidInput` for a weight on somebody who is none of these agents."""
        for name, _ in self.agents:
            if name not in agents:
                raise InvalidInput(f"objective: agent {name!r} is not one of {', '.join(agents)}")


def cleared_sum(*terms: Number) -> Number:
    """The sum of these, and 0 where doubles leave nothing but rounding of it."""
    total: Any = sum(terms, Fraction(0))
    if isinstance(total, Fraction):
        return total
    sizes: list[Any] = [abs(term) for term in terms]
    if abs(total) <= arithmetic_of(total).slack(max(sizes), ROUNDED):
        total = 0 * total
    whole: Number = total
    return whole


def _quoted(key: str) -> str:
    """A key as texts have it: names that could be mistaken for more than a name stand in quotes."""
    name = key.removeprefix(ONE)
    plain = name == key or (name == name.strip() and not set(name) & set(',="'))
    return key if plain else ONE + json.dumps(name, ensure_ascii=False)


def read_objective(objective: Any) -> Objective:
    """Read a word, weights such as ``revenue=1,utility=-1/2``, or a mapping of weights.

    Raises `InvalidInput` for unknown words, for a negative weight on a least utility, and when every weight
    is 0.

    >>> read_objective("revenue=1,utility:buyer 1=-1/2").paid("buyer 1")
    Fraction(3, 2)
    >>> read_objective({"utility": 1}).word, read_objective('utility:"a=b"').word
    ('utility', 'utility:"a=b"')
    """
    if isinstance(objective, Objective):
        return objective
    if isinstance(objective, str):
        objective = _read_text(objective)
    if not isinstance(objective, Mapping):
        raise _unknown(objective)
    weights = {}
    for key, value in objective.items():
        if not isinstance(key, str) or not (key in WEIGHED or key.startswith(ONE)):
            raise _unknown(key)
        weights[key] = number(value, f"objective, weight on {key}")
    for key in ("min-utility", "min-type-utility"):
        if weights.get(key, 0) < 0:
            raise InvalidInput(
                f"objective: the weight on {key} is negative ({weights[key]}): the least of several makes no "
                "program that way"
            )
    if not any(weights.values()):
        raise InvalidInput("objective: every weight is 0")
    named = {key.removeprefix(ONE): w for key, w in weights.items() if key not in WEIGHED}
    plain = {key.replace("-", "_"): weight for key, weight in weights.items() if key in WEIGHED}
    agents = tuple((name, named[name]) for name in sorted(named) if named[name] != 0)
    return Objective(**{"revenue": Fraction(0), **plain}, agents=agents)


def _unknown(word: object) -> InvalidInput:
    words = ", ".join(f"'{word}'" for word in (*WEIGHED, "utility:AGENT"))
    return InvalidInput(f"objective: {word!r} is not one of {words}, or a weight on each")


def _read_text(text: str) -> dict[str, str]:
    """Keys and weights of a text."""
    at, weights = 0, {}
    whole = text + "=1" if re.fullmatch(_KEY, text) else text
    while at < len(whole):
        pair = _PAIR.match(whole, at)
        if pair is None:
            raise InvalidInput(f"objective: {shown(whole[at:])} is not a weight such as utility=-1/2")
        key = pair[1]
        if key.startswith(ONE + '"'):
            try:
                key = ONE + str(json.loads(key.removeprefix(ONE)))
            except ValueError:
                raise InvalidInput(f"objective: {shown(key)} is no name in quotes") from None
        if key in weights:
            raise InvalidInput(f"objective: one weight is given twice in {shown(text)}")
        weights[key] = pair[2].strip()
        at = pair.end()
    return weights
