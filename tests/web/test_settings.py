"""A person's own settings: each can be changed, and changed back, from any role, in both languages."""

import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest
from flask import Flask

from app.wiring import House
from app.wsgi import build_app
from bot.email import EmailChannel, MailServer, Tls
from core.data.db import Database
from core.data.outgoing import Outgoing
from core.data.vault import Vault
from core.people.access import Role
from core.people.addresses import MOST_CODES, MOST_TRIES, address_of
from core.people.platforms import AgeBand, Deployment
from core.people.preferences import DEFAULTS, Preferences, Topic, Way, preferences_of
from tests.fakes.house import fake_house
from tests.fakes.mail_server import HANGS_UP, LetterBox, serving_mail
from tests.people_made import School
from tests.web.conftest import Look
from tests.web.looking import Looker, words

ADA = "ada@example.org"


@pytest.fixture
def box() -> Iterator[LetterBox]:
    """The mail server of the school."""
    with serving_mail() as opened:
        yield opened


@pytest.fixture
def app(database: Database, vault: Vault, tmp_path: Path, box: LetterBox) -> Iterator[Flask]:
    """Paceline's application, with e-mail."""
    outgoing = Outgoing()
    house: House = fake_house(database, vault, outgoing, tmp_path)
    house.channels["email"] = EmailChannel(MailServer(box.host, box.port, "", "", Tls.NONE), "Paceline <p@school.example>", seconds=2)
    yield build_app(house)
    outgoing.close()


class Mine:
    """What the database holds of somebody who looks."""

    def __init__(self, database: Database, vault: Vault, who: Looker) -> None:
        self._database, self._vault, self._me = database, vault, who.me

    @property
    def preferences(self) -> Preferences:
        with self._database.session(writes=False) as session:
            return preferences_of(session, self._me.tenant_id, self._me.person_id)

    @property
    def address(self) -> str | None:
        with self._database.session(writes=False) as session:
            return address_of(session, self._vault, self._me.tenant_id, self._me.person_id)


@pytest.fixture
def mine(database: Database, vault: Vault, ada: Looker) -> Mine:
    return Mine(database, vault, ada)


def code_in(box: LetterBox) -> str:
    """The code of the newest letter."""
    text = next(iter(box.letters[-1].iter_parts())).get_content()
    found = re.search(r"[0-9A-Z]{4} [0-9A-Z]{4}", text)
    assert found, text
    return found[0]


def test_who_chose_nothing_sees_how_things_are(ada: Looker, mine: Mine) -> None:
    page = ada.read("/settings")
    for said in ("Paceline may send a message", "Nothing is sent between these times.", "America/Los_Angeles", "Your e-mail address"):
        assert said in page
    html = ada.get("/settings").text
    assert 'name="quiet_from" type="time" required value="20:00"' in html
    assert 'name="quiet_until" type="time" required value="07:00"' in html
    assert mine.preferences == DEFAULTS


def test_quiet_hours_are_set_and_unset(ada: Looker, mine: Mine) -> None:
    page = ada.follow(ada.post("/settings/quiet-hours", quiet_from="21:30", quiet_until="06:15"))
    assert "Your quiet hours are saved." in page
    assert (mine.preferences.quiet_from, mine.preferences.quiet_until) == (time(21, 30), time(6, 15))
    page = ada.follow(ada.post("/settings/quiet-hours", quiet_from="00:00", quiet_until="00:00"))
    assert "There are no quiet hours now." in page


@pytest.mark.parametrize("sent", ["", "25:00", "noon", "24:00", "\ud83d"])
def test_a_time_that_is_none_is_refused(ada: Looker, mine: Mine, sent: str) -> None:
    answer = ada.post("/settings/quiet-hours", quiet_from=sent.encode("utf-8", "replace"), quiet_until="07:00")
    assert answer.status_code == 422
    assert mine.preferences == DEFAULTS


def test_messages_are_paused_and_resumed(ada: Looker, mine: Mine) -> None:
    page = ada.follow(ada.post("/settings/pause", days=3))
    assert "Paused until" in page
    assert mine.preferences.snoozed_until is not None
    page = ada.follow(ada.post("/settings/resume"))
    assert "Paceline may send a message" in page
    assert mine.preferences == DEFAULTS


