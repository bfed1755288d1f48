"""The files that a command writes, checked before anything is computed.

A file that is named is replaced, unless the command reads it or writes something else there. A file whose
name only follows from that of another is replaced only where it is of the kind that would be written.
"""

from __future__ import annotations

import os

from ..instances.mechanism_file import save_mechanism
from ..models.answers.answer import Answer
from ..models.mechanism.mechanism import Mechanism
from ..report.plotting import check_plot, save_figure
from ..solvers.errors import InvalidInput
from ..solvers.files import descriptor, holds, reason, same_file
from ..solvers.numerals import one_line
from .options import file_of
from .terminal import give, note


def check_target(path: str | None, option: str, *others: str | None) -> None:
    """Raise `InvalidInput`, before anything is computed, where a file could not be written at the end.

    others: files that the command reads or writes as well, which it may not overwrite.
    """
    if path is None:
        return
    where = one_line(path)
    if "\0" in path:
        raise InvalidInput(f"{option}: {where} is no name of a file")
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.basename(path) or os.path.isdir(path):
        raise InvalidInput(f"{option}: {where or 'an empty name'} is a directory, not a file")
    try:
        os.stat(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise InvalidInput(f"{option}: {where} cannot be written ({reason(error)})") from None
    if descriptor(path) is None:
        if not os.path.isdir(folder):
            raise InvalidInput(f"{option}: there is no directory {one_line(folder)}")
        if not all(os.access(place, os.W_OK) for place in _changed(path, folder)):
            raise InvalidInput(f"{option}: {where} cannot be written")
    for other in others:
        if other is not None and same_file(other, path):
            raise InvalidInput(f"{option}: {where} has another use in this command and would be overwritten")


def _changed(path: str, folder: str) -> list[str]:
    """What has to be open to writing: a file and its folder, where it is put in place by replacing it."""
    if not os.path.exists(path):
        return [folder]
    return [path, folder] if os.path.isfile(path) else [path]


def check_files(instance: str, out: str | None, plot: str | None, *others: str | None) -> None:
    """Raise where ``--out`` or ``--plot`` could not be written, is read too, or is no format of a plot.

    others: further files that the command reads.
    """
    check_target(out, "--out", file_of(instance), plot, *others)
    check_target(plot, "--plot", file_of(instance), out, *others)
    if plot is not None:
        check_plot(plot)


def deliver(
    answer: Answer,
    as_json: bool,
    plot: str | None,
    out: str | None = None,
    mechanism: Mechanism | None = None,
    *,
    undone: str = "",
    absent: str = "",
) -> None:
    """An answer to all places that were asked for: its picture, its mechanism, standard output.

    undone: why there is nothing to write in a file, empty where there is. absent: why there is no mechanism.
    """
    if undone:
        for path in filter(None, (plot, out)):
            note(f"{path} is not written: {undone}", quiet=False)
    else:
        if plot is not None:
            save_figure(answer.plot(), plot)
        if out is not None and mechanism is not None:
            save_mechanism(mechanism, out)
        elif out is not None:
            note(f"{out} is not written: {absent}", quiet=False)
    give(answer, as_json)


def check_pictures(instance: str, pictures: dict[str, str | None], *others: str | None) -> None:
    """Raise `InvalidInput` where further pictures, by option, could not be written; others: all other files
    of the command."""
    for option, path in pictures.items():
        rest = [other for name, other in pictures.items() if name != option]
        check_target(path, option, file_of(instance), *rest, *others)
        if path is not None:
            check_plot(path)


def draw(answer: Answer, plot: str | None, quiet: bool, **words: bool) -> None:
    """The picture of an answer to where it was asked for; of one without a picture a note says why."""
    if plot is None:
        return
    try:
        figure = answer.plot(**words)
    except InvalidInput as error:
        note(f"{plot} is not written: {error}", quiet)
        return
    save_figure(figure, plot)


def check_beside(path: str, option: str, kind: str, word: str, *others: str | None) -> None:
    """Raise `InvalidInput` where a file that was not named could not be written, or is not one of ours.

    kind, word: what such a file is called, and the format that it says; others: as in `check_target`.
    """
    check_target(path, option, *others)
    if not holds(path, word, missing=True):
        raise InvalidInput(
            f"{option}: {one_line(path)} would be written too; it is there and is no {kind}, so it was left "
            "as it is"
        )


def beside(path: str, name: str) -> str:
    """The path with a name before its suffix: ``proof.json`` becomes ``proof.relaxed.json``."""
    stem, suffix = os.path.splitext(path)
    return f"{stem}.{name}{suffix}"
