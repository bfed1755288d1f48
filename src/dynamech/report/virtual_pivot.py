"""The virtual pivot mechanism, and checks of first reports, as tables, frames, JSON and a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from rich.text import Text

from ..models.answers.plain import plain
from ..models.screening.envelope import FirstSignalCheck, Shortfall, VirtualSurplus
from ..models.screening.virtual_pivot import VirtualPivot
from ..models.society.assumptions import Assumption
from ..solvers.arithmetic import COMPUTED, SOLVED, arithmetic
from ..solvers.errors import InvalidInput
from ..solvers.numbers import Array, Number, to_float
from .frames import Columns, of_rows
from .plotting import name_ticks, new_figure
from .wording import Shown, brief, facts, money, said, table, titled, why_not

LINES = 36
"""Lines of a table of profiles; the rest is counted."""
RULES = {
    "A": "as printed, envelope in lower sums",
    "B": "re-optimised increments",
    "C": "the least weights that keep the plan",
}
"""What the rules for money are."""


def virtual_pivot_report(answer: VirtualPivot) -> list[Shown]:
    """The bound, the rules with their lies, whether the theorem holds, first signals and entry payments."""
    title = Text(f"Virtual pivot mechanism of {answer.environment.name}", style="bold")
    if answer.message:
        return [title, *said([("Limit", f"{answer.message[0].upper()}{answer.message[1:]}.")])]
    error = _error(answer, answer.bound)
    pairs = [("bound", f"{money(answer.bound, error)} (Corollary 4.1)")]
    pairs += [(f"rule {name}", _rule(answer, name)) for name in RULES if name in answer.rules]
    pairs += [(f"rule {name}", why) for name, why in answer.missing.items()]
    pairs += [("returned", answer.returned or "none: no rule is truthful")]
    if answer.rungs is not None:
        pairs += [
            (name, money(rung.value, rung.design.value_margin) if rung.value is not None else rung.status)
            for name, rung in answer.rungs.items()
        ]
    if (program := answer.program) is not None:
        why = why_not(program.status, program.message)
        earned = why if program.value is None else money(program.value, _error(answer, program.value, SOLVED))
        pairs.append(("same plan", f"{earned} (any payments)"))
    return [title, facts(pairs), *said(_sentences(answer)), _levels(answer), _entry(answer)]


def _rule(answer: VirtualPivot, name: str) -> str:
    lie = answer.lie[name]
    verdict = (
        "truthful"
        if lie is None
        else f"a lie gains {brief(lie.gain)}: {lie.agent} '{lie.type}' says '{lie.report}'"
    )
    profit = money(answer.profit[name], _error(answer, answer.bound))
    return f"{profit}, {verdict} ({RULES[name]})"


def _sentences(answer: VirtualPivot) -> Iterator[tuple[str, str]]:
    """What fails, and what holds beyond truth on average."""
    failing = {word: one for word, one in answer.assumptions.items() if not one.holds}
    for word, one in failing.items():
        yield f"Assumption {word} fails", _place(one)
    unjudged = [name for name, rule in answer.rules.items() if rule.unjudged]
    if unjudged:
        yield (
            f"Too large for the judge: {' and '.join(unjudged)}",
            "From period 1 on truth is best by construction; lies about first signals were compared.",
        )
    if answer.attains:
        printed = answer.lie["A"]
        but = "" if printed is None else f" (A, as printed, does not keep {printed.agent} from lying)"
        yield "Theorem 5.1", f"Rule {answer.returned} is truthful and earns the whole bound{but}."
    else:
        yield "Theorem 5.1 fails here", " ".join(_failure(answer, not failing))
    if not answer.uncontrolled.holds:
        yield "Controlled", _place(answer.uncontrolled)
    elif not answer.environment.stationary:
        dominant = [name for name, verdict in answer.dominant.items() if verdict is not None and verdict]
        plan = "is best in every period by itself" if answer.myopic.holds else "looks ahead"
        rules = ", ".join(dominant) or "no rule"
        yield (
            "Uncontrolled",
            f"The plan {plan}; from period 1 on truth is dominant under {rules} (Corollary 6.2).",
        )


def _place(failing: Assumption) -> str:
    """Where an assumption fails and by how much, in a sentence."""
    where = failing.where or ""
    return f"{where[:1].upper()}{where[1:]}{'' if failing.by is None else f', by {brief(failing.by)}'}."


def _failure(answer: VirtualPivot, assumed: bool) -> Iterator[str]:
    if assumed:
        yield "Its assumptions hold, and it is about a continuum of first signals."
    gains = [f"{name}'s best lie gains {brief(lie.gain)}" for name, lie in answer.lie.items() if lie]
    yield f"{'; '.join(gains)}."
    if answer.best is not None:
        short = answer.bound - answer.best.profit
        yield f"{answer.returned} is truthful and earns {brief(short)} less than the bound."
    if answer.program is not None and answer.program.value is not None:
        yield f"Any payments for the same plan earn at most {brief(answer.program.value)}."


def _levels(answer: VirtualPivot) -> Shown:
    lines = table(["agent", "first signal", "form", "A", "α", "virtual"], right=["A", "α", "virtual"])
    for row in _level_rows(answer):
        cells = (
            brief(row[name], row["error"]) if row[name] is not None else "-∞"
            for name in ("A", "α", "virtual")
        )
        lines.add_row(row["agent"], row["first signal"], row["form"], *cells)
    about = (
        "virtual: of a slope of 1, α A (multiplicative) or A − h (additive). Whoever has α ≤ 0 is left out."
    )
    return titled("First signals", lines, Text(about, style="dim"))


def _level_rows(answer: VirtualPivot) -> Iterator[dict[str, Any]]:
    for agent, own in zip(answer.environment.agents, answer.setting.levels, strict=True):
        for label, level, alpha, virtual in zip(
            agent.types[0], own.level, own.alpha, own.virtual, strict=True
        ):
            yield {
                "agent": agent.name,
                "first signal": label,
                "form": own.form,
                "A": level,
                "α": alpha,
                "virtual": virtual,
                "error": _error(answer, own.level),
            }


def _error(answer: VirtualPivot, scale: Array | Number, grade: float = COMPUTED) -> float:
    """What doubles may leave in figures of this size."""
    return float(arithmetic(answer.environment.exact).slack(scale, grade))


def _entry(answer: VirtualPivot) -> Shown:
    names = [f"pays in {name}" for name in answer.rules]
    columns = ["value", *names]
    lines = table(["first signals", "agent", *columns], right=columns)
    rows, error = list(_profile_rows(answer)), _error(answer, answer.worth)
    for row in rows[:LINES]:
        label = ", ".join(row[agent.name] for agent in answer.environment.agents)
        out = " (excluded)" if row["excluded"] else ""
        figures = (brief(row[name], error) for name in ("value", *(f"entry {rule}" for rule in answer.rules)))
        lines.add_row(label, f"{row['agent']}{out}", *figures)
    if (left := len(rows) - LINES) > 0:
        lines.add_row(f"{left:,} more", *[""] * (1 + len(columns)))
    about = (
        "value: of what truth leads to, discounted. pays: in period 0, the entry payment. excluded: p* ≤ 0."
    )
    return titled("Entry", lines, Text(about, style="dim"))


def _profile_rows(answer: VirtualPivot) -> Iterator[dict[str, Any]]:
    """One a profile of first signals and agent."""
    agents = answer.environment.agents
    out = {(row["agent"], row["type"], *row["others"].values()) for row in answer.excluded}
    worth = answer.worth
    for m, profile in enumerate(answer.setting.profiles):
        labels = {agent.name: agent.types[0][k] for agent, k in zip(agents, profile, strict=True)}
        for i, agent in enumerate(agents):
            others = [label for name, label in labels.items() if name != agent.name]
            yield {
                **labels,
                "agent": agent.name,
                "value": worth[m][i],
                **{f"left by {name}": rule.promises[profile][i] for name, rule in answer.rules.items()},
                **{f"entry {name}": rule.entry[profile][i] for name, rule in answer.rules.items()},
                "excluded": (agent.name, labels[agent.name], *others) in out,
            }


def virtual_pivot_columns(answer: VirtualPivot) -> Columns:
    """A row a profile of first signals and agent: what truth is worth, and by rule what she is left with and
    what she pays at entry."""
    if answer.message:
        name = answer.environment.name
        return {"instance": [name], "status": [answer.status], "message": [answer.message]}
    return of_rows(_profile_rows(answer))


def virtual_pivot_json(answer: VirtualPivot) -> dict[str, Any]:
    """The object of `virtual-pivot X --json`; with "status" and "message" where the time limit was reached.

    "envelope" and "interval_dominance" are of rule A, the mechanism as printed; null where it is too large to
    write out. Over an infinite horizon "beta" is of all periods but the first. "missing": why there is no
    rule C, where there is none. "unjudged": by rule why the judge has not said what "lie" says, where it
    has not.
    """
    endless = answer.environment.stationary
    known = {
        "separable": plain(answer.separable),
        "alpha": plain(answer.alpha),
        "beta": {name: plain(table[-1:] if endless else table) for name, table in answer.beta.items()},
    }
    if answer.message:
        return known | {"status": answer.status, "message": answer.message}
    program, climbed = answer.program, answer.rungs
    unjudged = {name: rule.unjudged for name, rule in answer.rules.items() if rule.unjudged}
    return {
        **known,
        "weights": plain(answer.weights),
        "program": None if program is None else {"status": program.status, "value": plain(program.value)},
        "assumptions": {word: one.to_json() for word, one in answer.assumptions.items()},
        "bound": plain(answer.bound),
        "profit": dict.fromkeys(RULES) | plain(answer.profit),
        "returned": answer.returned,
        "attains": answer.attains,
        "lie": dict.fromkeys(RULES)
        | {name: None if lie is None else lie.to_json() for name, lie in answer.lie.items()},
        "excluded": answer.excluded,
        "entry": plain(answer.entry),
        "envelope": _shortfalls(answer.envelope),
        "interval_dominance": _shortfalls(answer.interval_dominance),
        "uncontrolled": answer.uncontrolled.to_json(),
        "myopic": answer.myopic.to_json(),
        "dominant": dict.fromkeys(RULES)
        | {name: None if verdict is None else verdict.holds for name, verdict in answer.dominant.items()},
        "rungs": None if climbed is None else [rung.to_json() for rung in climbed.values()],
        **({"missing": answer.missing} if answer.missing else {}),
        **({"unjudged": unjudged} if unjudged else {}),
    }


def _shortfalls(failing: Iterable[Shortfall] | None) -> list[dict[str, Any]] | None:
    if failing is None:
        return None
    return [
        {
            "agent": one.agent,
            "others": one.others,
            "from": one.start,
            "to": one.to,
            "shortfall": plain(one.shortfall),
            **({} if one.unavoidable is None else {"unavoidable": plain(one.unavoidable)}),
        }
        for one in failing
    ]


def levels_figure(answer: VirtualPivot) -> Any:
    """α and virtual values by first signal, and what the rules earn beside the bound."""
    if answer.message:
        raise InvalidInput(f"virtual pivot of '{answer.environment.name}': {answer.message}")
    figure = new_figure(11.0, 3.6)
    left, middle, right = figure.subplots(1, 3)
    agents = list(zip(answer.environment.agents, answer.setting.levels, strict=True))
    named = [_numbers(agent.types[0]) for agent, _ in agents]
    places = [row for row in named if row is not None]
    if len(places) < len(agents):
        places = [list(range(len(agent.types[0]))) for agent, _ in agents]
    for place, name in ((left, "α"), (middle, "virtual value of a slope of 1")):
        for (agent, own), x in zip(agents, places, strict=True):
            alphas = [np.nan if one is None else float(one) for one in own.alpha]
            place.plot(
                x, alphas if name == "α" else to_float(own.virtual), "o-", label=agent.name, markersize=4
            )
        place.axhline(0, color="grey", linewidth=0.7)
        place.set_title(name, fontsize=9)
        place.set_xlabel("first signal" if None not in named else "first signal, by place in the list")
        place.xaxis.get_major_locator().set_params(integer=None in named)
    left.legend(fontsize=8, frameon=False)
    middle.set_ylabel("money")
    for k, rule in enumerate(answer.rules.values()):
        right.bar(
            k,
            float(rule.profit),
            color="tab:blue" if rule.truthful else "lightgrey",
            edgecolor="tab:blue",
            label={True: "truthful", False: "not truthful"}[rule.truthful],
        )
    right.axhline(float(answer.bound), color="tab:red", linewidth=1.0, label="bound")
    name_ticks(right.xaxis, list(answer.rules))
    right.set_title("profit of the rules", fontsize=9)
    right.set_ylabel("money of period 0")
    handles, labels = right.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    right.legend(
        list(once.values()), list(once), fontsize=8, frameon=False, ncol=3, loc="upper center",
        bbox_to_anchor=(0.5, -0.08),
    )  # fmt: skip
    figure.suptitle(f"{answer.environment.name}: virtual pivot mechanism", fontsize=10)
    return figure


def _numbers(labels: Sequence[str]) -> list[float] | None:
    """Labels as the numbers that they are, None where one is none."""
    try:
        return [float(Fraction(label)) for label in labels]
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def check_report(check: FirstSignalCheck) -> list[Shown]:
    """Between which first signals it fails, and whether truth is best from period 1 on."""
    holds = "holds" if check else "fails"
    name = check.condition
    title = Text(f"{name[0].upper()}{name[1:]} {holds} in {check.environment.name}", style="bold")
    later = "is" if check.later else "is not"
    note = Text(f"From period 1 on truth {later} best at every state (Lemma 3.5).", style="dim")
    if check:
        return [title, note]
    numbers = ["shortfall", *(["unavoidable"] if check.failing[0].unavoidable is not None else [])]
    lines = table(["agent", "others", "from", "to", *numbers], right=numbers)
    for one in check.failing[:LINES]:
        others = "" if one.others is None else ", ".join(f"{a} '{k}'" for a, k in one.others.items())
        figures: list[Number] = [one.shortfall]
        figures += [] if one.unavoidable is None else [one.unavoidable]
        lines.add_row(one.agent, others, one.start, one.to, *map(brief, figures))
    if (left := len(check.failing) - LINES) > 0:
        lines.add_row(f"{left:,} more", *[""] * (3 + len(numbers)))
    return [title, lines, note]


def check_columns(check: FirstSignalCheck) -> Columns:
    """A row an interval in which it fails."""
    names = ["agent", "others", "from", "to", "shortfall", "unavoidable"]
    rows = [
        (one.agent, one.others, one.start, one.to, one.shortfall, one.unavoidable) for one in check.failing
    ]
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


def check_json(check: FirstSignalCheck) -> dict[str, Any]:
    """Whether it holds, where it fails, and what Lemma 3.5 assumes."""
    return {
        "condition": check.condition,
        "incentives": check.incentives,
        "holds": bool(check),
        "failing": _shortfalls(check.failing),
        "later": check.later.to_json(),
    }


def surplus_json(surplus: VirtualSurplus) -> dict[str, Any]:
    """By agent what lowest types are left with, and what others have beyond the lower sums."""
    names = [agent.name for agent in surplus.environment.agents]
    return {
        "virtual_surplus": plain(surplus.value),
        "profit": plain(surplus.profit),
        "lowest": dict(zip(names, plain(surplus.lowest), strict=True)),
        "excess": dict(zip(names, plain(surplus.excess), strict=True)),
    }


def surplus_report(surplus: VirtualSurplus) -> list[Shown]:
    """The identity, term by term."""
    title = Text(f"Virtual surplus in {surplus.environment.name}", style="bold")
    pairs = [("virtual surplus", money(surplus.value))]
    for agent, lowest, excess in zip(surplus.environment.agents, surplus.lowest, surplus.excess, strict=True):
        pairs.append((agent.name, f"lowest left with {brief(lowest)}, others {brief(excess)} more"))
    return [title, facts([*pairs, ("profit", money(surplus.profit))])]


def surplus_columns(surplus: VirtualSurplus) -> Columns:
    """A row an agent."""
    return {
        "agent": [agent.name for agent in surplus.environment.agents],
        "lowest": list(surplus.lowest),
        "excess": list(surplus.excess),
    }
