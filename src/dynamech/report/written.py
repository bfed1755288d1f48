"""The JSON objects of answers whose figures the economics do not write themselves."""

from __future__ import annotations

from typing import Any

from ..instances.mechanism_file import mechanism_to_json
from ..models.accounts.nonclairvoyant.maximin import Maximin
from ..models.auctions.highest_score import HighestScore
from ..models.correlation.written import array_json, number_json
from ..models.design.design import Design
from ..models.efficient.generalised_vcg import GeneralisedVCG
from ..models.efficient.index_policy import Indices
from ..models.ladder.ladder import Rung
from ..models.mechanism.mechanism import Mechanism
from ..solvers.errors import Infeasible, TooLarge


def shown_mechanism(made: Design) -> Mechanism | None:
    """The mechanism of a design, None where there is none or it is too large."""
    try:
        return made.mechanism if made.status == "optimal" else None
    except (Infeasible, TooLarge):
        return None


def design_json(made: Design) -> dict[str, Any]:
    """The object of `design X --json`: a rung of the ladder, with its mechanism."""
    home, mechanism = made.environment, shown_mechanism(made)
    return {
        "instance": made.instance,
        **Rung(made.question.incentives.name, made).to_json(),
        "coupling": made.coupling,
        "attained": made.attained,
        "environment": None if home is None else home.name,
        "mechanism": None if mechanism is None else mechanism_to_json(mechanism),
    }


def vcg_json(made: GeneralisedVCG) -> dict[str, Any]:
    """Payments and what truth leaves, [period][agent][profile], and where the conditions fail."""
    return {
        "instance": made.environment.name,
        "incentive_compatible": made.incentive_compatible,
        "sufficient": made.sufficient,
        "failures": made.failures,
        "payments": [array_json(payments) for payments in made.payments],
        "values": [array_json(values) for values in made.values],
    }


def maximin_json(found: Maximin) -> dict[str, Any]:
    """The guarantee, and the figures of every sequence."""
    return {
        "ratio": number_json(found.ratio),
        "clairvoyant": [number_json(value) for value in found.clairvoyant],
        "revenues": [number_json(value) for value in found.revenues],
    }


def auction_json(made: HighestScore) -> dict[str, Any]:
    """The auction, [buyer][type]."""
    return {
        "value": number_json(made.revenue),
        "scores": [array_json(scores) for scores in made.scores],
        "reduced_form": [array_json(wins) for wins in made.allocation],
        "transfers": [array_json(pays) for pays in made.transfers],
    }


def indices_json(found: Indices) -> dict[str, Any]:
    """The object of `index X --json`: every arm's index in every state."""
    arms = [
        {"name": arm.name, "states": list(arm.states), "index": array_json(index)}
        for arm, index in zip(found.arms, found.index, strict=True)
    ]
    return {"arms": arms, "error": found.error}
