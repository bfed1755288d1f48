"""What the front of the house makes of every answer: its table, JSON, frame and picture, in one table.

Answers live in ``models``, which imports no rich, no pandas and no matplotlib: an answer asks the front that
the package has registered (``models/answers/front.py``), and that is this module. A new answer is one line of
`FACES`; a test takes every public function and asks for all that its answer should do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from rich.console import Console
from rich.text import Text

from ..api.certificate import CertificateCheck
from ..api.exporting import Export
from ..api.reporting import Report
from ..instances.file import instance_to_json
from ..instances.mechanism_file import mechanism_to_json
from ..instances.question_file import question_to_json
from ..models.accounts.account import Account
from ..models.accounts.bank import Bank
from ..models.accounts.nonclairvoyant.answer import NonClairvoyant
from ..models.accounts.nonclairvoyant.asymptotic import Asymptotic
from ..models.accounts.nonclairvoyant.maximin import Maximin
from ..models.answers.answer import Answer
from ..models.auctions.auction import Auction
from ..models.auctions.highest_score import HighestScore
from ..models.auctions.money_burning.burning import Burning
from ..models.auctions.virtual_values import VirtualValues
from ..models.correlation import Correlation
from ..models.correlation.budget import Budget
from ..models.correlation.extraction import Extraction
from ..models.correlation.written import budget_json, correlation_json, extraction_json
from ..models.design.design import Design
from ..models.design.question import Question
from ..models.efficient.arrival_plan import ArrivalPlan
from ..models.efficient.ascending_auction import AuctionEquilibrium
from ..models.efficient.generalised_vcg import GeneralisedVCG
from ..models.efficient.index_policy import DynamicSecondPrice, Indices
from ..models.efficient.late_reports import LateReports
from ..models.efficient.mechanisms import EfficientMechanism
from ..models.efficient.multi_task import MultiTask
from ..models.efficient.scheduling import Schedule
from ..models.efficient.task_lists import TaskLists
from ..models.environment.environment import Environment
from ..models.ladder.ladder import Ladder, Rung
from ..models.ladder.price import Price
from ..models.ladder.tight_range import TightRange
from ..models.mechanism.mechanism import Mechanism
from ..models.payments.implement import Implementation
from ..models.payments.unrelax import Unrelaxed
from ..models.screening.convergence import Convergence
from ..models.screening.envelope import FirstSignalCheck, VirtualSurplus
from ..models.screening.markov.canonical import Canonical
from ..models.screening.markov.distortions import Distortions
from ..models.screening.markov.progressive import ProgressiveScreening
from ..models.screening.markov.rents import Rents
from ..models.screening.markov.responses import ImpulseResponses
from ..models.screening.markov.sale import SaleTiming
from ..models.screening.markov.transfers import MarkovTransfers
from ..models.screening.menu import Menu, menu_json
from ..models.screening.sequential.disclosure import DisclosureSearch
from ..models.screening.sequential.screening import SequentialScreening
from ..models.screening.virtual_index import VirtualIndices
from ..models.screening.virtual_pivot import VirtualPivot
from ..models.simulation.simulation import Simulation
from ..models.verification.verdict import Verdict, Verdicts, Witness
from ..solvers.errors import InvalidInput, NotInstalled
from ..studies.replicate import Replication
from ..studies.sweep import Sweep
from . import (
    arrivals,
    efficient,
    frames,
    markov,
    over_time,
    prices,
    ranges,
    scheduling,
    sequential,
    virtual_index,
    virtual_pivot,
    written,
)
from .account_plots import balance_paths, ratio_by_horizon
from .accounts import account_report, asymptotic_report, bank_report, nonclairvoyant_report
from .auction_plots import curves, reduced_forms, weights
from .auctions import auction_report, burning_report, ironing_report
from .certificates import certificate_report
from .correlation_map import correlation_map
from .correlations import correlation_report
from .designs import design_report, question_report
from .efficient_plots import index_values, state_values, winners
from .efficient_written import pivot_json, second_price_json
from .environments import environment_report
from .frames import Columns
from .implementations import implementation_report
from .ladder_plots import ladder_figure
from .ladders import ladder_report
from .lie_plots import lie_figure, unrelaxed_figure, verdict_figure, verdicts_figure
from .markup import Html, element, rendered
from .menu_plots import menu_figure
from .menus import menu_columns, menu_report
from .page.skeleton import page as whole_page
from .page.skeleton import report_shown
from .plotting import check_matplotlib, plain_texts
from .progressive import progressive_columns, progressive_figure, progressive_report
from .rents import rents_columns, rents_figure, rents_report
from .replications import replication_columns, replication_json, replication_report
from .scheduling_plots import multi_task_region
from .sequential_plots import convergence_figure, disclosure_figure, options_figure
from .settlements import budget_report, extraction_report
from .simulations import simulation_columns, simulation_figure, simulation_report
from .sweeps import sweep_columns, sweep_figure, sweep_report
from .tree_plots import design_figure, implementation_figure, mechanism_figure
from .verdicts import verdict_report
from .visible import put
from .wording import Shown, columns_table

WIDTH = 130
"""Columns of a table in a notebook or a text."""
STYLE = Html(
    "<style>.dynamech .wide{overflow-x:auto}.dynamech table{border-collapse:collapse;margin:.3em 0}"
    ".dynamech :is(td,th){text-align:left;padding:.1em .8em .1em 0;font-weight:normal;vertical-align:top}"
    ".dynamech thead th{font-weight:bold;border-bottom:1px solid}.dynamech .n{text-align:right}"
    ".dynamech :is(.n,.k){white-space:nowrap}</style>"
)
"""Of tables in a notebook."""


@dataclass(frozen=True)
class Face:
    """How answers of a class look.

    shown: the command line's tables and sentences; by default the table of the columns. columns: the figures
    of the frame; by default those of the JSON that are no lists, in one row. written: the JSON, of classes
    that do not write it themselves. figure: the picture. by_width: `shown` also gets the columns of the
    console.
    """

    shown: Callable[..., Sequence[Shown]] | None = None
    columns: Callable[[Any], Columns] | None = None
    written: Callable[[Any], dict[str, Any]] | None = None
    figure: Callable[..., Any] | None = None
    by_width: bool = False


FACES: dict[type, Face] = {
    Environment: Face(environment_report, frames.environment_columns, instance_to_json),
    Mechanism: Face(None, frames.mechanism_columns, mechanism_to_json, mechanism_figure),
    Question: Face(question_report, None, question_to_json),
    Design: Face(design_report, None, written.design_json, design_figure),
    Rung: Face(
        lambda rung: design_report(rung.design),
        frames.rung_columns,
        None,
        lambda rung, **words: design_figure(rung.design, **words),
    ),
    Ladder: Face(ladder_report, frames.ladder_columns, None, ladder_figure, by_width=True),
    Price: Face(prices.price_report, prices.price_columns, None, prices.price_figure),
    TightRange: Face(ranges.range_report, ranges.range_columns, None, ranges.range_figure),
    Sweep: Face(sweep_report, sweep_columns, None, sweep_figure),
    Simulation: Face(simulation_report, simulation_columns, None, simulation_figure),
    Verdict: Face(
        lambda verdict: verdict_report([verdict]),
        lambda verdict: frames.verdict_columns([verdict]),
        None,
        verdict_figure,
    ),
    Verdicts: Face(verdict_report, frames.verdict_columns, None, verdicts_figure),
    Witness: Face(lambda witness: [Text(witness.sentence)], None, None, lie_figure),
    Unrelaxed: Face(None, frames.unrelaxed_columns, None, unrelaxed_figure),
    Implementation: Face(implementation_report, frames.implementation_columns, None, implementation_figure),
    Correlation: Face(correlation_report, frames.correlation_columns, correlation_json, correlation_map),
    Budget: Face(budget_report, frames.budget_columns, budget_json),
    Extraction: Face(extraction_report, frames.extraction_columns, extraction_json),
    GeneralisedVCG: Face(None, frames.vcg_columns, written.vcg_json),
    EfficientMechanism: Face(efficient.pivot_report, efficient.pivot_columns, pivot_json, state_values),
    Indices: Face(efficient.index_report, frames.indices_columns, written.indices_json, index_values),
    DynamicSecondPrice: Face(
        efficient.second_price_report, efficient.second_price_columns, second_price_json, winners
    ),
    Schedule: Face(None, scheduling.schedule_columns, scheduling.schedule_json),
    AuctionEquilibrium: Face(None, scheduling.auction_columns, scheduling.auction_json),
    MultiTask: Face(None, scheduling.multi_task_columns, scheduling.multi_task_json, multi_task_region),
    TaskLists: Face(None, scheduling.task_lists_columns, scheduling.task_lists_json),
    ArrivalPlan: Face(arrivals.plan_report, arrivals.plan_columns, arrivals.plan_json, arrivals.plan_figure),
    LateReports: Face(arrivals.late_report, arrivals.late_columns, arrivals.late_json, arrivals.late_figure),
    Distortions: Face(
        over_time.distortions_report, over_time.distortions_columns, None, over_time.distortions_figure
    ),
    ProgressiveScreening: Face(progressive_report, progressive_columns, None, progressive_figure),
    Rents: Face(rents_report, rents_columns, None, rents_figure),
    SaleTiming: Face(over_time.sale_report, over_time.sale_columns, None, over_time.sale_figure),
    Menu: Face(menu_report, menu_columns, menu_json, menu_figure),
    SequentialScreening: Face(
        sequential.sequential_report,
        sequential.sequential_columns,
        sequential.sequential_json,
        options_figure,
    ),
    Convergence: Face(
        sequential.convergence_report, sequential.convergence_columns, None, convergence_figure
    ),
    DisclosureSearch: Face(
        sequential.disclosure_report,
        sequential.disclosure_columns,
        sequential.disclosure_json,
        disclosure_figure,
    ),
    Canonical: Face(markov.canonical_report, markov.markov_columns, None, markov.staircases),
    ImpulseResponses: Face(markov.responses_report, markov.markov_columns, None, markov.response_curves),
    MarkovTransfers: Face(markov.transfers_report, markov.markov_columns, None, markov.rents),
    Account: Face(account_report, frames.account_columns),
    Asymptotic: Face(asymptotic_report, frames.asymptotic_columns),
    Bank: Face(bank_report, frames.bank_columns, None, balance_paths),
    NonClairvoyant: Face(nonclairvoyant_report, frames.nonclairvoyant_columns, None, ratio_by_horizon),
    Maximin: Face(None, frames.maximin_columns, written.maximin_json),
    Auction: Face(auction_report, frames.reduced_columns, None, reduced_forms),
    Burning: Face(burning_report, frames.burning_columns, None, weights),
    VirtualValues: Face(ironing_report, frames.virtual_columns, None, curves),
    CertificateCheck: Face(certificate_report),
    Report: Face(report_shown),
    Replication: Face(replication_report, replication_columns, replication_json),
    Export: Face(lambda export: [Text(export.sentence)]),
    VirtualPivot: Face(
        virtual_pivot.virtual_pivot_report,
        virtual_pivot.virtual_pivot_columns,
        virtual_pivot.virtual_pivot_json,
        virtual_pivot.levels_figure,
    ),
    VirtualIndices: Face(
        virtual_index.virtual_index_report,
        virtual_index.virtual_index_columns,
        virtual_index.virtual_index_json,
        virtual_index.virtual_index_figure,
    ),
    FirstSignalCheck: Face(virtual_pivot.check_report, virtual_pivot.check_columns, virtual_pivot.check_json),
    VirtualSurplus: Face(
        virtual_pivot.surplus_report, virtual_pivot.surplus_columns, virtual_pivot.surplus_json
    ),
    HighestScore: Face(None, frames.auction_columns, written.auction_json),
}


def face(answer: Answer) -> Face:
    """How an answer looks: that of its class, or of the nearest it comes from."""
    return next(FACES[kind] for kind in type(answer).__mro__ if kind in FACES)


def shown(answer: Answer, width: int = WIDTH) -> list[Shown]:
    """The tables and sentences of the command line, for a console of `width` columns."""
    own = face(answer)
    if own.shown is None:
        return [Text(repr(answer)), columns_table(columns(answer))]
    return list(own.shown(answer, width) if own.by_width else own.shown(answer))


def columns(answer: Answer) -> Columns:
    """The figures of the frame."""
    own = face(answer).columns
    return frames.one_row(answer.to_json()) if own is None else own(answer)


def content(answer: Answer) -> dict[str, Any]:
    """The JSON object."""
    write = face(answer).written
    if write is None:
        raise NotImplementedError(f"{type(answer).__name__} writes no JSON")
    return write(answer)


def frame(answer: Answer) -> Any:
    """The figures as a ``pandas.DataFrame``."""
    try:
        import pandas
    except ImportError:
        raise NotInstalled('data frames need pandas: pip install "dynamech[pandas]"') from None
    return pandas.DataFrame(columns(answer))


def text(answer: Answer) -> str:
    """The tables as text."""
    said = StringIO()
    console = Console(
        file=said, width=WIDTH, color_system=None, markup=False, highlight=False, emoji=False,
        force_terminal=False, force_jupyter=False,
    )  # fmt: skip
    put(console, shown(answer))
    lines = said.getvalue().splitlines()
    return "\n".join(line.rstrip() for line in lines).rstrip("\n")


def html(answer: Answer) -> str:
    """The tables as HTML; every character of a label stands for itself."""
    return element("div", STYLE, *map(rendered, shown(answer)), class_="dynamech")


def page(report: Report) -> str:
    """A report as one HTML page."""
    return whole_page(report)


def figure(answer: Answer, **words: Any) -> Any:
    """The picture."""
    draw = face(answer).figure
    if draw is None:
        raise InvalidInput(f"there is no picture of a {type(answer).__name__}")
    check_matplotlib()
    picture = draw(answer, **words)
    plain_texts(picture)
    return picture
