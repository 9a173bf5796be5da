"""The server: the review page, and an API of JSON and GeoJSON that reads releases and changes nothing.

`create_app` makes the application for a folder of releases, `serve` runs it. Probabilities of any threshold and window
are counted over a release's joint draws by the functions of `harmattan.forecast`, so they are the same to the last bit.
"""

from __future__ import annotations

from harmattan.api.app import create_app
from harmattan.api.limits import Limits
from harmattan.api.server import serve

__all__ = ["Limits", "create_app", "serve"]
