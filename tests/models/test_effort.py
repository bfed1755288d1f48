"""What a public function is told beside its question travels as one."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

from dynamech import models


def test_below_the_public_names_nobody_takes_the_parts() -> None:
    parts = {"solver", "time_limit", "memory_limit", "notify"}
    taking = set()
    for info in pkgutil.walk_packages(models.__path__, f"{models.__name__}."):
        for name, found in inspect.getmembers(import_module(info.name)):
            functions = inspect.getmembers(found, inspect.isfunction) if inspect.isclass(found) else []
            for function in [found] if inspect.isfunction(found) else [entry for _, entry in functions]:
                if function.__module__ == info.name and parts & inspect.signature(function).parameters.keys():
                    taking.add(f"{name}: {function.__qualname__}")
    assert taking == {"implement: implement"}  # a public name
