"""Families whose grids tend to a continuum with a closed form: the value on each grid, and its limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ..models.design.design import design
from ..models.design.question import Question
from ..models.environment.environment import Environment
from ..models.screening.convergence import Convergence
from ..models.screening.handicap_auction import handicap_auction
from ..models.screening.posted_menu import posted
from ..models.screening.sequential.screening import sequential_screening
from ..models.screening.sequential.uniform import UniformOptions
from ..solvers.arithmetic import arithmetic
from ..solvers.effort import Effort
from ..solvers.errors import InvalidInput
from ..solvers.numbers import Number
from .families import kln_contracting
from .families.handicap_auction import continuum_bound
from .library import find_family


@dataclass(frozen=True)
class ClosedForm:
    """what: is compared, in words. size: the parameter that makes grids fine; step: by size and
    settings.

    value: of an environment of the family, by how much work it may be; limit: by its settings.
    """

    what: str
    size: str
    step: Callable[[int, Mapping[str, Any]], Fraction]
    value: Callable[[Environment, Effort], Number]
    limit: Callable[[Mapping[str, Any]], Fraction]


def _options_profit(env: Environment, effort: Effort) -> Number:
    profit = sequential_screening(env, effort).profit
    if profit is None:
        raise AssertionError("strikes fall on these grids")
    return profit


def _courty_li(settings: Mapping[str, Any]) -> Fraction:
    if settings["cost"] != 0:
        raise InvalidInput(f"the closed form is for cost 0, not {settings['cost']}")
    return UniformOptions(settings["a"]).profit


def _contracting(settings: Mapping[str, Any]) -> Fraction:
    rate: Fraction = settings["discount"]
    finite = sum((rate**t for t in range(1, settings["T"] + 1)), Fraction(0))
    discounts = rate / (1 - rate) if settings["endless"] else finite
    drawn = kln_contracting.drawn(settings["shocks"], settings["shock_probabilities"])
    return kln_contracting.closed_form(*drawn, settings["cost"], discounts)


def _lattice(n: int, settings: Mapping[str, Any]) -> Fraction:
    return Fraction(1, n - 1 if settings["grid"] == "ends" else n)


def _premiums(env: Environment, effort: Effort) -> Number:
    return handicap_auction(env, effort).bound


def _handicap(settings: Mapping[str, Any]) -> Fraction:
    if settings["cost"] != 0 or settings["a"] == 0:
        raise InvalidInput(
            f"the closed form is for cost 0 and a above 0, not {settings['cost']} and {settings['a']}"
        )
    return continuum_bound(settings["bidders"], settings["a"])


def _optimum(question: Question) -> Callable[[Environment, Effort], Number]:
    def value(env: Environment, effort: Effort) -> Number:
        answer = design(env, question, effort)
        if answer.value is None:
            raise AssertionError(answer.message)
        return answer.value

    return value


def _trade(settings: Mapping[str, Any]) -> Fraction:
    own = ("buyer", "seller", "buyer_prior", "seller_prior")
    given = [name for name in own if settings[name] is not None]
    if given:
        raise InvalidInput(f"the closed form is for values that are uniform; leave out {' and '.join(given)}")
    return Fraction(9, 64)


def _product_line(settings: Mapping[str, Any]) -> Fraction:
    given = [name for name in ("values", "prior") if settings[name] is not None]
    if given:
        raise InvalidInput(f"the closed form is for types that are uniform; leave out {' and '.join(given)}")
    cost: Fraction = settings["cost"]
    if cost < -1:
        raise InvalidInput(f"the closed form is for a cost of at least -1, not {cost}")
    return max(1 - cost, Fraction(0)) ** 3 / 12


def _delegation(settings: Mapping[str, Any]) -> Fraction:
    bias: Fraction = settings["bias"]
    if bias > Fraction(1, 2):
        raise InvalidInput(f"the closed form is for a bias of at most 1/2, not {bias}")
    return bias**2 * (4 * bias / 3 - 1)


CLOSED_FORMS = {
    "kln-contracting": ClosedForm(
        "profit of the menu of posted prices",
        "n",
        lambda n, _: Fraction(1, n - 1),
        lambda env, effort: posted(env, effort).profit,
        _contracting,
    ),
    "courty-li-uniform": ClosedForm(
        "profit of the option contracts", "n", lambda n, _: Fraction(1, n - 1), _options_profit, _courty_li
    ),
    "handicap-auction": ClosedForm("bound of the handicap auction", "n", _lattice, _premiums, _handicap),
    "bilateral-trade": ClosedForm(
        "gains from trade with a budget ex ante",
        "types",
        lambda k, _: Fraction(1, k),
        _optimum(Question("welfare", demands={"budget": "ex-ante"})),
        _trade,
    ),
    "delegation": ClosedForm(
        "what the principal has without money",
        "types",
        lambda k, _: Fraction(1, k),
        _optimum(
            Question({"welfare": 1, "utility:expert": -1}, participation="none", demands={"payments": "none"})
        ),
        _delegation,
    ),
    "mussa-rosen": ClosedForm(
        "profit of a product line", "types", lambda k, _: Fraction(1, k), _optimum(Question()), _product_line
    ),
}
CLOSED_FORMS["eso-szentes"] = CLOSED_FORMS["handicap-auction"]
CLOSED_FORMS["myerson-satterthwaite"] = CLOSED_FORMS["bilateral-trade"]


def convergence(name: str, sizes: Sequence[int], effort: Effort, **settings: Any) -> Convergence:
    """Values on grids of these sizes beside the limit.

    Raises `InvalidInput` for a family without a closed form or settings outside of it, for sizes that do not
    rise, and as `load` does.
    """
    if name not in CLOSED_FORMS:
        raise InvalidInput(f"'{name}' has no closed form; there are {', '.join(CLOSED_FORMS)}")
    form, family = CLOSED_FORMS[name], find_family(name)
    if len(sizes) < 2 or any(one >= other for one, other in pairwise(sizes)):
        raise InvalidInput(f"sizes: {', '.join(map(str, sizes)) or 'none'}; give two or more that rise")
    if form.size in settings:
        raise InvalidInput(f"'{form.size}' is the size of the grids of '{name}'; leave it out")
    read = {p.name: p.read(settings.get(p.name, p.default), name) for p in family.parameters}
    limit = form.limit(read)
    values = tuple(form.value(family.make(**settings, **{form.size: n}), effort) for n in sizes)
    steps = tuple(form.step(n, read) for n in sizes)
    end, *widths = (arithmetic(effort.exact).number(one) for one in (limit, *steps))
    return Convergence(name, form.what, form.size, tuple(sizes), tuple(widths), values, end)
