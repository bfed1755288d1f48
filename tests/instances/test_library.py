"""The library: names, parameters, files, and one line for what is wrong with them."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynamech.instances import all_families, find_family, load, parse_setting, save_instance
from dynamech.instances.parameters import setting_text
from dynamech.solvers.errors import InvalidInput, TooLarge

from .comparing import difference, same_environment

NAMES = [family.name for family in all_families()]


def refused(*args: Any, **settings: Any) -> str:
    """The one line with which a request is refused."""
    with pytest.raises((InvalidInput, TooLarge)) as caught:
        load(*args, **settings)
    message = str(caught.value)
    assert message.isprintable(), message
    return message


def test_families_are_listed_with_what_a_person_needs() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 13
    for family in all_families():
        assert family.title
        assert family.source
        assert family.build.__doc__
        for parameter in family.parameters:
            assert parameter.help, (family.name, parameter.name)
            assert parameter.kind != "choice" or parameter.choices


@pytest.mark.parametrize("family", all_families(), ids=NAMES)
def test_defaults_can_be_given_as_text(family: Any) -> None:
    settings = {
        parameter.name: parameter.default_text
        for parameter in family.parameters
        if parameter.default is not None
    }
    made = load(family.name, **settings)
    assert difference(made, family.make()) is None
    assert made.name == family.name
    assert made.source.startswith(family.source)
    assert made.exact


def test_every_choice_loads() -> None:
    for family in all_families():
        for parameter in family.parameters:
            for choice in parameter.choices:
                load(family.name, **{parameter.name: choice})


def test_the_source_says_with_which_settings() -> None:
    assert load("kln-nonseparable", n="3").source.endswith("(n = 3, c_plus = 2, c_times = 10)")


@pytest.mark.parametrize(
    "name", ["kln-nonsep", "", "KLN-Nonseparable", "x" * 500, "a\nb", "random ", "nothing at all"]
)
def test_unknown_names(name: str) -> None:
    message = refused(name)
    assert "is neither a library instance nor a file" in message
    for known in NAMES:
        assert known in message
    with pytest.raises(InvalidInput, match="there is no library instance"):
        find_family(name)


def test_close_names_are_proposed() -> None:
    assert "did you mean 'kln-nonseparable' or 'kln-separable'" in refused("kln-nonsep")
    assert "did you mean 'kln-nonseparable'" in refused("KLN-Nonseparable")
    assert "did you mean" not in refused("zzz")


@pytest.mark.parametrize("name", [None, 5, ["random"]])
def test_what_is_no_name(name: Any) -> None:
    assert "a library name or the path of a file is expected" in refused(name)


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("kln-nonseparable", {"m": 5}, "kln-nonseparable has no parameter 'm' (it has: n, c_plus, c_times)"),
        ("kln-nonseparable", {"c_time": 5}, "did you mean 'c_times'?"),
        ("kln-nonseparable", {"n": "five"}, "n must be a whole number such as 3, not 'five'"),
        ("kln-nonseparable", {"n": 5.5}, "n must be a whole number such as 3, not 5.5"),
        ("kln-nonseparable", {"n": "5/2"}, "n must be a whole number such as 3, not '5/2'"),
        ("kln-nonseparable", {"n": True}, "n must be a whole number such as 3, not true"),
        ("kln-nonseparable", {"n": None}, "n must be a whole number such as 3, not null"),
        ("kln-nonseparable", {"n": 1}, "kln-nonseparable: n must be at least 2, not 1"),
        ("kln-nonseparable", {"n": 10**9}, "n must be at most 10000, not 1000000000"),
        ("kln-nonseparable", {"n": "9" * 3000}, "n must be a whole number such as 3, not '999"),
        ("kln-nonseparable", {"c_plus": "x"}, "c_plus must be a number such as 2, 0.25 or '3/8', not 'x'"),
        ("kln-nonseparable", {"c_plus": "1/0"}, "c_plus must be a number"),
        ("kln-nonseparable", {"c_plus": "1e999999999"}, "c_plus must be a number"),
        ("kln-nonseparable", {"c_plus": float("nan")}, "c_plus must be a number"),
        ("kln-nonseparable", {"c_plus": [1]}, "c_plus must be a number such as 2, 0.25 or '3/8', not a list"),
        ("kln-correlated", {"low": 2}, "kln-correlated: low must be below high, not 2 against 1"),
        ("kln-separable", {"variant": "tigth"}, "did you mean 'tight'?"),
        ("kln-separable", {"variant": 3}, "variant must be one of tight, tight-two-types"),
        ("kln-separable", {"form": "sum"}, "form must be one of multiplicative, additive, not 'sum'"),
        ("kln-separable", {"T": 0}, "T must be at least 1, not 0"),
        ("kln-separable", {"T": 40}, "choose a smaller T, or types=markov"),
        ("kln-separable", {"s0": "1,2", "prior": "1"}, "prior has 1 entries for the 2 entries of s0"),
        ("kln-separable", {"s0": "1,1"}, "s0 has an entry twice"),
        ("kln-separable", {"prior": "1/2,1/2,1/2"}, "prior sums to 3/2, not 1"),
        ("kln-separable", {"prior": "2,-1/2,-1/2"}, "prior must be at least 0, not -1/2"),
        ("kln-separable", {"shocks": ""}, "shocks must be a list of numbers such as '1/2,1/3,1/6', not ''"),
        ("kln-separable", {"shocks": "1,,2"}, "shocks must be a list of numbers"),
        ("kln-separable", {"shocks": []}, "shocks must be a list of numbers"),
        ("kln-separable", {"discount": "1.1"}, "discount must be at most 1, not 11/10"),
        ("two-type-markov", {"horizon": 0}, "horizon must be at least 1"),
        ("two-type-markov", {"low": 5, "high": 4}, "low must be below high, not 5 against 4"),
        ("two-type-markov", {"quadratic": "perhaps"}, "quadratic must be true or false, not 'perhaps'"),
        ("two-type-markov", {"quadratic": 1}, "quadratic must be true or false, not 1"),
        ("two-period-screening", {"kernel": "1,0;1"}, "kernel must be rows of numbers such as"),
        ("two-period-screening", {"kernel": "1/2,1/3;1,0"}, "row 0 of kernel sums to 5/6, not 1"),
        (
            "two-period-screening",
            {"kernel": "1,0,0;1,0,0"},
            "values has 1 rows of 2; it must have 1 or 2 rows of 3",
        ),
        ("two-period-screening", {"prior": "1"}, "kernel has 2 rows for the 1 entries of prior"),
        ("progressive-screening", {"low": 3}, "low must be below high, not 3 against 3/2"),
        ("progressive-screening", {"low": 0}, "low must be above 0, not 0"),
        ("kln-bandit", {"margins": "3,4;4,6;1,2"}, "margins has 3 rows, and arms 2"),
        ("kln-bandit", {"chances": "1,2;2,1;1,1"}, "chances has 3 rows, and arms 2"),
        ("kln-bandit", {"margins": "3,4;6,4"}, "row 1 of margins does not rise"),
        ("kln-bandit", {"chances": "1/2,1/2;1/2,1/3"}, "row 1 of chances sums to 5/6, not 1"),
        ("kln-bandit", {"n": 40}, "buyers' moves have 17,791,704 entries, more than 10,000,000"),
        ("myerson", {"types": 2, "values": "1,2,3"}, "types is 2 but values has 3 entries"),
        ("bilateral-trade", {"buyer": "1,2", "buyer_prior": "1/2,1/3"}, "buyer_prior sums to 5/6, not 1"),
        ("public-good", {"values": "1,1"}, "values has an entry twice"),
        ("cremer-mclean", {"bidders": 6, "values": "1,2,3,4,5,6,7,8,9"}, "531441 profiles of values, more"),
        ("limited-liability", {"prior": "1"}, "prior has 1 entries for the 5 entries of costs"),
        ("sequential-trade", {"low": 9}, "sequential-trade: low must be below high, not 9 against 4"),
        ("delegation", {"bias": 2}, "bias must be at most 1, not 2"),
        ("countervailing", {"elsewhere": 7}, "elsewhere must be at most 5, the largest quantity here, not 7"),
        ("myerson", {"bidders": 100}, "bidders must be at most 12"),
        ("random", {"given": True}, "given needs observed agents and independent types"),
        ("random", {"stationary": True, "discount": 1}, "discount must be below 1 where stationary"),
        ("random", {"types": 100, "agents": 4, "independent": False}, "choose fewer agents"),
        ("random", {"seed": -1}, "seed must be at least 0"),
    ],
)
def test_wrong_parameters(name: str, settings: dict[str, Any], expected: str) -> None:
    message = refused(name, **settings)
    assert expected in message
    assert message.startswith(name)
    assert len(message) < 300


def test_values_from_python_and_from_text_are_the_same() -> None:
    text = load("kln-separable", s0="2, 5/2", prior="1/4,3/4", cost="0.5", discount="9/10")
    python = load(
        "kln-separable",
        s0=[2, Fraction(5, 2)],
        prior=np.array([0.25, 0.75]),
        cost=Fraction(1, 2),
        discount="0.9",
    )
    assert same_environment(text, python)
    assert load("kln-nonseparable", n=np.int64(3)).types(0) == (3,)
    assert load("two-type-markov", quadratic="TRUE").goods[0] is not None
    # A float counts at its exact binary value, here as everywhere.
    assert load("two-type-markov", discount=0.1).discount == Fraction(0.1)


def test_settings() -> None:
    assert parse_setting("n=5") == ("n", "5")
    assert parse_setting(" prior = 1/2,1/2 ") == ("prior", "1/2,1/2")
    assert parse_setting("a==b") == ("a", "=b")
    for text in ("n", "=5", "n 5", "", "my n=5", "1n=2", "a\nb"):
        with pytest.raises(InvalidInput, match="a setting has the form name=value, such as n=5, not"):
            parse_setting(text)
    assert setting_text((Fraction(1, 2), Fraction(2))) == "1/2,2"


def test_files_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = load("two-type-markov")
    save_instance(mine, "random")
    save_instance(mine, "mine")
    save_instance(mine, "mine.JSON")
    # A name of the library wins over a file of that name, which a path still reaches.
    assert load("random").name == "random"
    assert load(Path("random")).name == "two-type-markov"
    assert load(f".{os.sep}random").name == "two-type-markov"
    assert load("mine").name == "two-type-markov"
    assert load("mine.JSON").name == "two-type-markov"
    assert "mine: a file takes no parameters (n)" in refused("mine", n=3)
    assert refused("none.json") == "none.json: there is no such file"
    assert refused("there/none") == "there/none: there is no such file"
    assert "neither a library instance nor a file" in refused("a\0b")


def test_differences_are_named() -> None:
    env = load("two-type-markov")
    assert same_environment(env, load("two-type-markov"))
    for other, expected in [
        (load("two-type-markov", horizon=3), "horizon: 2 against 3"),
        (load("two-type-markov", discount="1/2"), "discount: Fraction(9, 10) against Fraction(1, 2)"),
        (load("two-type-markov", cost=1), "costs, period 0, entry [1]: 8/5 against 1"),
        (load("two-type-markov", mu_H="1/2"), "agent 'buyer', prior, entry [0]: 3/5 against 1/2"),
        (
            load("two-type-markov", a_L=0),
            "agent 'buyer', transitions, period 0, entry [0, 0, 0]: 2/3 against 0",
        ),
        (load("two-type-markov", high=4), "agent 'buyer', values, period 0, entry [1, 1]: 3 against 4"),
        (env.to_float(), "discount: Fraction(9, 10) against 0.9"),
    ]:
        found = difference(env, other._with(source=env.source))
        assert found == expected
    exact = load("random")
    assert difference(exact, exact.to_float(), arithmetic=False) is not None
    halves = load("two-type-markov", cost=1, mu_H="1/2", a_L="1/2", a_H="1/2", discount="1/2")
    assert difference(halves, halves.to_float(), arithmetic=False) is None
    assert difference(halves, halves.to_float()) is not None
