"""Files as pydantic models: the one place that says what an instance, a mechanism and a question may hold.

The JSON Schemas beside this file are generated from these models (`SCHEMA_FILES`). They check keys, types
and nesting; how long lists must be, and whether probabilities sum to 1, is for the `Environment` to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    Tag,
    ValidationInfo,
    WithJsonSchema,
)

from ..models.notions.demands import READ
from ..models.notions.incentives import CHECKED_INCENTIVES, INCENTIVES
from ..models.notions.participation import CHECKED_PARTICIPATIONS, PARTICIPATIONS
from ..models.relaxations import COUPLINGS
from ..solvers.numbers import Array, Number
from ..solvers.numerals import NUMBER_PATTERN, shown
from .numerals import read_flags, read_indices, read_number, read_table

INSTANCE_FORMAT = "dynamech/1"
MECHANISM_FORMAT = "dynamech-mechanism/1"
QUESTION_FORMAT = "dynamech-question/1"

DEFINITIONS: dict[str, Any] = {
    "number": {
        "description": "A number: 2, 0.25 (the rational 1/4), or a string such as '3/8' or '0.25'.",
        "anyOf": [{"type": "number"}, {"type": "string", "pattern": NUMBER_PATTERN}],
    },
    "table": {
        "description": "Nested lists of numbers, all lists of one level equally long.",
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [{"$ref": "#/$defs/number"}, {"$ref": "#/$defs/table"}]},
    },
    "flags": {
        "description": "Nested lists of true and false, all lists of one level equally long.",
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/flags"}]},
    },
    "indices": {
        "description": "Nested lists of indices from 0, all lists of one level equally long.",
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [{"type": "integer", "minimum": 0}, {"$ref": "#/$defs/indices"}]},
    },
}
"""Parts of the published schema that refer to themselves and so are written by hand."""
_MARK = "x-definition"
_WEIGHTS = {
    "anyOf": [
        {"type": "string"},
        {"type": "object", "minProperties": 1, "additionalProperties": {_MARK: "number"}},
    ]
}
_LEFT_OUT: Any = None
"""Default of keys that may be left out but not given as null."""


def _doubles(info: ValidationInfo) -> bool:
    return bool(info.context and info.context.get("doubles"))


def _number(value: Any, info: ValidationInfo) -> Number:
    return read_number(value, _doubles(info))


def _table(value: Any, info: ValidationInfo) -> Array:
    return read_table(value, _doubles(info))


def _label(value: Any) -> Any:
    if isinstance(value, str):
        return value
    hint = f'; write it as a text, "{shown(value)}"' if type(value) is int else ""
    raise ValueError(f"a label is expected, not {shown(value)}{hint}")


def _distinct(labels: list[str]) -> list[str]:
    seen: set[str] = set()
    for label in labels:
        if label in seen:
            raise ValueError(f"the label {label!r} is used twice")
        seen.add(label)
    return labels


def _reference(name: str) -> WithJsonSchema:
    # pydantic follows a "$ref" only to definitions that it made; `_published` turns the mark into one.
    return WithJsonSchema({_MARK: name})


NumberField: TypeAlias = Annotated[Any, BeforeValidator(_number), _reference("number")]
TableField: TypeAlias = Annotated[Any, BeforeValidator(_table), _reference("table")]
FlagsField: TypeAlias = Annotated[Any, BeforeValidator(read_flags), _reference("flags")]
IndicesField: TypeAlias = Annotated[Any, BeforeValidator(read_indices), _reference("indices")]
Label: TypeAlias = Annotated[StrictStr, BeforeValidator(_label)]
Labels: TypeAlias = Annotated[
    list[Label], AfterValidator(_distinct), Field(min_length=1, json_schema_extra={"uniqueItems": True})
]
Name: TypeAlias = Annotated[StrictStr, Field(min_length=1)]
Decimals: TypeAlias = Literal["exact", "double"]


class _Part(BaseModel):
    """Every object of a file: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class GoodsPart(_Part):
    """Divisible goods in place of a period's list of actions."""

    goods: Labels = Field(description="Names of the goods.")
    upper: list[NumberField | None] = Field(description="Largest quantity of each good; null: no bound.")
    quadratic: TableField = Field(
        description="Symmetric positive semidefinite Q of the cost q'Qq/2, [good][good]."
    )


class SignalPart(_Part):
    """The signal of one period: independent of everything before."""

    labels: Labels = Field(description="Names of the signal's values.")
    probabilities: TableField = Field(description="Probability of each value.")


