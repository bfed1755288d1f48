"""What `hostile` tries, the same for a seed: cases, and hostile command lines; mutants of files are in
`hostile_mutants.py`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A command, the files that it finds, and what it has to say where it answers.

    same: a part of the JSON that must be equal to that of the command without the mutant; None where the
    mutant is a question of its own.
    """

    name: str
    arguments: tuple[str, ...]
    files: dict[str, bytes] = field(default_factory=dict)
    same: Any = None

    @property
    def kind(self) -> str:
        return self.name.split()[0]


def told(content: dict[str, Any]) -> Any:
    """What does not depend on the machine in a ladder or a bench."""
    if "rungs" in content:
        rungs = [(rung["name"], rung["status"], rung["exact"]) for rung in content["rungs"]]
        return [rungs, content["tight"], content["gap"]]
    return [(line["status"], line["exact"], line["value"]) for line in content["lines"]]


NUMBERS = (
    "nan", "inf", "-inf", "-1", "0", "-0", "1e999999999", "-1e999999999", "1e-999999999", "1e400", "1e-400",
    "1/0", "0/0", "1/3", "1e308", "٣", "1_0", "0x10", "9" * 100_000, "1/" + "9" * 100_000, "", "1,2", "1;2",
    "true", "1e", ".", "-", "+", "½", "1e5", "2147483648", "18446744073709551616", "\x1b[31m", "1\n2",
    "\u202e1",
)  # fmt: skip
NAMES = (
    "", " ", ".", "..", "/", "-", "nosuch", "/dev/null", "/dev/full", "/dev/zero", "/proc/self/mem",
    "no/such/file", "a" * 5000, "a" * 5000 + ".json", "\x1b[31m.json", "\u202e.json", "ü.json", "\udcff.json",
    "KLN-NONSEPARABLE", "f", "f/", "./f", "folder", "link", "circle", "empty", "/etc/passwd", "--", "*",
    "$(x)",
)  # fmt: skip
WORDS = (
    "", "revenue", "revenue=1,revenue=2", "revenue=1e99999999", "revenue=", "=1", "revenue=1,,welfare=1",
    "revenue=-1", "welfare=1/0", "bayesian", "none", "ex-post", "per-period", "prefix", "thresholds",
    "auto+lazy", "textbook+textbook", "utilities+lazy+local", "cvxpy:NOSUCH", "pyomo:", "cvxpy:",
    "highs-ipm", "signals", "\x1b[2J", "\u202eword", "a" * 10_000, "quantile", "max", "3.3", "9/10",
)  # fmt: skip
FAMILIES = (
    "kln-nonseparable", "two-type-markov", "random", "sequential-screening", "myerson", "courty-li-uniform",
)  # fmt: skip
SETTINGS = (
    "n", "types", "periods", "agents", "horizon", "k0", "k1", "values", "prior", "seed", "c_plus", "nosuch",
)  # fmt: skip
FILLINGS = {"NAME": NAMES, "NUMBER": NUMBERS, "WORD": WORDS, "FAMILY": FAMILIES, "SETTING": SETTINGS}
LINES = """
show NAME
design NAME
ladder NAME
verify FAMILY NAME
certificate NAME
certificate NAME FAMILY --rebuild
implement FAMILY NAME
correlation NAME
design FAMILY --out NAME
ladder FAMILY --out NAME
show FAMILY --out NAME
design FAMILY --exact --certificate NAME
ladder FAMILY --exact --certificate NAME
export FAMILY --out NAME
export FAMILY --out NAME.mps
bench NAME --formulation textbook
bench FAMILY --repeat 1 --formulation textbook --out NAME
bench FAMILY --repeat 1 --formulation textbook --plot NAME
design FAMILY --time-limit NUMBER
ladder FAMILY --time-limit NUMBER
design FAMILY --memory-limit NUMBER
verify FAMILY f --memory-limit NUMBER
design FAMILY --set SETTING=NUMBER
show FAMILY --set SETTING=NUMBER
ladder FAMILY --set SETTING=NUMBER --memory-limit 100MB
bench FAMILY --sizes SETTING=NUMBER --repeat 1 --formulation textbook
bench FAMILY --repeat NUMBER
design FAMILY --objective WORD
design FAMILY --objective revenue=NUMBER
design FAMILY --incentives WORD --participation WORD
design FAMILY --formulation WORD --solver WORD
design FAMILY --coupling WORD
design FAMILY --payments WORD --on WORD
design FAMILY --payments NUMBER..NUMBER --memory-limit 100MB
design FAMILY --payments NAME=nonnegative
design FAMILY --budget WORD --balanced
design FAMILY --deterministic --payments WORD
design FAMILY --question NAME --budget WORD
ladder kln-nonseparable --set n=2 --payments NUMBER..NUMBER --memory-limit 100MB
certificate NAME --question f --payments WORD
verify FAMILY f --payments NUMBER..NUMBER --budget WORD
correlation FAMILY --caps NUMBER
correlation FAMILY --liability NUMBER
correlation FAMILY --caps NAME=NUMBER --liability NUMBER
correlation FAMILY --norm WORD --theorem WORD
correlation FAMILY --budget WORD
correlation FAMILY --ahead NUMBER
correlation FAMILY --cells NUMBER --unalignable
correlation FAMILY --plot NAME.png
correlation FAMILY --time-limit NUMBER
correlation FAMILY --memory-limit NUMBER
correlation FAMILY --budget per-period --time-limit NUMBER
correlation FAMILY --extract --memory-limit NUMBER
price FAMILY --demand payments=WORD --demand budget=WORD --time-limit 1 --memory-limit 100MB
price kln-nonseparable --set n=2 --demand payments=NUMBER..NUMBER,on=WORD --exact --rung WORD
price kln-nonseparable --set n=2 --demand NAME --demand budget=ex-ante,balanced=WORD
price kln-nonseparable --set n=2 --demand budget=ex-ante --plot NAME.png --objective utility=NUMBER
report FAMILY --out NAME.html --rungs WORD --time-limit 1 --memory-limit 100MB
report kln-nonseparable --set n=2 --out NAME --undated --exact
simulate FAMILY f --paths NUMBER --seed NUMBER --memory-limit 100MB
simulate kln-nonseparable NAME --paths 9 --out NAME.csv --plot NAME.png
sweep FAMILY --set SETTING=NUMBER --out a.db --jobs 1 --time-limit 1 --memory-limit 100MB --rungs WORD
sweep kln-nonseparable --set n=2,NUMBER --set c_times=NUMBER..NUMBER:3 --out a.db --jobs 1 --time-limit 1
sweep kln-nonseparable --set n=2 --out a.db --jobs 1 --parquet NAME --dask WORD
sweep kln-nonseparable --set n=2 --out f --jobs NUMBER --resume --plot NAME.png
range FAMILY --parameter SETTING --from NUMBER --to NUMBER --points 2 --time-limit 1 --memory-limit 100MB
range kln-nonseparable --set n=2 --parameter c_times --from 3 --to NUMBER --points 2 --time-limit 1
range kln-nonseparable --parameter c_times --from 3 --to 5 --points NUMBER --width NUMBER --time-limit 1
range FAMILY --parameter WORD --from 1 --to 2 --rung WORD
range FAMILY --parameter WORD --from 1 --to 2 --whole --plot NAME.png
pivot NAME
pivot FAMILY
pivot FAMILY --team
pivot FAMILY --balanced-team --exact
pivot FAMILY --uniqueness --time-limit NUMBER
pivot FAMILY --memory-limit NUMBER
pivot FAMILY --plot NAME.png
pivot FAMILY --out NAME
pivot scheduling --set SETTING=NUMBER
index NAME
index FAMILY --exact
index FAMILY --time-limit NUMBER --memory-limit NUMBER
virtual-pivot NAME
virtual-pivot FAMILY --form WORD
virtual-pivot handicap-auction --set SETTING=NUMBER --memory-limit 100MB --time-limit 1
virtual-pivot kln-separable --time-limit NUMBER --memory-limit NUMBER
virtual-pivot kln-separable --out NAME
virtual-pivot kln-separable --plot NAME.png
menu NAME
menu FAMILY --kind WORD
menu kln-separable --set SETTING=NUMBER
menu two-period-screening --time-limit NUMBER --memory-limit NUMBER
menu kln-separable --plot NAME.svg --out NAME
index FAMILY --virtual --exact
sale ar1-sale --set SETTING=NUMBER --memory-limit 100MB
sale FAMILY --plot NAME.png
sale FAMILY --time-limit NUMBER
progressive NAME
rents FAMILY --coupling WORD --time-limit NUMBER
distortions FAMILY --memory-limit NUMBER
index licensing --plot NAME.svg
auction FAMILY --objective WORD --exact
auction myerson --payments NUMBER..NUMBER --time-limit NUMBER
auction items-over-time --period NUMBER --out NAME --plot NAME.svg
burn myerson --caps NUMBER
burn FAMILY --caps 1
iron FAMILY --plot NAME.svg
bank FAMILY --gap NUMBER
bank myerson --gap NUMBER
account FAMILY NAME --by WORD --without-debt
maximin FAMILY --sequence NUMBER,NUMBER --participation WORD
maximin items-over-time --sequence NUMBER,NUMBER
pivot FAMILY --generalised
nonclairvoyant FAMILY --mechanism asymptotic --exact
nonclairvoyant myerson --paths NUMBER
nonclairvoyant myerson --seed NUMBER
nonclairvoyant FAMILY --mechanism WORD --tie WORD
WORD
--WORD
list WORD
solvers --WORD
design FAMILY --WORD WORD
""".strip().splitlines()
"""Patterns of command lines: what is in capitals is filled in."""


def lines(count: int, seed: int) -> Iterator[Case]:
    """`count` command lines, each pattern in turn, with odd files to look at."""
    for number in range(count):
        dice = random.Random(f"{seed}-line-{number}")
        filled = []
        for part in LINES[number % len(LINES)].split():
            for word, choices in FILLINGS.items():
                if word in part:
                    part = part.replace(word, dice.choice(choices))
            filled.append(part)
        added = ("--quiet", "--json") if dice.random() < 0.5 else ("--quiet",)
        yield Case(f"line {number}", (*filled, *added), {"f": b"[1, 2", "empty": b""})
