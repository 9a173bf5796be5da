"""Processes that are killed, or refused, at a chosen step of what they do on disk."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

PATIENCE = 120.0
STEPS = {"open", "os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate", "os.utime"}
"""What the interpreter tells an audit hook of, before it is done; `os.fsync` is added to them."""


def killed(step: int, folder: Path, work: Callable[[], object]) -> bool:
    """Do `work` in a process of its own that is killed before a step under `folder`; False if it has fewer."""

    def doomed() -> None:
        count_steps(folder, lambda number: os.kill(os.getpid(), signal.SIGKILL) if number == step else None)
        work()

    status, said = forked(doomed)
    assert status in (0, -signal.SIGKILL), said
    return status != 0


def refused(step: int, folder: Path, work: Callable[[], object], number: int) -> str:
    """Do `work` where a step under `folder` meets an error of the system; return what is said, "" if nothing."""

    def limited() -> None:
        def refuse(count: int) -> None:
            if count == step:
                raise OSError(number, os.strerror(number))

        count_steps(folder, refuse)
        work()

    return forked(limited)[1]


def count_steps(folder: Path, told: Callable[[int], None]) -> None:
    """Call `told` before each step on disk under a folder, from now on and until the process ends."""
    seen, inside = [0], [False]

    def step() -> None:
        if not inside[0]:
            inside[0] = True
            try:
                number, seen[0] = seen[0], seen[0] + 1
                told(number)
            finally:
                inside[0] = False

    def hook(event: str, given: tuple[object, ...]) -> None:
        if event in STEPS and given and isinstance(given[0], str | bytes | os.PathLike):
            path = os.fsdecode(given[0])
            # Python removes a tree by names within an open folder.
            if path.startswith(str(folder)) or (event in ("os.remove", "os.rmdir") and not Path(path).is_absolute()):
                step()

    flush = os.fsync

    def flushed(handle: int) -> None:
        step()
        flush(handle)

    os.fsync = flushed
    sys.addaudithook(hook)


def forked(work: Callable[[], object], *, user: int | None = None, largest: int | None = None) -> tuple[int, str]:
    """Do `work` in a process of its own; return how it ended (0, 1 or less a signal) and what its exception says.

    As another user if `user` is given, with no file larger than `largest` bytes.
    """
    read, write = os.pipe()
    with warnings.catch_warnings():
        # Newer interpreters warn of threads, which the child does not touch.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            if largest is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
            if user is not None:
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)
            work()
            code = 0
        except BaseException as error:
            os.write(write, f"{type(error).__name__}: {error}".encode()[:4000])
            if os.environ.get("SHOW"):
                traceback.print_exc()
        os._exit(code)
    os.close(write)
    status = ended(child)
    with os.fdopen(read, "rb") as said:
        return status, said.read().decode()


def ended(child: int) -> int:
    """Wait for a process and return how it ended; one that hangs is killed, and the test fails."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError(f"a process still waited after {PATIENCE:.0f} seconds")


def visible(folder: Path) -> Mapping[str, bytes]:
    """Every file under a folder that is not hidden, nor in a hidden folder."""
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        str(name): path.read_bytes()
        for name, path in found.items()
        if not any(part.startswith(".") for part in name.parts)
    }


def left(folder: Path) -> list[str]:
    """Names of what is half made."""
    return sorted(path.name for path in folder.rglob("*.partial"))
