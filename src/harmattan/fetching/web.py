"""Asking over HTTPS with manners: time-outs, few redirects, a login that stays with its host, patience that ends."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

from harmattan.fetching.problems import FetchError, PassingError, place

if TYPE_CHECKING:
    import httpx2

    from harmattan.fetching.credentials import Secret

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
MOVED = (301, 302, 303, 307, 308)
MAY_PASS = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Step:
    """What is going on, for whoever shows progress.

    `kind` is ``bytes`` or ``rows`` (`done` of `total`, None if unknown), ``wait`` (`done` seconds before trying again,
    for the reason in `words`) or ``lock`` (another fetch of the same file is under way).
    """

    kind: str
    done: float = 0
    total: float | None = None
    words: str = ""


Told = Callable[[Step], None]


def silent(step: Step) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Manners:
    """How patient and how polite to be; times in seconds.

    Parameters
    ----------
    attempts
        How often one thing is asked for, at most.
    connect, silence
        Longest time to connect, and between two pieces of an answer.
    slowest, window
        An answer of fewer bytes a second over this long is given up and asked for again.
    redirects
        How many are followed.
    longest_wait
        A server that asks for more than this is left for another day.
    first_wait
        Before the second attempt; it doubles with each, up to a minute, and up to a second of chance is added.
    sleep, clock, now
        Of the machine; tests give their own.
    """

    attempts: int = 6
    connect: float = 15.0
    silence: float = 30.0
    slowest: float = 200.0
    window: float = 60.0
    redirects: int = 5
    longest_wait: float = 600.0
    first_wait: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True)
class Visit:
    """The connection that one fetch asks over, the logins it may use, and who is told of its steps."""

    client: httpx2.Client
    manners: Manners
    told: Told
    secrets: Mapping[str, Secret] = field(default_factory=dict)


def open_client(manners: Manners) -> httpx2.Client:
    """Return a client that verifies certificates, follows no redirect by itself and sends no login by itself."""
    import httpx2

    return httpx2.Client(
        verify=_trusted(),
        headers={"User-Agent": f"harmattan/{version('harmattan')}"},
        timeout=httpx2.Timeout(manners.silence, connect=manners.connect),
        follow_redirects=False,
    )


@contextmanager
def answer(
    visit: Visit,
    address: str,
    *,
    headers: Mapping[str, str],
    login: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    came_from: str | None = None,
) -> Iterator[httpx2.Response]:
    """Ask, follow redirects, and give the open answer; its body is read with `pieces`.

    Parameters
    ----------
    headers, login
        What is sent; `login` only to the host of `address`: once a redirect leaves it, never again.
    form
        Sent by POST, and then no redirect is followed: it holds a password.
    came_from
        Address of the answer that named this one.

    Raises
    ------
    FetchError
        If the address is not https, or is redirected in a circle or out of https.
    PassingError
        If the connection fails or the answer breaks off.
    """
    import httpx2

    here = _allowed(address, came_from)
    home, still = _origin(here), True
    try:
        for _ in range(visit.manners.redirects + 1):
            sent = {**headers, **(login or {})} if still else dict(headers)
            with visit.client.stream("POST" if form else "GET", here, headers=sent, data=form) as response:
                target = response.headers.get("location")
                if response.status_code not in MOVED or not target:
                    yield response
                    return
            if form:
                raise FetchError(f"{place(address)} sends the login on to another place, which is not followed")
            here = _allowed(str(here.join(target)), address)
            still = still and _origin(here) == home
        raise FetchError(f"{place(address)} was redirected more than {visit.manners.redirects} times; try again later")
    except httpx2.TimeoutException:
        raise PassingError(f"{here.host} did not answer in time") from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        if _bad_certificate(error):
            raise FetchError(f"the certificate of {here.host} cannot be verified; nothing was sent to it") from None
        raise PassingError(f"the connection to {here.host} failed or broke off") from None


def pieces(response: httpx2.Response, *, manners: Manners, limit: int, raw: bool = False) -> Iterator[bytes]:
    """Give the body piece by piece, as it was sent if `raw`.

    Raises
    ------
    FetchError
        If it grows beyond `limit` bytes.
    PassingError
        If it comes too slowly.
    """
    name = response.url.host
    since, lately, size = manners.clock(), 0, 0
    for piece in response.iter_raw() if raw else response.iter_bytes():
        size, lately = size + len(piece), lately + len(piece)
        if size > limit:
            raise FetchError(f"{name} sends more than {limit:,} bytes, which no file of this source has")
        if manners.clock() - since > manners.window:
            if lately < manners.slowest * manners.window:
                raise PassingError(f"{name} sends fewer than {manners.slowest:,.0f} bytes a second")
            since, lately = manners.clock(), 0
        yield piece


def refuse_status(response: httpx2.Response, *, manners: Manners, about: str, page: str, login: str = "") -> None:
    """Raise what an answer other than a good one means; say nothing about a good one.

    Parameters
    ----------
    about
        What was asked for, in words.
    page
        Where the provider explains or lists it.
    login
        Names of the variables that were sent as login, in words.
    """
    code, host = response.status_code, response.url.host
    if code in (200, 206, 304):
        return
    if code in MAY_PASS:
        raise PassingError(f"{host} cannot answer now ({code})", _asked_wait(response, manners))
    if code == 401:
        blame = f"did not accept {login}" if login else "asks for a login"
        raise FetchError(f"{host} {blame} (401); see {page}")
    if code == 403:
        account = f": the account of {login} may lack the right, or terms to be accepted" if login else ""
        raise FetchError(f"{host} refuses {about} (403){account}; see {page}")
    if code in (404, 410):
        raise FetchError(f"{host} does not have {about} ({code}); what there is, is listed at {page}")
    raise FetchError(f"{host} answered {code} when asked for {about}; see {page}")


def persistently(work: Callable[[], T], visit: Visit, *, kept: Callable[[], str] = str) -> T:
    """Return what `work` returns, trying again after failures that may pass, each time after a longer wait.

    Raises
    ------
    FetchError
        If it fails for good, fails too often, or the server asks for a longer wait than there is patience for;
        `kept` says what is not lost.
    """
    from tenacity import RetryCallState, Retrying, retry_if_exception_type
    from tenacity.wait import wait_exponential_jitter

    manners = visit.manners
    growing = wait_exponential_jitter(initial=manners.first_wait, max=60, jitter=min(1.0, manners.first_wait))

    def problem(state: RetryCallState) -> PassingError:
        failure = state.outcome.exception() if state.outcome else None
        assert isinstance(failure, PassingError)
        return failure

    def wait(state: RetryCallState) -> float:
        return max(problem(state).wait or 0.0, growing(state))

    def too_long(state: RetryCallState) -> bool:
        return (problem(state).wait or 0.0) > manners.longest_wait

    def enough(state: RetryCallState) -> bool:
        return state.attempt_number >= manners.attempts or too_long(state)

    def say(state: RetryCallState) -> None:
        visit.told(Step("wait", state.upcoming_sleep, words=str(problem(state))))

    def give_up(state: RetryCallState) -> T:
        failure = problem(state)
        if too_long(state):
            wish = f"{failure} and asks to wait {failure.wait:,.0f} seconds"
            raise FetchError(f"{wish}; run it again then{kept()}") from None
        tries = "once" if state.attempt_number == 1 else f"{state.attempt_number} times"
        raise FetchError(f"{failure}, tried {tries}; run it again later{kept()}") from None

    retrying = Retrying(
        retry=retry_if_exception_type(PassingError),
        stop=enough,
        wait=wait,
        sleep=manners.sleep,
        before_sleep=say,
        retry_error_callback=give_up,
    )
    return retrying(work)


def _allowed(address: str, came_from: str | None) -> httpx2.URL:
    """The address without user and password, if it is https, or this machine asked for by itself."""
    import httpx2

    try:
        url = httpx2.URL(address).copy_with(username="", password="")
    except httpx2.InvalidURL:
        raise FetchError("the address that was given is not a web address") from None
    own = url.host == LOOPBACK and (came_from is None or httpx2.URL(came_from).host == LOOPBACK)
    if not url.host or (url.scheme != "https" and not (url.scheme == "http" and own)):
        raise FetchError(f"only https is asked, and {place(str(url))} is not")
    return url


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts; reading them takes a moment, so once."""
    import httpx2

    return httpx2.create_ssl_context()


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _bad_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _asked_wait(response: httpx2.Response, manners: Manners) -> float | None:
    """Seconds that ``Retry-After`` asks for, as a number or a date; None if it asks for nothing readable."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((until.replace(tzinfo=until.tzinfo or UTC) - manners.now()).total_seconds(), 0.0)
