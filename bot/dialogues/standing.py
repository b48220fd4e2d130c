"""Where a student stands, as facts with their days: pace, mastery, both with the goals; what is next, and what to read about it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from bot import goals, wording
from bot.adults import ask_button, teachers, within
from bot.dialogue import CourseNeed, Dialogue, Draft, Finish, Opening
from bot.dialogues.goals import check_in_button, goal_card
from bot.goals import inside, own_aims
from bot.turn import Turn
from bot.wishes import Guide, guide_for
from core.courses.guide import Target
from core.data.clock import local_day
from core.journal.goals import open_goals
from core.journal.stuck import links_of
from core.message import MOST_CHOICES, Card, Choice, Message
from intents.slots import find_competencies

MOST_LINES = 4
MOST_CARDS = 3


@dataclass(frozen=True)
class Standing:
    """A student against the guide of a course on a day."""

    guide: Guide
    today: date

    @property
    def reached(self) -> list[Target]:
        """The targets that are reached."""
        return [one for one in self.guide.targets if self.guide.is_reached(one.competency_id)]

    @property
    def due(self) -> list[Target]:
        """The targets whose day is today or has passed."""
        return [one for one in self.guide.targets if one.due_on and one.due_on <= self.today]

    @property
    def due_reached(self) -> int:
        """How many of those are reached."""
        return sum(one in self.reached for one in self.due)

    @property
    def next(self) -> Target | None:
        """The first target that is left: by its day, passed or coming; then in the guide's order."""
        return next(iter(self.guide.left), None)


def _standing(turn: Turn) -> Standing:
    return Standing(guide_for(turn), turn.student.today(turn.now))


def _pace_text(turn: Turn, standing: Standing) -> str:
    """How many of those that were due by today are done; of a course without due days, how many of all."""
    t, early = turn.t, len(standing.reached) - standing.due_reached
    if not standing.guide.targets:
        return t("talk.pace.no_guide")
    if not standing.due:
        return t.plural("talk.pace.all", len(standing.guide.targets), done=t.number(len(standing.reached)))
    said = t.plural("talk.pace.due", len(standing.due), done=t.number(standing.due_reached))
    return f"{said} {t.plural('talk.pace.early', early)}" if early else said


def _lines(turn: Turn, targets: list[Target]) -> tuple[tuple[str, str], ...]:
    t = turn.t
    return tuple((one.short_name, t.day(one.due_on) if one.due_on else t("talk.pace.no_day")) for one in targets[:MOST_LINES])


def _course_card(turn: Turn, standing: Standing) -> Card:
    """The course's bar, and the targets that come next with their days."""
    title, planned = turn.student.course.title, len(standing.guide.targets)
    return Card(title=title, lines=_lines(turn, standing.guide.left), done=len(standing.reached), planned=planned or None)


def _set_goal(turn: Turn, target: Target) -> Choice:
    label = turn.t("talk.next.set_goal", name=target.short_name)
    return wording.begin(label, "set_goal", competency=str(target.competency_id), course=str(turn.course_id))


def _pace(turn: Turn, _draft: Draft) -> Finish:
    standing = _standing(turn)
    choices = (_set_goal(turn, standing.next),) if standing.next else ()
    cards = (_course_card(turn, standing),) if standing.guide.targets else ()
    return Finish((Message(text=_pace_text(turn, standing), cards=cards, choices=choices),))


def _progress(turn: Turn, _draft: Draft) -> Finish:
    """The course first, then the goals in it, at most three."""
    t, standing = turn.t, _standing(turn)
    aims = [aim for aim in own_aims(turn) if aim.course_id == turn.course_id]
    cards = [_course_card(turn, standing)] if standing.guide.targets else []
    cards += [goal_card(turn, aim) for aim in aims[:MOST_CARDS]]
    choice = check_in_button(turn, aims[0]) if aims else wording.begin(t("talk.menu.set_goal"), "set_goal", course=str(turn.course_id))
    return Finish((Message(text=_pace_text(turn, standing), cards=tuple(cards), choices=(choice,)),))


# What is mastered


def _mastery(turn: Turn, draft: Draft) -> Finish:
    t, standing = turn.t, _standing(turn)
    if named := _named(standing.guide, draft.get("words")):
        return Finish((_of_one(turn, standing, named),))
    if not standing.guide.targets:
        return Finish((Message(text=t("talk.pace.no_guide")),))
    text = t.plural("talk.pace.all", len(standing.guide.targets), done=t.number(len(standing.reached)))
    newest = sorted(standing.reached, key=lambda one: standing.guide.estimates[one.competency_id].last_observed_at, reverse=True)
    lines = tuple((one.short_name, _reached_on(turn, standing, one)) for one in newest[:MOST_LINES])
    card = Card(title=turn.student.course.title, lines=lines, done=len(standing.reached), planned=len(standing.guide.targets))
    return Finish((Message(text=text, cards=(card,), choices=(_set_goal(turn, standing.next),) if standing.next else ()),))


def _named(guide: Guide, words: str | None) -> Target | None:
    found = find_competencies(words or "", [(target.competency_id, target.short_name) for target in guide.targets])
    return next((target for target in guide.targets if found and target.competency_id == found[0].id), None)


def _reached_on(turn: Turn, standing: Standing, target: Target) -> str:
    return turn.t("talk.mastery.reached", day=turn.t.day(_seen_on(turn, standing, target)))


