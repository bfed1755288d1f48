"""Files that appear whole or not at all, and that are read without end being waited for.

What is written goes into a file without a name (``O_TMPFILE``), which gets its name in one step when all
of it is there: an error, a full disk, an interrupt or a kill leaves what was there before, and nothing
beside it. Where the system has no such files, a hidden one beside the target is used and removed.

A symbolic link stays one (its target is written), a file that is replaced passes on its permissions and,
where the user may give it away, its owner. Other names of it (hard links) keep the old content. Pipes and
devices are written to when all is there to be written; ``/dev/stdout`` and the like are the open descriptor
itself, so that a file which standard output goes to is continued, not begun again.
"""

from __future__ import annotations

import errno
import io
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from .errors import InvalidInput
from .numerals import one_line

ENDLESS = 64 * 1024 * 1024
"""Most bytes that are read of a pipe or a device, which may never end."""
_BEGINNING = 4096
"""Bytes in which the format of a file is looked for."""
_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_UNKNOWN = (errno.EOPNOTSUPP, errno.EINVAL, errno.EISDIR, errno.ENOENT, errno.ENOSYS)
"""What systems say that have no files without names."""
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,9})")

Path = str | os.PathLike[str]


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A binary file to write, which is at `path` once the block has ended without an error.

    Raises `InvalidInput` naming the file where it cannot be written, with what was there left as it was.
    """
    name = os.fspath(path)
    try:
        _check_name(name)
        if (number := descriptor(name)) is not None or not _is_regular(name):
            kept = io.BytesIO()
            yield kept
            with open(os.dup(number) if number is not None else name, "wb") as out:
                out.write(kept.getbuffer())
        else:
            with _nameless(os.path.realpath(name)) as file:
                yield file
    except OSError as error:
        raise InvalidInput(f"{one_line(name)}: cannot be written ({reason(error)})") from None


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is either the old one or the whole new one; raises as `whole` does."""
    with whole(path) as file:
        file.write(data)


def read_whole(path: Path) -> bytes:
    """The bytes of a file. Raises `InvalidInput` naming it where it cannot be read, or does not end."""
    where = one_line(os.fspath(path))
    try:
        with open(path, "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read()
            data = file.read(ENDLESS + 1)
    except FileNotFoundError:
        raise InvalidInput(f"{where}: there is no such file") from None
    except IsADirectoryError:
        raise InvalidInput(f"{where}: this is a directory, not a file") from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{where}: cannot be read ({reason(error)})") from None
    if len(data) > ENDLESS:
        raise InvalidInput(f"{where}: is a pipe or a device that goes on after {ENDLESS // 2**20} MB")
    return data


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Hold the folder of `path` against others who ask for their turn, so that read, add and write are one.

    Only for moments. Where the file system has no locks nobody is held up; a kill gives the turn back.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    folder = os.path.dirname(os.path.realpath(path)) or "."
    try:
        held = os.open(folder, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def holds(path: Path, word: str, missing: bool = False) -> bool:
    """Whether a file of the format `word` stands there, told by its beginning; `missing` where none does."""
    try:
        with open(path, "rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            return regular and f'"{word}"'.encode() in file.read(_BEGINNING)
    except FileNotFoundError:
        return missing
    except (OSError, ValueError):
        return False


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, by whatever links; files that do not exist are told by name."""
    with suppress(OSError, ValueError):
        return os.path.samefile(one, other)
    with suppress(OSError, ValueError):
        return os.path.realpath(one) == os.path.realpath(other)
    return os.fspath(one) == os.fspath(other)


def descriptor(path: str) -> int | None:
    """The number of the open descriptor that a path such as ``/dev/stdout`` stands for, else None."""
    if sys.platform == "win32":
        return None
    plain = os.path.normpath(path)
    if plain in _STREAMS:
        return _STREAMS[plain]
    number = _DESCRIPTOR.fullmatch(plain)
    return None if number is None else int(number[1])


def reason(error: OSError | ValueError) -> str:
    """Why the system refused, in one line."""
    return one_line(error.strerror if isinstance(error, OSError) and error.strerror else str(error))


def _check_name(path: str) -> None:
    """Raise ``OSError`` for a text that cannot be the name of a file."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise OSError(None, "the name is not valid Unicode text") from None
    if "\0" in path:
        raise OSError(None, "the name has a null character")


def _is_regular(path: str) -> bool:
    """Whether a file of data is there, or nothing. Raises ``OSError`` where no file can be."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        if not os.path.basename(path):
            raise IsADirectoryError(None, "a directory, not a file") from None
        return True
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(None, "a directory, not a file")
    return stat.S_ISREG(mode)


@contextmanager
def _nameless(target: str) -> Iterator[BinaryIO]:
    """A file that becomes `target`, which has no links in it, when the block ends without an error."""
    old = os.stat(target) if os.path.exists(target) else None
    if old is not None and not os.access(target, os.W_OK):
        raise PermissionError(None, "it is there and read-only")
    folder = os.path.dirname(target)
    spare = os.path.join(folder, f".dynamech-{secrets.token_hex(8)}.tmp")
    file, named = _open_new(folder, spare)
    try:
        with file:
            yield file
            file.flush()
            if old is not None and hasattr(os, "fchown"):
                with suppress(OSError):
                    os.fchown(file.fileno(), old.st_uid, old.st_gid)
                os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
            os.fsync(file.fileno())
            if not named:
                named = _give_name(file, target, spare)
        if named:
            os.replace(spare, target)
            named = False
    finally:
        if named:
            with suppress(FileNotFoundError):
                os.unlink(spare)


def _open_new(folder: str, spare: str) -> tuple[BinaryIO, bool]:
    """(a new file in the folder, whether it has the name `spare`)."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
        try:
            return open(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b"), False
        except OSError as error:
            if error.errno not in _UNKNOWN:
                raise
    return open(spare, "xb"), True


def _give_name(file: BinaryIO, target: str, spare: str) -> bool:
    """Name a nameless file: `target` where that is free, else `spare`; whether it was the latter."""
    own = f"/proc/self/fd/{file.fileno()}"
    # A descriptor beside the path makes Python call linkat, which alone can follow the link to the open file.
    at = os.open("/", os.O_RDONLY)
    try:
        try:
            os.link(own, target, src_dir_fd=at, follow_symlinks=True)
            return False
        except FileExistsError:
            os.link(own, spare, src_dir_fd=at, follow_symlinks=True)
    except OSError:  # a file system without links
        file.seek(0)
        with open(spare, "xb") as copy:
            shutil.copyfileobj(file, copy)
            copy.flush()
            os.fsync(copy.fileno())
        shutil.copymode(own, spare)
    finally:
        os.close(at)
    return True
