"""The figures of every answer in columns, as a ``pandas.DataFrame`` takes them: numbers as they are.

A column is a list or an array, all of one length; profiles of types are counted with agent 0 slowest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..models.accounts.account import Account
from ..models.accounts.bank import Bank
from ..models.accounts.items import Items
from ..models.accounts.nonclairvoyant.answer import NonClairvoyant
from ..models.accounts.nonclairvoyant.asymptotic import Asymptotic
from ..models.accounts.nonclairvoyant.maximin import Maximin
from ..models.auctions.auction import Auction
from ..models.auctions.highest_score import HighestScore
from ..models.auctions.money_burning.burning import Burning
from ..models.auctions.virtual_values import VirtualValues
from ..models.correlation import Correlation
from ..models.correlation.budget import Budget
from ..models.correlation.extraction import Extraction
from ..models.efficient.generalised_vcg import GeneralisedVCG
from ..models.efficient.index_policy import Indices
from ..models.environment.environment import Environment
from ..models.ladder.ladder import Ladder, Rung
from ..models.mechanism.copies import sure
from ..models.mechanism.mechanism import Mechanism, Stage
from ..models.payments.implement import Implementation
from ..models.payments.unrelax import Unrelaxed
from ..models.verification.verdict import Verdict
from ..solvers.numbers import Array
from .diagnosis import diagnoses

Columns: TypeAlias = Mapping[str, Sequence[Any] | Array]


def one_row(content: Mapping[str, Any]) -> Columns:
    """What is no list and no object in a JSON object, as a single row."""
    return {key: [value] for key, value in content.items() if not isinstance(value, dict | list)}


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Columns:
    """Rows as columns; a fact that a row lacks is None."""
    kept = list(rows)
    names = dict.fromkeys(name for row in kept for name in row)
    return {name: [row.get(name) for row in kept] for name in names}


def stacked(parts: Iterable[Mapping[str, Any]]) -> Columns:
    """Parts of equally long columns, among them single facts, one below the other."""
    kept = [dict(part) for part in parts]
    sizes = [max((len(c) for c in part.values() if isinstance(c, np.ndarray)), default=0) for part in kept]
    names = dict.fromkeys(name for part in kept for name in part)
    return {
        name: [
            entry
            for part, size in zip(kept, sizes, strict=True)
            for entry in (
                part[name].tolist() if isinstance(part.get(name), np.ndarray) else [part.get(name)] * size
            )
        ]
        for name in names
    }


def of_profiles(env: Environment, t: int, figures: Mapping[str, Array]) -> dict[str, Array]:
    """A row for each profile of a period's types: everybody's type, and figures (N, S) of who reports."""
    digits = np.unravel_index(np.arange(np.prod(env.types(t))), env.types(t))
    types = {agent.name: _labels(agent.types[t])[k] for agent, k in zip(env.agents, digits, strict=True)}
    own = {f"{env.agents[i].name} {what}": table[i] for what, table in figures.items() for i in env.private}
    return types | own


def _labels(labels: Sequence[str]) -> Array:
    return np.array(labels, dtype=object)


def environment_columns(env: Environment) -> Columns:
    """Who values what action by how much: types that do not matter are None."""
    return stacked(
        _values(env, i, t, table)
        for i, agent in enumerate(env.agents)
        for t, table in enumerate(agent.values)
    )


def _values(env: Environment, i: int, t: int, table: Array) -> dict[str, Any]:
    action, *digits = (axis.reshape(-1) for axis in np.indices(table.shape))
    return {
        "agent": env.agents[i].name,
        "period": t,
        "action": _labels(env.actions[t])[action],
        **{
            f"type of {agent.name}": _labels(agent.types[t])[k]
            for agent, k, size in zip(env.agents, digits, table.shape[1:], strict=True)
            if size > 1
        },
        "value": table.reshape(-1),
    }


def mechanism_columns(mechanism: Mechanism) -> Columns:
    """Every action that is taken: after which memory and reports, how likely, what is paid, what follows.

    Reports and actions are counted from 0: a mechanism does not know their names. Where what follows is drawn
    there is a row for each outcome.
    """
    return stacked(_stage(t, stage) for t, stage in enumerate(mechanism.stages))


def _stage(t: int, drawn: Stage) -> dict[str, Any]:
    stage, outcomes = sure(drawn), 1 if drawn.draws is None else drawn.draws.memory.shape[1]
    memory, *reports, action = np.nonzero(stage.allocation)
    here = (memory, *reports)
    names = _labels([stage.label_of(m) for m in range(stage.size)])
    return {
        "period": t,
        "memory": names[memory],
        **{f"report of {i}": k for i, k in enumerate(reports)},
        "action": action // outcomes,
        "share": stage.allocation[(*here, action)],
        **{f"payment of {i}": paid[here] for i, paid in enumerate(stage.transfers)},
        "next": None if stage.next is None else stage.next[(*here, action)],
    }


def rung_columns(*rungs: Rung) -> Columns:
    """Rungs one below the other."""
    return of_rows(rung.to_json() | {"exact": rung.exact, "value": rung.value} for rung in rungs)


def ladder_columns(ladder: Ladder) -> Columns:
    """A row a rung."""
    names = [rung.name for rung in ladder.rungs]
    return {
        **rung_columns(*ladder.rungs),
        "gap": [ladder.gap[name] for name in names],
        "tight": [ladder.tight.get(name) for name in names],
    }


def verdict_columns(verdicts: Iterable[Verdict]) -> Columns:
    """A row a notion, with who lies about what."""
    return of_rows(
        {
            "kind": verdict.kind,
            "notion": verdict.notion,
            "holds": verdict.holds,
            "violation": verdict.violation,
            **{
                name: None if verdict.witness is None else getattr(verdict.witness, name)
                for name in ("agent", "period", "type", "report", "sentence")
            },
        }
        for verdict in verdicts
    )


def implementation_columns(implementation: Implementation) -> Columns:
    """The lies that no payments stop together; none where payments exist."""
    return {name: [getattr(lie, name) for lie in implementation.deviations]
            for name in ("agent", "period", "lie", "weight")}  # fmt: skip


def unrelaxed_columns(unrelaxed: Unrelaxed) -> Columns:
    """The lies that no relaxed optimum holds back together."""
    return {
        "lie": [lie for lie, _ in unrelaxed.strategy],
        "weight": [weight for _, weight in unrelaxed.strategy],
    }


def correlation_columns(answer: Correlation) -> Columns:
    """A row a block: agent, period, action and the others' types; of period 0 where no other follows."""
    if answer.static is not None and not any(agent.periods for agent in answer.agents):
        return of_rows(
            {
                "agent": answer.environment.agents[block.agent].name,
                "period": 0,
                **{f"type of {name}": label for name, label in block.public.items()},
                "convex independence": bool(block.convex.holds[0]),
                "convex gap": block.convex.distance[0].min(),
                "spanning": bool(block.spanning.holds[0]),
                "spanning gap": None if block.spanning.distance is None else block.spanning.distance[0],
                "condition number": block.spanning.condition[0],
            }
            for block in answer.static.blocks
        )
    return of_rows(
        {
            "agent": block.agent.name,
            "period": block.t,
            "action": block.action,
            **{f"type of {name}": label for name, label in block.others.items()},
            "convex independence": block.convex,
            "convex gap": block.convex_gap,
            "spanning": block.spanning,
            "spanning gap": block.spanning_gap,
            "condition number": block.condition,
            **{f"theorem {name}": top for name, top in block.largest.items()},
        }
        for block in diagnoses(answer)
    )