@pytest.mark.parametrize("days", ["0", "-1", "91", "9" * 30])
def test_a_pause_of_no_days_or_of_years_is_refused(ada: Looker, mine: Mine, days: str) -> None:
    answer = ada.post("/settings/pause", days=days)
    assert answer.status_code in (409, 422)
    assert mine.preferences == DEFAULTS


def test_messages_are_stopped_and_resumed(ada: Looker, mine: Mine) -> None:
    page = ada.follow(ada.post("/settings/stop"))
    assert "Paceline sends nothing on its own." in page
    assert mine.preferences.stopped
    ada.follow(ada.post("/settings/resume"))
    assert mine.preferences == DEFAULTS


@pytest.mark.parametrize("topic", list(Topic))
def test_a_topic_is_muted_and_unmuted(ada: Looker, mine: Mine, topic: Topic) -> None:
    assert "This topic is muted." in ada.follow(ada.post("/settings/topics", topic=topic, mute="yes"))
    assert mine.preferences.muted == {topic}
    assert "This topic is on again." in ada.follow(ada.post("/settings/topics", topic=topic, mute="no"))
    assert mine.preferences == DEFAULTS


def test_the_page_speaks_the_language_that_is_chosen_on_it(ada: Looker) -> None:
    page = ada.follow(ada.post("/language", language="es", page="settings.show"))
    assert page.startswith("Ajustes")
    assert "Horas de silencio" in page


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_settings(look: Look, kept_school: School, role: Role) -> None:
    somebody = look(kept_school.teacher, role)
    assert "Settings" in somebody.read("/settings")
    assert f"/v/{somebody.me.handle}/settings" in somebody.get("/").text


# The address


def test_an_address_is_entered_confirmed_used_and_removed(ada: Looker, mine: Mine, box: LetterBox) -> None:
    page = ada.follow(ada.post("/settings/email", address=f" {ADA} "))
    assert "A code is on its way" in page
    assert f"{ADA} Waiting for its code" in page
    assert (box.recipients, mine.address) == ([[ADA]], None)

    page = ada.follow(ada.post("/settings/email/confirm", code=code_in(box).lower()))
    assert f"{ADA} Confirmed" in page
    assert (mine.address, mine.preferences.channel) == (ADA, Way.EMAIL)

    ada.follow(ada.post("/settings/channel", channel="talk"))
    assert (mine.address, mine.preferences.channel) == (ADA, Way.TALK)
    assert "Notes go to this address." in ada.follow(ada.post("/settings/channel", channel="email"))

    page = ada.follow(ada.post("/settings/email/remove"))
    assert ADA not in page
    assert (mine.address, mine.preferences) == (None, DEFAULTS)


def test_the_code_comes_in_the_readers_language_and_its_subject_does_not_hold_it(ada: Looker, box: LetterBox) -> None:
    ada.post("/language", language="es")
    ada.post("/settings/email", address=ADA)
    (letter,) = box.letters
    assert letter["Subject"] == "Alguien escribió esta dirección en Paceline."
    assert code_in(box)
    assert "Ada" not in str(letter).replace(ADA, "")


def test_the_code_of_somebody_else_confirms_nothing(ada: Looker, ms_rivera: Looker, mine: Mine, box: LetterBox) -> None:
    ada.post("/settings/email", address=ADA)
    assert ms_rivera.post("/settings/email/confirm", code=code_in(box)).status_code == 422
    assert mine.address is None


@pytest.mark.parametrize("code", ["", " ", "WRONG", "\r\n", "9" * 500])
def test_a_wrong_code_is_said_beside_its_field_and_counts(ada: Looker, mine: Mine, box: LetterBox, code: str) -> None:
    ada.post("/settings/email", address=ADA)
    answer = ada.post("/settings/email/confirm", code=code)
    assert answer.status_code == 422
    assert "That code does not work" in words(answer.text)
    assert 'aria-invalid="true" aria-describedby="wrong"' in answer.text
    assert ada.post("/settings/email/confirm", code=code_in(box)).status_code == 303


