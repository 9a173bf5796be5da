"""The OpenAPI description and the server agree: schemathesis asks every address for what is allowed and what is not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

TOKEN = "a-secret-of-some-length"
VALUES = {
    "experiment": {"enum": ["small"]},
    "name": {"enum": ["2023-06"]},
    "table": {"enum": ["joins"]},
    "kind": {"enum": ["csv"]},
    "regions": {"type": "array", "minItems": 1, "items": {"enum": ["BF1300", "BF5204"]}},
    "first": {"type": "integer", "minimum": 1, "maximum": 4},
    "last": {"type": "integer", "minimum": 1, "maximum": 4},
    "horizon": {"type": "integer", "minimum": 1, "maximum": 4},
}
WITH_TOKEN = ["/api/v1/health", "/api/v1/releases", "/api/v1/releases/{experiment}/{name}/files/{kind}"]


def with_values(description: dict[str, Any]) -> dict[str, Any]:
    """The description with values there are in these releases, so that most of what is allowed is answered."""
    for operations in description["paths"].values():
        for parameter in operations["get"].get("parameters", []):
            parameter["schema"] = VALUES.get(parameter["name"], parameter["schema"])
    return description


@pytest.mark.parametrize("token", [None, TOKEN])
def test_every_address_keeps_to_its_description(
    folder: Path,
    open_client: Callable[..., TestClient],
    running: Callable[..., Any],
    tmp_path: Path,
    token: str | None,
) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    description = open_client(folder, token=token).get("/api/v1/openapi.json", headers=headers).json()
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(with_values(description)), "utf-8")
    server = running(token=token, limits={"rate": 1e6, "burst": 1_000_000})
    asked = [
        *("--url", server.address.rstrip("/"), "--checks", "all", "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", "4", "--generation-deterministic", "--warnings", "off"),
    ]
    if token is not None:
        asked += ["-H", f"Authorization: Bearer {token}"]
        asked += [word for path in WITH_TOKEN for word in ("--include-path", path)]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", str(file), *asked],
        capture_output=True, text=True, check=False, timeout=200, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    operations = len(WITH_TOKEN) if token else len(description["paths"])
    assert f"Tested: {operations}" in done.stdout and "0 passed" not in done.stdout.split()
    assert token is None or token not in server.log.read_text()
