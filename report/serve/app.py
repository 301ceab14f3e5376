"""The web application: two addresses, nothing else. The only user of Starlette."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from report.serve.page import LivePage
from report.serve.state import read_state
from training.records import StudyFolder

SECONDS_BETWEEN = 1.0
"""Between two readings of the records."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def make_app(folder: StudyFolder, hosts: tuple[str, ...] = LOOPBACK) -> Starlette:
    """Return the application for one study.

    Args:
        folder: The study's folder, which needn't exist yet.
        hosts: Names that the page may be asked for by; others get an error, so that no page from
            elsewhere can read it under a name that it points here.
    """
    page = LivePage(folder.path)

    async def report(_: Request) -> Response:
        state = await run_in_threadpool(read_state, folder)
        html = await run_in_threadpool(page.html, state.version, state.problem)
        return HTMLResponse(html, headers=HEADERS)

    async def events(request: Request) -> Response:
        return StreamingResponse(
            _events(request, folder), media_type="text/event-stream", headers=HEADERS
        )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        page.close()

    return Starlette(
        routes=[Route("/", report), Route("/events", events)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
        lifespan=lifespan,
    )


async def _events(request: Request, folder: StudyFolder) -> AsyncIterator[str]:
    """Yield the state whenever it has changed, and a comment now and then to keep the line."""
    last, silent = b"", 0
    while not await request.is_disconnected():
        state = await run_in_threadpool(read_state, folder)
        content: bytes = msgspec.json.encode(_plain(state))
        if content != last:
            yield f"data: {content.decode()}\n\n"
            last, silent = content, 0
        elif (silent := silent + 1) % 15 == 0:
            yield ": still here\n\n"
        await asyncio.sleep(SECONDS_BETWEEN)


def _plain(state: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(state)
    return plain
