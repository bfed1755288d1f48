"""``correlation --ahead``, ``--cells`` and ``--unalignable``: other mechanisms, or values that have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..models.answers.plain import plain
from ..models.correlation import Correlation
from ..models.environment.environment import Environment
from ..models.mechanism.mechanism import Mechanism
from ..report.options import in_options
from ..report.wording import money
from ..solvers.errors import AssumptionViolated
from ..solvers.numbers import show


@dataclass(frozen=True)
class Further:
    """What an option adds: its key in the JSON, what stands there, a sentence, what ``--out`` keeps."""

    key: str
    content: dict[str, Any] | None
    sentence: str
    kept: Mechanism | Environment | None
    reason: str = ""


def signals_ahead(diagnosed: Correlation, periods: int) -> Further:
    """Remark 3.4."""
    further = diagnosed.ahead(periods)
    content = {
        "periods": periods,
        "convex_independence": further.convex_independence,
        "spanning": further.spans,
        "implementable": further.mechanism is not None,
        "reason": further.reason,
    }
    held = {True: "holds", False: "fails", None: "is not asked"}
    text = (
        f"By the others' types of the next {periods}: "
        f"convex independence {held[further.convex_independence]}, spanning {held[further.spans]}; "
    )
    text += "there are transfers." if further.mechanism is not None else f"{further.reason}."
    return Further("ahead", content, text, further.mechanism, further.reason)


def by_cells(diagnosed: Correlation, number: int) -> Further:
    """Section 5."""
    near = diagnosed.on_cells(number)
    content = {
        "number": number,
        "error": plain(near.error),
        "gain": plain(near.gain),
        "bound": plain(near.bound),
    }
    text = (
        f"Transfers constant on {number} cells of each other agent's types miss residual claims by at most "
        f"{money(near.error)}; one lie gains {money(near.gain)}, at most {money(near.bound)}."
    )
    return Further("cells", content, text, near.mechanism)


def without_transfers(diagnosed: Correlation) -> Further:
    """The converse of Lemma 7.1."""
    try:
        values = diagnosed.unalignable()
    except AssumptionViolated as error:
        return Further("unalignable", None, f"None: {in_options(error)}.", None, in_options(error))
    env = values.environment
    agent, action = env.agents[values.agent], env.actions[values.period][values.action]
    types = agent.types[values.period]
    content = {
        "agent": agent.name,
        "period": values.period,
        "action": action,
        "others": values.others,
        "type": types[values.type],
        "weights": plain(values.weights),
    }
    parts = [f"{show(w)} '{k}'" for k, w in zip(types, values.weights.tolist(), strict=True) if w]
    text = (
        f"In period {values.period} what type '{types[values.type]}' of agent '{agent.name}' foretells "
        f"after '{action}' is what the mixture {' + '.join(parts)} does: "
        "if somebody else gains from it there alone, "
        "no transfers make the agent a claimant."
    )
    return Further("unalignable", content, text, env)
