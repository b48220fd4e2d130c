"""Which course a dialogue is about: the one it was handed, the one that the words mean, the one they came from; else one question."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from bot import wording
from bot.dialogue import Again, Draft, NoCourse, Opening, Step, Took
from bot.state import COURSE
from bot.turn import Reply, Turn
from core.courses.competencies import Competency
from core.courses.enrolments import Place
from core.courses.guide import GuideItem
from core.errors import NotFound
from core.journal.adults import teacher_names
from core.journal.goals import open_goals_with_steps
from core.message import MOST_CHOICES, Message
from intents.courses import MOST_LIKELY, CourseWords
from intents.courses import find_course as read_course

MOST_GOALS = 24
LIKELY = "likely"
"""The fact that holds which courses were asked about: later words that name none are about one of these."""

OTHER = "other"
"""What the last button stands for, where there are more courses than buttons."""


@dataclass(frozen=True)
class Found:
    """The course, or the question that asks for it."""

    course: str | None = None
    question: Message | None = None


def find_course(turn: Turn, opening: Opening, *, by_goal: bool = False) -> Found:
    """The course of a dialogue that begins.

    Args:
        by_goal: rather that of the goal which is due next than a question.

    Raises:
        NoCourse: the person has none in their role.
        NotFound: the course that was handed over is none of theirs.
    """
    places = turn.places
    if not places:
        raise NoCourse
    handed = opening.seed.get("course")
    if handed is not None:
        return Found(str(_mine(places, handed).course_id))
    if len(places) == 1:
        return Found(str(places[0].course_id))
    return _from_words(turn, opening.words, by_goal)


def _from_words(turn: Turn, words: str | None, by_goal: bool) -> Found:
    """Words that name one course win over where the person came from; words that name none do not."""
    here = next((place for place in turn.places if place.course_id == turn.speaker.course_id), None)
    every = [place.course_id for place in turn.places]
    likely = [course_id for course_id in every if str(course_id) in turn.facts.get(LIKELY, ())] or every
    if words:
        found = read_course(words, course_words(turn), language=turn.speaker.language)
        if found.sure is not None:
            return Found(str(found.sure))
        if likely == every or len(found.likely) < min(len(every), MOST_LIKELY):
            likely = list(found.likely)
    if here and here.course_id in likely:
        return Found(str(here.course_id))
    aims = open_goals_with_steps(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, MOST_GOALS) if by_goal else []
    due_next = next((aim.course_id for aim in aims if aim.course_id in likely), None)
    return Found(str(due_next)) if due_next else Found(question=_question(turn, likely))


def course_words(turn: Turn) -> list[CourseWords[UUID]]:
    """What each of a student's courses is known by: title, competencies, open goals and teachers."""
    places, speaker = turn.places, turn.speaker
    query = (
        select(col(GuideItem.course_id), col(Competency.id), col(Competency.short_name))
        .join(Competency, col(Competency.id) == col(GuideItem.competency_id))
        .where(col(GuideItem.tenant_id) == speaker.tenant_id, col(GuideItem.course_id).in_([place.course_id for place in places]))
        .order_by(col(GuideItem.position))
    )
    named: dict[UUID, list[tuple[UUID, str]]] = {place.course_id: [] for place in places}
    for course_id, competency_id, short_name in turn.session.execute(query):
        named[course_id].append((competency_id, short_name))
    aims: dict[UUID, list[str]] = {place.course_id: [] for place in places}
    for goal in open_goals_with_steps(turn.session, speaker.tenant_id, speaker.person_id, MOST_GOALS):
        if goal.short_name and goal.course_id in aims:
            aims[goal.course_id].append(goal.short_name)
    teachers = teacher_names(turn.session, turn.vault, speaker.tenant_id, list(named))
    return [
        CourseWords(
            place.course_id,
            place.title,
            tuple(named[place.course_id]),
            tuple(aims[place.course_id]),
            tuple(name for _, name in teachers.get(place.course_id, ())),
        )
        for place in places
    ]


def _question(turn: Turn, likely: Sequence[UUID]) -> Message:
    """One question with at most four buttons: the likely courses; the last stands for the others where there are more."""
    rest = [str(place.course_id) for place in turn.places if place.course_id not in likely]
    turn.facts[LIKELY] = [str(course_id) for course_id in likely]
    if not likely or len(likely) >= MOST_CHOICES:
        turn.facts["courses"] = [str(course_id) for course_id in likely] + rest
        return _next(turn)
    turn.facts["courses"] = turn.facts[LIKELY]
    question = _next(turn)
    turn.facts["courses"] = rest
    return question


def _next(turn: Turn) -> Message:
    """The next few of the courses that were not shown yet; all of them again after the last."""
    t, left = turn.t, turn.facts.get("courses") or [str(place.course_id) for place in turn.places]
    count = len(left) if len(left) <= MOST_CHOICES else MOST_CHOICES - 1
    turn.facts["courses"] = left[count:]
    titles = {str(place.course_id): place.title for place in turn.places}
    buttons = [wording.pick(titles[course_id], course_id) for course_id in left[:count] if course_id in titles]
    if len(titles) > len(buttons):
        buttons.append(wording.pick(t("talk.course.other"), OTHER))
    return Message(text=t("talk.course.which"), choices=tuple(buttons))


def _take(turn: Turn, _draft: Draft, reply: Reply) -> Took | Again | None:
    """A course's button, or its title or subject in words."""
    if reply.value == OTHER:
        return Again((_next(turn),), ask=False)
    if reply.value is not None:
        return Took({course_step.name: str(_mine(turn.places, reply.value).course_id)})
    found = read_course(reply.text, course_words(turn), language=turn.speaker.language)
    return None if found.sure is None else Took({course_step.name: str(found.sure)})


def _mine(places: list[Place], course_id: object) -> Place:
    for place in places:
        if str(place.course_id) == str(course_id):
            return place
    raise NotFound(what="course")


course_step = Step(COURSE, lambda turn, _draft: _question(turn, []), _take, skippable=False)
