"""How fast and how much at once: a bucket of requests for each client, and places for those that are worked on."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from harmattan.api.limits import Limits
from harmattan.api.problems import ProblemError

MOST_CLIENTS = 4_096
NETWORK_BITS = 64


@dataclass
class Client:
    """What one client has left and has at work."""

    left: float
    seen: float
    working: int = 0


class Pace:
    """Lets requests in at the pace of `Limits`; used from one event loop.

    Parameters
    ----------
    limits
        The bounds.
    clock
        Seconds that only go forward.

    Examples
    --------
    >>> pace = Pace(Limits(rate=1, burst=2), clock=lambda: 0.0)
    >>> [pace.refusal("10.0.0.1") is None for _ in range(3)], pace.refusal("10.0.0.2") is None
    ([True, True, False], True)
    """

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.working = 0
        self._clock = clock
        self._clients: OrderedDict[str, Client] = OrderedDict()

    def refusal(self, client: str) -> ProblemError | None:
        """Count a request; return why it must wait, None if it need not."""
        known, limits = self._known(client), self.limits
        if known.left < 1:
            return _wait("too-many-requests", "more requests than the rate allows", (1 - known.left) / limits.rate)
        known.left -= 1
        if known.working >= limits.client_requests:
            return _wait("too-many-requests", f"{known.working} requests of this client are being worked on", 1)
        if self.working >= limits.requests:
            return _wait("busy", f"{self.working} requests are being worked on", 1)
        return None

    def enter(self, client: str) -> Callable[[], None]:
        """Take a place for a request that was let in; return what gives it back, once however often it is called."""
        known = self._known(client)
        known.working += 1
        self.working += 1
        taken = [True]

        def leave() -> None:
            if taken:
                taken.clear()
                known.working -= 1
                self.working -= 1

        return leave

    def _known(self, client: str) -> Client:
        now = self._clock()
        known = self._clients.setdefault(client, Client(self.limits.burst, now))
        self._clients.move_to_end(client)
        known.left = min(self.limits.burst, known.left + (now - known.seen) * self.limits.rate)
        known.seen = now
        while len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        return known


def client_of(address: str | None) -> str:
    """Return whose requests are counted together: an IPv4 address, or the /64 network of an IPv6 address.

    Examples
    --------
    >>> client_of("10.0.0.1"), client_of("2001:db8::1"), client_of("::ffff:10.0.0.1")
    ('10.0.0.1', '2001:db8::/64', '10.0.0.1')
    """
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    network = IPv6Address(int(found) >> NETWORK_BITS << NETWORK_BITS)
    return f"{network}/{NETWORK_BITS}"


def _wait(slug: str, why: str, seconds: float) -> ProblemError:
    return ProblemError(slug, why, headers={"retry-after": str(max(1, math.ceil(seconds)))})
