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


def schedule_columns(found: Schedule) -> Columns:
    """A row a task."""
    return {
        "task": list(range(1, len(found.values) + 1)),
        "value": found.values,
        "period": found.turn,
        "W without": found.without,
        "M": found.contributions,
        "M at her turn": found.at_turn,
        "pays": found.prices,
    }


def schedule_json(found: Schedule) -> dict[str, Any]:
    """Everything by task, as they were listed."""
    return {
        "values": plain(found.values),
        "discount": plain(found.discount),
        "order": [int(k) + 1 for k in found.order],
        "W": plain(found.welfare),
        "W_without": plain(found.without),
        "M": plain(found.contributions),
        "M_at_turn": plain(found.at_turn),
        "transfers": plain(found.prices),
        "revenue": plain(found.revenue),
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


def multi_task_columns(found: MultiTask) -> Columns:
    """A row a pair of values."""
    shape = found.welfare.shape
    return {
        "v1": np.broadcast_to(found.first[:, None], shape).ravel(),
        "v2": np.broadcast_to(found.second, shape).ravel(),
        "W": found.welfare.ravel(),
        **{f"M{i}": gain.ravel() for i, gain in enumerate(found.contributions, 1)},
        **{f"p{i}": paid.ravel() for i, paid in enumerate(found.payments, 1)},
        "auction": _kinds(found).ravel(),
        "loss": found.loss.ravel(),
    }


def _kinds(found: MultiTask) -> Any:
    words = np.array(["efficient", "either", "inefficient"], dtype=object)
    return words[np.where(found.inefficient, 2, np.where(found.boundary, 1, 0))]


def multi_task_json(found: MultiTask) -> dict[str, Any]:
    """Tables with v1 down and v2 across."""
    return {
        "first": plain(found.first),
        "second": plain(found.second),
        "discount": plain(found.discount),
        "W": plain(found.welfare),
        "M": plain(found.contributions),
        "transfers": plain(found.payments),
        "threshold": plain(found.threshold),
        "inefficient": found.inefficient.tolist(),
        "boundary": found.boundary.tolist(),
        "loss": plain(found.loss),
    }


def task_lists_columns(found: TaskLists) -> Columns:
    """A row a state: how many tasks of each are done."""
    one, two = (axis.ravel() for axis in np.indices(found.welfare.shape))
    return {
        "done by 1": one,
        "done by 2": two,
        "W": found.welfare.ravel(),
        "served": _bidders(found.served.ravel()),
        **{f"M{i}": gain.ravel() for i, gain in enumerate(found.contributions, 1)},
        **{f"p{i}": paid.ravel() for i, paid in enumerate(found.payments, 1)},
        "wins": _bidders(found.winner.ravel()),
        "price": found.price.ravel(),
        "loss": found.loss.ravel(),
    }


def _bidders(found: Iterable[int]) -> list[int | None]:
    return [None if k < 0 else int(k) + 1 for k in found]


def task_lists_json(found: TaskLists) -> dict[str, Any]:
    """Tables with the tasks done by bidder 1 down, by bidder 2 across."""
    return {
        "lists": plain(found.lists),
        "discount": plain(found.discount),
        "W": plain(found.welfare),
        "served": [_bidders(row) for row in found.served],
        "M": plain(found.contributions),
        "transfers": plain(found.payments),
        "winner": [_bidders(row) for row in found.winner],
        "price": plain(found.price),
        "loss": plain(found.loss),
        "path": [k + 1 for k in found.path()],
        "auction_path": [k + 1 for k in found.path(auction=True)],
    }
