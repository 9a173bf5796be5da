"""The page as a server sends it: what README.md beside the package asks of one is all that the page needs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harmattan import page as review
from harmattan import release

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def address(built: Path, newest: release.Release, earlier: list[release.Release]) -> Iterator[str]:
    """A server of two releases that does what README.md says, and nothing else."""
    answers = {"/api/v1/releases": []}
    for shown, before in ((newest, earlier), (earlier[0], earlier[1:])):
        document = review.payload(shown, before) | {"links": {"gpkg": "/files/forecast.gpkg"}}
        said = document["release"]
        entry = {key: said[key] for key in ("id", "experiment", "origin", "champion", "measure")}
        answers["/api/v1/releases"].append(entry | {"title": said["caption"]["title"]})
        answers[f"/api/v1/releases/{said['id']}/payload"] = document

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(built))

        def do_GET(self) -> None:
            if not self.path.startswith("/api/"):
                return super().do_GET()
            if self.path not in answers:
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answers[self.path]).encode())
            return None

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_served_page_shows_every_release_and_asks_only_its_server(address: str, browser: Browser) -> None:
    asked: list[str] = []
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("h1")
    assert "June 2023" in page.locator(".title p").inner_text()
    page.locator(".tools select").select_option("small/2023-05")
    page.locator(".title p", has_text="May 2023").wait_for()
    page.locator(".take summary").click()
    assert page.locator(".take a").first.get_attribute("href") == "/files/forecast.gpkg"
    page.goto(f"{address}/#release=small%2F2023-05&view=record")
    page.reload()
    page.wait_for_selector(".record")
    assert "May 2023" in page.locator(".title p").inner_text()
    context.close()
    api = {url.removeprefix(address).split("#")[0] for url in asked if "/api/" in url}
    assert api == {"/api/v1/releases", *(f"/api/v1/releases/small/2023-0{month}/payload" for month in (5, 6))}
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
