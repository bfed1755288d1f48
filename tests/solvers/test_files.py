"""Files appear whole or not at all, and nothing else is touched."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dynamech.solvers import files
from dynamech.solvers.errors import InvalidInput
from dynamech.solvers.files import read_whole, same_file, turn, whole, write_whole

posix = pytest.mark.skipif(sys.platform == "win32", reason="links, modes and devices of POSIX")


@pytest.fixture(params=[True, False], ids=["nameless", "named"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of writing, where the system has both."""
    if request.param:
        if not hasattr(os, "O_TMPFILE"):
            pytest.skip("no files without names here")
    else:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


@pytest.mark.usefixtures("way")
def test_a_new_file_and_one_that_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"one")
    assert path.read_bytes() == b"one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask()
    path.chmod(0o640)
    write_whole(path, b"two")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"two", 0o640)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.usefixtures("way")
def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"

    def half() -> None:
        with whole(path) as file:
            file.write(b"half of it")
            raise KeyError

    for kept in ([], ["a.json"]):
        with pytest.raises(KeyError):
            half()
        assert [entry.name for entry in tmp_path.iterdir()] == kept
        write_whole(path, b"precious")
    assert path.read_bytes() == b"precious"


@posix
@pytest.mark.usefixtures("way")
def test_links_stay_links(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "a.json", tmp_path / "link"
    link.symlink_to(target)
    for content in (b"made through the link", b"and replaced"):
        write_whole(link, content)
        assert link.is_symlink()
        assert target.read_bytes() == content
    other = tmp_path / "other"
    os.link(target, other)
    write_whole(target, b"new")
    assert (target.read_bytes(), other.read_bytes()) == (b"new", b"and replaced")
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(InvalidInput, match="circle: cannot be written"):
        write_whole(circle, b"")
    assert circle.is_symlink()


@posix
def test_devices_and_pipes_are_written_to(tmp_path: Path) -> None:
    write_whole("/dev/null", b"away")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"through")
    reader.join(10)
    assert found == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    if os.path.exists("/dev/full"):
        with pytest.raises(InvalidInput, match=r"^/dev/full: cannot be written \(No space left on device\)$"):
            write_whole("/dev/full", b"too much")


@posix
def test_standard_output_is_continued(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    program = (
        "from dynamech.solvers.files import write_whole\nfor k in range(2): write_whole(PATH, b'more\\n')"
    )
    for path in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
        with log.open("a") as out:
            code = program.replace("PATH", repr(path))
            assert subprocess.run([sys.executable, "-c", code], stdout=out, check=False).returncode == 0
    assert log.read_text() == "before\n" + 6 * "more\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".", "a directory"),
        ("none/a.json", "No such file"),
        ("a.json/b.json", "Not a directory|No such file"),
        ("new/", "a directory"),
        ("a\0b", "null character"),
        ("\ud800", "not valid Unicode"),
        ("x" * 300, "name too long"),
    ],
)
def test_what_cannot_be_written_is_one_line(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "a.json").write_text("precious")
    with pytest.raises(InvalidInput, match=f"cannot be written \\(.*({expected})") as caught:
        write_whole(f"{tmp_path}/{name}", b"")
    assert str(caught.value).isprintable()
    assert (tmp_path / "a.json").read_text() == "precious"
    assert len(list(tmp_path.iterdir())) == 1


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_what_is_read_only_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("precious")
    path.chmod(0o444)
    with pytest.raises(InvalidInput, match="read-only"):
        write_whole(path, b"new")
    path.chmod(0o644)
    tmp_path.chmod(0o555)
    with pytest.raises(InvalidInput, match="Permission denied"):
        write_whole(path, b"new")
    tmp_path.chmod(0o755)
    assert path.read_text() == "precious"


@posix
@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="no files without names here")
def test_a_kill_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("precious")
    code = (
        "import sys\nfrom dynamech.solvers.files import whole\n"
        f"with whole({str(path)!r}) as file:\n"
        "    file.write(b'half'); file.flush(); print('now', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"now\n"
        process.send_signal(signal.SIGKILL)
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["precious"]


def test_two_who_write_wait_for_their_turn(tmp_path: Path) -> None:
    """Read, add one, write: without a turn some of the additions are lost."""
    path = tmp_path / "count"
    path.write_text("0")

    def add() -> None:
        for _ in range(25):
            with turn(path):
                write_whole(path, str(int(path.read_text()) + 1).encode())

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "100"


def test_reading_comes_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"all of it")
    monkeypatch.setattr(files, "ENDLESS", 1000)
    assert read_whole(path) == b"all of it"
    if os.path.exists("/dev/zero"):
        with pytest.raises(InvalidInput, match="a pipe or a device that goes on"):
            read_whole("/dev/zero")
    with pytest.raises(InvalidInput, match="no such file"):
        read_whole(tmp_path / "none")


@posix
def test_one_file_by_many_names(tmp_path: Path) -> None:
    path, soft, hard = tmp_path / "a", tmp_path / "soft", tmp_path / "hard"
    soft.symlink_to(path)
    assert same_file(path, soft)  # before it is there
    path.write_text("")
    os.link(path, hard)
    assert same_file(path, soft)
    assert same_file(path, hard)
    assert same_file(f"{tmp_path}/./a", path)
    assert not same_file(path, tmp_path / "b")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
