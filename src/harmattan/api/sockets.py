"""Connections bounded in number and in time, for each client and for all: a flood from one leaves room for others."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter

from uvicorn.protocols.http.h11_impl import H11Protocol

from harmattan.api.limits import Limits
from harmattan.api.pace import client_of


def bounded(limits: Limits) -> type[H11Protocol]:
    """Return a protocol for uvicorn that keeps to limits.

    A connection beyond those a client may have is closed at once. One that has not brought a whole request after
    ``waiting_seconds`` is closed, however slowly something comes, and one that has not taken its answer after
    ``sending_seconds``.
    """
    open_now: Counter[str] = Counter()

    class Bounded(H11Protocol):
        """One connection."""

        peer: str | None = None
        timer: asyncio.TimerHandle | None = None
        armed_for: object = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Take a connection if there is room for it."""
            address = transport.get_extra_info("peername")
            peer = client_of(address[0] if address else None)
            if open_now[peer] >= limits.client_connections or open_now.total() >= limits.connections:
                transport.abort()
                return
            # asyncio does this only for sockets whose protocol is stated; without, a body waits 40 ms behind its head.
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.peer = peer
            open_now[peer] += 1
            super().connection_made(transport)
            self._arm(limits.waiting_seconds)

        def connection_lost(self, exc: Exception | None) -> None:
            """Give its place back."""
            if self.peer is None:
                return
            open_now[self.peer] -= 1
            if not open_now[self.peer]:
                del open_now[self.peer]
            self._disarm()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            """Take what comes; a request that is whole now has its time to be answered."""
            if self.peer is None:
                return
            super().data_received(data)
            self._time_the_answer()

        def on_response_complete(self) -> None:
            """Wait for the next request."""
            self._arm(limits.waiting_seconds)
            super().on_response_complete()
            self._time_the_answer()

        def _time_the_answer(self) -> None:
            if self.cycle is not None and not self.cycle.response_complete and self.armed_for is not self.cycle:
                self._arm(limits.sending_seconds)
                self.armed_for = self.cycle

        def _arm(self, seconds: float) -> None:
            self._disarm()
            self.timer = self.loop.call_later(seconds, self.transport.abort)

        def _disarm(self) -> None:
            if self.timer is not None:
                self.timer.cancel()
                self.timer = None

    return Bounded
