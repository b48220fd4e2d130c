"""From the practice LMS, on a site of its own, into Paceline and back into its gradebook."""

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from core.courses.enrolments import Enrolment
from core.data.clock import utc_now
from core.people.accounts import Account
from core.people.invitations import invite
from core.people.platforms import AgeBand, approve_deployment, find_platform, remove_deployment
from core.people.tenants import find_tenant
from tests.journeys.conftest import ALGEBRA, BIOLOGY, Arriving
from tests.journeys.stage import Scene, Visitor, eventually, say, say_in_spanish


def test_a_student_lands_at_home_and_goes_on_to_another_course(arrive: Arriving, scene: Scene) -> None:
    visitor = arrive()
    visitor.open(scene.practice.launch_url("ada", BIOLOGY.context))
    visitor.sees_heading(say("home.hello", name="Ada"))
    visitor.open(scene.practice.launch_url("ada", ALGEBRA.context))
    visitor.sees_heading(say("home.hello", name="Ada"))
    visitor.photograph("practice-student")
    visitor.inside.get_by_role("button", name=BIOLOGY.title).click()
    expect(visitor.inside.locator(".hero").get_by_text(BIOLOGY.title)).to_be_visible()
    with scene.house.database.session(writes=False) as session:
        account = session.scalars(select(Account).where(Account.subject == "ada")).one()
        places = session.scalars(select(Enrolment).where(Enrolment.person_id == account.person_id)).all()
    assert {place.role for place in places} == {"student"}
    assert len(places) == 2


def test_a_teacher_lands_on_the_roster(visitor: Visitor, scene: Scene) -> None:
    visitor.open(scene.practice.launch_url("rivera", ALGEBRA.context))
    visitor.sees_heading(say("roster.title"))
    expect(visitor.inside.get_by_text(ALGEBRA.title).first).to_be_visible()


def test_a_student_who_reads_spanish_is_greeted_in_spanish(visitor: Visitor, scene: Scene) -> None:
    visitor.open(scene.practice.launch_url("luis", ALGEBRA.context))
    visitor.sees_heading(say_in_spanish("home.hello", name="Luis"))
    expect(visitor.inside.locator("html")).to_have_attribute("lang", "es")
    visitor.inside.get_by_role("button", name="English").click()
    visitor.sees_heading(say("home.hello", name="Luis"))


def test_an_administrator_of_the_lms_becomes_one_here_by_invitation_only(arrive: Arriving, scene: Scene) -> None:
    visitor = arrive()
    visitor.open(scene.practice.launch_url("okafor"))
    visitor.sees_heading(say("home.hello", name="Dr Okafor"))
    with scene.house.database.aside() as session:
        code = invite(session, find_tenant(session, "Riverside High").id, by=None, now=utc_now())
    visitor.inside.get_by_text(say("invitation.mine")).click()
    visitor.inside.get_by_label(say("invitation.code")).fill(code)
    visitor.inside.get_by_role("button", name=say("invitation.accept")).click()
    visitor.sees_heading(say("admin.title"))
    again = arrive()
    again.open(scene.practice.launch_url("okafor"))
    again.sees_heading(say("admin.title"))
    again.photograph("practice-admin")


def test_a_removed_deployment_is_refused_with_help_and_a_way_back(visitor: Visitor, scene: Scene) -> None:
    lms = scene.practice.lms
    with scene.house.database.aside() as session:
        remove_deployment(session, find_platform(session, lms.issuer), lms.deployment_id, now=utc_now())
    try:
        visitor.open(scene.practice.launch_url("ada", ALGEBRA.context))
        expect(visitor.inside.get_by_text(say("error.lti.deployment_removed.mend", deployment=lms.deployment_id))).to_be_visible()
        visitor.photograph("practice-removed")
        visitor.inside.get_by_role("link", name=say("refusal.back_to_lms")).click()
        expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Practice LMS")
    finally:
        with scene.house.database.aside() as session:
            platform, school = find_platform(session, lms.issuer), find_tenant(session, "Riverside High")
            approve_deployment(session, platform, lms.deployment_id, school.id, AgeBand.TEENS, by="operator", now=utc_now())
        visitor.complaints.clear()  # a browser always complains of a 403


@pytest.fixture
def gradebook_on(arrive: Arriving, scene: Scene) -> None:
    """The teacher sends check-ins to the gradebook."""
    teacher = arrive()
    teacher.open(scene.practice.launch_url("rivera", ALGEBRA.context))
    teacher.switch_gradebook_on()


@pytest.mark.usefixtures("gradebook_on")
def test_a_check_in_reaches_its_gradebook_once(visitor: Visitor, scene: Scene) -> None:
    for _ in range(2):
        visitor.open(scene.practice.launch_url("s-1", ALGEBRA.context))
        visitor.sees_heading(say("home.hello", name="Student 1"))
        if visitor.inside.get_by_role("button", name=say("home.check_in")).count():
            visitor.check_in()
        expect(visitor.inside.get_by_text(say("home.checked_in_today"))).to_be_visible()
    ((points, at),) = eventually(lambda: scene.practice.scores_of("s-1", ALGEBRA.context))
    assert points == 1
    assert abs((utc_now() - at).total_seconds()) < 60
    visitor.page.goto(f"{scene.practice.address}/practice/gradebook")
    expect(visitor.page.get_by_role("row", name="Student 1")).to_contain_text("1 of 1")
    visitor.photograph("practice-gradebook")


def test_the_practice_lms_that_paceline_mounts_works_as_a_visitor_clicks_it(arrive: Arriving, scene: Scene) -> None:
    teacher, student = arrive(), arrive()
    for visitor, role in ((teacher, "(teacher)"), (student, "(student)")):
        visitor.page.goto(f"{scene.address}/practice/")
        visitor.page.get_by_role("link", name=role).first.click()
    teacher.switch_gradebook_on()
    student.check_in()

    def is_received() -> bool:
        student.page.goto(f"{scene.address}/practice/gradebook")
        return student.page.get_by_role("cell", name="1 of 1").count() == 1

    assert eventually(is_received)
