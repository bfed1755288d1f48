"""What the library knows about a family: its name, its source, its parameters, its builder."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..models.environment.environment import Environment
from ..solvers.errors import InvalidInput, TooLarge
from ..solvers.numerals import one_line, shown
from .parameters import Parameter, setting_text

MAX_TYPES = 100_000
"""Most types that one agent of a library instance may have in one period."""


@dataclass(frozen=True)
class Family:
    """A parameterised family of environments.

    `build` takes the parameters by name, already read and in range, and returns the environment; the family
    puts its own name and the source with the settings into it.
    """

    name: str
    title: str
    source: str
    parameters: tuple[Parameter, ...]
    build: Callable[..., Environment]

    def make(self, **settings: Any) -> Environment:
        """The environment for these settings, defaults elsewhere.

        Raises `InvalidInput` naming the family, the parameter and the value.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for key in settings:
            if key not in known:
                raise InvalidInput(one_line(self._unknown(key, list(known))))
        values = {
            name: parameter.read(settings.get(name, parameter.default), self.name)
            for name, parameter in known.items()
        }
        try:
            env = self.build(**values)
        except InvalidInput as error:
            raise InvalidInput(one_line(f"{self.name}: {error}")) from None
        except TooLarge as error:
            raise TooLarge(one_line(f"{self.name}: {error}")) from None
        return env._with(name=self.name, source=self._cite(values))

    def renamed(self, name: str, title: str, source: str, **defaults: Any) -> Family:
        """The same environments under the name that people look for, with other defaults."""
        parameters = tuple(
            replace(parameter, default=defaults.get(parameter.name, parameter.default))
            for parameter in self.parameters
        )
        return replace(self, name=name, title=title, source=source, parameters=parameters)

    def to_json(self, given: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What `show X --json` says of a family, with the settings `given` as texts."""
        parameters = [
            {
                "name": parameter.name,
                "kind": parameter.kind,
                "default": None if parameter.default is None else setting_text(parameter.default),
                "value": (given or {}).get(parameter.name, parameter.default_text or None),
                "help": parameter.help,
            }
            for parameter in self.parameters
        ]
        return {"name": self.name, "title": self.title, "source": self.source, "parameters": parameters}

    def _cite(self, values: dict[str, Any]) -> str:
        chosen = [f"{name} = {setting_text(value)}" for name, value in values.items() if value is not None]
        return self.source + (f" ({', '.join(chosen)})" if chosen else "")

    def _unknown(self, key: str, known: list[str]) -> str:
        close = difflib.get_close_matches(key, known, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        return f"{self.name} has no parameter {shown(key)}{hint} (it has: {', '.join(known) or 'none'})"


def check_size(count: int, what: str, way_out: str) -> None:
    """Raise `TooLarge` where a library instance would have more than `MAX_TYPES` types."""
    if count > MAX_TYPES:
        raise TooLarge(f"{count} {what}, more than {MAX_TYPES}; choose a smaller {way_out}")
