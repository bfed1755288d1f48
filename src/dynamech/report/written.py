"""The JSON objects of answers whose figures the economics do not write themselves."""

from __future__ import annotations

from typing import Any

from ..instances.mechanism_file import mechanism_to_json
from ..models.accounts.nonclairvoyant.maximin import Maximin
from ..models.answers.plain import plain
from ..models.auctions.highest_score import HighestScore
from ..models.design.design import Design
from ..models.efficient.generalised_vcg import GeneralisedVCG
from ..models.efficient.index_policy import Indices
from ..models.ladder.ladder import Rung
from ..models.mechanism.mechanism import Mechanism
from ..models.notions.demands import keys_of
from ..models.recursion.bounds import Bounds
from ..solvers.errors import Infeasible, TooLarge
from ..solvers.numbers import finite


def shown_mechanism(design: Design) -> Mechanism | None:
    """The mechanism of a design, None where there is none that counts or it is too large."""
    try:
        return design.mechanism if design.promising else None
    except (Infeasible, TooLarge):
        return None


def design_json(design: Design) -> dict[str, Any]:
    """The object of `design X --json`: a rung of the ladder, with its mechanism."""
    home, mechanism = design.environment, shown_mechanism(design)
    whole: dict[str, Any] = {}
    if design.pure and design.solution is not None:
        whole = {"optimality": design.optimality, "bound": plain(design.solution.bound)}
    return {
        "instance": design.instance,
        **Rung(design.question.incentives.name, design).to_json(),
        "objective": design.question.objective.word,
        "coupling": design.coupling,
        "demands": keys_of(design.question.demands),
        "conflict": None if design.conflict is None else design.conflict.to_json(),
        "attained": design.attained,
        **whole,
        **_bounds(design.bounds),
        "environment": None if home is None else home.name,
        "mechanism": None if mechanism is None else mechanism_to_json(mechanism),
    }


def _bounds(both: Bounds | None) -> dict[str, Any]:
    """Both in doubles; where they are proved, what they are over the rationals as well."""
    if both is None:
        return {}
    ends = [both.lower, both.upper]
    shown = {"bounds": [finite(float(end)) for end in ends]}
    return shown if isinstance(both.lower, float) else shown | {"interval": plain(ends)}


def vcg_json(vcg: GeneralisedVCG) -> dict[str, Any]:
    """Payments and what truth leaves, [period][agent][profile], and where the conditions fail."""
    return {
        "instance": vcg.environment.name,
        "incentive_compatible": vcg.incentive_compatible,
        "sufficient": vcg.sufficient,
        "failures": vcg.failures,
        "payments": plain(vcg.payments),
        "values": plain(vcg.values),
    }


def maximin_json(maximin: Maximin) -> dict[str, Any]:
    """The guarantee, and the figures of every sequence."""
    return {
        "ratio": plain(maximin.ratio),
        "sequences": plain(maximin.sequences),
        "clairvoyant": plain(maximin.clairvoyant),
        "revenues": plain(maximin.revenues),
    }


def auction_json(auction: HighestScore) -> dict[str, Any]:
    """The auction, [buyer][type]."""
    return {
        "value": plain(auction.revenue),
        "scores": plain(auction.scores),
        "reduced_form": plain(auction.allocation),
        "transfers": plain(auction.transfers),
    }


def indices_json(indices: Indices) -> dict[str, Any]:
    """The object of `index X --json`: every arm's index in every state."""
    arms = [
        {"name": arm.name, "states": list(arm.states), "index": plain(index)}
        for arm, index in zip(indices.arms, indices.index, strict=True)
    ]
    late = {"status": indices.status, "message": indices.message} if indices.message else {}
    return {"arms": arms, "error": indices.error} | late
