"""What is written appears whole or not at all, and every writer of the package goes one way."""

from __future__ import annotations

import ast
import errno
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan import whole
from harmattan.paths import PACKAGE
from harmattan.whole import NotWrittenError, alone_in, building, explained, hidden, replacing, write_bytes, write_text

WRITERS = {
    *("write_text", "write_bytes", "write_table", "write_dataset", "savez", "savez_compressed", "to_csv", "to_parquet"),
    *("to_excel", "to_feather", "to_file", "to_json", "to_pickle", "savefig", "write_dataframe", "copyfile", "copy2"),
    *("copytree", "mkdtemp", "mkstemp", "NamedTemporaryFile", "ZipFile", "rename", "replace"),
}
"""Calls that make or name a file, given a path."""

ELSEWHERE = {
    "whole.py": "the way itself",
    "exports/__init__.py": "the formats, each given a path by `replacing` in `write` and `write_parquet`",
    "fetching/download.py": "a partial download is kept on purpose, to be carried on",
    "fetching/pages.py": "the CSV lies among the pages that are kept, and is published as a download",
    "fetching/record.py": "`publish` names a file and its record together; `settle` finishes what a kill left",
    "ledger/book.py": "lines are only added; the head tells where a killed run stopped",
    "release/__init__.py": "files lie in the hidden folder that becomes the release",
    "tracking/loading.py": "a temporary folder that MLflow loads from",
    "tracking/logged.py": "a temporary folder that MLflow copies",
    "tracking/recorded.py": "a temporary folder that MLflow copies",
}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_writer_goes_one_way() -> None:
    found = {
        str(path.relative_to(PACKAGE)): calls
        for path in sorted(PACKAGE.rglob("*.py"))
        if (calls := _writing_calls(ast.parse(path.read_text(encoding="utf-8"))))
    }
    astray = {name: calls for name, calls in found.items() if name not in ELSEWHERE}
    assert not astray, "write through harmattan.whole.replacing, write_bytes, write_text or building"
    assert not set(ELSEWHERE) - set(found), "no longer writes by itself"


def _writing_calls(tree: ast.AST) -> list[str]:
    """Calls that write by themselves: not of `harmattan.whole`, nor inside `with replacing(...)`, nor into memory."""
    allowed = {
        id(call)
        for each in ast.walk(tree)
        if isinstance(each, ast.With) and any(_name(item.context_expr) == "replacing" for item in each.items)
        for call in ast.walk(each)
    }
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call) and id(each) not in allowed]
    return [f"line {each.lineno}: {_name(each)}" for each in calls if _writes(each)]


def _writes(call: ast.Call) -> bool:
    name, method = _name(call), isinstance(call.func, ast.Attribute)
    if name == "open":
        modes = [
            each.value
            for each in [*call.args, *(word.value for word in call.keywords)]
            if isinstance(each, ast.Constant)
        ]
        return any(isinstance(mode, str) and set(mode) & set("wax+") and set(mode) <= set("wax+bt") for mode in modes)
    if name not in WRITERS or (not method and name[0].islower() and name[:2] != "mk"):
        return False
    if name in ("write_text", "write_bytes"):
        return method
    if name == "replace":
        # Not text, where two things are given, nor tables and dataclasses, where names are.
        return method and len(call.args) == 1 and not call.keywords and not _name(call.args[0]).isupper()
    if name == "rename":
        return method and len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Constant)
    into = call.args[0] if call.args else None
    if name == "ZipFile":
        return any(isinstance(each, ast.Constant) and each.value in ("w", "a", "x") for each in call.args[1:])
    if name in ("to_csv", "to_json"):
        return into is not None
    if name == "write_table":
        into = call.args[1]
    # Streams in memory are no files.
    return not (isinstance(into, ast.Name) and into.id in ("stream", "text", "held", "buffer"))


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize(
    ("line", "writes"),
    [
        ("path.write_text('x')", True),
        ("write_text(path, 'x')", False),
        ("open(path, 'w')", True),
        ("path.open('ab')", True),
        ("path.open('rb')", False),
        ("table.to_csv(path)", True),
        ("table.to_csv(index=False)", False),
        ("figure.savefig(path, format='png')", True),
        ("figure.savefig(stream, format='png')", False),
        ("with replacing(path) as partial:\n    figure.savefig(partial)", False),
        ("partial.replace(path)", True),
        ("text.replace('a', 'b')", False),
        ("columns.rename('month')", False),
        ("pq.write_table(table, file)", True),
        ("ZipFile(path)", False),
        ("ZipFile(path, 'w')", True),
    ],
)
def test_the_search_for_writers_finds_them(line: str, writes: bool) -> None:
    assert bool(_writing_calls(ast.parse(line))) is writes