def _seen_on(turn: Turn, standing: Standing, target: Target) -> date:
    return local_day(standing.guide.estimates[target.competency_id].last_observed_at, turn.student.zone)


def _of_one(turn: Turn, standing: Standing, target: Target) -> Message:
    """One target: reached, begun or not begun, with the day on which work on it was last seen."""
    t, name = turn.t, target.short_name
    if target in standing.reached:
        return Message(text=t("talk.mastery.one_reached", name=name, day=t.day(_seen_on(turn, standing, target))))
    if target.competency_id in standing.guide.estimates:
        text = t("talk.mastery.one_begun", name=name, day=t.day(_seen_on(turn, standing, target)))
    else:
        text = t("talk.mastery.one_not_begun", name=name)
    return Message(text=text, choices=(_set_goal(turn, target),))


# What is next


def _next(turn: Turn, _draft: Draft) -> Finish:
    """The next step of the goal that is due next, in any course; without a goal, the next target of the course."""
    t, aims = turn.t, own_aims(turn)
    if not aims:
        return Finish(then=("next_target", {}))
    aim = aims[0]
    day, name = t.day(aim.target_on), goals.called(aim)
    seed = {"goal": str(aim.goal_id), "course": str(aim.course_id)}
    if not aim.steps:
        return Finish((Message(text=t("talk.next.goal", name=name, day=day), quote=aim.plan, choices=(check_in_button(turn, aim),)),))
    if aim.next_step is None:
        text, choice = t("talk.next.all_done", name=name), wording.begin(t("talk.progress.finish"), "complete_goal", **seed)
        return Finish((Message(text=text, choices=(choice,)),))
    start = wording.begin(t("talk.told.start"), "start_step", **seed)
    return Finish(
        (Message(text=t("talk.next.step", name=name, day=day), quote=aim.next_step, choices=(start, check_in_button(turn, aim))),)
    )


def _next_target(turn: Turn, _draft: Draft) -> Finish:
    t, target = turn.t, _standing(turn).next
    course = turn.student.course.title[: goals.LONGEST_NAME]
    if target is None:
        choice = wording.begin(t("talk.menu.set_goal"), "set_goal", course=str(turn.course_id))
        return Finish((Message(text=t("talk.next.nothing", course=course), choices=(choice,)),))
    if target.due_on:
        text = t("talk.next.target", course=course, name=inside(target.short_name), day=t.day(target.due_on))
    else:
        text = t("talk.next.target_any_day", course=course, name=inside(target.short_name))
    return Finish((Message(text=text, choices=(_set_goal(turn, target),)),))


# What to read


def _resources(turn: Turn, draft: Draft) -> Finish:
    """The teacher's own links for the target that is named, else for that of the goal due next; none is invented."""
    t, standing = turn.t, _standing(turn)
    target = _named(standing.guide, draft.get("words")) or _at_work_on(turn, standing)
    if target is None:
        return Finish((Message(text=t("talk.links.no_target"), choices=(ask_button(turn),)),))
    found = links_of(turn.session, turn.speaker.tenant_id, turn.student.course.id, target.competency_id)
    name = inside(target.short_name)
    if not found:
        ask = ask_button(turn, competency=str(target.competency_id))
        return Finish((Message(text=t("talk.links.none", name=name), choices=(ask,)),))
    choices = tuple(Choice(label=link.title, opens=link.url) for link in found[:MOST_CHOICES])
    names = [within(t, one.name) for one in teachers(turn)]
    text = t("talk.links.from", teacher=names[0], name=name) if len(names) == 1 else t("talk.links.from_teachers", name=name)
    return Finish((Message(text=text, choices=choices),))


def _at_work_on(turn: Turn, standing: Standing) -> Target | None:
    """The target of the goal that is due next in the course, else the guide's next."""
    student = turn.student
    wanted: list[UUID | None] = [
        one.competency_id for one in open_goals(turn.session, student.tenant_id, student.person_id, student.course.id)
    ]
    return next((one for wish in wanted for one in standing.guide.targets if one.competency_id == wish), standing.next)


def _with_words(_turn: Turn, opening: Opening) -> Draft:
    return {"words": opening.words}


DIALOGUES = (
    Dialogue("view_progress", _progress, course=CourseNeed.GOAL, title=lambda turn, _draft: turn.t("talk.title.standing")),
    Dialogue("view_pace", _pace, intents=("view_pace",), course=CourseNeed.GOAL, title=lambda turn, _draft: turn.t("talk.title.pace")),
    Dialogue(
        "view_mastery",
        _mastery,
        intents=("view_mastery",),
        course=CourseNeed.GOAL,
        begin=_with_words,
        title=lambda turn, _draft: turn.t("talk.title.mastery"),
    ),
    Dialogue("whats_next", _next, intents=("whats_next",), title=lambda turn, _draft: turn.t("talk.title.next")),
    Dialogue("next_target", _next_target, course=CourseNeed.GOAL, title=lambda turn, _draft: turn.t("talk.title.next")),
    Dialogue(
        "recommend_resource",
        _resources,
        intents=("recommend_resource",),
        course=CourseNeed.GOAL,
        begin=_with_words,
        title=lambda turn, _draft: turn.t("talk.title.links"),
    ),
)