class _AnyAgent(_Part):
    """What every agent has."""

    name: Name
    observed: StrictBool = Field(False, description="Whether everybody sees this agent's type.")
    reports: list[dict[Label, Labels]] = Field(
        _LEFT_OUT,
        min_length=1,
        description="[t]: by type the types that she may report, the truth among them; a type that is left "
        "out may report all.",
    )
    outside: list[TableField] = Field(
        _LEFT_OUT,
        min_length=1,
        description="[t][type], or [t][type of agent 0]...[type of agent N-1]: what she has elsewhere in "
        "that period; participation promises at least that much.",
    )


class AgentPart(_AnyAgent):
    """An agent given by types, and by a prior and transitions unless a joint process moves the types."""

    types: list[Labels] = Field(min_length=1, description="Types of each period, [t][type].")
    prior: TableField = Field(_LEFT_OUT, description="Probability of each type of period 0.")
    values: list[TableField] = Field(
        _LEFT_OUT,
        min_length=1,
        description="[t][action][type], or [t][action][type of agent 0]...[type of agent N-1] where the "
        "value depends on all types; per unit where actions are goods. 0 where left out.",
    )
    transitions: list[TableField] = Field(
        _LEFT_OUT,
        description="[t][action][next types of those given...][type][next type] for every period but the "
        "last; one entry serves all actions.",
    )
    given: list[Name] = Field(
        default_factory=list, description="Observed agents whose next types the transitions depend on."
    )


class SignalAgentPart(_AnyAgent):
    """An agent in the form of Kakade, Lobel and Nazerzadeh: her type is the list of her signals so far."""

    signals: list[SignalPart] = Field(min_length=1, description="The signal of each period.")
    values: list[TableField] = Field(
        _LEFT_OUT,
        min_length=1,
        description="[t][action] and then one value for each list of signals so far, the first signal "
        "slowest: flat, or nested over the signals; or likewise for the types of all agents. "
        "0 where left out.",
    )


class ProcessPart(_Part):
    """A joint process of all agents' types, in place of their priors and transitions."""

    prior: TableField = Field(description="[type of agent 0]...[type of agent N-1].")
    transitions: list[TableField] = Field(
        _LEFT_OUT,
        description="[t][action][types of all agents...][next types of all agents...] for every period "
        "but the last; one entry serves all actions.",
    )


def _kind_of_actions(value: Any) -> str:
    return "goods" if isinstance(value, dict | GoodsPart) else "labels"


def _kind_of_agent(value: Any) -> str:
    signals = "signals" in value if isinstance(value, dict) else isinstance(value, SignalAgentPart)
    return "by signals" if signals else "by types"


ActionsField: TypeAlias = Annotated[
    Annotated[Labels, Tag("labels")] | Annotated[GoodsPart, Tag("goods")], Discriminator(_kind_of_actions)
]
AgentField: TypeAlias = Annotated[
    Annotated[AgentPart, Tag("by types")] | Annotated[SignalAgentPart, Tag("by signals")],
    Discriminator(_kind_of_agent),
]
TAGS = frozenset({"labels", "goods", "by types", "by signals"})
"""Steps of an error's location that name a branch of the models, not a place in the file."""


class InstanceFile(_Part):
    """A finite dynamic environment. Periods count from 0; a decimal is the rational that it shows."""

    format: Literal["dynamech/1"]
    name: Name
    source: StrictStr = Field("", description="Where the instance comes from.")
    decimals: Decimals = Field(
        "exact",
        description="'double' where the file was written from floating point: numbers with a point or an "
        "exponent are then the nearest double. Otherwise they are the rational that they show.",
    )
    discount: NumberField = Field(1, description="Discount factor per period.")
    horizon: Annotated[StrictInt, Field(ge=1)] | None = Field(
        description="Number of periods; null: infinite, with one entry where there would be one for each "
        "period, or two: period 0, then the rest for ever. transitions[0] then leads from the first types to "
        "the later ones, and transitions[1] from later to later."
    )
    actions: list[ActionsField] = Field(min_length=1, description="[t][action], or divisible goods.")
    costs: list[TableField] = Field(
        _LEFT_OUT, min_length=1, description="Cost of each action, or of a unit of each good: [t][action]."
    )
    feasible: list[FlagsField] = Field(
        _LEFT_OUT, min_length=1, description="[t][action][type of the observed agents...]."
    )
    agents: list[AgentField] = Field(min_length=1)
    process: ProcessPart = Field(_LEFT_OUT)
    reports_public: StrictBool = Field(
        True,
        description="Whether everybody sees past reports; false: they are concealed from the others, and an "
        "agent sees her own, observed types, and actions where they move types.",
    )
    excludable: StrictBool = Field(
        False,
        description="Whether period 0 also chooses which of the agents who report are left out: one left out "
        "has values 0; costs, kernels and what the others have stay. An observed agent "
        "'left out' shows it.",
    )


