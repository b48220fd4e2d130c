"""A real SMTP server on loopback that answers as it is told, and keeps the letters that it took."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HANGS_UP = ""
"""The answer of a server that goes away instead."""


@dataclass
class LetterBox:
    """What a running server answers at each step, and the letters that it took. Set the answers at any time."""

    host: str = "localhost"
    port: int = 0
    to_mail: str = "250 OK"
    to_rcpt: str = "250 OK"
    to_data: str = "250 Taken"
    password: str | None = None
    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)
    logins: list[bool] = field(default_factory=list)

    @property
    def letters(self) -> list[EmailMessage]:
        """The letters, parsed as their reader's program would."""
        parsed = [message_from_bytes(one, _class=EmailMessage, policy=default) for one in self.raw]
        return list(parsed)

    async def handle_MAIL(self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:
        """Take a sender, or not."""
        if self.to_mail.startswith("2"):
            envelope.mail_from = address
        return _answered(server, self.to_mail)

    async def handle_RCPT(self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:
        """Take a recipient, or not."""
        if self.to_rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return _answered(server, self.to_rcpt)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a letter. It is kept even where the answer is lost: that is what makes it unknown."""
        if self.to_data.startswith("2") or self.to_data == HANGS_UP:
            assert isinstance(envelope.content, bytes)
            self.raw.append(envelope.content)
            self.recipients.append(list(envelope.rcpt_tos))
            self.over_tls.append(session.ssl is not None)
        return _answered(server, self.to_data)

    def login(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
        """Let in whoever knows the password."""
        known = isinstance(given, LoginPassword) and self.password is not None and given.password == self.password.encode()
        self.logins.append(known)
        return AuthResult(success=known, handled=False)


class _OnAnyPort(Controller):
    """A controller that learns which port it was given before it tries it."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _answered(server: SMTP, answer: str) -> str:
    if answer == HANGS_UP:
        assert isinstance(server.transport, asyncio.WriteTransport)
        server.transport.abort()
    return answer or "421 gone"


@contextmanager
def serving_mail(tls: ssl.SSLContext | None = None, *, implicit: bool = False, password: str | None = None) -> Iterator[LetterBox]:
    """Run a server on a free port: with `tls` it offers STARTTLS, or with `implicit` speaks TLS from the first byte."""
    box = LetterBox(password=password)
    offered: dict[str, Any] = {"authenticator": box.login, "auth_require_tls": False} if password else {}
    if tls and not implicit:
        offered |= {"tls_context": tls}
    controller = _OnAnyPort(box, hostname="127.0.0.1", port=0, ssl_context=tls if implicit else None, **offered)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()
