"""Plots of items sold over time: balance paths, and the ratio to the optimum by horizon."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models.accounts.bank import Bank
from ..models.accounts.nonclairvoyant.answer import NonClairvoyant, by_horizon
from ..solvers.effort import Effort
from ..solvers.events import Notify
from .plotting import new_figure, shortened

PATHS = 30
"""Random paths drawn through the balances."""


def balance_paths(bank: Bank, seed: int = 0) -> Any:
    """Reachable balances of each buyer by period (areas are probabilities), their mean, some random paths."""
    rows = bank.balances
    names = [agent.name for agent in bank.items.env.agents]
    figure = new_figure(
        max(5.0, min(12.0, 3 + 0.5 * len(rows))), max(2.2, 3.4 - 0.3 * len(names)) * len(names)
    )
    axes = figure.subplots(len(names), 1, squeeze=False, sharex=True)[:, 0]
    drawn = _paths(bank, seed)
    for i, (place, name) in enumerate(zip(axes, names, strict=True)):
        means = []
        for t, period in enumerate(rows):
            at = np.array([float(row["balance"][i]) for row in period])
            chance = np.array([float(row["probability"]) for row in period])
            means.append(float(at @ chance))
            place.scatter(
                np.full(len(at), t), at, s=4 + 160 * chance, color="tab:blue", alpha=0.6, linewidths=0
            )
        for line in drawn:
            place.plot(range(len(rows)), line[:, i], color="grey", alpha=0.35, linewidth=0.8, zorder=0)
        place.plot(range(len(rows)), means, color="tab:orange", label="mean")
        place.set_title(
            f"{shortened(bank.items.env.name, 40)}: balance of {shortened(name, 30)} before each period",
            fontsize=9,
        )
        place.set_ylabel("money of period 0")
        place.legend(fontsize=8, frameon=False)
    axes[-1].set_xlabel("period")
    step = max(1, len(rows) // 12)
    axes[-1].set_xticks(range(0, len(rows), step))
    return figure


def _paths(bank: Bank, seed: int) -> list[np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    account = bank.account
    if account is None:
        return []
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(PATHS):
        m, line = account.mechanism.start, []
        for t, stage in enumerate(account.mechanism.stages):
            line.append([float(b) for b in account.balances[t][m]])
            if stage.next is not None:
                weights = np.array(account.items.weights[t], dtype=float)
                s = int(rng.choice(len(weights), p=weights / weights.sum()))
                m = int(stage.next.reshape(stage.size, len(weights), -1)[m, s, 0])
        drawn.append(np.array(line))
    return drawn


def ratio_by_horizon(answer: NonClairvoyant, notify: Notify | None = None) -> Any:
    """Revenue of the general mechanism and of repeated static auctions over the yardstick, by horizon: the
    clairvoyant optimum, or the full surplus where that was not asked for. Everything is solved again for
    each, of which `notify` is told."""
    against = "full-surplus" if answer.bank is None else "clairvoyant"
    answers = by_horizon(answer.ran.items.env, answer.ran.tie, Effort(notify=notify), against)
    periods = np.array([one.ran.items.periods for one in answers])
    figure = new_figure(6.0, 3.8)
    place = figure.subplots()
    best = np.array([float(one.yardstick or 0) or np.nan for one in answers])
    static = np.array([float(one.ran.items.repeated_myerson) for one in answers])
    shares = [np.nan if one.share is None else float(one.share) for one in answers]
    place.plot(periods, shares, "o-", label="non-clairvoyant", color="tab:blue")
    place.plot(periods, static / best, "s--", label="repeated Myerson", color="#009e73")
    place.axhline(float(answers[0].guarantee), color="#d55e00", linewidth=0.9, label="guarantee")
    place.set_ylim(0, 1.05)
    place.set_xlabel("items")
    place.set_ylabel(f"share of the {'full surplus' if answer.bank is None else 'clairvoyant optimum'}")
    place.set_title(answers[-1].ran.items.env.name, fontsize=9)
    place.set_xticks(periods)
    place.legend(fontsize=8, frameon=False)
    return figure
