"""The site: the reference is complete, links lead somewhere, the inventories are what their script writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dynamech as dm
from docs.extensions import reference
from docs.inventories.write import NAMES, inventory
from dynamech.cli.commands import COMMANDS
from dynamech.instances import all_families

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
FENCED = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    reference.write(folder)
    return folder


def test_every_public_name_is_on_one_page(written: Path) -> None:
    text = "\n".join(path.read_text() for path in written.glob("*.rst"))
    entries = re.findall(r"^\.\. auto(?:class|function|data):: dynamech\.(\w+)$", text, re.MULTILINE)
    assert sorted(entries) == sorted(set(dm.__all__) - {"__version__", "errors"})
    for name in ("DynamechError", "InvalidInput", "TooLarge"):
        assert f".. autoclass:: dynamech.solvers.errors.{name}\n" in (written / "errors.rst").read_text()


def test_every_command_has_a_page_with_all_its_options(written: Path) -> None:
    listed = (written / "commands.rst").read_text()
    assert len(COMMANDS) == len(list(written.glob("command-*.rst")))
    for name in COMMANDS:
        page = (written / f"command-{name}.rst").read_text()
        assert f"   command-{name}\n" in listed
        options = [one for one in reference.commands()[name].params if one.param_type_name == "option"]
        for option in options:
            assert all(f"``{word}" in page for word in option.opts), (name, option.opts)
            assert option.help, (name, option.opts)
    assert "``--exact``" in (written / "command-design.rst").read_text()


def test_every_family_is_listed_with_its_parameters(written: Path) -> None:
    sections = re.split(r"^(\S+)\n-+\n", (written / "families.rst").read_text(), flags=re.MULTILINE)
    pages = dict(zip(sections[1::2], sections[2::2], strict=True))
    for family in all_families():
        page = pages.pop(family.name)
        assert all(f"``{one.name}``" in page for one in family.parameters), family.name
    assert not pages


def test_pages_that_nothing_stands_for_go(tmp_path: Path) -> None:
    (tmp_path / "command-gone.rst").write_text("gone")
    reference.write(tmp_path)
    assert not (tmp_path / "command-gone.rst").exists()


def test_fields_of_docstrings_become_lists() -> None:
    lines = [
        "One thing.",
        "",
        "value: what it",
        "    is. status: a word.",
        "error, bound: two.",
        "",
        "Ends: so.",
    ]
    reference.fields_as_lists(None, "", "", None, None, lines)
    fields = ["* **value**: what it is.", "* **status**: a word.", "* **error, bound**: two."]
    assert lines == ["One thing.", "", *fields, "", "Ends: so.", ""]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT / "docs")))
def test_links_lead_somewhere(page: Path) -> None:
    """Files exist, and what comes after # is a heading there, as the site and GitHub make anchors of them."""
    prose = FENCED.sub("", page.read_text())
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists() or "written/" in name, link
        if anchor:
            assert anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = set()
    for page in PAGES:
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(), re.DOTALL):
            entries = [line for line in block.splitlines() if line and not line.startswith(":")]
            listed |= {(page.parent / f"{entry}.md").resolve() for entry in entries}
    assert set(PAGES) - {ROOT / "docs/index.md"} <= listed


@pytest.mark.parametrize("project", NAMES)
def test_inventories_are_what_their_script_writes(project: str) -> None:
    kept = ROOT / "docs/inventories" / f"{project}.inv"
    assert kept.read_bytes() == inventory(project, NAMES[project])
