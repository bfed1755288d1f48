"""One package out of four rooms: links for editable installs, a path map for builds, and public names."""

from __future__ import annotations

import doctest
import importlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest

import dynamech as dm

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = ("models", "solvers", "instances")
NOT_INSTALLED = ("tests", "benchmarks", "docs", "src", "dist", "build")


def test_a_room_is_linked_excluded_included_and_mapped() -> None:
    build = PROJECT["tool"]["hatch"]["build"]
    wheel = build["targets"]["wheel"]
    rooms = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.name not in NOT_INSTALLED
        if any(path.rglob("*.py"))
    }
    assert rooms == set(ROOMS)
    linked = {path.name for path in (ROOT / "src/dynamech").iterdir() if (ROOT / path.name).is_dir()}
    assert linked == rooms
    for room in rooms:
        assert (ROOT / "src/dynamech" / room).resolve() == ROOT / room
    assert set(build["exclude"]) == {f"/src/dynamech/{room}" for room in rooms}
    assert set(wheel["only-include"]) == {"src/dynamech", *rooms}
    assert wheel["sources"] == {"src": ""} | {room: f"dynamech/{room}" for room in rooms}
    assert build["skip-excluded-dirs"] is True


def test_the_links_are_committed_as_relative_links() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--stage", "src/dynamech"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    links = {line.split("\t")[1] for line in listed.splitlines() if line.startswith("120000")}
    assert links == {f"src/dynamech/{room}" for room in ROOMS}
    for room in ROOMS:
        assert (ROOT / "src/dynamech" / room).readlink() == Path("../..") / room


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_reach_each_other_by_relative_imports(room: str) -> None:
    """``import solvers`` from the root would load a second copy of everything."""
    wrong = re.compile(rf"^\s*(from|import) (dynamech|{'|'.join(ROOMS)})\b", re.MULTILINE)
    for path in (ROOT / room).rglob("*.py"):
        assert not wrong.search(path.read_text(encoding="utf-8")), path


def test_every_public_name_is_there() -> None:
    promised = (
        "load load_mechanism load_question save export Question Row "
        "Environment Agent Goods Signals signals Mechanism Stage "
        "compile design ladder report Report price tight_range replicate sweep simulate verify "
        "bank account asymptotic nonclairvoyant maximin auction burn iron implement Implementation "
        "correlation Correlation budget extraction generalised_vcg check_certificate "
        "pivot index second_price EfficientMechanism schedule ascending_auction multi_task task_lists "
        "arrivals hidden_arrivals sequential_screening disclosure convergence "
        "menu Menu "
        "sale progressive distortions rents "
        "canonical impulse_responses markov_transfers check_icfoc check_monotonicity "
        "virtual_index virtual_pivot VirtualPivot envelope interval_dominance virtual_surplus "
        "Design Ladder Verdict Verdicts Witness Program Solution errors DynamechError "
        "__version__"
    )
    assert set(promised.split()) == set(dm.__all__)
    for name in dm.__all__:
        assert getattr(dm, name) is not None
    assert dm.errors.InvalidInput.__mro__[1] is dm.DynamechError


def test_names_are_listed_once_and_opened_when_asked() -> None:
    """Completion lists them all, a star takes them, and importing the package loads nothing heavy."""
    assert set(dm.__all__) <= set(dir(dm))
    script = (
        "import sys, dynamech; assert 'numpy' not in sys.modules; assert 'design' in dir(dynamech)\n"
        "from dynamech import *\nprint(design.__name__, Environment.__name__, errors.__name__)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "design Environment dynamech.solvers.errors\n"
    with pytest.raises(AttributeError, match=r"^module 'dynamech' has no attribute 'desing'$"):
        _ = dm.desing


def test_one_version_everywhere() -> None:
    assert dm.__version__ == PROJECT["project"]["version"]
    assert importlib.metadata.version("dynamech") == dm.__version__
    assert f"version: {dm.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_the_citation_has_a_day_and_no_address_that_is_not_there() -> None:
    cited = (ROOT / "CITATION.cff").read_text()
    (day,) = re.findall(r"^date-released: (.*)$", cited, re.MULTILINE)
    assert date.fromisoformat(day) >= date(2026, 11, 29)
    assert "url" not in cited
    assert "urls" not in PROJECT["project"]


def test_the_package_is_typed_and_licensed() -> None:
    assert (Path(dm.__file__).parent / "py.typed").is_file()
    assert "MIT" in (ROOT / "LICENSE").read_text()
    for name in ("README.md", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md"):
        assert (ROOT / name).stat().st_size > 0


def test_the_docstring_of_the_package_runs() -> None:
    assert doctest.testmod(dm).failed == 0


def test_dependency_floors_are_explained() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for requirement in PROJECT["project"]["dependencies"]:
        name, floor = requirement.split(">=")
        assert re.search(rf"\| {re.escape(name)} \| {re.escape(floor)} \|", text), requirement


@pytest.mark.parametrize("name", ["__main__", "cli", "report", "api"])
def test_modules_of_the_front_door_import(name: str) -> None:
    assert importlib.import_module(f"dynamech.{name}").__doc__
