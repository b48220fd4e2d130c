"""E-mail out, against a real server: what a letter holds, what it can never hold, and what each answer means."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.email import EmailChannel, MailServer, Tls, note, read_sender, read_server
from core.i18n import LANGUAGES, translator
from core.journal.notices import Notice
from core.message import Card, Channel, Choice, Delivery, Field, Message
from tests.fakes.certificates import self_signed
from tests.fakes.mail_server import HANGS_UP, LetterBox, serving_mail

ADA = "ada@example.org"
SENDER = "Paceline <paceline@school.example>"
NEWS = Message(text="Something new waits for you. Open Paceline to see it.")


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The two ends of TLS: a server certified for `localhost` alone, and a client that trusts its certificate."""
    path: Path = self_signed("localhost", tmp_path_factory.mktemp("tls"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=path)


@pytest.fixture
def box() -> Iterator[LetterBox]:
    """A server without TLS."""
    with serving_mail() as opened:
        yield opened


def channel(box: LetterBox, tls: Tls = Tls.NONE, *, password: str = "", trust: ssl.SSLContext | None = None) -> EmailChannel:
    server = MailServer(box.host, box.port, "paceline" if password else "", password, tls)
    return EmailChannel(server, SENDER, seconds=2, tls=trust)


def sent(box: LetterBox, message: Message = NEWS, *, to: str = ADA, once: str = "one") -> Delivery:
    with capture_logs():
        return channel(box).deliver(message, to, once=once)


def contents(letter: EmailMessage) -> list[str]:
    """The text and the page of a letter, with line breaks as programs have them."""
    return ["\n".join(part.get_content().splitlines()) + "\n" for part in letter.iter_parts()]


# What a letter holds


def test_a_letter_says_its_text_and_who_it_is_from(box: LetterBox) -> None:
    assert sent(box) is Delivery.DELIVERED
    (letter,) = box.letters
    assert box.recipients == [[ADA]]
    assert (letter["To"], letter["From"]) == (ADA, SENDER)
    assert letter["Subject"] == "Something new waits for you."
    assert letter["Date"]
    plain, page = contents(letter)
    assert plain == "Something new waits for you. Open Paceline to see it.\n"
    assert "<p>Something new waits for you. Open Paceline to see it.</p>" in page
    assert letter.get_content_type() == "multipart/alternative"


def test_no_machine_answers_it(box: LetterBox) -> None:
    sent(box)
    assert box.letters[0]["Auto-Submitted"] == "auto-generated"
    assert box.letters[0]["X-Auto-Response-Suppress"] == "All"


def test_a_repeat_has_the_same_id_and_another_letter_has_another(box: LetterBox) -> None:
    for once in ("one", "one", "two"):
        sent(box, once=once)
    first, again, other = (letter["Message-ID"] for letter in box.letters)
    assert first == again != other
    assert first.endswith("@school.example>")


def test_links_come_along_and_nothing_else_of_a_message(box: LetterBox) -> None:
    message = Message(
        text="Something new waits.",
        quote="im so lost on negative slope",
        choices=(Choice(label="Open <Paceline>", opens="https://lms.example/course?a=1&b=2"), Choice(label="Hint first", value="hint")),
        extras=(Choice(label="Home", opens="/v/secret-handle/"), Choice(label="Harm", opens="javascript:alert(1)")),
        field=Field(label="Your words", filled="typed before"),
        cards=(Card(title="Slope", lines=(("done", "2 of 3"),)),),
        reads="Ms Rivera sees this",
    )
    assert sent(box, message) is Delivery.DELIVERED
    plain, page = contents(box.letters[0])
    assert plain == "Something new waits.\n\nOpen <Paceline>: https://lms.example/course?a=1&b=2\n"
    assert '<a href="https://lms.example/course?a=1&amp;b=2">Open &lt;Paceline&gt;</a>' in page
    whole = plain + page + str(box.letters[0].items())
    for kept_here in ("lost", "Hint", "secret-handle", "javascript", "typed", "Slope", "2 of 3", "Rivera"):
        assert kept_here not in whole


@pytest.mark.parametrize("text", ["¿Qué tal? Añade “ñ” 👋", ".", ".\n.\nQUIT", "x" * 3000, "a\r\n.\r\nMAIL FROM:<eve@evil.example>"])
def test_any_text_arrives_as_it_was(box: LetterBox, text: str) -> None:
    assert sent(box, Message(text=text)) is Delivery.DELIVERED
    plain, _page = contents(box.letters[0])
    assert plain.splitlines() == text.splitlines()
    assert len(box.raw) == 1, "one letter, whatever is in it"
    assert box.raw[0].isascii(), "servers that take nothing else are still about"


# What it can never hold


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org\r\nBcc: eve@evil.example",
        "ada@example.org\nRCPT TO:<eve@evil.example>",
        "ada@example.org, eve@evil.example",
        "ada@example.org>\r\nDATA\r\n",
        "not an address",
        "",
    ],
)
def test_an_address_smuggles_nothing_in(box: LetterBox, address: str) -> None:
    assert sent(box, to=address) is Delivery.UNDELIVERABLE
    assert box.raw == []


