"""Library names and files are taken wherever an environment is; `save` writes whatever has a file format."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm
from dynamech.api.certificate import CertificateCheck
from dynamech.api.files import FORMATS
from dynamech.instances.mechanism_file import read_mechanism
from dynamech.solvers.certificate import Certificate
from dynamech.testing import assert_same_program

from .answers import CASES, prove

KLN, CORRELATED, ITEMS = "kln-nonseparable", "liu-licence", "give-then-spend"
HANDICAPS, SCREENING = "handicap-auction", "two-period-screening"


@cache
def allocation() -> dm.Mechanism:
    return dm.design(KLN, exact=True).mechanism


@cache
def fees() -> dm.Mechanism:
    return dm.virtual_pivot(HANDICAPS, exact=True).rules["A"].mechanism


@cache
def sold() -> dm.Mechanism:
    best = dm.bank(ITEMS).mechanism
    assert best is not None
    return best


def two_buyers(env: Any) -> str:
    """Why nothing is ironed: by default no instance of the library has one buyer and one period."""
    with pytest.raises(dm.errors.AssumptionViolated) as refused:
        dm.iron(env)
    return str(refused.value)


CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "design": (KLN, lambda env: dm.design(env, exact=True)),
    "compile": (KLN, dm.compile),
    "ladder": (KLN, lambda env: dm.ladder(env, exact=True)),
    "price": (KLN, lambda env: dm.price(env, {"payments": "0..1"}, exact=True)),
    "verify": (KLN, lambda env: dm.verify(env, allocation())),
    "implement": (KLN, lambda env: dm.implement(env, allocation())),
    "correlation": (CORRELATED, dm.correlation),
    "budget": (CORRELATED, dm.budget),
    "extraction": (CORRELATED, dm.extraction),
    "generalised_vcg": ("interdependent-auction", dm.generalised_vcg),
    "pivot": ("scheduling", dm.pivot),
    "index": ("licensing", dm.index),
    "menu": ("kln-separable", dm.menu),
    "second_price": ("licensing", dm.second_price),
    "virtual_index": ("kln-bandit", dm.virtual_index),
    "virtual_pivot": (HANDICAPS, dm.virtual_pivot),
    "envelope": (HANDICAPS, lambda env: dm.envelope(env, fees())),
    "interval_dominance": (HANDICAPS, lambda env: dm.interval_dominance(env, fees())),
    "virtual_surplus": (HANDICAPS, lambda env: dm.virtual_surplus(env, fees())),
    "canonical": (KLN, dm.canonical),
    "impulse_responses": (KLN, dm.impulse_responses),
    "markov_transfers": (KLN, lambda env: dm.markov_transfers(env, allocation())),
    "check_icfoc": (KLN, lambda env: dm.check_icfoc(env, allocation())),
    "check_monotonicity": (KLN, lambda env: dm.check_monotonicity(env, allocation())),
    "sale": ("ar1-sale", dm.sale),
    "progressive": ("progressive-screening", dm.progressive),
    "distortions": (KLN, lambda env: dm.distortions(env, allocation())),
    "simulate": (KLN, lambda env: dm.simulate(env, allocation(), paths=20)),
    "rents": (SCREENING, lambda env: dm.rents(env, exact=True)),
    "account": (ITEMS, lambda env: dm.account(env, sold())),
    "asymptotic": (ITEMS, dm.asymptotic),
    "bank": (ITEMS, dm.bank),
    "nonclairvoyant": (ITEMS, dm.nonclairvoyant),
    "auction": ("asymmetric-auction", dm.auction),
    "burn": ("asymmetric-auction", lambda env: dm.burn(env, [1, 1])),
    "iron": ("asymmetric-auction", two_buyers),
    "sequential_screening": (SCREENING, dm.sequential_screening),
    "disclosure": (SCREENING, dm.disclosure),
}
"""By function: a library name, and a question about what the function is given."""
NUMBERS = {
    "maximin", "schedule", "ascending_auction", "multi_task", "task_lists", "arrivals", "hidden_arrivals",
}  # fmt: skip
"""Functions that are given numbers."""
PLAIN = {
    *NUMBERS, "convergence", "signals", "load", "load_mechanism", "load_question", "save",
    "check_certificate", "export", "tight_range", "sweep", "report", "replicate",
}  # fmt: skip
"""Functions that are given no environment, or that have tests of their own below."""
WITHOUT_MECHANISM = {"design, not applicable", "implementation, none", "virtual pivot, one period"}


def told(answer: Any) -> Any:
    """Everything that an answer says but how long it took."""
    if isinstance(answer, dict):
        return {key: told(value) for key, value in answer.items() if key != "seconds"}
    if isinstance(answer, list) and not isinstance(answer, dm.Verdicts):
        return [told(entry) for entry in answer]
    return told(answer.to_json()) if hasattr(answer, "to_json") else answer


def test_every_public_function_is_asked() -> None:
    functions = {name for name in dm.__all__ if inspect.isfunction(getattr(dm, name))}
    assert functions == CALLS.keys() | PLAIN


@pytest.mark.parametrize("function", CALLS)
def test_a_name_is_as_good_as_an_environment(function: str) -> None:
    name, ask = CALLS[function]
    one, other = ask(name), ask(dm.load(name))
    if isinstance(one, dm.Program):
        assert_same_program(one, other)
    else:
        assert told(one) == told(other)
        assert told(one)
    with pytest.raises(dm.errors.InvalidInput, match=r"^'no-such' is neither a library instance nor a file"):
        ask("no-such")


OF_MECHANISMS: dict[str, tuple[str, Callable[[], dm.Mechanism], Callable[[Any], Any]]] = {
    "verify": (KLN, allocation, lambda given: dm.verify(KLN, given)),
    "implement": (KLN, allocation, lambda given: dm.implement(KLN, given)),
    "envelope": (HANDICAPS, fees, lambda given: dm.envelope(HANDICAPS, given)),
    "interval_dominance": (HANDICAPS, fees, lambda given: dm.interval_dominance(HANDICAPS, given)),
    "virtual_surplus": (HANDICAPS, fees, lambda given: dm.virtual_surplus(HANDICAPS, given)),
    "markov_transfers": (KLN, allocation, lambda given: dm.markov_transfers(KLN, given)),
    "check_icfoc": (KLN, allocation, lambda given: dm.check_icfoc(KLN, given)),
    "check_monotonicity": (KLN, allocation, lambda given: dm.check_monotonicity(KLN, given)),
    "distortions": (KLN, allocation, lambda given: dm.distortions(KLN, given)),
    "simulate": (KLN, allocation, lambda given: dm.simulate(KLN, given, paths=20)),
    "account": (ITEMS, sold, lambda given: dm.account(ITEMS, given)),
}
"""By function: the environment, a mechanism of it, and a question about a mechanism."""


def test_every_function_on_mechanisms_is_asked() -> None:
    functions = {name: getattr(dm, name) for name in CALLS}
    taken = {
        name
        for name, function in functions.items()
        if any(
            "MechanismLike" in str(one.annotation) for one in inspect.signature(function).parameters.values()
        )
    }
    assert taken == OF_MECHANISMS.keys()


@pytest.mark.parametrize("function", OF_MECHANISMS)
def test_the_file_of_a_mechanism_is_as_good_as_the_mechanism(function: str, tmp_path: Path) -> None:
    _, which, ask = OF_MECHANISMS[function]
    dm.save(which(), path := tmp_path / "mechanism.json")
    assert told(ask(path)) == told(ask(str(path))) == told(ask(which()))
    with pytest.raises(dm.errors.InvalidInput, match=r"^.*nowhere\.json.*no such file.*$"):
        ask(tmp_path / "nowhere.json")
    with pytest.raises(dm.errors.InvalidInput, match=r"^mechanism: int is neither .* the path of one$"):
        ask(3)
    with pytest.raises(dm.errors.InvalidInput, match=r"^mechanism: Design is .*; give its \.mechanism$"):
        ask(dm.design("two-type-markov"))


def test_so_is_a_file(tmp_path: Path) -> None:
    dm.save(KLN, tmp_path / "kln.json")
    assert told(dm.load(tmp_path / "kln.json")) == told(dm.load(KLN))
    for path in (tmp_path / "kln.json", str(tmp_path / "kln.json")):
        assert dm.design(path, exact=True).value == Fraction(9, 4)


def test_the_question_of_a_certificate_is_asked_by_name(tmp_path: Path) -> None:
    prove(tmp_path / "proof.json")
    check = dm.check_certificate(tmp_path / "proof.json")
    assert isinstance(check, CertificateCheck)
    assert check
    assert not dm.check_certificate(tmp_path / "proof.json", "two-type-markov")


@pytest.mark.parametrize("case", CASES)
def test_what_has_a_format_is_saved(case: str, tmp_path: Path) -> None:
    """An answer with a mechanism is its mechanism's file; what has none is refused in a line."""
    answer, path = CASES[case].make(), tmp_path / "saved.json"
    if case in WITHOUT_MECHANISM or type(answer) not in FORMATS:
        why = (
            "no mechanism"
            if type(answer) in FORMATS
            else f"^{type(answer).__name__}: there is no file format"
        )
        with pytest.raises(dm.DynamechError, match=why):
            dm.save(answer, path)
        assert not path.exists()
        return
    dm.save(answer, path)
    if isinstance(answer, dm.Environment):
        assert told(dm.load(path)) == told(answer)
    elif isinstance(answer, dm.Question):
        assert dm.load_question(path) == answer
    elif isinstance(answer, dm.Report):
        assert path.read_text(encoding="utf-8") == answer.page
    else:
        holder = getattr(answer, "account", answer)
        mechanism = getattr(holder, "mechanism", holder)
        assert read_mechanism(path).to_json() == mechanism.to_json()


