"""What the sample's students said besides their goals: check-ins, moods, reflections and calls for help. All words are sealed."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date, timedelta

from sqlmodel import Session

from app.sample import content
from app.sample.content import WrittenHelp, WrittenReflection
from app.sample.goals import LaidGoal, evening
from app.sample.people import Pupil, Roll
from app.sample.term import Term
from app.sample.work import Aim, Aims
from core.journal import help_requests, reflections
from core.journal.checkins import BLOCKER, Blocker, CheckIn, Mood
from core.journal.help_requests import HelpAnswer, HelpRequest, HelpState, Kind
from core.journal.prompts import Phase
from core.journal.reflections import Reflection, ReflectionReader

MOOD_DAYS = 30
"""Moods are kept for 30 days: no older ones are laid."""

_BLOCKERS = [Blocker.NOTHING] * 12 + [Blocker.TIME] * 4 + [Blocker.NOT_UNDERSTOOD] * 3 + [Blocker.SOMETHING_ELSE]
_MOODS = (2, 3, 3, 4, 4, 4, 5, 5)
_TELLS_MOOD_IN_100, _REFLECTS_IN_100, _SHARES_IN_100 = 30, 45, 20

Goals = Mapping[int, Sequence[LaidGoal]]


def lay_check_ins(session: Session, roll: Roll, goals: Goals, term: Term) -> None:
    """Lay check-ins and moods, none of them today. Whoever has some that were written by hand has no others.

    The rows are laid as they are, without a word to the receivers: a course that switches one on shares what comes from
    then on, not its past.
    """
    made: list[CheckIn] = []
    talked: dict[str, set[date]] = {}
    for act in content.talk().acts:
        talked.setdefault(act.who, set()).add(term.day(-act.at[0]))
    for number, pupil in enumerate(roll.pupils):
        own = [*_written_check_ins(roll, number, goals, term)]
        own = own or [*_check_ins_of_weeks(pupil, goals[number], term, taken=talked.get(pupil.student.subject, set()))]
        made += own
    session.add_all(made)
    session.add_all(_moods(roll, made, term))
    session.flush()


def lay_reflections(session: Session, roll: Roll, goals: Goals, term: Term) -> None:
    """Lay reflections; most are for the student only, some the teacher may read."""
    voices = content.voices().reflections
    hand = [(roll.pupils.index(roll.find(one.who, one.context)), one) for one in voices]
    authors = {number for number, _ in hand}
    others = [number for number in range(len(roll.pupils)) if number not in authors]
    stories = [(number, one) for number in others for one in _thoughts(roll, roll.pupils[number], goals[number])]
    rows = [(_reflection(roll.pupils[number], told, goals[number], term), told) for number, told in hand + stories]
    session.add_all(row for row, _ in rows)
    session.flush()
    session.add_all(
        ReflectionReader(reflection_id=row.id, reader_id=roll.staff[reader].id, tenant_id=row.tenant_id, chosen_at=row.written_at)
        for row, told in rows
        for reader in told.readers
    )
    session.flush()


def lay_help_requests(session: Session, roll: Roll, aims: Aims, term: Term) -> None:
    """Lay the calls for help, and what the teachers answered."""
    told = [(roll.find(one.who, one.context), one) for one in content.voices().help_requests]
    rows = [(_help_request(pupil, one, roll, aims[pupil.section.context], term), pupil, one) for pupil, one in told]
    session.add_all(row for row, _, _ in rows)
    session.flush()
    session.add_all(
        HelpAnswer(
            tenant_id=row.tenant_id,
            help_request_id=row.id,
            answered_by=row.to_person_id,
            sealed_words=pupil.key.seal(one.answer, help_requests.ANSWER),
            answered_at=term.moment(one.answered),
        )
        for row, pupil, one in rows
        if one.answered and one.answer
    )
    session.flush()


def _written_check_ins(roll: Roll, number: int, goals: Goals, term: Term) -> Iterator[CheckIn]:
    pupil = roll.pupils[number]
    for told in content.voices().check_ins:
        if roll.find(told.who, told.context) is pupil:
            goal = next(one for one in goals[number] if one.told.aim == told.aim)
            yield CheckIn(
                tenant_id=pupil.course.tenant_id,
                person_id=pupil.person.id,
                course_id=pupil.course.id,
                goal_id=goal.goal.id,
                day=term.day(-told.ago),
                steps_done=told.done,
                steps_planned=told.planned,
                blocker=Blocker(told.blocker),
                sealed_blocker=pupil.key.seal(told.words, BLOCKER) if told.words else None,
                made_at=term.at(-told.ago, told.at),
            )


def _check_ins_of_weeks(pupil: Pupil, goals: Sequence[LaidGoal], term: Term, *, taken: Set[date]) -> Iterator[CheckIn]:
    """At most one a week, on the newest goal of that day.

    Args:
        taken: the days of the talk: what was said then is said there.
    """
    rng = pupil.chance("check-ins")
    blockers = content.voices().phrases[pupil.student.language or "en"].blockers
    first = -(pupil.story.joined or term.past)
    for week in term.weeks():
        day, comes, blocker, clock = rng.choice(week), rng.randrange(100) < pupil.story.check_ins, rng.choice(_BLOCKERS), evening(rng)
        words = rng.choice(blockers.get(blocker) or ("",))
        if not comes or term.day(day) in taken or not first <= day < -pupil.story.stopped:
            continue
        goal = max((one for one in goals if one.is_open_on(day)), key=lambda one: -one.told.set, default=None)
        steps = len(goal.told.steps) if goal else 0
        yield CheckIn(
            tenant_id=pupil.course.tenant_id,
            person_id=pupil.person.id,
            course_id=pupil.course.id,
            goal_id=goal.goal.id if goal else None,
            day=term.day(day),
            steps_done=goal.done_by(day) if goal and steps else None,
            steps_planned=steps or None,
            blocker=blocker,
            sealed_blocker=pupil.key.seal(words, BLOCKER) if words else None,
            made_at=term.at(day, clock),
        )


def _moods(roll: Roll, made: Sequence[CheckIn], term: Term) -> Iterator[Mood]:
    """Some students say how they are after a check-in: once a day over all their courses."""
    oldest = term.day(0) - timedelta(days=MOOD_DAYS)
    tellers = {pupil.person.id for pupil in roll.pupils if pupil.chance("tells mood").randrange(100) < _TELLS_MOOD_IN_100}
    dice = {pupil.person.id: pupil.chance("mood") for pupil in roll.pupils}
    said = {(one.person_id, one.day): one for one in made if one.person_id in tellers and one.day > oldest}
    for (person_id, day), one in said.items():
        value = dice[person_id].choice(_MOODS)
        yield Mood(tenant_id=one.tenant_id, person_id=person_id, day=day, value=value, said_at=one.made_at)


def _thoughts(roll: Roll, pupil: Pupil, goals: Sequence[LaidGoal]) -> Iterator[WrittenReflection]:
    """Perhaps one reflection on a goal: looking ahead when it was set, back when it was reached, and in between."""
    rng = pupil.chance("reflections")
    if not goals or rng.randrange(100) >= _REFLECTS_IN_100:
        return
    told = rng.choice(goals).told
    if told.reached:
        phase, ago = Phase.SELF_REFLECTION, told.reached
    elif rng.random() < 0.5:
        phase, ago = Phase.FORETHOUGHT, told.set
    else:
        phase, ago = Phase.PERFORMANCE, max(told.set // 2, (told.dropped or pupil.story.stopped) + 1)
    phrases = next(one for one in content.voices().phrases[pupil.student.language or "en"].reflections if one.phase == phase)
    yield WrittenReflection(
        who=told.who,
        aim=told.aim,
        phase=phase,
        prompt=phrases.prompt,
        words=rng.choice(phrases.say),
        written=(ago, evening(rng).replace(hour=21)),
        readers=(roll.teacher_subject(pupil.section.context),) if rng.randrange(100) < _SHARES_IN_100 else (),
    )


def _reflection(pupil: Pupil, told: WrittenReflection, goals: Sequence[LaidGoal], term: Term) -> Reflection:
    goal = next((one.goal.id for one in goals if told.aim and one.told.aim == told.aim), None)
    return Reflection(
        tenant_id=pupil.course.tenant_id,
        person_id=pupil.person.id,
        course_id=pupil.course.id,
        goal_id=goal,
        phase=Phase(told.phase),
        prompt=told.prompt,
        sealed_words=pupil.key.seal(told.words, reflections.WORDS),
        written_at=term.moment(told.written),
    )


def _help_request(pupil: Pupil, told: WrittenHelp, roll: Roll, aims: Sequence[Aim], term: Term) -> HelpRequest:
    steps = {HelpState.RESOLVED: told.resolved, HelpState.ANSWERED: told.answered, HelpState.SEEN: told.seen}
    return HelpRequest(
        tenant_id=pupil.course.tenant_id,
        person_id=pupil.person.id,
        to_person_id=roll.teacher_of(pupil.section.context).id,
        course_id=pupil.course.id,
        competency_id=next((aim.competency_id for aim in aims if aim.code == told.about), None),
        kind=Kind.ACADEMIC,
        state=next((state for state, pressed in steps.items() if pressed), HelpState.OPEN),
        sealed_words=pupil.key.seal(told.words, help_requests.WORDS),
        asked_at=term.moment(told.asked),
        seen_at=told.seen and term.moment(told.seen),
        answered_at=told.answered and term.moment(told.answered),
        resolved_at=told.resolved and term.moment(told.resolved),
    )
