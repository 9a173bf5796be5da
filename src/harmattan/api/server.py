"""Runs the application with uvicorn: on this machine alone unless told otherwise, and then only with a token."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from harmattan.api.app import create_app
from harmattan.api.limits import Limits
from harmattan.api.sockets import bounded

LOCAL = ("127.0.0.1", "localhost", "::1")


def serve(
    releases: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str | None = None,
    names: Sequence[str] = (),
    limits: Limits | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a folder of releases until interrupted.

    Parameters
    ----------
    releases
        The folder.
    host
        Address to listen on. One that other machines reach needs a token.
    port
        Port to listen on; 0 takes one that is free.
    token
        What a reader must send.
    names
        Further names by which readers address this server, such as the one of a proxy in front.
    limits
        How much it takes on.
    ready
        Called with the page's address as soon as the server can be reached.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If other machines could read without a token, or the token is too short.
    OSError
        If the port cannot be listened on; the message says what to do.
    """
    bounds = limits or Limits()
    alone = is_local(host)
    if not alone and token is None:
        raise ValueError(
            f"listening on {host} lets other machines read; give a token with --token-file or HARMATTAN_TOKEN, or "
            "stay on 127.0.0.1"
        )
    app = create_app(releases, token=token, hosts=(*LOCAL, host, *names), any_address=not alone, limits=bounds)
    config = uvicorn.Config(
        app,
        http=bounded(bounds),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=bounds.header_bytes + bounds.url_bytes,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
    )
    with _listening(host, port) as taken:
        if ready is not None:
            ready(address(taken))
        uvicorn.Server(config).run(sockets=[taken])


def is_local(host: str) -> bool:
    """Return whether only this machine reaches an address.

    Examples
    --------
    >>> [is_local(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "192.168.1.4", "example.org")]
    [True, True, True, False, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def address(listening: socket.socket) -> str:
    """Return the address of the page, as a browser on this machine opens it."""
    host, port = listening.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "127.0.0.1" if listening.family == socket.AF_INET else "::1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = f"port {port} is taken: choose another with --port" if taken else str(error)
        raise OSError(error.errno, f"cannot listen on {host}: {why}") from error
