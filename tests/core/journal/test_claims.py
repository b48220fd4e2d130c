"""Claims: "I finished it" counts once a teacher confirms it, and not before."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlmodel import Session

from core.data.vault import Vault
from core.errors import CoreError, NotFound
from core.evidence.evidence import ScoreOutOfRange, estimates_of, evidence_of
from core.journal.checkins import Confidence
from core.journal.claims import (
    LINK,
    REASON,
    WORDS,
    Claim,
    ClaimDecided,
    ClaimState,
    claim,
    confirm,
    decline_claim,
    own_claims,
    read_claim,
    take_back_claim,
    waiting_claims,
)
from core.journal.goal_setting import Details, set_goal
from core.journal.goals import GoalState
from core.journal.links import LinkUnusable
from core.journal.student import Student
from core.journal.words import WordsMissing
from core.people.audit import reads_of
from tests.core.journal.conftest import Adult, Later
from tests.people_made import School

Told = Callable[[], list[str]]
POSTER = "https://drive.example/poster"


@pytest.fixture
def poster(session: Session, school: School, ada: Student, later: Later) -> Claim:
    return claim(session, ada, school.competency.id, words="i finished the poster", link=POSTER, confidence=Confidence.OK, now=later())


def observed(session: Session, student: Student, school: School) -> list[tuple[str, int, object]]:
    found = evidence_of(session, student.tenant_id, student.person_id, school.competency.id)
    return [(one.source, one.score_bp, one.asserted_by) for one in found]


def test_a_claim_waits_and_counts_for_nothing(
    session: Session, school: School, ada: Student, rivera: Adult, poster: Claim, told: Told
) -> None:
    assert poster.sealed_words is not None
    assert poster.sealed_link is not None
    assert (ada.key.open(poster.sealed_words, WORDS), ada.key.open(poster.sealed_link, LINK)) == ("i finished the poster", POSTER)
    assert (poster.state, poster.confidence) == (ClaimState.OPEN, "ok")
    assert waiting_claims(session, rivera, school.course.id) == own_claims(session, ada.tenant_id, ada.person_id, 9) == [poster]
    assert observed(session, ada, school) == []
    assert told() == ["mastery.self_assessed"]


def test_confirmed_it_is_evidence_and_reaches_the_goal(
    session: Session, school: School, ada: Student, rivera: Adult, poster: Claim, told: Told, later: Later
) -> None:
    goal = set_goal(session, ada, date(2026, 12, 4), competency_id=school.competency.id, now=later())
    confirm(session, rivera, poster.id, now=later())
    assert (poster.state, poster.decided_by, poster.decided_at) == (ClaimState.CONFIRMED, rivera.person_id, later.now)
    assert observed(session, ada, school) == [("teacher", 10_000, rivera.person_id)]
    assert estimates_of(session, ada.tenant_id, school.course.id, ada.person_id)[school.competency.id].value_bp == 10_000
    assert goal.state == GoalState.REACHED
    assert told() == ["mastery.self_assessed", "goal.set", "mastery.asserted", "goal.achieved"]
    assert waiting_claims(session, rivera, school.course.id) == []


def test_the_teacher_says_how_well(session: Session, school: School, ada: Student, rivera: Adult, poster: Claim, later: Later) -> None:
    goal = set_goal(session, ada, date(2026, 12, 4), competency_id=school.competency.id, now=later())
    with pytest.raises(ScoreOutOfRange):
        confirm(session, rivera, poster.id, score_bp=10_001, now=later())
    assert poster.state == ClaimState.OPEN
    confirm(session, rivera, poster.id, score_bp=6000, now=later())
    assert observed(session, ada, school) == [("teacher", 6000, rivera.person_id)]
    assert goal.state == GoalState.OPEN


def test_declined_it_says_why_to_its_student(
    session: Session, vault: Vault, school: School, ada: Student, rivera: Adult, poster: Claim, later: Later
) -> None:
    with pytest.raises(WordsMissing):
        decline_claim(session, vault, rivera, poster.id, "", now=later())
    decline_claim(session, vault, rivera, poster.id, "the axes need names", now=later())
    assert poster.sealed_reason is not None
    assert (poster.state, ada.key.open(poster.sealed_reason, REASON)) == (ClaimState.DECLINED, "the axes need names")
    assert observed(session, ada, school) == []
    assert claim(session, ada, school.competency.id, now=later()).id != poster.id


def test_saying_it_again_while_it_waits_adds_to_it(
    session: Session, school: School, ada: Student, poster: Claim, told: Told, later: Later
) -> None:
    claimed_at = poster.claimed_at
    again = claim(session, ada, school.competency.id, words="with the axes now", now=later())
    assert (again.id, again.claimed_at, again.confidence) == (poster.id, claimed_at, "ok")
    assert again.sealed_words is not None
    assert ada.key.open(again.sealed_words, WORDS) == "with the axes now"
    assert claim(session, ada, school.competency.id, now=later()).id == poster.id
    assert own_claims(session, ada.tenant_id, ada.person_id, 9) == [poster]


def test_a_claim_is_decided_once(
    session: Session, vault: Vault, school: School, ada: Student, rivera: Adult, poster: Claim, later: Later
) -> None:
    confirm(session, rivera, poster.id, now=later())
    deeds: list[Callable[[], object]] = [
        lambda: confirm(session, rivera, poster.id, now=later()),
        lambda: decline_claim(session, vault, rivera, poster.id, "x", now=later()),
        lambda: take_back_claim(session, ada.tenant_id, ada.person_id, poster.id, now=later()),
    ]
    for deed in deeds:
        with pytest.raises(ClaimDecided):
            deed()
    assert len(observed(session, ada, school)) == 1


def test_its_student_takes_it_back(
    session: Session, school: School, ada: Student, ben: Student, rivera: Adult, poster: Claim, later: Later
) -> None:
    with pytest.raises(NotFound):
        take_back_claim(session, ben.tenant_id, ben.person_id, poster.id, now=later())
    assert take_back_claim(session, ada.tenant_id, ada.person_id, poster.id, now=later()).state == ClaimState.TAKEN_BACK
    with pytest.raises(ClaimDecided):
        confirm(session, rivera, poster.id, now=later())
    assert observed(session, ada, school) == []


@pytest.mark.parametrize("who", ["lane", "okafor", "stranger"])
def test_only_a_teacher_of_the_course_reads_and_decides(
    session: Session, vault: Vault, school: School, ada: Student, poster: Claim, now: datetime, who: str, request: pytest.FixtureRequest
) -> None:
    somebody: Adult = request.getfixturevalue(who)
    deeds: list[Callable[[], object]] = [
        lambda: confirm(session, somebody, poster.id, now=now),
        lambda: decline_claim(session, vault, somebody, poster.id, "x", now=now),
        lambda: read_claim(session, vault, somebody, poster.id, why="inbox", now=now),
    ]
    for deed in deeds:
        with pytest.raises(NotFound):
            deed()
    assert waiting_claims(session, somebody, school.course.id) == []
    assert (poster.state, reads_of(session, ada.tenant_id, ada.person_id)) == (ClaimState.OPEN, [])


def test_every_read_of_its_words_is_written_down(
    session: Session, vault: Vault, school: School, ada: Student, ben: Student, rivera: Adult, poster: Claim, later: Later
) -> None:
    assert read_claim(session, vault, rivera, poster.id, why="inbox", now=later()) == ("i finished the poster", POSTER)
    (audited,) = reads_of(session, ada.tenant_id, ada.person_id)
    assert (audited.reader_id, audited.record_class, audited.record_id) == (rivera.person_id, "claim", poster.id)
    plain = claim(session, ben, school.competency.id, now=later())
    assert read_claim(session, vault, rivera, plain.id, why="inbox", now=later()) == (None, None)


def test_what_a_claim_is_about_is_the_schools_and_the_students_own(
    session: Session, school: School, neighbours: School, ada: Student, ben: Student, now: datetime
) -> None:
    goal = set_goal(session, ada, date(2026, 12, 4), details=Details(words="poster"), now=now)
    with pytest.raises(NotFound):
        claim(session, ada, neighbours.competency.id, now=now)
    with pytest.raises(NotFound):
        claim(session, ben, school.competency.id, goal_id=goal.id, now=now)
    assert claim(session, ada, school.competency.id, goal_id=goal.id, now=now).goal_id == goal.id


@pytest.mark.parametrize(
    ("more", "error"), [({"link": "http://drive.example/x"}, LinkUnusable), ({"words": "  "}, WordsMissing)], ids=["link", "words"]
)
def test_what_cannot_be_kept_is_no_claim(
    session: Session, school: School, ada: Student, told: Told, now: datetime, more: dict[str, str], error: type[CoreError]
) -> None:
    with pytest.raises(error):
        claim(session, ada, school.competency.id, words=more.get("words"), link=more.get("link"), now=now)
    assert told() == []


def test_claims_leave_with_their_student(session: Session, school: School, poster: Claim) -> None:
    session.delete(school.student)
    session.flush()
    session.expunge_all()
    assert session.get(Claim, poster.id) is None
