"""The four conversations of the design in a browser: through Open edX's own consumer, and in Spanish through the practice LMS.

Their wording is held by `tests/bot/dialogues`; here they go through frames, forms, the worker and a teacher's pages.
"""

import re
from collections.abc import Mapping
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from bot.lines import Heard
from core.journal.checkins import CheckIn
from tests.journeys.conftest import ALGEBRA, Arriving
from tests.journeys.lesson import EXERCISES, SETS, Lesson, furnish
from tests.journeys.stage import Scene, Visitor, say, say_in_spanish
from tests.journeys.talking import TalkPage

ANSWER = "Draw the cell and its two sides first. Page 41 has one."
TELEPHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
UNIT_4 = ("Osmosis", "Diffusion", "Cell membranes", "Active transport", "Salt and osmosis")


@pytest.fixture(scope="session")
def biology(scene: Scene) -> Lesson:
    """Open edX's course, with a guide."""
    return furnish(scene, "Lakeside High", "course-v1:Demo+BIO9+2026", "Biology 9", UNIT_4)


@pytest.fixture(scope="session")
def algebra(scene: Scene) -> Lesson:
    """A course of the practice LMS, with a guide."""
    return furnish(scene, "Riverside High", ALGEBRA.context, ALGEBRA.title, ("Fracciones", "Slope"))


# Through Open edX: goal, check-in, help; then as staff


def subject(user: int) -> str:
    """How Open edX calls a learner: a UUID of the number."""
    return f"00000000-0000-0000-0000-{user:012x}"


def arrive_as_learner(visitor: Visitor, biology: Lesson, user: int, *, has_script: bool = True) -> TalkPage:
    """Launch once, so that there is somebody; give them a week of work; open the talk."""
    visitor.open(biology.scene.edx.launch_url(user=user))
    if not has_script:  # Open edX's own page sends its form by script and has no button to press
        visitor.inside.locator("#lti-launch").evaluate("form => form.submit()")
    visitor.sees_heading(say("home.hello", name=f"Learner {user}"))
    biology.reach_earlier(subject(user))
    biology.begin_work(subject(user), "Osmosis", biology.school_day(8), SETS, done=1)
    return TalkPage(visitor.inside).open()


def set_a_goal(talk: TalkPage, day: date) -> None:
    """The second conversation of the design, by words alone."""
    by = say.weekday(day)
    talk.say(f"finish all of unit 4 by {by.lower()}")
    talk.reads(f"Unit 4 by {say.day(day)} is 5 targets in 4 school days. Lately you finish about 2 a week.")
    talk.say(f"2 by {by.lower()}")
    talk.reads(f"Osmosis and diffusion by {say.day(day)}; the rest by ")
    talk.say("after practice at home")
    talk.reads('"After practice, at home, I open osmosis set 2." Saved; Teacher One can see the goal.')


def check_in(talk: TalkPage, name: str) -> None:
    """The first conversation of the design, begun at home by a button."""
    talk.root.get_by_role("link", name=say("nav.home"), exact=True).click()
    talk.root.get_by_role("button", name=say("home.check_in")).click()
    talk.reads(f"Hi {name}, osmosis: you planned 3 practice sets. How many are done?")
    talk.press("2")
    talk.reads("2 of 3, one more than ")
    talk.say("dont get the salt ones")
    talk.reads("Got it: salt and osmosis. What helped on the two you finished?")
    talk.say("drawing it")
    talk.reads("Then draw set 3 first: about 10 min.", "How are you today?")
    talk.press(say("talk.mood.face.4"))
    talk.reads("🙂 Kept for 30 days; only you see it.")


def ask_for_help(talk: TalkPage, words: str, *meanwhile: str) -> None:
    """The beginning of the third conversation of the design; `meanwhile` is what is said besides, to who has a trick and a goal."""
    talk.say(words)
    talk.reads("Send this to Teacher One (Biology 9)?")
    talk.press(say("talk.help.send_it"))
    talk.reads("Sent ", *meanwhile)


def test_a_goal_a_check_in_and_help_with_and_without_javascript(arrive: Arriving, biology: Lesson) -> None:
    teacher = arrive_as_teacher(arrive(), biology)
    with_script, plain = arrive(), arrive(java_script_enabled=False)
    asked = {21: "im so lost on osmosis", 22: "i dont get osmosis"}
    talks = {21: arrive_as_learner(with_script, biology, 21), 22: arrive_as_learner(plain, biology, 22, has_script=False)}
    for (user, talk), visitor in zip(talks.items(), (with_script, plain), strict=True):
        set_a_goal(talk, biology.school_day(4))
        visitor.photograph(f"talk-{user}-goal")
        check_in(talk, f"Learner {user}")
        visitor.photograph(f"talk-{user}-check-in")
        ask_for_help(talk, asked[user], "Meanwhile: ")
        visitor.photograph(f"talk-{user}-help")
    talks[21].root.locator("body").evaluate("() => { window.here = true }")
    answer_to_all(teacher, asked)
    talks[21].reads("Teacher One answered. Did it help?")
    with_script.photograph("talk-21-answer")
    talks[22].look_until("Teacher One answered. Did it help?")
    for user, talk in talks.items():
        talk.reads("Teacher One answered. Did it help?")
        expect(talk.newest.locator("blockquote")).to_have_text(ANSWER)
        talk.press(say("talk.helped.yes"))
        talk.reads(say("talk.helped.said_yes"))
        teacher.inside.get_by_role("link", name=say("nav.inbox")).click()
        expect(teacher.inside.get_by_text("Learner 22")).to_have_count(1 if user == 21 else 0)
        expect(teacher.inside.get_by_text("Learner 21")).to_have_count(0)
    assert talks[21].root.locator("body").evaluate("() => window.here"), "nothing was loaded anew"
    teacher.photograph("talk-teacher-resolved")


