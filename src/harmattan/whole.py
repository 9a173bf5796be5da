"""Files and folders that appear whole or not at all: made in a hidden folder, flushed to disk, then renamed.

Every writer of the package goes through `replacing` or `building`. A process that is killed leaves what was there
before, and a hidden folder that the next writer of the same name removes.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial"
LOCK = ".lock"
_FULL = ("disk is full", "no space left", "disk full")
_TIGHT = 2**20
_AT_FDCWD, _EXCHANGE = -100, 2


class NotWrittenError(OSError):
    """Something could not be written; the message names the folder and says what to do."""


def hidden(final: Path) -> Path:
    """Return the name under which a file or folder is made, beside its final place.

    Examples
    --------
    >>> hidden(Path("releases/2023-12")).name
    '.2023-12.partial'
    """
    return final.with_name(f".{final.name}{PARTIAL}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write one file to; when the block ends, that file takes the place of `path` at once.

    If the block raises or the process is killed, what was at `path` stays. Another process that writes the same file
    waits. A link stays a link, and permissions stay. A device or a pipe is written to directly, and so is what lies in
    a hidden folder, which appears as a whole.

    Parameters
    ----------
    path
        The file; its folder must exist.

    Raises
    ------
    IsADirectoryError, FileNotFoundError
        If there is a folder of that name, or none to write into.
    NotWrittenError
        If the disk is full, or the folder cannot be written.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> table = Path(mkdtemp()) / "table.csv"
    >>> with replacing(table) as partial:
    ...     written = partial.write_text("region,p1\\n")
    ...     table.exists()
    False
    >>> table.read_text()
    'region,p1\\n'
    """
    final = path.resolve()
    if final.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file in it")
    if not final.parent.exists():
        raise FileNotFoundError(f"{path.name} is written into an existing folder; make {path.parent} first")
    with explained(final.parent):
        if _is_inside_hidden(final) or (final.exists() and not final.is_file()):
            yield path
            return
        with _own(final) as made, explained(final.parent):
            yield made
            if final.exists():
                shutil.copymode(final, made)
            _publish(made, final)


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, as `replacing`, and return its path."""
    with replacing(path) as partial:
        partial.write_bytes(content)
    return path


def write_text(path: Path, text: str) -> Path:
    """Write a text whole or not at all, as `replacing`, in UTF-8 and with line ends as they are; return its path."""
    return write_bytes(path, text.encode())


@contextmanager
def building(final: Path) -> Iterator[Path]:
    """Give an empty folder to fill; when the block ends, it takes the place of `final` at once.

    If the block raises or the process is killed, what was at `final` stays. Another process that builds the same
    folder waits. Folders above it are made.

    Raises
    ------
    NotWrittenError
        If the disk is full, or the folder above cannot be written.
    """
    final = final.resolve()
    with explained(final.parent):
        final.parent.mkdir(parents=True, exist_ok=True)
        with _own(final) as made, explained(final.parent):
            made.mkdir()
            yield made
            _publish(made, final)


@contextmanager
def alone_in(place: Path) -> Iterator[None]:
    """Hold the lock of a folder, made if it is not there, waiting for other runs that hold it.

    The system gives the lock of a killed run back, so what is half built and that no one holds was left by such a run:
    it is removed.
    """
    place.mkdir(parents=True, exist_ok=True)
    with holding(place / LOCK):
        for left in place.glob(f".*{PARTIAL}"):
            if left.is_dir():
                _remove_if_left(left)
        yield


@contextmanager
def holding(lock: Path) -> Iterator[None]:
    """Hold the lock of a file, made if it is not there; the system gives it back if the process is killed."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn a refusal of the disk under `folder` into one sentence that says what to do.

    Raises
    ------
    NotWrittenError
        If the disk is full or fails, a file is too large, or the folder cannot be written.
    """
    try:
        yield
    except NotWrittenError:
        raise
    except Exception as error:
        said = _plainly(error, folder)
        if said is None:
            raise
        told = NotWrittenError(said)
        told.errno = getattr(error, "errno", None)
        raise told from error


def flush(folder: Path, *, inside: bool = True) -> None:
    """Have the system write a file or folder to disk, with everything inside it unless told otherwise."""
    for path in [*(folder.rglob("*") if inside and folder.is_dir() else ()), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            # Some network disks cannot flush a folder, and keep its names safe in their own way.
            if error.errno != errno.EINVAL or not path.is_dir():
                raise
        finally:
            os.close(handle)


@contextmanager
def _own(final: Path) -> Iterator[Path]:
    """Give a path of the same name in a hidden folder that no other process has; remove the folder afterwards."""
    place = hidden(final)
    handle = _held(place)
    try:
        for left in place.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield place / final.name
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(handle)


def _held(place: Path) -> int:
    """Make a folder or take the one a killed run left, and lock it; wait if another process has it."""
    while True:
        if place.is_file():
            place.unlink(missing_ok=True)
        place.mkdir(exist_ok=True)
        try:
            handle = os.open(place, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # Whoever had it has removed it since: the lock is of a folder that has no name any more.
            if _is_at(handle, place):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _remove_if_left(place: Path) -> None:
    try:
        handle = os.open(place, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(place)
    except BlockingIOError:
        return
    finally:
        os.close(handle)


def _is_at(handle: int, place: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), place.stat())
    except FileNotFoundError:
        return False


def _publish(made: Path, final: Path) -> None:
    """Give what is made its name; it is on disk before it can be seen."""
    flush(made)
    if made.is_dir() and final.is_dir():
        _exchange(made, final)
    else:
        made.replace(final)
    flush(final.parent, inside=False)


def _exchange(made: Path, final: Path) -> None:
    """Let two folders change places in one step, so that there is always one under each name (renameat2(2), Linux)."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None and not rename(_AT_FDCWD, os.fsencode(made), _AT_FDCWD, os.fsencode(final), _EXCHANGE):
        return
    # Other systems, and some disks, cannot: for a moment neither is there, and the old one is put back on failure.
    aside = made.with_name(f"{made.name}.earlier")
    final.rename(aside)
    try:
        made.rename(final)
    except BaseException:
        aside.rename(final)
        raise


