"""Notices in words: what is said to a person unasked. Everything is read at the last moment, as it stands then.

Each returns no message when there is nothing to say any more: it was taken back, answered, or is not theirs to know.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from bot import wording
from bot.dialogues.help_after import helped_choices
from bot.dialogues.help_inbox import group_message, helped_message, meeting_day, waiting_groups
from bot.turn import Turn
from core.care.contacts import is_contact
from core.courses.competencies import Competency
from core.data.clock import local_day
from core.data.vault import KeyDestroyed
from core.errors import NotFound
from core.journal import claims, feedback, goals, help_answers, help_requests, reflections, suggestions
from core.journal.claims import Claim, ClaimState
from core.journal.goals import Goal, GoalState
from core.journal.handovers import Handover, HandoverState
from core.journal.help_requests import ANSWER, AnswerForm, HelpAnswer, HelpRequest, HelpState
from core.journal.notices import Notice
from core.journal.reflections import Reflection, ReflectionReply
from core.journal.suggestions import GoalComment
from core.message import Card, Choice, Message
from core.people.greeting import called
from core.people.people import names_of

About = Mapping[str, str]
Composer = Callable[[Turn, About], tuple[Message, ...]]

TO_ADULTS = frozenset(
    {
        Notice.HELP_ASKED,
        Notice.HELP_DID_IT,
        Notice.MEETING_ANSWERED,
        Notice.CLAIM_MADE,
        Notice.REFLECTION_SHARED,
        Notice.CONCERN_RAISED,
    }
)


def compose(turn: Turn, notice: Notice, about: About) -> tuple[Message, ...]:
    """What to say of a notice now; nothing when it has become idle."""
    try:
        return _COMPOSERS[notice](turn, about)
    except (NotFound, KeyDestroyed):
        return ()


def once_of(turn: Turn, notice: Notice, about: About, once_key: str) -> str:
    """What makes a notice one that is said once: for calls for help on the same thing, their digest."""
    if notice is not Notice.HELP_ASKED:
        return once_key
    group = next((one for one in waiting_groups(turn) if about["help_request"] in one.ids), None)
    return f"{notice}:{turn.speaker.person_id}:{about['at']}:{group.key}" if group else once_key


def _name(turn: Turn, person_id: UUID) -> str:
    return names_of(turn.session, turn.vault, turn.speaker.tenant_id, [person_id])[person_id]


def _called(turn: Turn, person_id: UUID) -> str:
    name = _name(turn, person_id)
    return called(name) or name


def _competency(turn: Turn, competency_id: UUID | None) -> str | None:
    found = turn.session.get(Competency, competency_id) if competency_id else None
    return found.short_name if found and found.tenant_id == turn.speaker.tenant_id else None


# To the student


def _own_request(turn: Turn, about: About) -> HelpRequest:
    return help_requests.own_request(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, UUID(about["help_request"]))


def _help_seen(turn: Turn, about: About) -> tuple[Message, ...]:
    request = _own_request(turn, about)
    if request.state != HelpState.SEEN:
        return ()  # answered meanwhile: that says more
    t, what = turn.t, _competency(turn, request.competency_id)
    name = _name(turn, request.to_person_id)
    return (Message(text=t("talk.told.seen_about", name=name, what=what.lower()) if what else t("talk.told.seen", name=name)),)


def _help_answered(turn: Turn, about: About) -> tuple[Message, ...]:
    t, request = turn.t, _own_request(turn, about)
    given = help_requests.answers_to(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, request.id)
    answer = next((one for one in given if str(one.id) == about["help_answer"]), None)
    if answer is None:
        return ()
    words, name = turn.key.open(answer.sealed_words, ANSWER), _name(turn, answer.answered_by)
    if answer.form != AnswerForm.MEETING:
        return (Message(text=t("talk.told.answered", name=name), quote=words, choices=helped_choices(turn, request.id)),)
    shown = words[:1].lower() + words[1:]
    text = t("talk.told.meeting", name=name, words=shown, day=meeting_day(turn, words, turn.today))
    seed = {"answer": str(answer.id)}
    fits = wording.begin(t("talk.told.ok"), "meeting", fits="yes", **seed)
    other = wording.begin(t("talk.told.other_time"), "meeting", fits="no", **seed)
    return (Message(text=text, choices=(fits, other)),)


def _handover_proposed(turn: Turn, about: About) -> tuple[Message, ...]:
    found = turn.session.get(Handover, UUID(about["handover"]))
    if found is None or found.state != HandoverState.PROPOSED or found.tenant_id != turn.speaker.tenant_id:
        return ()
    _own_request(turn, {"help_request": str(found.help_request_id)})
    t = turn.t
    text = t("talk.told.handover", name=_name(turn, found.from_person_id), to=_name(turn, found.to_person_id))
    yes = wording.begin(t("talk.told.pass_on"), "handover", handover=str(found.id), agrees="yes")
    no = wording.begin(t("talk.told.keep"), "handover", handover=str(found.id), agrees="no")
    return (Message(text=text, choices=(yes, no)),)


def _own_goal(turn: Turn, goal_id: str) -> Goal:
    return goals.own_goal(turn.session, turn.speaker.tenant_id, turn.speaker.person_id, UUID(goal_id))


def _goal_name(turn: Turn, goal: Goal) -> str:
    name = _competency(turn, goal.competency_id)
    return name or (turn.key.open(goal.sealed_words, goals.WORDS) if goal.sealed_words else turn.t("talk.told.your_goal"))


def _goal_suggested(turn: Turn, about: About) -> tuple[Message, ...]:
    t, goal = turn.t, _own_goal(turn, about["goal"])
    if goal.state != GoalState.SUGGESTED or goal.suggested_by is None:
        return ()
    text = t("talk.told.suggested", name=_name(turn, goal.suggested_by), goal=_goal_name(turn, goal), day=t.day(goal.target_on))
    seed = {"goal": str(goal.id), "course": str(goal.course_id)}
    labels = (("accept", t("talk.told.accept")), ("edit", t("talk.told.edit")), ("decline", t("talk.told.decline")))
    return (Message(text=text, choices=tuple(wording.begin(label, "suggested_goal", answer=value, **seed) for value, label in labels)),)


def _goal_commented(turn: Turn, about: About) -> tuple[Message, ...]:
    comment = turn.session.get(GoalComment, UUID(about["goal_comment"]))
    if comment is None or comment.tenant_id != turn.speaker.tenant_id:
        return ()
    t, goal = turn.t, _own_goal(turn, str(comment.goal_id))
    words = turn.key.open(comment.sealed_words, suggestions.COMMENT)
    return (Message(text=t("talk.told.commented", name=_name(turn, comment.written_by), goal=_goal_name(turn, goal)), quote=words),)


def _goal_achieved(turn: Turn, about: About) -> tuple[Message, ...]:
    t, goal = turn.t, _own_goal(turn, about["goal"])
    if goal.state != GoalState.REACHED or goal.ended_at is None:
        return ()
    day = t.day(local_day(goal.ended_at, turn.speaker.zone))
    choices = (wording.begin(t("talk.menu.set_goal"), "set_goal", course=str(goal.course_id)),)
    return (Message(text=t("talk.told.achieved", goal=_goal_name(turn, goal), day=day), choices=choices),)


def _claim_decided(turn: Turn, about: About) -> tuple[Message, ...]:
    found = turn.session.get(Claim, UUID(about["claim"]))
    if found is None or found.person_id != turn.speaker.person_id or found.decided_by is None:
        return ()
    t, name, what = turn.t, _name(turn, found.decided_by), _competency(turn, found.competency_id)
    if found.state == ClaimState.CONFIRMED:
        return (Message(text=t("talk.told.confirmed", name=name, what=what)),)
    reason = turn.key.open(found.sealed_reason, claims.REASON) if found.sealed_reason else None
    return (Message(text=t("talk.told.not_yet", name=name, what=what), quote=reason),)


def _reflection_answered(turn: Turn, about: About) -> tuple[Message, ...]:
    found = turn.session.get(ReflectionReply, UUID(about["reflection_reply"]))
    reflection = turn.session.get(Reflection, found.reflection_id) if found else None
    if found is None or reflection is None or reflection.person_id != turn.speaker.person_id:
        return ()
    words = turn.key.open(found.sealed_words, reflections.REPLY)
    return (Message(text=turn.t("talk.told.reflection_answered", name=_name(turn, found.written_by)), quote=words),)


def _reminder(turn: Turn, about: About) -> tuple[Message, ...]:
    t, goal = turn.t, _own_goal(turn, about["goal"])
    if goal.state != GoalState.OPEN:
        return ()
    plan = turn.key.open(goal.sealed_plan, goals.PLAN) if goal.sealed_plan else None
    seed = {"goal": str(goal.id), "course": str(goal.course_id)}
    choices = (wording.begin(t("talk.told.start"), "start_step", **seed), wording.begin(t("talk.menu.check_in"), "check_in", **seed))
    name = _goal_name(turn, goal)
    text = t("talk.told.reminder", goal=name) if plan else t("talk.told.reminder_bare", goal=name)
    return (Message(text=text, quote=plan, choices=choices),)


def _feedback_answered(turn: Turn, about: About) -> tuple[Message, ...]:
    found = feedback.find_feedback(turn.session, turn.key, turn.speaker.tenant_id, turn.speaker.person_id, UUID(about["feedback"]))
    return (Message(text=turn.t("talk.told.feedback_answered"), quote=found.answer),) if found.answer else ()


# To the adult


def _help_asked(turn: Turn, about: About) -> tuple[Message, ...]:
    """Everybody who waits on the same thing, in one message; idle when nobody waits for this adult any more."""
    for group in waiting_groups(turn):
        if about["help_request"] in group.ids:
            return (group_message(turn, group),)
    return ()


def _help_did_it(turn: Turn, about: About) -> tuple[Message, ...]:
    """Once for a round: those that its students have not judged themselves."""
    waiting = help_answers.round_of(turn.session, turn.speaker, UUID(about["help_answer"]))
    if not waiting:
        return ()
    query = select(col(HelpRequest.person_id), col(HelpRequest.competency_id)).where(col(HelpRequest.id).in_(waiting))
    rows = turn.session.execute(query).all()
    names = names_of(turn.session, turn.vault, turn.speaker.tenant_id, [person_id for person_id, _ in rows])
    what = _competency(turn, rows[0][1]) or turn.t("talk.inbox.something")
    card = Card(title=what, lines=((", ".join(called(name) or name for name in names.values()), ""),))
    return (helped_message(turn, waiting).model_copy(update={"cards": (card,)}),)


def _meeting_answered(turn: Turn, about: About) -> tuple[Message, ...]:
    query = (
        select(HelpAnswer, col(HelpRequest.person_id))
        .join(HelpRequest, col(HelpRequest.id) == col(HelpAnswer.help_request_id))
        .where(col(HelpAnswer.id) == UUID(about["help_answer"]), *help_answers.readable_by(turn.speaker))
    )
    found = turn.session.execute(query).one_or_none()
    if found is None or found[0].fits is None:
        return ()
    answer, student = found
    t, name = turn.t, _called(turn, student)
    if answer.fits:
        return (Message(text=t("talk.told.fits", name=name)),)
    seed = {"requests": [str(answer.help_request_id)]}
    choices = (wording.begin(t("talk.inbox.see_them"), "help_meeting", **seed), wording.begin(t("talk.inbox.reply"), "help_answer", **seed))
    return (Message(text=t("talk.told.does_not_fit", name=name), choices=choices),)


def _claim_made(turn: Turn, about: About) -> tuple[Message, ...]:
    found = turn.session.get(Claim, UUID(about["claim"]))
    if found is None or found.tenant_id != turn.speaker.tenant_id or found.state != ClaimState.OPEN:
        return ()
    t = turn.t
    return (Message(text=t("talk.told.claimed", name=_called(turn, found.person_id), what=_competency(turn, found.competency_id))),)


def _reflection_shared(turn: Turn, about: About) -> tuple[Message, ...]:
    mine = {one.reflection_id: one for one in reflections.shared_with(turn.session, turn.speaker, most=50)}
    found = mine.get(UUID(about["reflection"]))
    return (Message(text=turn.t("talk.told.shared", name=_called(turn, found.person_id))),) if found else ()


def _concern_raised(turn: Turn, _about: About) -> tuple[Message, ...]:
    """The fact only: who and what stands on the contact's page, where the read is audited. An admin in their place names one."""
    t = turn.t
    if is_contact(turn.session, turn.speaker):
        return (Message(text=t("talk.told.concern"), choices=(Choice(label=t("talk.told.open_safety"), opens="care.show"),), care=True),)
    return (Message(text=t("talk.told.no_contact"), care=True),)


_COMPOSERS: Mapping[Notice, Composer] = {
    Notice.HELP_SEEN: _help_seen,
    Notice.HELP_ANSWERED: _help_answered,
    Notice.HANDOVER_PROPOSED: _handover_proposed,
    Notice.GOAL_SUGGESTED: _goal_suggested,
    Notice.GOAL_COMMENTED: _goal_commented,
    Notice.GOAL_ACHIEVED: _goal_achieved,
    Notice.CLAIM_DECIDED: _claim_decided,
    Notice.REFLECTION_ANSWERED: _reflection_answered,
    Notice.REMINDER: _reminder,
    Notice.FEEDBACK_ANSWERED: _feedback_answered,
    Notice.HELP_ASKED: _help_asked,
    Notice.HELP_DID_IT: _help_did_it,
    Notice.MEETING_ANSWERED: _meeting_answered,
    Notice.CLAIM_MADE: _claim_made,
    Notice.REFLECTION_SHARED: _reflection_shared,
    Notice.CONCERN_RAISED: _concern_raised,
}
