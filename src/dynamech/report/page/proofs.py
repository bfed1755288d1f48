"""What is proved: certificates with their digests, each checked again before the page says so."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ...models.ladder.ladder import Ladder
from ...rebuild import question_of
from ...solvers.certificate import Certificate
from ...solvers.errors import InvalidInput
from ..markup import Html, element, rendered, together
from ..wording import LONG, ends, money, table

READ = 200
"""Characters of a rational that anybody would read."""


def proofs(ladder: Ladder) -> Html:
    """The certificates of all rungs and of the least gain, or a sentence where there are none."""
    lines = table(["of", "proved", "checked again", "digest"])
    for what, proof, digest in _proofs(ladder):
        checked = proof.check()
        lines.add_row(what, _proved(proof), "valid" if checked else f"not valid: {checked['reason']}", digest)
    if not lines.rows:
        why = (
            "the answers are in doubles"
            if not ladder.effort.exact
            else "no rung has an answer over the rationals"
        )
        return element("p", f"None: {why}. With --exact (exact=True) values are rational and proved.")
    how = (
        "A certificate holds a program and the numbers that prove its optimum; checking it solves nothing. "
        "ladder --exact --certificate FILE writes those of the rungs, and certificate FILE --rebuild "
        "compares the program with the question."
    )
    return together([rendered(lines), rendered(Text(how, style="dim"))])


def _proofs(ladder: Ladder) -> Iterator[tuple[str, Certificate, str]]:
    """(what it is of, the certificate, the digest of its file)."""
    for rung in ladder.rungs:
        design = rung.design
        proof = design.certificate
        if proof is not None:
            yield rung.name, proof, _digest(ladder, rung.name, proof)
    unrelaxed = ladder.unrelaxed if ladder.tight["relaxed"] is False else None
    if unrelaxed is not None:
        for k, proof in enumerate(unrelaxed.proofs):
            yield f"least gain from a lie{'' if k == 0 else ', bound'}", proof, proof.payload()["digest"]


def _digest(ladder: Ladder, name: str, proof: Certificate) -> str:
    """Of the file that ``ladder --certificate`` writes."""
    design = ladder.designs[name]
    question = None
    if design.certified and design.outcome is not None:
        try:
            question = question_of(design.outcome.rewriting.original, design)
        except InvalidInput:  # a number too long to be written
            question = None
    digest: str = proof.payload(question)["digest"]
    return digest


def _proved(proof: Certificate) -> str:
    if proof.kind == "interval":
        return f"in the interval {ends(proof.least, proof.most)}"
    if proof.kind != "optimal" or proof.value is None:
        return proof.kind
    whole = str(proof.value)
    shown = f"{whole} ≈ {float(proof.value):.6g}" if LONG < len(whole) <= READ else money(proof.value)
    return f"optimum {shown}"