@pytest.mark.parametrize(
    "text", ["Hello\r\nBcc: eve@evil.example\r\n\r\nHarm.", "Hello\nX-Harm: 1. More", "\r\n\r\nHarm", "a\x00b\x0bc\u2028d. e"]
)
def test_a_subject_smuggles_nothing_in(box: LetterBox, text: str) -> None:
    assert sent(box, Message(text=text)) is Delivery.DELIVERED
    (letter,) = box.letters
    assert "\n" not in letter["Subject"]
    names = {"from", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress", "mime-version", "content-type"}
    assert {name.lower() for name in letter if name not in ("X-Peer", "X-MailFrom", "X-RcptTo")} == names
    assert box.recipients == [[ADA]]


def test_the_name_of_a_letter_smuggles_nothing_in(box: LetterBox) -> None:
    assert sent(box, once="one>\r\nBcc: <eve@evil.example") is Delivery.DELIVERED
    assert box.letters[0]["Bcc"] is None


# What each answer means


@pytest.mark.parametrize(
    ("answer", "delivery"),
    [
        ("250 OK", Delivery.DELIVERED),
        ("251 will forward", Delivery.DELIVERED),
        ("421 closing", Delivery.TRY_LATER),
        ("450 mailbox busy", Delivery.TRY_LATER),
        ("451 4.7.1 greylisted", Delivery.TRY_LATER),
        ("452 4.2.2 full for now", Delivery.TRY_LATER),
        ("550 no such user", Delivery.UNDELIVERABLE),
        ("550 5.1.1 no such user", Delivery.UNDELIVERABLE),
        ("552 5.2.2 mailbox full", Delivery.UNDELIVERABLE),
        ("553 5.1.3 bad address", Delivery.UNDELIVERABLE),
        ("550 5.7.1 we want no mail from you", Delivery.BLOCKED),
        ("554 5.7.1 policy", Delivery.BLOCKED),
        ("554 no", Delivery.BLOCKED),
    ],
)
def test_what_is_answered_to_the_address(box: LetterBox, answer: str, delivery: Delivery) -> None:
    box.to_rcpt = answer
    assert sent(box) is delivery
    assert len(box.raw) == (delivery is Delivery.DELIVERED)


@pytest.mark.parametrize(
    ("answer", "delivery"),
    [
        ("250 queued", Delivery.DELIVERED),
        ("451 disk full", Delivery.TRY_LATER),
        ("550 5.1.1 gone after all", Delivery.UNDELIVERABLE),
        ("550 5.7.1 looks like spam", Delivery.BLOCKED),
        ("554 5.7.0 policy", Delivery.BLOCKED),
    ],
)
def test_what_is_answered_to_the_letter(box: LetterBox, answer: str, delivery: Delivery) -> None:
    box.to_data = answer
    assert sent(box) is delivery


@pytest.mark.parametrize("answer", ["451 later", "550 5.7.1 who are you", "554 no", HANGS_UP])
def test_a_refused_sender_says_nothing_of_the_address(box: LetterBox, answer: str) -> None:
    box.to_mail = answer
    assert sent(box) is Delivery.TRY_LATER


def test_a_server_that_goes_away_before_the_letter_has_nothing(box: LetterBox) -> None:
    box.to_rcpt = HANGS_UP
    assert sent(box) is Delivery.TRY_LATER


def test_a_server_that_goes_away_after_the_letter_may_have_it(box: LetterBox) -> None:
    box.to_data = HANGS_UP
    assert sent(box) is Delivery.UNKNOWN
    assert len(box.raw) == 1


def test_where_nobody_listens_it_is_tried_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        assert sent(LetterBox(port=taken.getsockname()[1])) is Delivery.TRY_LATER


@contextmanager
def saying(*lines: bytes) -> Iterator[LetterBox]:
    """A server that says these lines, one for each that it is told, and then nothing."""
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        told, _ = listening.accept()
        with told:
            for line in lines:
                told.sendall(line)
                told.recv(1000)
            done.wait(5)

    thread = threading.Thread(target=serve)
    thread.start()
    yield LetterBox(port=listening.getsockname()[1])
    done.set()
    thread.join()
    listening.close()


@pytest.mark.parametrize(
    ("lines", "delivery"),
    [
        ((), Delivery.TRY_LATER),
        ((b"554 not today\r\n",), Delivery.TRY_LATER),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), Delivery.TRY_LATER),
        ((b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"554 no valid recipients\r\n"), Delivery.BLOCKED),
        ((b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n"), Delivery.TRY_LATER),
        ((b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"), Delivery.UNKNOWN),
    ],
)
def test_a_server_that_falls_silent_is_not_waited_for(lines: tuple[bytes, ...], delivery: Delivery) -> None:
    with saying(*lines) as silent:
        patient = EmailChannel(MailServer("127.0.0.1", silent.port, "", "", Tls.NONE), SENDER, seconds=0.3)
        with capture_logs():
            assert patient.deliver(NEWS, ADA, once="one") is delivery


# Privacy on the way


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_over_tls_with_a_password(certified: tuple[ssl.SSLContext, ssl.SSLContext], tls: Tls) -> None:
    with serving_mail(certified[0], implicit=tls is Tls.IMPLICIT, password="opens") as box:
        assert channel(box, tls, password="opens", trust=certified[1]).deliver(NEWS, ADA, once="one") is Delivery.DELIVERED
        assert (len(box.raw), box.logins) == (1, [True])


def test_starttls_is_used_where_it_is_asked_for(certified: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with serving_mail(certified[0]) as box:
        assert channel(box, Tls.STARTTLS, trust=certified[1]).deliver(NEWS, ADA, once="one") is Delivery.DELIVERED
        assert box.over_tls == [True]


def test_a_server_that_refuses_starttls_gets_no_letter_and_no_password() -> None:
    with serving_mail(password="opens") as box, capture_logs() as logs:
        assert channel(box, Tls.STARTTLS, password="opens").deliver(NEWS, ADA, once="one") is Delivery.TRY_LATER
        assert (box.raw, box.logins) == ([], [])
    assert logs == [{"event": "email.not_sent", "error": "SMTPNotSupportedError", "reply": None, "log_level": "warning"}]


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_a_certificate_that_nobody_vouches_for_is_refused(certified: tuple[ssl.SSLContext, ssl.SSLContext], tls: Tls) -> None:
    with serving_mail(certified[0], implicit=tls is Tls.IMPLICIT) as box, capture_logs() as logs:
        assert channel(box, tls).deliver(NEWS, ADA, once="one") is Delivery.TRY_LATER
        assert box.raw == []
    assert logs[0]["error"] == "SSLCertVerificationError"


def test_a_wrong_password_is_for_the_operator_to_mend_and_not_in_the_log() -> None:
    with serving_mail(password="opens") as box, capture_logs() as logs:
        assert channel(box, password="hunter2").deliver(NEWS, ADA, once="one") is Delivery.TRY_LATER
    assert logs == [{"event": "email.not_sent", "error": "SMTPAuthenticationError", "reply": 535, "log_level": "warning"}]


def test_no_log_names_whom_a_letter_is_for(box: LetterBox) -> None:
    with capture_logs() as logs:
        for box.to_mail, box.to_rcpt in (("550 no", "250 OK"), ("250 OK", "550 ada@example.org is gone"), ("250 OK", HANGS_UP)):
            channel(box).deliver(NEWS, ADA, once="one")
    assert len(logs) == 2
    assert "ada" not in str(logs)


# How it is set up


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("smtp://mail.example.org", MailServer("mail.example.org", 587, "", "", Tls.STARTTLS)),
        ("smtp://mail.example.org:25?starttls=yes", MailServer("mail.example.org", 25, "", "", Tls.STARTTLS)),
        ("smtp://localhost:1025/?starttls=no", MailServer("localhost", 1025, "", "", Tls.NONE)),
        ("smtps://me%40example.org:p%3Aw%2F@mail.example.org", MailServer("mail.example.org", 465, "me@example.org", "p:w/", Tls.IMPLICIT)),
        ("smtp://[::1]:2525?starttls=no", MailServer("::1", 2525, "", "", Tls.NONE)),
    ],
)
def test_an_address_of_a_server(address: str, server: MailServer) -> None:
    assert read_server(address) == server


@pytest.mark.parametrize(
    "address",
    [
        *("mail.example.org", "http://mail.example.org", "smtp://", "smtp://host:port", "smtp://host:99999", "smtp://host/inbox"),
        *("smtp://host?tls=no", "smtp://host?starttls=maybe", "smtp://me:hunter2@/x", "smtp://me:hunter2@host:hunter2"),
    ],
)
def test_what_is_no_server_is_refused_and_no_password_repeated(address: str) -> None:
    with pytest.raises(ValueError, match=r"must|takes") as refused:
        read_server(address)
    assert "hunter2" not in str(refused.value)


def test_a_password_does_not_show_when_its_server_does() -> None:
    assert repr(read_server("smtp://me:hunter2@mail.example.org")) == "MailServer(mail.example.org:587, starttls)"


@pytest.mark.parametrize(
    ("sender", "read"),
    [
        ("paceline@example.org", ("", "paceline@example.org")),
        (SENDER, ("Paceline", "paceline@school.example")),
        ("Escuela Ñandú <hola@example.org>", ("Escuela Ñandú", "hola@example.org")),
    ],
)
def test_who_letters_are_from(box: LetterBox, sender: str, read: tuple[str, str]) -> None:
    assert read_sender(sender) == read
    from_them = EmailChannel(MailServer(box.host, box.port, "", "", Tls.NONE), sender, seconds=2)
    assert from_them.deliver(NEWS, ADA, once="one") is Delivery.DELIVERED
    (address,) = box.letters[0]["From"].addresses
    assert (address.display_name, address.addr_spec) == read


@pytest.mark.parametrize("sender", ["", "Paceline", "a@b", "Paceline <a@example.org>\r\nBcc: eve@evil.example", 'P"a <a@example.org>'])
def test_who_letters_cannot_be_from(sender: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        read_sender(sender)


def test_it_is_a_channel() -> None:
    made: Channel = EmailChannel(read_server("smtp://localhost?starttls=no"), SENDER)
    assert made.name == "email"


# Notes


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("notice", list(Notice))
def test_a_note_is_short_and_tells_nothing_of_what_waits(notice: Notice, language: str) -> None:
    said = note(translator(language), notice, opens="https://lms.example/")
    assert len(said.text.split()) <= 25
    assert "Paceline" in said.text
    assert [choice.opens for choice in said.choices] == ["https://lms.example/"]
    assert said == Message(text=said.text, choices=said.choices), "no quote, no card, no field"


def test_a_note_to_a_student_is_the_same_whatever_waits() -> None:
    t = translator("en")
    to_students = {Notice.HELP_SEEN, Notice.HELP_ANSWERED, Notice.GOAL_COMMENTED, Notice.REFLECTION_ANSWERED, Notice.REMINDER}
    assert len({note(t, notice).text for notice in to_students}) == 1
    assert note(t, Notice.REMINDER).choices == ()
    assert note(t, Notice.CONCERN_RAISED).text != note(t, Notice.HELP_ASKED).text != note(t, Notice.HELP_ANSWERED).text