def test_five_wrong_codes_spend_the_right_one(ada: Looker, mine: Mine, box: LetterBox) -> None:
    ada.post("/settings/email", address=ADA)
    for _ in range(MOST_TRIES):
        ada.post("/settings/email/confirm", code="AAAAAAAA")
    assert ada.post("/settings/email/confirm", code=code_in(box)).status_code == 422
    assert mine.address is None


@pytest.mark.parametrize("address", ["", "ada", "ada@example", "ada@example.org\r\nBcc: eve@evil.example", "a" * 2000, "<b>@x</b>.org"])
def test_what_is_no_address_is_said_and_nothing_is_sent(ada: Looker, box: LetterBox, address: str) -> None:
    answer = ada.post("/settings/email", address=address)
    assert answer.status_code == 422
    assert "That is not an e-mail address" in words(answer.text)
    assert "<b>" not in answer.text
    assert box.raw == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("550 5.1.1 no such user", "does not take this address"),
        ("554 5.7.1 policy", "does not take this address"),
        ("451 later", "does not answer right now"),
        (HANGS_UP, "does not answer right now"),
    ],
)
def test_a_mail_server_that_refuses_is_said(ada: Looker, mine: Mine, box: LetterBox, reply: str, said: str) -> None:
    box.to_rcpt = reply
    answer = ada.post("/settings/email", address=ADA)
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert f'value="{ADA}"' in answer.text
    assert mine.address is None


def test_an_answer_that_is_lost_counts_as_sent(ada: Looker, mine: Mine, box: LetterBox) -> None:
    box.to_data = HANGS_UP
    assert "A code is on its way" in ada.follow(ada.post("/settings/email", address=ADA))
    ada.post("/settings/email/confirm", code=code_in(box))
    assert mine.address == ADA


def test_somebody_elses_letter_box_is_not_filled(ada: Looker, box: LetterBox) -> None:
    answers = [ada.post("/settings/email", address="eve@example.org") for _ in range(MOST_CODES + 1)]
    assert [answer.status_code for answer in answers] == [303] * MOST_CODES + [422]
    assert "several codes" in words(answers[-1].text)
    assert len(box.raw) == MOST_CODES


def test_no_note_goes_by_e_mail_before_there_is_an_address(ada: Looker, mine: Mine) -> None:
    answer = ada.post("/settings/channel", channel="email")
    assert answer.status_code == 422
    assert "no confirmed e-mail address" in words(answer.text)
    assert mine.preferences == DEFAULTS


def test_who_may_be_under_13_is_asked_for_no_address(ada: Looker, database: Database, kept_school: School, box: LetterBox) -> None:
    with database.aside() as session:
        session.get_one(Deployment, kept_school.deployment.id).age_band = AgeBand.UNSET
    assert "Your e-mail address" not in ada.read("/settings")
    assert "Your school has no e-mail from Paceline." in ada.follow(ada.post("/settings/email", address=ADA))
    assert box.raw == []


def test_the_server_is_talked_to_outside_any_transaction(
    ada: Looker, database: Database, kept_school: School, box: LetterBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite there is one writer: a request that held the lock while it waits would stop everybody else."""
    taken = []

    async def write_meanwhile(*_about: object) -> str:
        with database.aside() as session:
            session.get_one(Deployment, kept_school.deployment.id).deployment_id = "renamed meanwhile"
        taken.append("250 OK")
        return taken[0]

    monkeypatch.setattr(box, "handle_MAIL", write_meanwhile)
    ada.post("/settings/email", address=ADA)
    assert taken == ["250 OK"]


class TestWithoutEmail:
    @pytest.fixture
    def app(self, database: Database, vault: Vault, tmp_path: Path) -> Iterator[Flask]:
        """Paceline on a server that sends no e-mail."""
        outgoing = Outgoing()
        yield build_app(fake_house(database, vault, outgoing, tmp_path))
        outgoing.close()

    def test_the_page_says_so_and_the_form_is_not_there(self, ada: Looker) -> None:
        assert "Your school has no e-mail from Paceline." in ada.read("/settings")
        assert 'name="address"' not in ada.get("/settings").text
        assert "Your school has no e-mail from Paceline." in ada.follow(ada.post("/settings/email", address=ADA))
