"""The inbox: one answer to many, each privately; words only when pressed, and audited; what is personal stays so."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from core.courses.enrolments import Enrolment
from core.data.db import Database
from core.data.outbox import OutboxEntry
from core.data.vault import Vault
from core.evidence.evidence import evidence_of
from core.journal import claims, handovers, reflections
from core.journal.checkins import Confidence
from core.journal.help_requests import ANSWER, AnswerForm, HelpAnswer, HelpRequest, Kind, answers_to, say_if_it_fits
from core.journal.notices import Notice
from core.people.access import Role
from core.people.audit import reads_of
from tests.people_made import add_course, enrol, join, make_school
from tests.web.class_made import NAMES, SAID, Class, class_
from tests.web.conftest import Look
from tests.web.looking import Looker

__all__ = ["class_"]
REPLY = "Mark the line where it stops making sense."


def states(database: Database, of: Class) -> set[str]:
    with database.session(writes=False) as session:
        return {session.get_one(HelpRequest, one).state for one in of.requests.values()}


def told(database: Database, notice: Notice) -> int:
    with database.session(writes=False) as session:
        count: int = session.execute(select(func.count()).where(col(OutboxEntry.kind) == notice)).scalar_one()
        return count


def reads(database: Database, of: Class, name: str = "Ada") -> list[tuple[UUID, str, UUID, str]]:
    with database.session(writes=False) as session:
        found = reads_of(session, of.school.tenant.id, of.people[name].id)
        return [(one.reader_id, one.record_class, one.record_id, one.why) for one in found]


def no_words_of_theirs(page: str) -> bool:
    return not any(words in page for words in SAID.values())


# Who waits


def test_several_who_ask_the_same_are_one_line_without_their_words(ms_rivera: Looker, database: Database, class_: Class) -> None:
    page = ms_rivera.read("/inbox")
    assert "Slope 4 students asked since yesterday (Ada, Ben, Mia, Tom)." in page
    for button in ("Show their words", "Seen", "Reply to all, privately", "See them", "One by one"):
        assert button in page
    assert no_words_of_theirs(page)
    assert (reads(database, class_), states(database, class_)) == ([], {"open"}), "to look at the list is neither a read nor seen"


def test_nobody_waits(ms_rivera: Looker) -> None:
    page = ms_rivera.read("/inbox")
    assert "Nobody is waiting for you." in page
    assert "1 other student of yours asks for nothing now. That does not say how they are." in page
    assert "Inbox" in ms_rivera.read("/roster")


def test_the_way_to_the_inbox_says_how_many_wait(ms_rivera: Looker, database: Database, class_: Class) -> None:
    with database.aside() as session:
        claims.claim(session, class_.student(session, "Mia"), class_.school.competency.id, now=class_.now)
    assert "Inbox 5 (5 wait for you)" in ms_rivera.read("/roster")


def test_over_all_courses_by_target_and_what_is_on_none_alone(
    ms_rivera: Looker, look: Look, database: Database, vault: Vault, class_: Class, now: datetime
) -> None:
    school = class_.school
    with database.aside() as session:
        second = add_course(session, school.deployment, "Algebra 2", now=now)
        enrol(session, second, school.teacher, Role.TEACHER, now=now)
        class_.ask(session, "Ben", "something else")
        class_.ask(session, "Ben", "and another thing")
    page = look(school.teacher, Role.TEACHER, second).read("/inbox")
    assert "4 students asked since yesterday" in page
    assert page.count("Not about one target Ben asked today.") == 2


def test_a_long_inbox_asks_no_more_than_a_short_one(
    ms_rivera: Looker, database: Database, vault: Vault, class_: Class, now: datetime, statements: list[str]
) -> None:
    ms_rivera.read("/inbox")
    few = len(statements)
    with database.aside() as session:
        for number in range(20):
            class_.people[f"S{number}"] = join(session, vault, class_.school.course, f"S{number}", Role.STUDENT, now=now)
            class_.ask(session, f"S{number}", "help")
            class_.ask(session, f"S{number}", "a word", Kind.PERSONAL)
    statements.clear()
    ms_rivera.read("/inbox")
    assert len(statements) == few <= 24


# The words


def test_their_words_open_by_a_press_and_each_read_is_written_down(ms_rivera: Looker, database: Database, class_: Class) -> None:
    page = ms_rivera.read(f"/inbox/words/{class_.school.competency.id}")
    assert all(words in page for words in SAID.values())
    for name in NAMES:
        assert reads(database, class_, name) == [(class_.school.teacher.id, "help_request", class_.requests[name], "inbox")]
    assert states(database, class_) == {"open"}, "reading is not seen: that is pressed"
    assert no_words_of_theirs(ms_rivera.read("/inbox"))


def test_one_by_one_each_has_forms_of_their_own(ms_rivera: Looker, class_: Class) -> None:
    page = ms_rivera.read(f"/inbox/words/{class_.school.competency.id}", each="yes")
    for name in NAMES:
        assert f"Reply to {name}" in page
        assert f"{name} is asked first, and may say no." in page


@pytest.mark.parametrize("group", ["x", str(uuid4())])
def test_a_group_that_is_none_opens_nothing(ms_rivera: Looker, database: Database, class_: Class, group: str) -> None:
    assert ms_rivera.get(f"/inbox/words/{group}").status_code == 404
    assert reads(database, class_) == []


@pytest.mark.parametrize("who", ["assistant", "student", "visitor", "admin", "guardian"])
def test_nobody_else_sees_an_inbox(look: Look, database: Database, class_: Class, who: str) -> None:
    role = {"assistant": Role.ASSISTANT, "student": Role.STUDENT, "visitor": Role.VISITOR, "guardian": Role.GUARDIAN}.get(who)
    looker = look(class_.sam, role or Role.TENANT_ADMIN)
    for path in ("/inbox", f"/inbox/words/{class_.school.competency.id}"):
        answer = looker.get(path)
        assert answer.status_code == 403
        assert no_words_of_theirs(answer.text)
    assert looker.post("/inbox/answer", request=class_.asked, words="x").status_code == 403
    assert "Inbox" not in looker.get("/").text
    assert reads(database, class_) == []


def test_a_teacher_of_another_course_or_school_finds_nothing(
    look: Look, database: Database, vault: Vault, class_: Class, now: datetime
) -> None:
    with database.aside() as session:
        biology = add_course(session, class_.school.deployment, "Biology", now=now)
        lane = join(session, vault, biology, "Mr Lane", Role.TEACHER, now=now)
        lakeside = make_school(session, vault, now=now, name="Lakeside High", issuer="https://lms.lakeside.example")
    for person, course in ((lane, biology), (lakeside.teacher, lakeside.course)):
        looker = look(person, Role.TEACHER, course)
        assert "Nobody is waiting for you." in looker.read("/inbox")
        assert looker.get(f"/inbox/words/{class_.school.competency.id}").status_code == 404
        for path, form in (
            ("/inbox/seen", {}),
            ("/inbox/answer", {"words": "x"}),
            ("/inbox/helped", {"helped": "yes"}),
        ):
            assert looker.post(path, request=class_.asked, **form).status_code == 404
        assert looker.post("/inbox/pass-on", request=class_.asked[0], advisor=str(class_.okafor.id)).status_code == 404
    assert states(database, class_) == {"open"}
    assert reads(database, class_) == []


def test_of_requests_of_which_one_is_not_theirs_none_is_answered(look: Look, database: Database, class_: Class) -> None:
    with database.aside() as session:
        personal = class_.ask(session, "Ada", "for you", Kind.PERSONAL).id
    bell = look(class_.bell, Role.TEACHER)
    assert bell.post("/inbox/answer", request=[*class_.asked, str(personal)], words="x").status_code == 404
    assert states(database, class_) == {"open"}


# Seen, answered, met


def test_seen_is_pressed_and_told_once(ms_rivera: Looker, database: Database, class_: Class) -> None:
    assert "They can see now that you have seen it." in ms_rivera.follow(ms_rivera.post("/inbox/seen", request=class_.asked))
    ms_rivera.post("/inbox/seen", request=class_.asked)
    assert (states(database, class_), told(database, Notice.HELP_SEEN)) == ({"seen"}, 4)
    assert "Seen" in ms_rivera.read("/inbox")


def test_one_answer_reaches_each_privately_and_a_second_press_sends_nothing(
    ms_rivera: Looker, look: Look, database: Database, class_: Class
) -> None:
    page = ms_rivera.follow(ms_rivera.post("/inbox/answer", request=class_.asked, words=REPLY))
    assert "to each student alone" in page
    assert "Nobody is waiting for you." in page
    assert "Nothing was sent twice." in ms_rivera.follow(ms_rivera.post("/inbox/answer", request=class_.asked, words=REPLY))
    assert (states(database, class_), told(database, Notice.HELP_ANSWERED), told(database, Notice.HELP_DID_IT)) == ({"answered"}, 4, 1)
    with database.session(writes=False) as session:
        for name in NAMES:
            (own,) = answers_to(session, class_.school.tenant.id, class_.people[name].id, class_.requests[name])
            assert class_.vault.key_of(class_.people[name].id).open(own.sealed_words, ANSWER) == REPLY
    home = look(class_.people["Ben"], Role.STUDENT).read("/")
    assert REPLY in home
    assert not any(name in home for name in ("Ada", "Mia", "Tom"))


def test_a_ready_sentence_is_a_beginning_and_is_sent_by_nobody_but_her(ms_rivera: Looker, database: Database, class_: Class) -> None:
    page = ms_rivera.get("/inbox", group=str(class_.school.competency.id), start="one_line")
    assert "Send it to me and we start from there.</textarea>" in page.text
    assert (states(database, class_), told(database, Notice.HELP_ANSWERED)) == ({"open"}, 0)
    assert ms_rivera.get("/inbox", start="anything").status_code == 422


def test_see_them_proposes_a_meeting_and_a_different_time_comes_back(ms_rivera: Looker, database: Database, class_: Class) -> None:
    ms_rivera.post("/inbox/answer", request=class_.asked, words="period 3", form="meeting")
    with database.aside() as session:
        met = {one.help_request_id: one for one in session.scalars(select(HelpAnswer))}
        assert {one.form for one in met.values()} == {AnswerForm.MEETING}
        for name, fits in (("Ada", False), ("Ben", True)):
            answer_id = met[class_.requests[name]].id
            say_if_it_fits(session, class_.school.tenant.id, class_.people[name].id, answer_id, fits, now=class_.now)
    page = ms_rivera.read("/inbox")
    assert "Ada needs a different time Slope" in page
    assert f"{'Ben, Mia, Tom'}" in page
    ms_rivera.post("/inbox/answer", request=str(class_.requests["Ada"]), words="at lunch", form="meeting")
    assert "needs a different time" not in ms_rivera.read("/inbox")


@pytest.mark.parametrize(
    ("helped", "state", "line"),
    [("yes", "resolved", "Noted: it helped."), ("some", "resolved", "Noted: it helped."), ("not_yet", "open", "They wait for you again.")],
)
def test_did_it_help(ms_rivera: Looker, database: Database, class_: Class, helped: str, state: str, line: str) -> None:
    ms_rivera.post("/inbox/answer", request=class_.asked, words=REPLY)
    page = ms_rivera.read("/inbox")
    assert "Did it help?" in page
    assert "Yes, all Some Not yet" in page
    assert line in ms_rivera.follow(ms_rivera.post("/inbox/helped", request=class_.asked, helped=helped))
    assert states(database, class_) == {state}
    assert "Did it help?" not in ms_rivera.read("/inbox")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/inbox/answer", {"words": "x"}),
        ("/inbox/answer", {"request": "x", "words": "x"}),
        ("/inbox/answer", {"request": str(uuid4())}),
        ("/inbox/answer", {"request": str(uuid4()), "words": "x" * 2001}),
        ("/inbox/answer", {"request": str(uuid4()), "words": "x", "form": "poem"}),
        ("/inbox/seen", {}),
        ("/inbox/helped", {"request": str(uuid4()), "helped": "perhaps"}),
        ("/inbox/pass-on", {"request": str(uuid4())}),
        ("/inbox/away", {"until": "tomorrow"}),
        ("/inbox/back", {}),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_form_that_does_not_fit_is_refused(ms_rivera: Looker, path: str, form: dict[str, Any]) -> None:
    assert ms_rivera.post(path, **form).status_code == 422


@pytest.mark.parametrize("kind", ["sqlite"])
def test_words_of_spaces_are_none(ms_rivera: Looker, database: Database, class_: Class) -> None:
    assert "There are no words here yet." in ms_rivera.post("/inbox/answer", request=class_.asked, words="  ").text
    assert states(database, class_) == {"open"}


# Personal, passed on, away


def test_what_is_personal_stands_apart_and_is_its_addressees_alone(
    ms_rivera: Looker, look: Look, database: Database, class_: Class
) -> None:
    with database.aside() as session:
        made = class_.ask(session, "Mia", "can we talk", Kind.PERSONAL).id
    page = ms_rivera.read("/inbox")
    assert page.index("Nobody else can see that these exist.") < page.index("Mia would like to talk with you")
    assert "can we talk" not in page
    assert "can we talk" in ms_rivera.read(f"/inbox/words/{made}")
    bell = look(class_.bell, Role.TEACHER)
    assert "would like to talk" not in bell.read("/inbox")
    assert bell.get(f"/inbox/words/{made}").status_code == 404


def test_passing_on_asks_the_student_and_an_advisor_reads_it_after_a_yes(
    ms_rivera: Looker, look: Look, database: Database, class_: Class
) -> None:
    request = class_.requests["Ada"]
    form = {"request": str(request), "advisor": str(class_.okafor.id)}
    assert "The student is asked first." in ms_rivera.follow(ms_rivera.post("/inbox/pass-on", **form))
    ms_rivera.post("/inbox/pass-on", **form)
    assert told(database, Notice.HANDOVER_PROPOSED) == 1
    okafor = look(class_.okafor, Role.ADVISOR, None)
    assert "Nobody is waiting for you." in okafor.read("/inbox")
    assert "Asked whether Ms Okafor may read it" in ms_rivera.read(f"/inbox/words/{class_.school.competency.id}", each="yes")
    with database.aside() as session:
        (made,) = handovers.handovers_of(session, class_.school.tenant.id, class_.people["Ada"].id)
        handovers.decide(session, class_.school.tenant.id, class_.people["Ada"].id, made.id, True, now=class_.now)
    assert "Ada asked" in okafor.read("/inbox")
    assert SAID["Ada"] in okafor.read(f"/inbox/words/{class_.school.competency.id}")
    assert "3 students asked" in ms_rivera.read("/inbox")


@pytest.mark.parametrize(("of", "urgent"), [("academic", "yes"), ("personal", "")])
def test_what_is_urgent_or_personal_goes_at_once(
    ms_rivera: Looker, look: Look, database: Database, class_: Class, of: str, urgent: str
) -> None:
    with database.aside() as session:
        made = str(class_.ask(session, "Tom", "please", Kind(of)).id)
    more = {"urgent": urgent} if urgent else {}
    answer = ms_rivera.post("/inbox/pass-on", request=made, advisor=str(class_.okafor.id), **more)
    assert "It waits for the advisor now." in ms_rivera.follow(answer)
    okafor = look(class_.okafor, Role.ADVISOR, None)
    assert "please" in okafor.read(f"/inbox/words/{made}")
    assert "to each student alone" in okafor.follow(okafor.post("/inbox/answer", request=made, words="come by"))
    assert okafor.post("/inbox/away", until=class_.now.date().isoformat()).status_code == 403


def test_an_advisor_comes_in_from_their_first_page(look: Look, class_: Class) -> None:
    okafor = look(class_.okafor, Role.VISITOR, None)
    assert "Open the inbox" in okafor.read("/")
    assert "Nobody is waiting for you." in okafor.follow(okafor.post("/place", advisor="yes"))
    sam = look(class_.sam, Role.ASSISTANT)
    assert sam.post("/place", advisor="yes").status_code == 404


def test_away_the_delegate_has_the_calls_about_schoolwork_until_she_is_back(
    ms_rivera: Looker, look: Look, database: Database, class_: Class
) -> None:
    with database.aside() as session:
        class_.ask(session, "Mia", "can we talk", Kind.PERSONAL)
    until = (class_.now + timedelta(days=3)).date()
    page = ms_rivera.follow(ms_rivera.post("/inbox/away", until=until.isoformat(), delegate=str(class_.bell.id), course=""))
    assert "Algebra 1 : away until" in page
    assert "Mr Bell answers meanwhile" in page
    bell = look(class_.bell, Role.TEACHER)
    seen = bell.read("/inbox")
    assert "4 students asked since yesterday" in seen
    assert "would like to talk" not in seen
    assert "Sent to Ms Rivera" in bell.read(f"/inbox/words/{class_.school.competency.id}")
    assert "New calls come to you again." in ms_rivera.follow(ms_rivera.post("/inbox/back", course=str(class_.school.course.id)))
    assert "Nobody is waiting for you." in bell.read("/inbox")


def test_away_from_all_courses_the_delegate_answers_only_where_they_teach(
    ms_rivera: Looker, database: Database, class_: Class, now: datetime
) -> None:
    with database.aside() as session:
        second = add_course(session, class_.school.deployment, "Geometry", now=now)
        enrol(session, second, class_.school.teacher, Role.TEACHER, now=now)
    until = now.date() + timedelta(days=2)
    page = ms_rivera.follow(ms_rivera.post("/inbox/away", until=until.isoformat(), delegate=str(class_.bell.id)))
    assert "Mr Bell answers meanwhile" in page
    assert "nobody answers meanwhile" in page
    refused = ms_rivera.post("/inbox/away", until=until.isoformat(), delegate=str(class_.bell.id), course=str(second.id))
    assert "Only another teacher of this course can answer in your place." in refused.text
    assert ms_rivera.post("/inbox/away", until=until.isoformat(), course=str(uuid4())).status_code == 404
    assert ms_rivera.post("/inbox/away", until="2020-01-01").status_code == 409


def test_calls_of_a_teacher_who_left_wait_for_those_who_are_left(look: Look, database: Database, class_: Class) -> None:
    with database.aside() as session:
        rivera = select(Enrolment).where(col(Enrolment.person_id) == class_.school.teacher.id)
        for enrolment in session.scalars(rivera):
            enrolment.active = False
            session.add(enrolment)
        class_.ask(session, "Ada", "a word", Kind.PERSONAL, to=class_.okafor)
    page = look(class_.bell, Role.TEACHER).read("/inbox")
    assert "4 students asked since yesterday" in page
    assert "would like to talk" not in page


# Reflections and claims


@pytest.fixture
def shared(database: Database, class_: Class) -> UUID:
    """What Ada lets Ms Rivera read."""
    with database.aside() as session:
        ada = class_.student(session, "Ada")
        reflections.write_reflection(session, ada, "first_step", "mine alone", now=class_.now)
        made = reflections.write_reflection(
            session, ada, "first_step", "drawing it helped", readers=[class_.school.teacher.id], now=class_.now
        )
    return made.id


def test_a_shared_reflection_is_listed_opened_and_answered(
    ms_rivera: Looker, look: Look, database: Database, class_: Class, shared: UUID
) -> None:
    page = ms_rivera.read("/inbox")
    assert "What is your first step?" in page
    assert "drawing it" not in page
    assert reads(database, class_) == []
    assert "drawing it helped" in ms_rivera.read(f"/inbox/reflections/{shared}")
    assert reads(database, class_) == [(class_.school.teacher.id, "reflection", shared, "inbox")]
    assert "to the author alone" in ms_rivera.follow(ms_rivera.post(f"/inbox/reflections/{shared}/reply", words="good plan"))
    assert "Answered" in ms_rivera.read("/inbox")
    with database.session(writes=False) as session:
        assert len(reflections.replies_to(session, class_.school.tenant.id, class_.people["Ada"].id, shared)) == 1
    bell = look(class_.bell, Role.TEACHER)
    assert "What is your first step?" not in bell.read("/inbox")
    assert bell.get(f"/inbox/reflections/{shared}").status_code == 404
    assert bell.post(f"/inbox/reflections/{shared}/reply", words="x").status_code == 404


def test_a_reflection_taken_back_is_gone(ms_rivera: Looker, database: Database, class_: Class, shared: UUID) -> None:
    with database.aside() as session:
        reflections.withdraw_reflection(session, class_.school.tenant.id, class_.people["Ada"].id, shared, now=class_.now)
    assert "What is your first step?" not in ms_rivera.read("/inbox")
    assert ms_rivera.get(f"/inbox/reflections/{shared}").status_code == 404


@pytest.fixture
def poster(database: Database, class_: Class) -> UUID:
    """Mia says that she finished slope."""
    with database.aside() as session:
        made = claims.claim(
            session,
            class_.student(session, "Mia"),
            class_.school.competency.id,
            words="i finished the poster",
            link="https://drive.example/poster",
            confidence=Confidence.COULD_TEACH,
            now=class_.now,
        )
    return made.id


def scores(database: Database, class_: Class) -> list[int]:
    with database.session(writes=False) as session:
        found = evidence_of(session, class_.school.tenant.id, class_.people["Mia"].id, class_.school.competency.id)
        return [one.score_bp for one in found if one.score_bp is not None]


def test_a_claim_is_read_and_confirmed(ms_rivera: Looker, database: Database, class_: Class, poster: UUID) -> None:
    page = ms_rivera.read("/inbox")
    assert "Says it is finished Mia : Slope" in page
    assert "poster" not in page
    opened = ms_rivera.read(f"/inbox/claims/{poster}")
    for said in ("Mia says: I finished Slope", "Could teach it", "i finished the poster", "https://drive.example/poster"):
        assert said in opened
    assert reads(database, class_, "Mia") == [(class_.school.teacher.id, "claim", poster, "inbox")]
    assert ms_rivera.post(f"/inbox/claims/{poster}/confirm", percent="101").status_code == 422
    assert "It counts as evidence now." in ms_rivera.follow(ms_rivera.post(f"/inbox/claims/{poster}/confirm", percent="85"))
    assert scores(database, class_) == [8500]
    assert "Says it is finished" not in ms_rivera.read("/inbox")
    assert ms_rivera.get(f"/inbox/claims/{poster}").status_code == 404


def test_a_claim_is_declined_with_a_reason_that_only_its_student_reads(
    ms_rivera: Looker, database: Database, class_: Class, poster: UUID
) -> None:
    assert ms_rivera.post(f"/inbox/claims/{poster}/decline").status_code == 422
    answer = ms_rivera.post(f"/inbox/claims/{poster}/decline", words="show the last step")
    assert "The student reads what is missing yet." in ms_rivera.follow(answer)
    with database.session(writes=False) as session:
        (own,) = claims.own_claims(session, class_.school.tenant.id, class_.people["Mia"].id, 9)
        assert own.sealed_reason is not None
        assert class_.vault.key_of(class_.people["Mia"].id).open(own.sealed_reason, claims.REASON) == "show the last step"
    assert scores(database, class_) == []


def test_an_advisor_or_a_teacher_from_elsewhere_decides_no_claim(
    look: Look, database: Database, vault: Vault, class_: Class, poster: UUID, now: datetime
) -> None:
    assert look(class_.okafor, Role.ADVISOR, None).get(f"/inbox/claims/{poster}").status_code == 403
    with database.aside() as session:
        biology = add_course(session, class_.school.deployment, "Biology", now=now)
        lane = join(session, vault, biology, "Mr Lane", Role.TEACHER, now=now)
    elsewhere = look(lane, Role.TEACHER, biology)
    assert elsewhere.get(f"/inbox/claims/{poster}").status_code == 404
    assert elsewhere.post(f"/inbox/claims/{poster}/confirm").status_code == 404
    assert elsewhere.post(f"/inbox/claims/{poster}/decline", words="x").status_code == 404
    assert reads(database, class_, "Mia") == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_inbox_in_spanish(ms_rivera: Looker, class_: Class) -> None:
    page = ms_rivera.follow(ms_rivera.post("/language", language="es", page="inbox.show"))
    for said in ("Bandeja", "4 estudiantes preguntaron desde ayer (Ada, Ben, Mia, Tom).", "Responder a todos, en privado", "Verlos"):
        assert said in page
