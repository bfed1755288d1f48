"""`menu`: its JSON, its mechanism saved and verified again, its table and picture, bad input."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm

Run = Callable[..., Any]
SCREENED = ("kln-separable", "--set", "T=1", "--quiet")


def test_the_json_is_the_contract(run: Run) -> None:
    ran = run("menu", *SCREENED, "--exact", "--json")
    assert ran.code == 0
    assert ran.json == {
        "kind": "posted",
        "menus": [
            {
                "agent": "buyer",
                "others": None,
                "contracts": [
                    {"types": [label], "fee": fee, "prices": priced(price), "premium": None}
                    for label, fee, price in (("3", "81/40", "9/2"), ("4", "63/20", "3"))
                ],
            }
        ],
        "excluded": [{"agent": "buyer", "type": "2", "others": None}],
        "buys": [bought("3", ["3|3"]), bought("4", ["4|1", "4|3"])],
        "profit": "39/20",
        "profit_direct": "39/20",
    }


def priced(price: str) -> list[dict[str, Any]]:
    entries: list[tuple[list[str], str, str]] = [
        ([], "wait", "0"),
        (["wait"], "keep", "0"),
        (["wait"], "sell", price),
    ]
    return [{"history": before, "action": action, "price": own} for before, action, own in entries]


def bought(label: str, when: list[str]) -> dict[str, Any]:
    own = {"agent": "buyer", "type": label, "others": None}
    return own | {"history": ["wait"], "action": "sell", "when": when}


def test_doubles_give_numbers(run: Run) -> None:
    content = run("menu", *SCREENED, "--json").json
    assert content["profit"] == pytest.approx(1.95)
    assert content["menus"][0]["contracts"][1]["prices"][2]["price"] == pytest.approx(3.0)


@pytest.mark.parametrize("exact", [[], ["--exact"]])
def test_its_mechanism_is_verified_again_from_the_file(run: Run, tmp_path: Path, exact: list[str]) -> None:
    saved = tmp_path / "menu.json"
    assert run("menu", "kln-separable", "--quiet", *exact, "--out", str(saved)).code == 0
    labels = json.loads(saved.read_text())["periods"][1]["memory"]
    assert labels == ["contract 1", "contract 2", "no contract"]
    words = ("--incentives", "ex-post", "--participation", "periodic")
    judged = run("verify", "kln-separable", str(saved), *words, "--json", "--quiet")
    assert judged.code == 0
    assert [notion["holds"] for notion in judged.json["notions"]] == [True, True]


def test_a_menu_for_ever_is_verified_again_from_the_file(run: Run, tmp_path: Path) -> None:
    saved, words = tmp_path / "menu.json", ("kln-contracting", "--set", "endless=true", "--set", "n=6")
    content = run(
        "menu", *words, "--kind", "posted", "--exact", "--quiet", "--json", "--out", str(saved)
    ).json
    assert content["profit"] == content["profit_direct"] == "3/2"
    notions = ("--incentives", "ex-post", "--participation", "periodic")
    judged = run("verify", *words[:1], str(saved), *words[1:], *notions, "--json", "--quiet")
    assert judged.code == 0
    assert [notion["holds"] for notion in judged.json["notions"]] == [True, True]


def test_what_a_lie_gains_from_a_changed_file_is_found(run: Run, tmp_path: Path) -> None:
    """The fee of contract 2 is doubled: who takes it would rather have contract 1, or none."""
    saved = tmp_path / "menu.json"
    run("menu", *SCREENED, "--exact", "--out", str(saved))
    content = json.loads(saved.read_text())
    content["periods"][0]["transfers"][0][0][2] = str(2 * F(content["periods"][0]["transfers"][0][0][2]))
    saved.write_text(json.dumps(content))
    judged = run(
        "verify", "kln-separable", "--set", "T=1", str(saved), "--incentives", "ex-post", "--json", "--quiet"
    )
    assert judged.code == 1
    assert judged.json["notions"][0]["witness"]["type"] == "4"


def test_the_table(run: Run) -> None:
    text = run("menu", *SCREENED, "--exact").out
    for words in (
        "Menu of kln-separable: posted prices",
        "profit       39/20 = 1.95",
        "no contract  buyer 2",
        "1         3         81/40             9/2",
        "buyer  4     1       sell  4|1, 4|3",
        "Prices. (c − β)/α.",
        "Criterion. It holds",
    ):
        assert words in text, words


def test_why_the_bound_is_not_earned(run: Run) -> None:
    text = " ".join(run("menu", *SCREENED, "--set", "variant=not-tight", "--exact").out.split())
    assert "buyer 3 takes contract 1 in place of contract 2: she has 27/20 = 1.35 more from it." in text
    assert "type '3' would have 27/20 more from another contract, or from none, than from hers." in text
    assert "The menu earns 27/100 less than the bound; the ladder says what is best." in text


def test_the_picture(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert run("menu", *SCREENED, "--plot", str(tmp_path / "menu.png")).code == 0
    assert (tmp_path / "menu.png").stat().st_size > 10_000
    contracts, types = dm.menu("kln-separable", exact=True).plot().axes
    (line,) = (own for own in contracts.lines if own.get_label().startswith("sell"))
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([3.0, 4.5], [5.985, 3.8475])
    by_type = {own.get_label(): list(own.get_ydata()) for own in types.lines}
    assert by_type == {"sell, periods 1, 2": [4.5, 3.0], "fee": [3.8475, 5.985]}
    assert [text.get_text() for text in types.get_xticklabels()] == ["3", "4"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("kln-nonseparable", "--kind", "posted"), "values are"),
        (("separable-auction-of-nobody",), "neither a library instance nor a file"),
        (("kln-separable", "--kind", "lottery"), "kind: 'lottery' is none of posted"),
        (("myerson", "--kind", "posted"), "posted prices are for one buyer"),
        (("kln-separable", "--time-limit", "1e-9"), "time limit of 1e-09 s was reached; give more"),
        (("kln-separable", "--kind", "posted", "--memory-limit", "1"), "more than the memory limit of 1 "),
    ],
)
def test_bad_input_is_one_line(run: Run, words: tuple[str, ...], told: str) -> None:
    ran = run("menu", *words, "--quiet")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert told in ran.err


def test_a_menu_leaves_out_by_itself(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "club.json"
    path.write_text(json.dumps(dm.load("kln-separable", T=1).to_json() | {"excludable": True}))
    ran = run("menu", str(path), "--quiet")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "leaves out whoever takes no contract; ask for the menu of the same without excludable" in ran.err


def test_names_of_steps_have_room() -> None:
    pytest.importorskip("matplotlib")
    for sizes in ([3, 5, 9, 17], [*range(3, 30, 2)]):
        figure = dm.convergence("courty-li-uniform", sizes).plot()
        figure.draw_without_rendering()
        names = [text.get_window_extent() for text in figure.axes[1].get_xticklabels() if text.get_text()]
        assert len(names) >= 4
        assert all(a.x1 < b.x0 for a, b in itertools.pairwise(names))
