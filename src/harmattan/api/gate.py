"""The gate all requests go through: guards, pace and time limit before, protecting headers and one log line after."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harmattan.api.guards import METHODS, Rules, protection, refusal, unknown_reader
from harmattan.api.limits import Limits
from harmattan.api.pace import Pace, client_of
from harmattan.api.problems import ProblemError

log = logging.getLogger("harmattan.api")


class Gate:
    """Wraps an ASGI application.

    The log has a line for each request: client, method, path, status, milliseconds. Neither queries nor headers are
    in it, where somebody may have put a secret.

    Parameters
    ----------
    app
        What answers.
    rules
        Who may read.
    limits
        How much is taken on.
    """

    def __init__(self, app: ASGIApp, *, rules: Rules, limits: Limits) -> None:
        self.app = app
        self.rules = rules
        self.limits = limits
        self.pace = Pace(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = Outgoing(send, head_only=scope["method"] == "HEAD", private=self.rules.token is not None)
        begun = time.monotonic()
        try:
            await self._answer(scope, receive, answer)
        except ProblemError as problem:
            if answer.status:
                raise ConnectionError("the answer was cut short") from problem
            await problem.response()(scope, receive, answer)
        except Exception:
            log.exception("%s %s failed", scope["method"], _path(scope))
            if not answer.complete:
                if answer.status:
                    raise
                await ProblemError("failed", "the answer could not be made; the server's log says why").response()(
                    scope, receive, answer
                )
        finally:
            client = scope["client"][0] if scope.get("client") else "-"
            passed = (time.monotonic() - begun) * 1000
            log.info("%s %s %s %d %.0f ms", client, scope["method"], _path(scope), answer.status, passed)

    async def _answer(self, scope: Scope, receive: Receive, answer: Outgoing) -> None:
        client = client_of(scope["client"][0] if scope.get("client") else None)
        refused = (
            self.pace.refusal(client) or refusal(scope, self.rules, self.limits) or unknown_reader(scope, self.rules)
        )
        if refused is not None:
            raise refused
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers={"allow": ", ".join(METHODS)})(scope, receive, answer)
            return
        answer.leave = self.pace.enter(client)
        await self._in_time({**scope, "method": "GET"}, receive, answer)

    async def _in_time(self, scope: Scope, receive: Receive, answer: Outgoing) -> None:
        """Wait for the answer to begin; work that takes too long keeps its place until it is done.

        Once it has begun it may take its time, since lines are slow; connections are bounded too.
        """
        task = asyncio.ensure_future(_run(self.app, scope, receive, answer))
        task.add_done_callback(lambda done: _ended(done, answer))
        begins = asyncio.ensure_future(answer.begun.wait())
        await asyncio.wait({task, begins}, timeout=self.limits.seconds, return_when=asyncio.FIRST_COMPLETED)
        begins.cancel()
        if not task.done() and not answer.status:
            answer.given_up = True
            late = Outgoing(answer.inner, head_only=answer.head_only, private=answer.private)
            problem = ProblemError("too-slow", f"no answer within {self.limits.seconds:g} seconds")
            await problem.response()(scope, receive, late)
            answer.status, answer.complete = late.status, True
            return
        await task


class Outgoing:
    """Sends an answer with the headers each must have, without its body where only the head was asked for."""

    def __init__(self, inner: Send, *, head_only: bool, private: bool) -> None:
        self.inner = inner
        self.head_only = head_only
        self.private = private
        self.status = 0
        self.complete = False
        self.given_up = False
        self.begun = asyncio.Event()
        self.leave: Callable[[], None] = _nothing

    async def __call__(self, message: Message) -> None:
        """Send one message on."""
        if self.given_up:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.begun.set()
            self.leave()
            headers = MutableHeaders(scope=message)
            headers.update(protection(headers.get("content-type", "")))
            headers.setdefault("cache-control", "private, no-cache" if self.private else "no-cache")
        else:
            self.complete = not message.get("more_body", False)
            if self.head_only:
                message = {**message, "body": b""}
        await self.inner(message)


async def _run(app: ASGIApp, scope: Scope, receive: Receive, answer: Outgoing) -> None:
    await app(scope, receive, answer)


def _ended(task: asyncio.Future[None], answer: Outgoing) -> None:
    answer.leave()
    failed = None if task.cancelled() else task.exception()
    if failed is not None and answer.given_up:
        log.error("an answer that was too late failed", exc_info=failed)


def _nothing() -> None:
    return None


def _path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    return raw.decode("ascii", "replace") if raw else quote(scope["path"])
