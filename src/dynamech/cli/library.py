"""``list`` and ``show``: the library and what is in an instance."""

from __future__ import annotations

from typing import Any

from ..instances.family import Family
from ..instances.file import instance_to_json, save_instance
from ..instances.library import families, find_family
from ..instances.parameters import setting_text
from ..report import environment_report, family_report, library_report
from .files import check_target
from .options import Instance, Json, Out, Quiet, Settings, environment_of, file_of, read_settings
from .terminal import answer, answer_json, note


def list_families(as_json: Json = False, quiet: Quiet = False) -> None:
    """The library's families with their parameters."""
    if as_json:
        answer_json({"families": [_described(family, {}) for family in families()]})
        return
    answer(library_report(families()))
    note("a parameter is set with --set name=value; `show NAME` explains each", quiet)


def show(
    instance: Instance,
    settings: Settings = None,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """An instance: its parameters, agents, types, actions, values and transitions."""
    env = environment_of(instance, settings)
    path = file_of(instance)
    check_target(out, "--out", path)
    family = find_family(instance) if path is None else None
    given = read_settings(settings)
    if out is not None:
        save_instance(env, out)
        note(f"{out}: written", quiet)
    if as_json:
        content = instance_to_json(env)
        answer_json(
            content | {"parameters": [] if family is None else _described(family, given)["parameters"]}
        )
        return
    answer([*([] if family is None else family_report(family, given)), *environment_report(env)])


def _described(family: Family, given: dict[str, str]) -> dict[str, Any]:
    parameters = [
        {
            "name": parameter.name,
            "kind": parameter.kind,
            "default": None if parameter.default is None else setting_text(parameter.default),
            "value": given.get(parameter.name, parameter.default_text or None),
            "help": parameter.help,
        }
        for parameter in family.parameters
    ]
    return {"name": family.name, "title": family.title, "source": family.source, "parameters": parameters}
