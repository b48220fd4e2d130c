"""From Open edX's own consumer, which nobody here wrote, into Paceline and back into its gradebook."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from core.courses.courses import Course
from core.courses.enrolments import Enrolment
from core.data.clock import utc_now
from core.people.accounts import Account
from core.people.people import Person
from core.people.platforms import AgeBand, approve_deployment, find_platform, remove_deployment
from core.people.tenants import find_tenant
from tests.journeys.conftest import Arriving
from tests.journeys.stage import Scene, Visitor, eventually, say

COURSE = "Biology 9"


def test_a_learner_lands_on_a_page_of_their_own(visitor: Visitor, scene: Scene) -> None:
    visitor.open(scene.edx.launch_url(user=1))
    visitor.sees_heading(say("home.hello", name="Learner 1"))
    expect(visitor.inside.get_by_text(COURSE).first).to_be_visible()
    expect(visitor.inside.get_by_role("button", name=say("home.check_in"))).to_be_visible()
    visitor.photograph("openedx-learner")


def test_a_teacher_lands_on_the_roster(arrive: Arriving, scene: Scene) -> None:
    arrive().open(scene.edx.launch_url(user=2)).get_by_role("heading", level=1).wait_for()
    teacher = arrive()
    teacher.open(scene.edx.launch_url("staff", 31))
    teacher.sees_heading(say("roster.title"))
    expect(teacher.inside.get_by_text(COURSE).first).to_be_visible()
    expect(teacher.inside.get_by_role("rowheader", name="Learner 2", exact=True)).to_be_visible()
    teacher.photograph("openedx-teacher")


def test_the_same_person_again_is_the_same_person(arrive: Arriving, scene: Scene) -> None:
    counts = []
    for visitor in (arrive(), arrive()):
        visitor.open(scene.edx.launch_url(user=3))
        visitor.sees_heading(say("home.hello", name="Learner 3"))
        counts.append(scene.count(Person, Account, Course, Enrolment))
    assert counts[0] == counts[1]


@contextmanager
def removed_deployment(scene: Scene) -> Iterator[None]:
    """Stop the launches of Open edX's deployment for a while."""
    with scene.house.database.aside() as session:
        remove_deployment(session, find_platform(session, scene.edx.facts["iss"]), "1", now=utc_now())
    yield
    with scene.house.database.aside() as session:
        platform, school = find_platform(session, scene.edx.facts["iss"]), find_tenant(session, "Lakeside High")
        approve_deployment(session, platform, "1", school.id, AgeBand.TEENS, by="operator", now=utc_now())


def test_a_removed_deployment_is_refused_with_help(arrive: Arriving, scene: Scene) -> None:
    visitor = arrive()
    with removed_deployment(scene):
        visitor.open(scene.edx.launch_url(user=4))
        expect(visitor.inside.get_by_text(say("error.lti.deployment_removed.mend", **_facts(scene)))).to_be_visible()
        for fact in _facts(scene).values():
            expect(visitor.inside.get_by_role("cell", name=fact, exact=True)).to_be_visible()
        visitor.photograph("openedx-removed")
    visitor.complaints.clear()  # a browser always complains of a 403
    visitor.open(scene.edx.launch_url(user=4))
    visitor.sees_heading(say("home.hello", name="Learner 4"))


def _facts(scene: Scene) -> dict[str, str]:
    return {"deployment": "1", "issuer": scene.edx.facts["iss"], "client": scene.edx.facts["client_id"]}


@pytest.fixture
def gradebook_on(arrive: Arriving, scene: Scene) -> None:
    """The teacher sends check-ins to the gradebook."""
    teacher = arrive()
    teacher.open(scene.edx.launch_url("staff", 31))
    teacher.switch_gradebook_on()


@pytest.mark.usefixtures("gradebook_on")
def test_a_check_in_reaches_its_gradebook(visitor: Visitor, scene: Scene) -> None:
    visitor.open(scene.edx.launch_url(user=5))
    visitor.check_in()
    assert eventually(lambda: scene.edx.shares_of(5)) == [1.0]
