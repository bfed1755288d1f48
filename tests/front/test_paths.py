"""Files that the text of the code names exist where it says: beside it, or below the room that it names."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("solvers", "models", "instances", "src/dynamech")
NAMED = re.compile(r"`([\w/]+\.py)`")


def strangers(root: Path) -> set[str]:
    """``file: name`` for every named file that is neither beside the text nor at that path of a room."""
    homes = [root, *(root / room for room in ROOMS)]
    return {
        f"{path.relative_to(root)}: {name}"
        for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.py"))
        for name in NAMED.findall(path.read_text(encoding="utf-8"))
        if not any((home / name).is_file() for home in (path.parent, *homes))
    }


def test_files_that_are_named_exist() -> None:
    assert strangers(ROOT) == set()


def test_a_file_that_has_moved_is_found(tmp_path: Path) -> None:
    room = tmp_path / "models" / "wing"
    room.mkdir(parents=True)
    (room / "here.py").write_text(
        '"""See `there.py`, `wing/there.py` and `models/there.py`."""\n', encoding="utf-8"
    )
    (room / "there.py").write_text("", encoding="utf-8")
    assert strangers(tmp_path) == {"models/wing/here.py: models/there.py"}