def test_certificates_and_programs_are_saved(tmp_path: Path) -> None:
    proof = dm.design(KLN, exact=True).certificate
    assert proof is not None
    dm.save(proof, tmp_path / "proof.json")
    assert Certificate.load(tmp_path / "proof.json").value == proof.value
    assert dm.check_certificate(tmp_path / "proof.json")
    dm.save(dm.compile(KLN), tmp_path / "program.mps")
    assert (tmp_path / "program.mps").read_text().endswith("ENDATA\n")
    assert json.loads((tmp_path / "program.mps.names.json").read_text())["program"]


def test_export_says_what_it_wrote(tmp_path: Path) -> None:
    """A name will do here too; the program is that of `compile`."""
    program = dm.compile(KLN, incentives="relaxed")
    written = dm.export(KLN, tmp_path / "own.lp", incentives="relaxed")
    program.write(tmp_path / "same.lp")
    assert (tmp_path / "own.lp").read_text() == (tmp_path / "same.lp").read_text()
    assert written.to_json()["rows"] == program.num_rows
    assert written.sentence.endswith("own.lp.names.json")
    assert dm.export(KLN, tmp_path / "own.json").to_json()["format"] == "json"
    assert told(dm.load(tmp_path / "own.json")) == told(dm.load(KLN))
    with pytest.raises(dm.errors.InvalidInput, match=r"own\.txt is none of model\.mps, model\.lp"):
        dm.export(KLN, tmp_path / "own.txt")


def test_one_word_is_one_verdict() -> None:
    """As `verify` is typed: a word given is a `Verdict`, none or two are `Verdicts`."""
    one: dm.Verdict = dm.verify(KLN, allocation(), "bayesian")
    other: dm.Verdict = dm.verify(KLN, allocation(), participation="interim")
    both: dm.Verdicts = dm.verify(KLN, allocation(), "bayesian", "interim")
    assert [type(one), type(other)] == [dm.Verdict] * 2
    assert both == [one, other]
    every: dm.Verdicts = dm.verify(KLN, allocation())
    assert type(every) is type(both) is dm.Verdicts
    assert set(both_words(every)) > set(both_words(both))


def both_words(verdicts: dm.Verdicts) -> list[tuple[str, str]]:
    return [(verdict.kind, verdict.notion) for verdict in verdicts]