@given(st.binary(max_size=200), st.none() | st.binary(max_size=200), st.booleans())
def test_a_file_is_the_old_or_the_new(content: bytes, before: bytes | None, fails: bool) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "file"
        if before is not None:
            path.write_bytes(before)
        try:
            with replacing(path) as partial:
                partial.write_bytes(content)
                assert (path.read_bytes() if path.exists() else None) == before
                if fails:
                    raise KeyError("stopped")
        except KeyError:
            assert (path.read_bytes() if path.exists() else None) == before
        else:
            assert path.read_bytes() == content
        assert names(Path(place)) == (["file"] if path.exists() else [])


def test_links_and_permissions_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to(target)
    write_text(link, "new\r\n")
    assert link.is_symlink() and target.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_bytes(tmp_path / "pipe", b"said")
    reader.join()
    assert found == [b"said"] and names(tmp_path) == ["pipe"]


def test_inside_a_hidden_folder_files_are_written_at_once(tmp_path: Path) -> None:
    with building(tmp_path / "all") as made, replacing(made / "one") as partial:
        assert partial == made / "one"
        partial.write_bytes(b"1")
    assert names(tmp_path) == ["all"] and (tmp_path / "all" / "one").read_bytes() == b"1"


def test_a_folder_takes_the_place_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for without in (False, True):
        if without:
            monkeypatch.setattr(whole.ctypes, "CDLL", lambda name, use_errno: object())
        for name in ("first", "second"):
            with building(tmp_path / "folder") as made:
                (made / name).write_bytes(b"")
            assert names(tmp_path / "folder") == [name] and names(tmp_path) == ["folder"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    for name in ("file", "folder"):
        (hidden(tmp_path / name) / name).mkdir(parents=True)
        (hidden(tmp_path / name) / name / "half").write_bytes(b"")
    hidden(tmp_path / "older").write_bytes(b"half")
    write_bytes(tmp_path / "file", b"")
    write_bytes(tmp_path / "older", b"")
    with building(tmp_path / "folder"):
        pass
    assert names(tmp_path) == ["file", "folder", "older"]


def test_the_lock_of_a_folder_spares_what_others_still_make(tmp_path: Path) -> None:
    left = hidden(tmp_path / "left")
    left.mkdir()
    with replacing(tmp_path / "page.html") as partial:
        partial.write_bytes(b"whole")
        with alone_in(tmp_path):
            assert not left.exists() and partial.exists()
    assert (tmp_path / "page.html").read_bytes() == b"whole"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "there is no space left on the disk of .*: make room, then run the same again"),
        (errno.EDQUOT, "there is no space left on the disk of .*: make room, then run the same again"),
        (errno.EFBIG, r"would be larger than this system allows \(ulimit -f\): raise the limit"),
        (errno.EIO, "the disk of .* fails: check it, or name a folder on another"),
        (errno.EROFS, "lies on a disk that can only be read: name another folder"),
    ],
)
def test_refusals_are_explained(number: int, said: str, tmp_path: Path) -> None:
    with pytest.raises(NotWrittenError, match=said) as caught, explained(hidden(tmp_path / "a")):
        raise OSError(number, os.strerror(number))
    assert caught.value.errno == number and ".partial" not in str(caught.value)


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(PermissionError, match="elsewhere"), explained(tmp_path):
        raise PermissionError(errno.EACCES, "not yours", "/elsewhere")
    with pytest.raises(ValueError, match="mine"), explained(tmp_path):
        raise ValueError("mine")
