"""E-mail out: notes that something waits, with a link and no words of a student. SMTP, by the operator's own server.

Nothing that is read in a letter-box is private: families share them, and schools keep copies. So a note says only that
there is something, and its reader opens Paceline for it.
"""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from html import escape
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

from core.data.clock import utc_now
from core.data.ids import digest
from core.i18n import Translator
from core.journal.notices import Notice
from core.message import Choice, Delivery, Message
from core.people.addresses import EMAIL, AddressUnusable, check_email

log = structlog.get_logger()
SECONDS = 10.0
"""How long one step of the talk with a server may take."""

LONGEST_SUBJECT = 100
_POLICY = SMTP.clone(cte_type="7bit")  # servers that take nothing else are still about
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_ABOUT_THE_OWNER = re.compile(rb"(?m)^5\.7\.\d")
"""RFC 3463: x.7.x is policy; whoever guards the letter-box does not want this."""

_TO_ADULTS = {Notice.HELP_ASKED, Notice.HELP_DID_IT, Notice.MEETING_ANSWERED, Notice.CLAIM_MADE, Notice.REFLECTION_SHARED}


class Tls(StrEnum):
    """How the connection to a server is kept private."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True)
class MailServer:
    """An SMTP server, and how to get in. Its password never shows when it is printed."""

    host: str
    port: int
    user: str
    password: str
    tls: Tls

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port}, {self.tls})"


def read_server(address: str) -> MailServer:
    """An SMTP server from `smtp://user:password@host:587?starttls=no` or `smtps://…`; STARTTLS is demanded unless it says no.

    Raises:
        ValueError: it is no such address; the sentence says why, and repeats nothing of it.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ValueError("must be an address such as smtp://user:password@mail.example.org:587 or smtps://mail.example.org")
    asked = parse_qs(parts.query)
    if not set(asked) <= {"starttls"} or asked.get("starttls", ["yes"]) not in (["yes"], ["no"]):
        raise ValueError("takes starttls=yes or starttls=no, and nothing else, after the question mark")
    try:
        port = parts.port
    except ValueError:
        raise ValueError("must name a port between 1 and 65535, or none") from None
    tls = Tls.IMPLICIT if parts.scheme == "smtps" else Tls.NONE if asked.get("starttls") == ["no"] else Tls.STARTTLS
    usual = 465 if tls is Tls.IMPLICIT else 587
    return MailServer(parts.hostname, port or usual, unquote(parts.username or ""), unquote(parts.password or ""), tls)


