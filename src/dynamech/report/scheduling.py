"""Tasks and their auctions as columns and as JSON; tasks and bidders are counted from 1, periods from 0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..models.answers.plain import plain
from ..models.efficient.ascending_auction import AuctionEquilibrium
from ..models.efficient.multi_task import MultiTask
from ..models.efficient.scheduling import Schedule
from ..models.efficient.task_lists import TaskLists
from .frames import Columns


def schedule_columns(schedule: Schedule) -> Columns:
    """A row a task."""
    return {
        "task": list(range(1, len(schedule.values) + 1)),
        "value": schedule.values,
        "period": schedule.turn,
        "W without": schedule.without,
        "M": schedule.contributions,
        "M at her turn": schedule.at_turn,
        "pays": schedule.prices,
    }


def schedule_json(schedule: Schedule) -> dict[str, Any]:
    """Everything by task, as they were listed."""
    return {
        "values": plain(schedule.values),
        "discount": plain(schedule.discount),
        "order": [int(k) + 1 for k in schedule.order],
        "W": plain(schedule.welfare),
        "W_without": plain(schedule.without),
        "M": plain(schedule.contributions),
        "M_at_turn": plain(schedule.at_turn),
        "transfers": plain(schedule.prices),
        "revenue": plain(schedule.revenue),
    }


def auction_columns(sold: AuctionEquilibrium) -> Columns:
    """A row a set of waiting tasks: who wins it, at which price, with how much welfare from there on."""
    sets = range(1, len(sold.winner))
    return {
        "waiting": [_waiting(s) for s in sets],
        "winner": [int(sold.winner[s]) + 1 for s in sets],
        "price": sold.price[1:],
        "welfare": sold.welfare[1:],
        "possible winners": sold.winners[1:],
        **{f"bid of {i}": bids[1:] for i, bids in enumerate(sold.bids, 1)},
    }


def _waiting(tasks: int) -> str:
    return ", ".join(str(i + 1) for i in range(tasks.bit_length()) if tasks >> i & 1)


def auction_json(sold: AuctionEquilibrium) -> dict[str, Any]:
    """By set of waiting tasks, from none to all of them: task i waits where bit i - 1 of its place is set."""
    return {
        "values": plain(sold.values),
        "discount": plain(sold.discount),
        "order": [int(sold.winner[s]) + 1 for s in sold.path[:-1]],
        "prices": plain([sold.price[s] for s in sold.path[:-1]]),
        "winner": [None if k < 0 else k + 1 for k in sold.winner.tolist()],
        "price": plain(sold.price),
        "bids": plain(sold.bids),
        "payoffs": plain(sold.payoffs),
        "welfare": plain(sold.welfare),
        "winners": sold.winners.tolist(),
    }


def multi_task_columns(pairs: MultiTask) -> Columns:
    """A row a pair of values."""
    shape = pairs.welfare.shape
    return {
        "v1": np.broadcast_to(pairs.first[:, None], shape).ravel(),
        "v2": np.broadcast_to(pairs.second, shape).ravel(),
        "W": pairs.welfare.ravel(),
        **{f"M{i}": gain.ravel() for i, gain in enumerate(pairs.contributions, 1)},
        **{f"p{i}": paid.ravel() for i, paid in enumerate(pairs.payments, 1)},
        "auction": _kinds(pairs).ravel(),
        "loss": pairs.loss.ravel(),
    }


def _kinds(pairs: MultiTask) -> Any:
    words = np.array(["efficient", "either", "inefficient"], dtype=object)
    return words[np.where(pairs.inefficient, 2, np.where(pairs.boundary, 1, 0))]


def multi_task_json(pairs: MultiTask) -> dict[str, Any]:
    """Tables with v1 down and v2 across."""
    return {
        "first": plain(pairs.first),
        "second": plain(pairs.second),
        "discount": plain(pairs.discount),
        "W": plain(pairs.welfare),
        "M": plain(pairs.contributions),
        "transfers": plain(pairs.payments),
        "threshold": plain(pairs.threshold),
        "inefficient": pairs.inefficient.tolist(),
        "boundary": pairs.boundary.tolist(),
        "loss": plain(pairs.loss),
    }


def task_lists_columns(tasks: TaskLists) -> Columns:
    """A row a state: how many tasks of each are done."""
    one, two = (axis.ravel() for axis in np.indices(tasks.welfare.shape))
    return {
        "done by 1": one,
        "done by 2": two,
        "W": tasks.welfare.ravel(),
        "served": _bidders(tasks.served.ravel()),
        **{f"M{i}": gain.ravel() for i, gain in enumerate(tasks.contributions, 1)},
        **{f"p{i}": paid.ravel() for i, paid in enumerate(tasks.payments, 1)},
        "wins": _bidders(tasks.winner.ravel()),
        "price": tasks.price.ravel(),
        "loss": tasks.loss.ravel(),
    }


def _bidders(positions: Iterable[int]) -> list[int | None]:
    return [None if k < 0 else int(k) + 1 for k in positions]


def task_lists_json(tasks: TaskLists) -> dict[str, Any]:
    """Tables with the tasks done by bidder 1 down, by bidder 2 across."""
    return {
        "lists": plain(tasks.lists),
        "discount": plain(tasks.discount),
        "W": plain(tasks.welfare),
        "served": [_bidders(row) for row in tasks.served],
        "M": plain(tasks.contributions),
        "transfers": plain(tasks.payments),
        "winner": [_bidders(row) for row in tasks.winner],
        "price": plain(tasks.price),
        "loss": plain(tasks.loss),
        "path": [k + 1 for k in tasks.path()],
        "auction_path": [k + 1 for k in tasks.path(auction=True)],
    }