def budget_columns(budget: Budget) -> Columns:
    """A row a first profile: what everybody pays and is left with."""
    if not budget.settled:
        return one_row(budget.to_json())
    figures = {"pays": budget.path.first, "is left with": budget.payoffs}
    return of_profiles(budget.course.environment, 0, figures)


def extraction_columns(extraction: Extraction) -> Columns:
    """A row a period and profile: what everybody is charged in advance for the lottery of her report."""
    if not extraction.settled:
        return one_row(extraction.to_json())
    env = extraction.course.environment
    return stacked(
        {"period": t} | of_profiles(env, t, {"entry fee": env.discount * bound})
        for t, bound in enumerate(extraction.bounds)
    )


def vcg_columns(vcg: GeneralisedVCG) -> Columns:
    """A row a period and profile: what everybody pays, and what truth leaves to her from then on."""
    return stacked(
        {"period": t} | of_profiles(vcg.environment, t, {"pays": payments, "is left with": values})
        for t, (payments, values) in enumerate(zip(vcg.payments, vcg.values, strict=True))
    )


def bank_columns(bank: Bank) -> Columns:
    """A row a balance that can be reached."""
    return _balances(bank.items, bank.balances)


def account_columns(account: Account) -> Columns:
    """A row a balance that can be reached."""
    return _balances(account.kept.items, account.balances)


