"""The releases in a folder: found, checked by hash when first read, and held in memory while they stay the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Condition, Lock
from typing import Any, TypeVar

from cachetools import LRUCache, cached

from harmattan import page, release
from harmattan.api.outlines import Outlines, outlines
from harmattan.api.problems import ProblemError, unknown
from harmattan.page.earlier import newest_first
from harmattan.page.notes import beside, fingerprint
from harmattan.release import Release
from harmattan.release.manifest import MANIFEST, load

T = TypeVar("T")
Stamp = tuple[tuple[int, int] | None, ...]
GZIP_LEVEL = 6


@dataclass(frozen=True)
class Entry:
    """A release as it lies in the folder.

    Attributes
    ----------
    path
        Its folder; the names of the last two folders are its address.
    manifest
        What its manifest says; None if it cannot be read.
    stamp
        Size and time of change of the manifest, of every file it lists and of those beside the folder; None for one
        that is gone.
    problem
        Why it cannot be used; None if nothing is known against it.
    """

    path: Path
    manifest: dict[str, Any] | None
    stamp: Stamp
    problem: str | None

    @property
    def id(self) -> str:
        """Its address: experiment and name with a slash between."""
        return f"{self.experiment}/{self.name}"

    @property
    def experiment(self) -> str:
        """The folder of its experiment."""
        return self.path.parent.name

    @property
    def name(self) -> str:
        """Its origin, with the number of the revision where there are several."""
        return self.path.name

    @property
    def sha256(self) -> str:
        """The hash of its manifest, which holds those of its files; empty if it cannot be read."""
        return str(self.manifest["sha256"]) if self.manifest else ""


class Shelf:
    """The releases of one folder.

    Parameters
    ----------
    folder
        Where releases are kept: ``<folder>/<experiment>/<name>/``.
    releases
        How many are held in memory.
    size
        How many bytes of page documents are held in memory.
    """

    def __init__(self, folder: Path, *, releases: int, size: int) -> None:
        self.folder = folder
        self._remembering = Lock()
        self._found_wrong: dict[Path, tuple[Stamp, str]] = {}
        self._manifests: dict[Path, tuple[tuple[int, int] | None, dict[str, Any] | str]] = {}
        self._held: Callable[[Entry], Release] = cached(LRUCache(releases), key=_state, condition=Condition())(_read)
        self._documents: Callable[..., bytes] = cached(
            LRUCache(size, getsizeof=len), key=lambda one, _, others: (_state(one), *map(_state, others)),
            condition=Condition(),
        )(_document)  # fmt: skip
        self._outlines: Callable[[Entry, Release], Outlines] = cached(
            LRUCache(releases), key=lambda one, _: _state(one), condition=Condition()
        )(lambda _, held: outlines(held))

    def entries(self) -> list[Entry]:
        """Return the releases, those that can be used first, of these the newest origin first."""
        return sorted(map(self._entry, self._paths().values()), key=order)

    def entry(self, experiment: str, name: str) -> Entry:
        """Return one release by its address.

        The address is looked up among those there are and never made into a path.

        Raises
        ------
        ProblemError
            If there is none; it names the nearest.
        """
        wanted, known = f"{experiment}/{name}", self._paths()
        if wanted not in known:
            raise unknown("unknown-release", "release", wanted, list(known))
        return self._entry(known[wanted])

    def release(self, entry: Entry) -> Release:
        """Return a release read and checked.

        Raises
        ------
        ProblemError
            If it is damaged.
        """
        return self._checked(entry, lambda: self._held(entry))

    def outlines(self, entry: Entry) -> Outlines:
        """Return the outlines of a release's regions.

        Raises
        ------
        ProblemError
            If it is damaged.
        """
        held = self.release(entry)
        return self._checked(entry, lambda: self._outlines(entry, held))

    def document(self, entry: Entry) -> bytes:
        """Return what the page shows of a release (`harmattan.page.payload`), as JSON packed by gzip.

        Raises
        ------
        ProblemError
            If the release is damaged; earlier ones that are damaged are left out.
        """
        held = self.release(entry)
        return self._checked(entry, lambda: self._documents(entry, held, tuple(self.before(entry))))

    def before(self, entry: Entry) -> list[Entry]:
        """Return the usable releases of the same experiment and measure with older origins, the newest first."""
        beside = [self._entry(path) for path in self._paths().values() if path.parent == entry.path.parent]
        usable = {each.path: each for each in beside if each.manifest is not None and each.problem is None}
        order = newest_first({path: each.manifest or {} for path, each in usable.items()}, entry.manifest or {})
        return [usable[path] for path in order]

    def noted(self, entry: Entry) -> str:
        """Return the hash of what stands beside a release for its page (`harmattan.page.notes`)."""
        return self._checked(entry, lambda: fingerprint(entry.path))

    def file(self, entry: Entry, name: str) -> bytes:
        """Return the content of a file that the manifest lists.

        Raises
        ------
        ProblemError
            If the file is gone or altered.
        """
        self.release(entry)
        stated = (entry.manifest or {})["files"][name]["sha256"]
        content = self._checked(entry, (entry.path / name).read_bytes)
        if sha256(content).hexdigest() != stated:
            raise _damaged(entry, f"{name} was altered after it was written")
        return content

    def _checked(self, entry: Entry, read: Callable[[], T]) -> T:
        if entry.problem is not None:
            raise _damaged(entry, entry.problem)
        try:
            return read()
        except (OSError, ValueError, KeyError) as error:
            said = _without(str(error), self.folder)
            self._found_wrong[entry.path] = (entry.stamp, said)
            raise _damaged(entry, said) from error

    def _paths(self) -> dict[str, Path]:
        """The folders of releases by address, sorted; what is remembered of others is forgotten."""
        paths = sorted(path.parent for path in self.folder.glob(f"[!.]*/[!.]*/{MANIFEST}"))
        with self._remembering:
            for path in set(self._manifests).difference(paths):
                del self._manifests[path]
                self._found_wrong.pop(path, None)
        return {f"{path.parent.name}/{path.name}": path for path in paths}

    def _entry(self, path: Path) -> Entry:
        seen = _stat(path / MANIFEST)
        with self._remembering:
            known = self._manifests.get(path)
            if known is None or known[0] != seen:
                known = self._manifests[path] = (seen, _manifest(path, self.folder))
        said = known[1]
        if isinstance(said, str):
            return Entry(path, None, (seen,), said)
        sizes = [_stat(path / name) for name in said["files"]]
        stamp = (seen, *sizes, *map(_stat, beside(path)))
        wrong_stamp, wrong = self._found_wrong.get(path, (None, None))
        problem = _at_a_glance(said, sizes) or (wrong if wrong_stamp == stamp else None)
        return Entry(path, said, stamp, problem)


def order(entry: Entry) -> tuple[Any, ...]:
    """Return what entries are sorted by: usable, newest origin, experiment, newest revision."""
    origin, _, revision = entry.name.partition(".")
    newest = tuple(-ord(letter) for letter in origin)
    return entry.problem is not None, newest, entry.experiment, -int(revision) if revision.isdecimal() else -1


def _state(entry: Entry) -> tuple[Path, Stamp]:
    return entry.path, entry.stamp


def _read(entry: Entry) -> Release:
    return release.read(entry.path)


def _document(entry: Entry, held: Release, earlier: tuple[Entry, ...]) -> bytes:
    shown = page.payload(held, _whole(earlier), notes=page.read_notes(entry.path))
    text = json.dumps(shown, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return gzip.compress(text.encode(), GZIP_LEVEL, mtime=0)


def _whole(entries: tuple[Entry, ...]) -> Iterator[Release]:
    """The undamaged releases, one at a time; of each origin the first."""
    origins: set[str] = set()
    for entry in entries:
        origin = (entry.manifest or {})["origin"]
        found = _read_if_whole(entry) if origin not in origins else None
        if found is not None:
            origins.add(origin)
            yield found
        del found


def _read_if_whole(entry: Entry) -> Release | None:
    try:
        return _read(entry)
    except (OSError, ValueError):
        return None


def _damaged(entry: Entry, why: str) -> ProblemError:
    return ProblemError("damaged-release", f"the release {entry.id} cannot be used: {why}")


def _manifest(path: Path, folder: Path) -> dict[str, Any] | str:
    try:
        return load(path)
    except (OSError, ValueError) as error:
        return _without(str(error), folder)


def _without(message: str, folder: Path) -> str:
    """A message without where the releases are kept, which is nobody's business outside."""
    return message.replace(f"{folder}/", "").replace(str(folder), "the folder of releases")


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        said = path.stat()
    except OSError:
        return None
    return said.st_size, said.st_mtime_ns


def _at_a_glance(manifest: dict[str, Any], found: list[tuple[int, int] | None]) -> str | None:
    """What file names and sizes alone tell against a release."""
    for (name, said), seen in zip(manifest["files"].items(), found, strict=True):
        if seen is None:
            return f"{name} is gone"
        if seen[0] != said["bytes"]:
            return f"{name} was altered after it was written: expected {said['bytes']} bytes, got {seen[0]}"
    return None
