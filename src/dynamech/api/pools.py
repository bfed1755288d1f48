"""The file of ``pool``: cuts and points of the rent recursion, for a later run to go on from.

It says what they are of (``question``, a digest of instance and words), and has a digest of everything that
stands in it: another question's file, one that was changed, and anything else is refused and left alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from ..instances.file import instance_to_json
from ..instances.jsonfile import digest, read_json, with_doubles, write_json
from ..models.design.question import Question
from ..models.environment.environment import Environment
from ..models.notions.demands import keys_of
from ..models.recursion.pool import RentPool
from ..solvers.errors import InvalidInput
from ..solvers.numerals import one_line

FORMAT = "dynamech-pool/1"
A = TypeVar("A")


def with_pool(
    path: str | os.PathLike[str], env: Environment, question: Question, ask: Callable[[RentPool], A]
) -> A:
    """What `ask` answers with the cuts and points of a file, which then holds those that it added, whether it
    came to an end or was interrupted; where it was killed, those of some seconds before.

    Raises `InvalidInput` for a file of anything else, and where it cannot be written.
    """
    words = {**question.words, "formulation": "recursion", "demands": keys_of(question.demands)}
    about = {"format": FORMAT, "question": digest([FORMAT, instance_to_json(env), words])}
    where = one_line(os.fspath(path))

    def refused(why: str) -> InvalidInput:
        return InvalidInput(f"pool: {where} {why}; it was left as it is")

    kept = None
    if os.path.exists(path):
        content = with_doubles(read_json(path))
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise refused("is there and is no pool")
        if content.get("question") != about["question"]:
            raise refused("is of another question (instance or words differ)")
        if content.pop("digest", None) != digest(content):
            raise refused("was changed after it was written")
        kept = content

    def keep(pool: RentPool) -> None:
        whole = about | pool.content
        write_json(whole | {"digest": digest(whole)}, path)

    pool = RentPool(kept, keep)
    try:
        return ask(pool)
    except (KeyError, TypeError, ValueError, IndexError) as wrong:
        if pool.cuts:
            raise
        raise refused(f"is damaged ({wrong})") from None
    finally:
        if pool.cuts:
            keep(pool)