def _balances(items: Items, balances: list[list[dict[str, Any]]]) -> Columns:
    names = [agent.name for agent in items.env.agents]
    return of_rows(
        {
            "period": t,
            "probability": row["probability"],
            **{
                f"{what} of {name}": row[what][i]
                for what in ("balance", "spend", "deposit")
                for i, name in enumerate(names)
            },
        }
        for t, rows in enumerate(balances)
        for row in rows
    )


def nonclairvoyant_columns(answer: NonClairvoyant) -> Columns:
    """A row a period: the parts of the revenue."""
    parts = answer.ran.by_period
    names = ("myerson", "second_price", "spend", "burnt")
    return {"period": list(range(len(parts))), **{n: [getattr(part, n) for part in parts] for n in names}}


def asymptotic_columns(answer: Asymptotic) -> Columns:
    """A row a period."""
    names = [agent.name for agent in answer.items.env.agents]
    rules = [["second price" if free else "throttled" for free in own] for own in answer.in_second_price.T]
    means = zip(*answer.mean_balance[:-1], strict=True)
    return {
        "period": list(range(answer.items.periods)),
        "revenue": answer.revenue,
        "surplus": answer.surplus,
        **{f"rule for {name}": own for name, own in zip(names, rules, strict=True)},
        **{f"mean balance of {name}": list(own) for name, own in zip(names, means, strict=True)},
    }


def maximin_columns(maximin: Maximin) -> Columns:
    """A row a sequence."""
    names = [" ".join(map(str, sequence)) for sequence in maximin.sequences]
    return {"sequence": names, "clairvoyant": maximin.clairvoyant, "revenue": maximin.revenues}


def burning_columns(burning: Burning) -> Columns:
    """A row a buyer."""
    return {
        "agent": burning.market.names,
        "cap": burning.caps,
        "weight": burning.weights,
        "utility": burning.utilities,
        "counted": np.minimum(burning.caps, burning.utilities),
        "probability": burning.probabilities,
    }


def virtual_columns(virtual: VirtualValues) -> Columns:
    """A row a type."""
    kinds = {name: getattr(virtual, name) for name in virtual.to_json()}
    return {"value": virtual.buyer.values, "probability": virtual.buyer.probabilities, **kinds}


def auction_columns(auction: HighestScore) -> Columns:
    """A row a buyer and type."""
    figures = zip(auction.market.buyers, auction.scores, auction.allocation, auction.transfers, strict=True)
    return stacked(
        {
            "agent": buyer.name,
            "value": buyer.values,
            "probability": buyer.probabilities,
            "score": scores,
            "wins": wins,
            "pays": pays,
        }
        for buyer, scores, wins, pays in figures
    )


def reduced_columns(auction: Auction) -> Columns:
    """A row an agent and type."""
    there = auction.best is not None
    env = auction.environment
    parts = []
    for i, agent in enumerate(env.agents):
        figures = {
            "virtual": auction.virtual, "ironed": auction.ironed, "wins": auction.reduced_form,
            "pays": auction.payments, "keeps": auction.utilities,
        } if there else {}  # fmt: skip
        parts.append(
            {"agent": agent.name, "type": np.array(agent.types[0], object)}
            | {"value": auction.sale.values[i], "probability": auction.sale.chances[i]}
            | {name: np.array(figure[i], object) for name, figure in figures.items()}
        )
    return stacked(parts)


def indices_columns(indices: Indices) -> Columns:
    """A row an arm and state: what playing it is worth now, and its index."""
    return stacked(
        {"arm": arm.name, "state": np.array(arm.states, object), "worth": arm.reward, "index": index}
        for arm, index in zip(indices.arms, indices.index, strict=True)
    )
