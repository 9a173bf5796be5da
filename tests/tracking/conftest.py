"""A PostgreSQL of one's own, made for the tests and removed after them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEBIAN = Path("/usr/lib/postgresql")
USER, PASSWORD = "harmattan", "not:a secret"


@pytest.fixture(scope="session")
def programs() -> dict[str, str]:
    """PostgreSQL's programs, on the path or where Debian keeps them, and the driver beside them."""
    versions = sorted(DEBIAN.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    places = os.pathsep.join([os.environ.get("PATH", ""), *map(str, versions)])
    found = {name: shutil.which(name, path=places) for name in ("initdb", "pg_ctl")}
    try:
        import psycopg  # noqa: F401
    except ImportError:
        _missing("psycopg is not installed: pip install -e '.[dev]'")
    if None in found.values():
        _missing("there is no PostgreSQL on this machine: install Debian's package postgresql")
    return {name: str(path) for name, path in found.items()}


@pytest.fixture(scope="session")
def postgresql(programs: dict[str, str]) -> Iterator[Callable[[str], str]]:
    """Makes an empty database and returns its address, without the password, which lies in a password file."""
    # PostgreSQL refuses to run as root, and no other user may look into the folders of the tests.
    other = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))

    def do(name: str, *words: str) -> None:
        log = (folder / "log").open("ab")
        with log:
            done = subprocess.run([programs[name], *words], stdout=log, stderr=log, cwd=folder, check=False, **other)
        assert done.returncode == 0, (folder / "log").read_text()

    (folder / "password").write_text(PASSWORD)
    if other:
        for each in (folder, folder / "password"):
            shutil.chown(each, "postgres", "postgres")
    data = str(folder / "data")
    try:
        do(
            "initdb", "-D", data, "-U", USER, "--pwfile", str(folder / "password"), "--auth", "scram-sha-256",
            "--locale", "C", "--encoding", "UTF8", "--no-sync",
        )  # fmt: skip
        do("pg_ctl", "-D", data, "-w", "-o", f"-c listen_addresses='' -k '{folder}'", "start")
        try:
            with pytest.MonkeyPatch.context() as patch:
                yield _databases(folder, patch)
        finally:
            do("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    """The address of a place on an object store that runs as long as the tests."""
    try:
        import boto3
        from moto.server import ThreadedMotoServer
    except ImportError:
        _missing("boto3 or moto is not installed: pip install -e '.[dev]'")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            patch.setenv(f"AWS_{name}", "tests")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("MLFLOW_S3_ENDPOINT_URL", address)
        boto3.client("s3", endpoint_url=address).create_bucket(Bucket="harmattan")
        yield "s3://harmattan/kept here"
    server.stop()


def _databases(folder: Path, patch: pytest.MonkeyPatch) -> Callable[[str], str]:
    import psycopg

    passwords = folder / "pgpass"
    passwords.write_text(f"*:*:*:{USER}:{PASSWORD.replace(':', chr(92) + ':')}\n")
    passwords.chmod(0o600)
    patch.setenv("PGPASSFILE", str(passwords))

    def make(name: str) -> str:
        with psycopg.connect(host=str(folder), user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return f"postgresql+psycopg://{USER}@/{name}?host={folder}"

    return make


def _missing(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)
