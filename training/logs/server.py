"""Whether the server that logs are sent to answers at all."""

import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from training.logs.run_log import AwayError
from training.time_limit import within

SECONDS_TO_ANSWER = 5.0
"""What a server has for its first answer."""

_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
"""Of the servers that a tracking URI may name, by scheme."""

_NO_SERVER = {502, 503, 504}
"""What a proxy answers when the server behind it is away."""


def check_server(
    uri: str, say: Callable[[str], object] = lambda _: None, kind_of_server: str = "MLflow"
) -> None:
    """Make sure that the server of a tracking URI answers, if it is a server's.

    Args:
        say: Told when the answer takes a while.
        kind_of_server: As sentences call it.

    Raises:
        AwayError: It doesn't answer in `SECONDS_TO_ANSWER`.
    """
    place = urlsplit(uri)
    kind = place.scheme.partition("+")[0]
    if kind not in _PORTS or place.hostname is None:
        return
    port = place.port or _PORTS[kind]
    server = f"{place.hostname}:{port}"  # without the password that a URI may hold

    def ask() -> None:
        if kind in ("http", "https"):
            _ask_http(place)
        else:
            socket.create_connection((place.hostname, port), SECONDS_TO_ANSWER + 1).close()

    def waiting() -> None:
        say(f"Waiting for the {kind_of_server} server {server}, at most {SECONDS_TO_ANSWER:g} s")

    try:
        within(SECONDS_TO_ANSWER, ask, waiting)
    except (OSError, http.client.HTTPException) as error:
        said = f"The {kind_of_server} server {server} doesn't answer"
        raise AwayError(f"{said} ({_reason(error)})") from error


def _ask_http(place: SplitResult) -> None:
    """Ask for the server's health; any answer of its own will do, a refusal included."""
    netloc = place.netloc.rpartition("@")[2]
    url = f"{place.scheme}://{netloc}{place.path.rstrip('/')}/health"
    try:
        urllib.request.urlopen(url, timeout=SECONDS_TO_ANSWER + 1).close()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _NO_SERVER:
            raise
    except urllib.error.URLError as error:
        if not isinstance(error.reason, ssl.SSLError):  # MLflow may be told to trust it
            raise


def _reason(error: Exception) -> str:
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.code} {error.reason}"
    said = inner.strerror if isinstance(inner, OSError) else None
    return said or str(inner) or type(inner).__name__