class DrawsPart(_Part):
    """Public lotteries over the next period's memory, filled up to one length with chances of 0."""

    memory: IndicesField = Field(description="[lottery][outcome]: index into the next period's memory.")
    chance: TableField = Field(description="[lottery][outcome]: its probability; 1 in all for each lottery.")


class StagePart(_Part):
    """One period of a mechanism. Axes of observed agents hold their public types."""

    memory: list[Label] = Field(min_length=1, description="Labels of the memory states m.")
    allocation: TableField = Field(
        description="[m][type of agent 0]...[type of agent N-1][action]: probabilities or quantities."
    )
    transfers: TableField = Field(
        description="[agent][m][types...]: expected payment, positive to the designer."
    )
    next: IndicesField = Field(
        _LEFT_OUT,
        description="[m][types...][action]: index into the next period's memory. May be left out in the "
        "last period; where the horizon is infinite the last period's next points into itself. Where there "
        "are lotteries, the index of one of them.",
    )
    lotteries: DrawsPart = Field(
        _LEFT_OUT, description="By which the next period's memory is drawn, in public."
    )


class MechanismFile(_Part):
    """A mechanism as a finite public memory: what is done and paid in each memory state for each report."""

    format: Literal["dynamech-mechanism/1"]
    instance: StrictStr = Field(description="Name of the environment it was made for.")
    decimals: Decimals = Field(
        "double", description="As in an instance file, but left out, numbers with a point are doubles."
    )
    start: StrictInt = Field(ge=0, description="Memory state at the beginning of period 0.")
    periods: list[StagePart] = Field(min_length=1)


def _one_of(known: Iterable[str]) -> dict[str, Any]:
    return {"enum": list(known)}


class QuestionFile(_Part):
    """What is asked of an environment: a key that is left out has the default of the command line."""

    format: Literal["dynamech-question/1"]
    objective: Annotated[Any, WithJsonSchema(_WEIGHTS)] = Field(
        "revenue", description="What is maximised: a word, or a weight on each."
    )
    incentives: Annotated[StrictStr, Field(json_schema_extra=_one_of(INCENTIVES | CHECKED_INCENTIVES))] = (
        Field("bayesian", description="Which lies count.")
    )
    participation: Annotated[
        StrictStr, Field(json_schema_extra=_one_of(PARTICIPATIONS | CHECKED_PARTICIPATIONS))
    ] = Field("interim", description="What agents are promised.")
    coupling: Annotated[StrictStr, Field(json_schema_extra=_one_of(COUPLINGS))] | None = Field(
        None, description="How shocks of different types move together; null: the environment's default."
    )
    formulation: StrictStr = Field("auto", description="How the program is written, words joined by +.")
    demands: Annotated[
        dict[StrictStr, Any],
        Field(json_schema_extra={"propertyNames": {"enum": [key for keys in READ for key in keys]}}),
    ] = Field(default_factory=dict, description="What is demanded beside, by key.")


def _published(model: type[BaseModel], name: str) -> dict[str, Any]:
    schema: dict[str, Any] = _finished(model.model_json_schema())
    text = json.dumps(schema)
    used = {
        key: definition
        for key, definition in DEFINITIONS.items()
        if f"#/$defs/{key}" in text or (key == "number" and "#/$defs/table" in text)
    }
    schema["$defs"] = used | schema.get("$defs", {})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name} | schema


def _finished(part: Any) -> Any:
    """References in place of marks; no titles made of names, no null for what may only be left out."""
    if isinstance(part, list):
        return [_finished(entry) for entry in part]
    if not isinstance(part, dict):
        return part
    kept = {
        key: value
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
    }
    finished = {key: _finished(value) for key, value in kept.items() if key != _MARK}
    return ({"$ref": f"#/$defs/{part[_MARK]}"} | finished) if _MARK in part else finished


def instance_schema() -> dict[str, Any]:
    """The JSON Schema of instance files, kept beside the code as ``dynamech-1.schema.json``."""
    return _published(InstanceFile, INSTANCE_FORMAT)


def mechanism_schema() -> dict[str, Any]:
    """The JSON Schema of mechanism files, kept beside the code as ``dynamech-mechanism-1.schema.json``."""
    return _published(MechanismFile, MECHANISM_FORMAT)


def question_schema() -> dict[str, Any]:
    """The JSON Schema of question files, kept beside the code as ``dynamech-question-1.schema.json``."""
    return _published(QuestionFile, QUESTION_FORMAT)


SCHEMA_FILES = {
    "dynamech-1.schema.json": instance_schema,
    "dynamech-mechanism-1.schema.json": mechanism_schema,
    "dynamech-question-1.schema.json": question_schema,
}
"""The published schemas by the names of their files; ``publish.py`` writes them."""