class EmailChannel:
    """The channel `email`: one connection a letter, so that a server that goes away in between is not noticed."""

    name = EMAIL

    def __init__(self, server: MailServer, sender: str, *, seconds: float = SECONDS, tls: ssl.SSLContext | None = None) -> None:
        """Write by a server.

        Args:
            sender: what letters come from, such as `Paceline <paceline@example.org>`.
            seconds: the time-out of each step.
            tls: which certificates to trust; those of the system by default.
        """
        self._server, self._seconds, self._tls = server, seconds, tls or ssl.create_default_context()
        self._name, self._sender = read_sender(sender)
        self._domain = self._sender.rpartition("@")[2]

    def deliver(self, message: Message, address: str, *, once: str) -> Delivery:
        """Hand one letter over: its text and its links, and nothing else of it. Runs outside any transaction.

        Args:
            once: names this letter: a repeat has the same Message-ID, by which letter-boxes tell it from a new one.
        """
        try:
            to = check_email(address)
        except AddressUnusable:
            return Delivery.UNDELIVERABLE
        letter = self._letter(message, to, once)
        try:
            connection = self._connect()
        except (smtplib.SMTPException, OSError) as error:
            return _later(error)
        try:
            return self._hand_over(connection, to, letter)
        finally:
            with suppress(smtplib.SMTPException, OSError):  # the letter is judged already
                connection.quit()
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        server, seconds, hello = self._server, self._seconds, self._domain
        connection = (
            smtplib.SMTP_SSL(server.host, server.port, hello, timeout=seconds, context=self._tls)
            if server.tls is Tls.IMPLICIT
            else smtplib.SMTP(server.host, server.port, hello, timeout=seconds)
        )
        try:
            if server.tls is Tls.STARTTLS:
                connection.starttls(context=self._tls)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _hand_over(self, connection: smtplib.SMTP, to: str, letter: bytes) -> Delivery:
        """Say who writes, to whom, and what. After DATA, an answer that does not come leaves us in the dark."""
        handed_over = False
        try:
            connection.ehlo_or_helo_if_needed()
            code, said = connection.mail(self._sender)
            if code != 250:
                return _ours(code)  # they refuse the sender: that says nothing of the address
            code, said = connection.rcpt(to)
            if code not in (250, 251):
                return _judge(code, said)
            code, said = connection.docmd("DATA")
            if code != 354:
                return _judge(code, said)
            handed_over = True
            connection.send(re.sub(rb"(?m)^\.", b"..", letter) + b".\r\n")
            code, said = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            return Delivery.UNKNOWN if handed_over else _later(error)
        return Delivery.DELIVERED if 200 <= code < 300 else _judge(code, said)

    def _letter(self, message: Message, to: str, once: str) -> bytes:
        """The letter as it goes over the wire, with a line break at its end."""
        letter = EmailMessage(_POLICY)
        letter["From"] = f'"{self._name}" <{self._sender}>' if self._name else self._sender
        letter["To"] = to
        letter["Subject"] = _subject(message.text)
        letter["Date"] = format_datetime(utc_now())
        letter["Message-ID"] = f"<{digest(once)[:40]}@{self._domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter["X-Auto-Response-Suppress"] = "All"
        links = [one for one in message.buttons if one.opens and one.opens.startswith(("https://", "http://"))]
        letter.set_content("\n\n".join([message.text, *(f"{one.label}: {one.opens}" for one in links)]) + "\n")
        letter.add_alternative(_page(message.text, links), subtype="html")
        return letter.as_bytes()


def read_sender(sender: str) -> tuple[str, str]:
    """The name, which may be empty, and the address of `Paceline <paceline@example.org>`.

    Raises:
        ValueError: there is no address in it, or what no header can hold.
    """
    name, address = parseaddr(sender)
    try:
        plain = check_email(address)
    except AddressUnusable:
        raise ValueError("must be an address such as Paceline <paceline@example.org>") from None
    if re.search(r"[\x00-\x1f\x7f\"\\]", sender.replace(f'"{name}"', name)):
        raise ValueError("must be one line, without quotes inside the name")
    return name, plain


def note(t: Translator, notice: Notice, *, opens: str | None = None) -> Message:
    """The note that something waits for somebody in Paceline: not what, not of whom, not in which course.

    Args:
        t: in the reader's language.
        opens: an https address where they come in, such as that of their LMS.
    """
    if notice is Notice.CONCERN_RAISED:
        text = t("mail.note.concern")
    elif notice in _TO_ADULTS:
        text = t("mail.note.adult")
    else:
        text = t("mail.note")
    return Message(text=text, choices=(Choice(label=t("mail.open"), opens=opens),) if opens else ())


def _subject(text: str) -> str:
    """The first sentence, on one line."""
    return _SENTENCE_END.split(" ".join(text.split()), maxsplit=1)[0][:LONGEST_SUBJECT]


def _page(text: str, links: list[Choice]) -> str:
    parts = [f"<p>{escape(text)}</p>", *(f'<p><a href="{escape(one.opens or "")}">{escape(one.label)}</a></p>' for one in links)]
    return f"<!doctype html>\n<html><body>{''.join(parts)}</body></html>\n"


def _judge(code: int, said: bytes) -> Delivery:
    """What a refusal of an address or a letter means (RFC 5321, 4.2.1; RFC 3463)."""
    if code < 500:
        return Delivery.TRY_LATER
    return Delivery.BLOCKED if _ABOUT_THE_OWNER.search(said) or code == 554 else Delivery.UNDELIVERABLE


def _ours(code: int) -> Delivery:
    log.warning("email.sender_refused", reply=code)
    return Delivery.TRY_LATER


def _later(error: Exception) -> Delivery:
    """Nothing was handed over. The operator may have to look: a wrong password too is one that works tomorrow."""
    log.warning("email.not_sent", error=type(error).__name__, reply=getattr(error, "smtp_code", None))
    return Delivery.TRY_LATER
