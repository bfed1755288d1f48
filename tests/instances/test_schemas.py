"""The published schemas are generated from the code, valid, and agree with the reader on what a file is."""

from __future__ import annotations

import copy
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

import dynamech.instances
from dynamech.instances import all_families, instance_to_json, load
from dynamech.instances.jsonfile import pretty
from dynamech.instances.schema import SCHEMA_FILES, instance_schema

jsonschema = importlib.import_module("jsonschema")

FOLDER = Path(dynamech.instances.__file__).parent


@pytest.mark.parametrize("name", SCHEMA_FILES)
def test_the_files_are_what_the_code_generates(name: str) -> None:
    """If this fails: python -m dynamech.instances.publish."""
    assert (FOLDER / name).read_text(encoding="utf-8") == pretty(SCHEMA_FILES[name]()) + "\n"


@pytest.mark.parametrize("name", SCHEMA_FILES)
def test_the_schemas_are_schemas(name: str) -> None:
    schema = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(schema)
    for definition in schema["$defs"]:
        assert f"#/$defs/{definition}" in text


@pytest.mark.parametrize("family", all_families(), ids=lambda family: family.name)
def test_library_instances_satisfy_the_schema(family: Any) -> None:
    jsonschema.Draft202012Validator(instance_schema()).validate(instance_to_json(family.make()))


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.pop("format"),
        lambda c: c.pop("horizon"),
        lambda c: c.update(format="dynamech/2"),
        lambda c: c.update(horizon=0),
        lambda c: c.update(horizon="2"),
        lambda c: c.update(extra=1),
        lambda c: c.update(agents=[]),
        lambda c: c.update(process=None),
        lambda c: c.update(discount="nine tenths"),
        lambda c: c["agents"][0].pop("name"),
        lambda c: c["agents"][0].pop("types"),
        lambda c: c["agents"][0].update(prior=["1/2", True]),
        lambda c: c["agents"][0].update(types=[["low", 1], ["low", "high"]]),
        lambda c: c["agents"][0].update(types=[["low", "low"], ["low", "high"]]),
        lambda c: c["agents"][0].update(observed="no"),
    ],
)
def test_what_the_schema_refuses(change: Any) -> None:
    content = copy.deepcopy(instance_to_json(load("two-type-markov")))
    change(content)
    assert not jsonschema.Draft202012Validator(instance_schema()).is_valid(content)
