"""The answer as the JSON object of the command line: rationals as strings where exact, else floats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..answers.plain import plain
from ..environment.environment import Environment
from .answer import AgentAnswer, Correlation, PeriodAnswer, TheoremAnswer
from .bounded import Bounded
from .budget import Budget
from .convex_independence import NORM, ConvexIndependence
from .course import Course
from .extraction import Extraction
from .last_period import LastPeriod
from .spanning import Spanning
from .static import Static


def correlation_json(answer: Correlation) -> dict[str, Any]:
    """The object of `correlation X --json`.

    Beyond what every reader needs ("agents" with their blocks, "W" and "static"), it says which transfers the
    blocks show ("norm"), how far they miss ("residual"), whether a mechanism exists, what "cap" and
    "liability" leave ("bounded", null without them), and how a residual claimant's finite horizon ends
    ("last_period"); "status" and "message" where the time limit was reached, and "W" is null where that came
    before the efficient policy.
    """
    env = answer.course.environment
    welfare = None if answer.course.found is None else plain(answer.plan.welfare)
    content: dict[str, Any] = {
        "agents": [_agent(answer.course, agent) for agent in answer.agents],
        "W": welfare[0] if welfare is not None and env.stationary else welfare,
        "norm": answer.norm,
        "theorem": answer.theorem,
        "cap": plain(answer.cap),
        "liability": plain(answer.liability),
        "residual": plain(answer.residual),
        "accurate": answer.accurate,
        "implementable": answer.mechanism is not None,
        "reason": answer.reason or None,
        "bounded": None if answer.bounded is None else _bounded(answer.bounded),
        "static": _static(env, answer.static),
    }
    if answer.last is not None:
        content["last_period"] = _last(answer.last)
    if answer.message:
        content |= {"status": answer.status, "message": answer.message}
    return content


def _bounded(within: Bounded) -> dict[str, Any]:
    return {
        "subsidy": plain(within.subsidy),
        "agents": [
            {
                "name": agent.name,
                "low": plain(agent.low),
                "high": plain(agent.high),
                "spread": plain(agent.spread),
                "subsidy": plain(agent.subsidy),
            }
            for agent in within.agents
        ],
    }


def _last(last: LastPeriod) -> dict[str, Any]:
    ring = last.ring
    return {
        "efficient": last.efficient,
        "rule": last.rule,
        "payments": plain(last.payments),
        "cycle": None
        if ring is None
        else {
            "agent": ring.agent,
            "others": ring.others,
            "types": list(ring.types),
            "length": plain(ring.length),
            "sentence": last.sentence,
        },
    }


def _agent(course: Course, agent: AgentAnswer) -> dict[str, Any]:
    return {
        "name": agent.name,
        "convex_independence": agent.convex_independence,
        "spanning": agent.spanning,
        **{f"theorem_{name.replace('.', '_')}": _theorem(agent, name) for name in ("3.1", "3.2")},
        "blocks": [block for period in agent.periods for block in _blocks(course, period)],
    }


def _theorem(agent: AgentAnswer, name: str) -> dict[str, Any]:
    feasible, top, squares = agent.theorem(name)
    return {
        "feasible": feasible,
        "largest_transfer": plain(top),
        "least_norm_squared": plain(squares),
    }


def _blocks(course: Course, period: PeriodAnswer) -> Iterator[dict[str, Any]]:
    beliefs = period.blocks
    env, t, i = course.environment, beliefs.period, beliefs.agent
    types = env.agents[i].types[t]
    chosen = course.plan.policy[t][beliefs.profile]
    for k, (a, x) in enumerate(beliefs.each()):
        m = int(beliefs.matrix_of[a, x])
        block = {
            "period": t,
            "action": env.actions[t][a],
            "others": beliefs.others_labels(x),
            "used_by_efficient_policy": bool((chosen[x] == a).any()),
            "convex_independence": _convex(period.convex, m, types),
            "spanning": _spanning(period.spanning, m),
        }
        for name, answer in period.theorems.items():
            size = len(types) if name == "3.1" else 1
            rows = range(k * size, (k + 1) * size)
            block[f"theorem_{name.replace('.', '_')}"] = _systems(answer, rows, types)
        yield block


def _static(env: Environment, static: Static | None) -> dict[str, Any] | None:
    if static is None:
        return None
    return {
        "convex_independence": static.convex_independence,
        "spanning": static.spanning,
        "blocks": [
            {
                "agent": env.agents[block.agent].name,
                "period": 0,
                "others": block.public,
                "types": list(block.types),
                "convex_independence": _convex(block.convex, 0, block.types),
                "spanning": _spanning(block.spanning, 0),
            }
            for block in static.blocks
        ],
    }


def _convex(convex: ConvexIndependence, m: int, types: Any) -> dict[str, Any]:
    rows = []
    for r, label in enumerate(types):
        independent = bool(convex.independent[m, r])
        row = {"type": label, "independent": independent, "distance": plain(convex.distance[m, r])}
        if independent:
            row["separating"] = plain(convex.separating[m, r])
        else:
            row["weights"] = plain(convex.weights[m, r])
        rows.append(row)
    return {
        "holds": bool(convex.holds[m]),
        "distance": plain(convex.distance[m].min()),
        "norm": NORM,
        "rows": rows,
    }


def _spanning(spans: Spanning, m: int) -> dict[str, Any]:
    holds = bool(spans.holds[m])
    return {
        "holds": holds,
        "distance": None if spans.distance is None else plain(spans.distance[m]),
        "norm": NORM,
        "smallest_singular_value": plain(spans.smallest[m]),
        "condition_number": plain(spans.condition[m]),
        "null_vector": None if holds else plain(spans.null[m]),
    }


def _systems(answer: TheoremAnswer, rows: range, types: Any) -> dict[str, Any]:
    part = slice(rows.start, rows.stop)
    feasible = answer.feasible[part]
    every = bool(feasible.all())
    return {
        "feasible": every,
        "largest_transfer": plain(answer.largest[part].max()) if every else None,
        "least_norm_squared": plain(answer.squares[part].sum()) if every else None,
        "transfers": [_system(answer, k, types) for k in rows],
    }


def _system(answer: TheoremAnswer, k: int, types: Any) -> dict[str, Any]:
    feasible = bool(answer.feasible[k])
    out: dict[str, Any] = {
        "report": None if answer.report[k] < 0 else types[int(answer.report[k])],
        "feasible": feasible,
        "values": plain(answer.transfers[k]) if feasible else None,
    }
    if not feasible:
        out["proof"] = plain(answer.proof[k])
    return out


def budget_json(answer: Budget) -> dict[str, Any]:
    """What `correlation X --budget RULE` adds: figures per agent, or per period, and profile."""
    if not answer.settled:
        return {
            "rule": answer.rule,
            "theorem": answer.theorem,
            "status": answer.status,
            "message": answer.message,
        }
    return {
        "rule": answer.rule,
        "theorem": answer.theorem,
        "balanced": answer.balanced,
        "total": plain(answer.total),
        "periods": plain(answer.periods),
        "fees": plain(answer.fees),
        "payoffs": plain(answer.payoffs),
        "interim": plain(answer.interim),
    }


def extraction_json(answer: Extraction) -> dict[str, Any]:
    """What `correlation X --extract` adds: bounds per period, agent and report profile."""
    if not answer.settled:
        return {"theorem": answer.theorem, "status": answer.status, "message": answer.message}
    env = answer.course.environment
    return {
        "theorem": answer.theorem,
        "revenue": plain(answer.revenue),
        "welfare": plain(answer.welfare),
        "bounds": plain(answer.bounds),
        "entry_fees": [plain(env.discount * bound) for bound in answer.bounds],
        "least_continuation": plain(answer.least_continuation),
        "largest_rent": plain(answer.largest_rent),
        "indifferent": {env.agents[i].name: answer.indifferent(i) for i in env.private},
    }