def _is_inside_hidden(path: Path) -> bool:
    return _seen(path.parent) != path.parent


def _seen(folder: Path) -> Path:
    """The folder, or the one that holds the hidden folder it is in."""
    parts = folder.parts
    found = [place for place, each in enumerate(parts) if each.startswith(".") and each.endswith(PARTIAL)]
    return Path(*parts[: found[0]]) if found else folder


def _plainly(error: Exception, folder: Path) -> str | None:
    """What a refusal means and what to do; None for other errors."""
    number = error.errno if isinstance(error, OSError) else None
    stays = "nothing is half-written, and what was there stays"
    full = number in (errno.ENOSPC, errno.EDQUOT) or any(each in str(error).lower() for each in _FULL)
    # GDAL says only that it could not write.
    full = full or (isinstance(error, RuntimeError) and folder.is_dir() and shutil.disk_usage(folder).free < _TIGHT)
    folder = _seen(folder)
    if full:
        return f"there is no space left on the disk of {folder}: make room, then run the same again; {stays}"
    if number == errno.EFBIG:
        return f"a file in {folder} would be larger than this system allows (ulimit -f): raise the limit; {stays}"
    if number == errno.EIO:
        return f"the disk of {folder} fails: check it, or name a folder on another; {stays}"
    if number == errno.EROFS:
        return f"{folder} lies on a disk that can only be read: name another folder; {stays}"
    named = Path(str(getattr(error, "filename", None) or ""))
    if not named.is_relative_to(folder):
        return None
    if number in (errno.EACCES, errno.EPERM):
        return f"you may not write in {folder}: ask its owner, or name another folder; {stays}"
    if number in (errno.ENOTDIR, errno.EEXIST):
        file = next((each for each in (named, *named.parents) if each.is_file()), None)
        return f"{file} is a file where a folder must be: move it away, or name another folder" if file else None
    return None
