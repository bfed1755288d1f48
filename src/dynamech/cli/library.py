"""``list`` and ``show``: the library and what is in an instance."""

from __future__ import annotations

from ..instances.file import save_instance
from ..instances.library import all_families, find_family
from ..report.environments import environment_report, family_report, library_report
from .files import check_target
from .options import Instance, Json, Out, Quiet, Settings, environment_of, file_of, read_settings
from .terminal import answer, answer_json, note


def list_families(as_json: Json = False, quiet: Quiet = False) -> None:
    """The library's families with their parameters."""
    if as_json:
        answer_json({"families": [family.to_json() for family in all_families()]})
        return
    answer(library_report(all_families()))
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
        parameters = [] if family is None else family.to_json(given)["parameters"]
        answer_json(env.to_json() | {"parameters": parameters})
        return
    answer([*([] if family is None else family_report(family, given)), *environment_report(env)])
