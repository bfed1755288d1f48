"""README and docs are run: Python as doctests, printed commands compared, files and links looked for."""

from __future__ import annotations

import doctest
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dynamech as dm

ROOT = Path(__file__).parents[2]
DOCS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
PAGES = ("README.md", *DOCS, "CONTRIBUTING.md")
README = (ROOT / "README.md").read_text()
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(text: str, language: str) -> list[str]:
    return [found[2] for found in FENCE.finditer(text) if found[1] == language]


@pytest.mark.parametrize("page", PAGES)
def test_python_on_the_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks((ROOT / page).read_text(), "pycon"))
    test = doctest.DocTestParser().get_doctest(code, {}, page, page, 0)
    said: list[str] = []
    failed, _ = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert failed == 0, "".join(said)


def test_the_readme_opens_with_the_two_commands() -> None:
    install, check = blocks(README, "sh")[0].splitlines()
    assert README.index(install) < 200
    assert "pip install . && .venv/bin/dynamech ladder kln-nonseparable" in install
    assert 'pip install -e ".[test]" && .venv/bin/pytest' in check
    assert check.split("&& ")[1] in (ROOT / ".ci/run").read_text()


def test_the_readme_prints_what_the_commands_print(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the seconds, and of a ladder the lie: among lies that gain as much any may be shown."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two-type.json").write_text(blocks(README, "json")[0])
    compared = 0
    for block in blocks(README, "console"):
        command, printed = "", ""
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            program, *arguments = command.split()
            assert program == "dynamech"
            assert plain(run(*arguments).out) == plain(printed)
            compared += 1
    assert compared >= 3


def plain(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.split("Who lies.")[0].strip().splitlines()]
    lines = [re.sub(r" +\d+\.\d\d$", "", line) for line in lines]
    start = next((k for k, line in enumerate(lines) if line.startswith("seconds ")), None)
    if start is not None:  # the seconds of a design may take two lines
        end = lines.index("", start)
        del lines[start:end]
    return lines


def test_the_instance_of_the_readme_is_the_one_made_in_python(tmp_path: Path) -> None:
    content = json.loads(blocks(README, "json")[0])
    path = tmp_path / "two-type.json"
    path.write_text(json.dumps(content))
    assert str(dm.design(dm.load(path), exact=True).value) == "71/40"


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    text = (ROOT / page).read_text()
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((ROOT / page).parent / link).exists(), link
    for path in re.findall(r"`((?:models|solvers|instances|src|tests|docs)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"`(\w+/[\w/]+\.py)`", text):  # from the root, or as a reader in the room says it
        assert any((ROOT / room / path).exists() for room in ("", "models", "src/dynamech")), path


def test_every_word_is_in_the_readme() -> None:
    from dynamech.models.compiler.formulation import FORMULATIONS
    from dynamech.models.notions.demands import BUDGETS, ON
    from dynamech.models.notions.demands.payments import BOUNDS
    from dynamech.models.notions.incentives import CHECKED_INCENTIVES, INCENTIVES
    from dynamech.models.notions.participation import CHECKED_PARTICIPATIONS, PARTICIPATIONS
    from dynamech.models.relaxations import COUPLINGS
    from dynamech.solvers.solve import ENGINES

    notions = (*INCENTIVES, *CHECKED_INCENTIVES, *PARTICIPATIONS, *CHECKED_PARTICIPATIONS)
    for word in (*notions, *BOUNDS, *ON, *BUDGETS, *COUPLINGS, *FORMULATIONS, *ENGINES):
        assert f"`{word}`" in README, word


def test_the_theory_has_every_notion() -> None:
    text = (ROOT / "docs/theory.md").read_text()
    for folder in ("models/notions/incentives", "models/notions/participation"):
        files = {path.name for path in (ROOT / folder).glob("*.py")}
        assert {"__init__.py", "base.py", "none.py"} < files, folder
        for name in files - {"__init__.py", "base.py", "none.py"}:
            assert f"`{folder}/{name}`" in text, name
