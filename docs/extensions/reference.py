"""Pages of the reference, written from the code: every public name, every command, every family.

Functions stand under the module where they live, commands on a page each with all their options, families of
the library on one page. Nothing is listed by hand, so nothing can be forgotten; ``tests/front/test_site.py``
reads the pages back.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import dynamech
from dynamech.cli.commands import COMMANDS, command
from dynamech.instances import all_families

PUBLISHED = ("dynamech.bench", "dynamech.solvers", "dynamech.testing")
"""Modules beside `import dynamech` that are for users, each with a page of its own."""
_ON = re.compile(r"^The public functions? (on |for |of |about )?")
_FIELD = re.compile(r"([a-z]\w*(?:, \w+)*): ")
_FIELD_STARTS = re.compile(r"(?:^|(?<=\.)) *(?=[a-z]\w*(?:, \w+)*: )")


def public() -> dict[str, Any]:
    """Every public name that is not a module, with what it names."""
    named = {name: getattr(dynamech, name) for name in dynamech.__all__}
    return {name: thing for name, thing in named.items() if hasattr(thing, "__module__")}


def rooms(*, classes: bool) -> list[tuple[str, list[str]]]:
    """Public classes, or functions, by the module that they come from."""
    by_module: dict[str, list[str]] = {}
    for name, thing in public().items():
        if inspect.isclass(thing) == classes:
            by_module.setdefault(thing.__module__, []).append(name)
    return sorted(by_module.items())


def commands() -> dict[str, Any]:
    """The commands of the command line, by name, in their order there."""
    return {name: command(name) for name in COMMANDS}


def write(folder: Path) -> None:
    """Write all pages into a folder; pages that are as they were are left alone, others that lie there go."""
    pages = dict(_pages())
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def _pages() -> Iterator[tuple[str, str]]:
    yield "functions.rst", _rooms("Functions", rooms(classes=False), headed=True)
    yield "classes.rst", _rooms("Classes", rooms(classes=True), headed=False)
    yield "errors.rst", _module("Errors", dynamech.errors)
    for module in PUBLISHED:
        yield f"{module.rpartition('.')[2]}.rst", _module(module, import_module(module))
    listed = commands()
    yield "commands.rst", _head("Commands") + _toctree([f"command-{name}" for name in listed])
    for name, listing in listed.items():
        yield f"command-{name}.rst", _command(name, listing)
    yield "families.rst", _families()


def _head(title: str, line: str = "=") -> str:
    return f"{title}\n{line * len(title)}\n\n"


def _toctree(pages: list[str]) -> str:
    return ".. toctree::\n   :maxdepth: 1\n\n" + "".join(f"   {page}\n" for page in pages)


def _rooms(title: str, rooms: list[tuple[str, list[str]]], headed: bool) -> str:
    text = _head(title)
    for module, names in rooms:
        first = (inspect.getdoc(import_module(module)) or module).split("\n\n")[0]
        about = _plain(_ON.sub("", first.partition(":")[0].rstrip(".")))
        text += _head(about[:1].upper() + about[1:], "-") if headed else ""
        text += "".join(_entry("dynamech", name, getattr(dynamech, name)) for name in names)
    return text


def _module(title: str, module: ModuleType) -> str:
    text = _head(title) + f".. automodule:: {module.__name__}\n\n"
    return text + "".join(_entry(module.__name__, *item) for item in published(module).items())


def published(module: ModuleType) -> dict[str, Any]:
    """What a module has of its own or of modules inside it."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if not name.startswith("_") and str(getattr(thing, "__module__", "")).startswith(module.__name__)
    }


def _entry(module: str, name: str, thing: Any) -> str:
    if inspect.isclass(thing):
        return f".. autoclass:: {module}.{name}\n   :members:\n\n"
    return (
        f".. autofunction:: {module}.{name}\n\n" if callable(thing) else f".. autodata:: {module}.{name}\n\n"
    )


def fields_as_lists(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Docstrings list what they explain as `name: text`, a line or more each; a page shows a list of them."""
    shown: list[str] = []
    for paragraph in re.split(r"\n\s*\n", "\n".join(lines)):
        if any(_FIELD.match(line) for line in paragraph.splitlines()):
            for part in _FIELD_STARTS.split(" ".join(paragraph.split())):
                field = _FIELD.match(part)
                if field:
                    shown.append(f"* **{field[1]}**: {part[field.end() :]}")
                elif part:
                    shown += [part, ""]
            shown.append("")
        else:
            shown += [*paragraph.splitlines(), ""]
    lines[:] = shown


def _plain(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def _command(name: str, command: Any) -> str:
    text = _head(f"dynamech {name}") + _escape(command.help or "") + "\n\n"
    given = [one for one in command.params if one.param_type_name == "argument"]
    usage = " ".join([f"dynamech {name}", *(_metavar(one) for one in given), "[OPTIONS]"])
    text += f".. code-block:: text\n\n   {usage}\n\n"
    text += ".. list-table::\n   :widths: 30 70\n\n"
    for one in command.params:
        opts = [*one.opts, *one.secondary_opts] if one.param_type_name == "option" else []
        meta = "" if getattr(one, "is_flag", False) else _metavar(one)
        words = " / ".join(f"``{word}{' ' + meta if meta else ''}``" for word in opts) or f"``{meta}``"
        told = _escape(getattr(one, "help", None) or "")
        default = getattr(one, "default", None)
        if opts and default not in (None, False, "", [], ()) and isinstance(default, str | int | float):
            told += f" Default: ``{default}``."
        text += f"   * - {words}\n     - {told.strip()}\n"
    return text


def _metavar(one: Any) -> str:
    return str(one.metavar or one.name.upper().replace("_", "-"))


def _escape(text: str) -> str:
    """Text of a help as reStructuredText: single backticks are code, other signs are themselves."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(
        f"``{part[1:-1]}``" if part[:1] == "`" and len(part) > 1 else re.sub(r"([*|_\\])", r"\\\1", part)
        for part in parts
    )


def _families() -> str:
    text = _head("Families of the library")
    text += (
        ":doc:`dynamech list <command-list>` lists them; ``dm.load(NAME, PARAMETER=VALUE)`` makes one.\n\n"
    )
    for family in sorted(all_families(), key=lambda one: one.name):
        text += _head(family.name, "-") + _escape(family.title) + "\n\n"
        text += f"Source: {_escape(family.source)}\n\n"
        text += ".. list-table::\n   :widths: 25 25 50\n\n" if family.parameters else ""
        for one in family.parameters:
            default = f"``{one.default_text}``" if one.default_text else ""
            text += f"   * - ``{one.name}``\n     - {default}\n     - {_escape(one.help)}\n"
        text += "\n"
    return text