def arrive_as_teacher(visitor: Visitor, biology: Lesson) -> Visitor:
    """Launch as staff."""
    visitor.open(biology.scene.edx.launch_url("staff", 31))
    visitor.sees_heading(say("roster.title"))
    return visitor


def answer_to_all(teacher: Visitor, asked: Mapping[int, str]) -> None:
    """In the inbox: who asks stands there, the words once they are asked for, and one answer goes to each alone."""
    teacher.inside.get_by_role("link", name=say("nav.inbox")).click()
    card = teacher.inside.get_by_role("article").filter(has_text="Osmosis")
    expect(card).to_contain_text("2 students asked today (Learner 21, Learner 22).")
    for words in asked.values():
        expect(card.get_by_text(words)).to_have_count(0)
    teacher.photograph("talk-teacher-inbox")
    card.get_by_role("button", name=say("inbox.show_words")).click()
    for words in asked.values():
        expect(card.get_by_text(words)).to_be_visible()
    card.get_by_text(say("inbox.reply_to_all")).click()
    teacher.photograph("talk-teacher-words")
    card.get_by_label(say("inbox.your_words")).last.fill(ANSWER)
    card.get_by_role("button", name=say("inbox.send_to_all")).click()
    expect(teacher.inside.get_by_role("status")).to_be_visible()
    teacher.photograph("talk-teacher-answered")


# The talk of a teacher: "see them period 3"


def test_a_teacher_says_when_in_the_talk_and_learns_that_it_fits(arrive: Arriving, biology: Lesson) -> None:
    teacher, student = arrive_as_teacher(arrive(), biology), arrive()
    asking = arrive_as_learner(student, biology, 23)
    ask_for_help(asking, "i need help with active transport")
    told = TalkPage(teacher.inside).open()
    told.root.get_by_role("button", name=say("talk.menu.waiting")).click()
    told.reads("Active transport: Learner 23 asked today.")
    told.say("see them period 3")
    told.reads(say.plural("talk.inbox.meeting_sent", 1))
    asking.reads('Teacher One saw this: "see them period 3", today.')
    asking.offers(say("talk.told.ok"), say("talk.told.other_time"))
    student.photograph("talk-23-meeting")
    asking.press(say("talk.told.ok"))
    asking.reads(say("talk.meeting.fits"))
    told.reads("Learner 23 says that the time fits.")
    teacher.photograph("talk-teacher-fits")


# In Spanish, on a telephone, in the dark


def test_a_check_in_in_spanish_on_a_telephone(arrive: Arriving, algebra: Lesson) -> None:
    arrive().open(algebra.scene.practice.launch_url("rivera", ALGEBRA.context)).get_by_role("heading", level=1).wait_for()
    visitor = arrive(**TELEPHONE, color_scheme="dark")
    page, t = visitor.page, say_in_spanish
    page.goto(algebra.scene.practice.login_url("mora", ALGEBRA.context))
    expect(page.get_by_role("heading", level=1)).to_have_text(t("home.hello", name="Luis"))
    due = algebra.school_day(1)
    algebra.begin_work("mora", "Fracciones", due, EXERCISES)
    talk = TalkPage(page, t).open()
    page.get_by_role("button", name=t("talk.menu.check_in")).click()
    talk.reads("Hola, Luis, fracciones: ibas a hacer 3 ejercicios. ¿Cuántos llevas?")
    talk.offers("0", "1", "2", "3")
    visitor.photograph("talk-luis-asked", whole=False)
    talk.say("1 nomas, no tuve tiempo")
    talk.reads("Uno ya cuenta. ¿Probamos con menos?")
    expect(page.locator("#reads")).to_have_text(re.compile("Lo ve .*Rivera"))
    visitor.photograph("talk-luis-less", whole=False)
    talk.say("2 esta semana")
    talk.reads("Listo: 2 ejercicios para el ")
    talk.say("mañana en la casa")
    talk.reads('"Mañana, en la casa, abro fracciones ejercicio 2."', "¿Cómo estás hoy?")
    demand_that_all_can_read(visitor, "talk-luis")
    talk.press(t("talk.mood.face.4"))
    talk.reads("🙂")
    expect(talk.log.locator(".line:focus")).to_have_count(1)  # on a telephone not the box: its keyboard would cover the talk


