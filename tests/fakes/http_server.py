"""A real HTTP server on loopback that answers as it is told, and remembers what it was asked."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Heard:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    """Writes down each request and answers with the server's present answer."""

    protocol_version = "HTTP/1.1"
    server: "Server"
    heard: Heard

    def do_GET(self) -> None:
        """Answer any method alike."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.heard = Heard(self.command, self.path, headers, body)
        self.server.told.heard.append(self.heard)
        self.server.told.answer(self)

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def reply(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer; `retry_after="3"` becomes `Retry-After: 3`."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self, after: bytes = b"") -> None:
        """Send some bytes, which need not be HTTP, and close the connection."""
        self.wfile.write(after)
        self.close_connection = True


Answering = Callable[[Handler], None]


@dataclass
class Told:
    """What a running server answers, and what it heard. Set `answer` at any time."""

    address: str
    answer: Answering = Handler.reply
    heard: list[Heard] = field(default_factory=list)


class Server(ThreadingHTTPServer):
    """Serves in threads that do not outlive the test."""

    daemon_threads = True
    told: Told

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Told]:
    """Run a server on a free port of 127.0.0.1."""
    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.told = Told(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