def demand_that_all_can_read(visitor: Visitor, name: str) -> None:
    """The page as it stands has nothing that axe finds, nothing too wide, and its newest line in sight above the box."""
    visitor.photograph(name, whole=False)
    found = Axe().run(visitor.page).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), "too wide"
    assert shows_newest(visitor.page), "what was said last is out of sight"


def shows_newest(page: Page) -> bool:
    """Whether what was said last ends above the box; or, where it is taller than the room for it, begins below the head."""
    boxes = [page.locator(one).last.bounding_box() for one in (".talk-head", "#lines .line", "#say")]
    head, line, form = (box for box in boxes if box)
    top, bottom = head["y"] + head["height"], form["y"]
    if line["height"] > bottom - top:
        return bool(top - 1 <= line["y"] < bottom)
    return bool(line["y"] + line["height"] <= bottom + 1 and bottom + form["height"] <= page.evaluate("window.innerHeight") + 1)


# Somebody may get hurt


def test_words_that_suggest_harm_bring_help_at_once_and_tell_the_contact(arrive: Arriving, algebra: Lesson) -> None:
    contact, student = arrive(), arrive(**TELEPHONE)
    watching = open_as_contact(contact, algebra)
    student.page.goto(algebra.scene.practice.login_url("s-10", ALGEBRA.context))
    talk = TalkPage(student.page).open()
    talk.say("i want to kill myself")
    talk.reads("You do not have to carry this alone.", "Thank you for saying it.")
    expect(talk.newest.get_by_role("link", name="988").first).to_have_attribute("href", re.compile("988"))
    demand_that_all_can_read(student, "talk-care")
    student.page.emulate_media(color_scheme="dark")
    demand_that_all_can_read(student, "talk-care-dark")
    watching.reads(say("talk.told.concern"))
    expect(contact.inside.get_by_text("kill myself")).to_have_count(0)
    contact.photograph("talk-contact")
    contact.inside.get_by_role("link", name=say("talk.told.open_safety")).click()
    expect(contact.inside.get_by_role("heading", level=1)).to_have_text(say("concern.title"))
    expect(contact.inside.get_by_text("Student 10", exact=True)).to_be_visible()
    contact.photograph("talk-concerns")


def open_as_contact(visitor: Visitor, algebra: Lesson) -> TalkPage:
    """The teacher, whom the school's admin names a safety contact on the school's page, with the talk open."""
    visitor.open(algebra.scene.practice.launch_url("rivera", ALGEBRA.context))
    visitor.sees_heading(say("roster.title"))
    admin = Visitor(visitor.context, visitor.scene)
    admin.page.goto(f"{algebra.scene.address}/v/{algebra.open_as_admin('rivera')}/admin")
    admin.page.get_by_label(say("admin.people.person")).select_option(label="Ms Rivera")
    admin.page.get_by_label(say("admin.people.role")).select_option(label=say("school_role.safety_contact"))
    admin.page.get_by_role("button", name=say("admin.people.name_button")).click()
    expect(admin.page.get_by_role("status")).to_be_visible()
    admin.page.close()
    return TalkPage(visitor.inside).open()


# Two tabs, and keys alone


def test_two_tabs_that_answer_the_same_question_count_once(visitor: Visitor, biology: Lesson) -> None:
    first = arrive_as_learner(visitor, biology, 24)
    first.root.get_by_role("button", name=say("talk.menu.check_in")).click()
    first.reads("Hi Learner 24")
    other = Visitor(visitor.context, visitor.scene)
    other.open(biology.scene.edx.launch_url(user=24))
    second = TalkPage(other.inside).open()
    first.reads("Hi Learner 24")
    second.reads("Hi Learner 24")
    before = biology.scene.count(CheckIn, Heard)
    first.press("2")
    first.reads("2 of 3, one more than ")
    second.press("3")
    second.reads(say("talk.answered_already"), "Back to your check-in:", "2 of 3, one more than ")
    assert biology.scene.count(CheckIn, Heard) == (before[0] + 1, before[1] + 2)
    other.photograph("talk-two-tabs")
    first.reads(say("talk.answered_already"), "Back to your check-in:", "2 of 3, one more than ")


def test_by_keys_alone_with_the_focus_always_in_sight(visitor: Visitor, biology: Lesson) -> None:
    talk = arrive_as_learner(visitor, biology, 25)
    keys = visitor.page.keyboard
    expect(talk.log).to_have_attribute("aria-live", "polite")
    expect(talk.box).to_be_focused()
    keys.type("check in")
    keys.press("Enter")
    talk.reads("Hi Learner 25")
    expect(talk.box).to_be_focused()
    for count in ("3", "2"):
        keys.press("Shift+Tab")
        button = talk.log.get_by_role("button", name=count, exact=True)
        expect(button).to_be_focused()
        assert button.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    keys.press("Enter")
    talk.reads("2 of 3, one more than ")
    expect(talk.box).to_be_focused()
    keys.type("nothing")
    keys.press("Enter")
    talk.reads("What helped on the two you finished?")
