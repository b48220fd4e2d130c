"""The open dialogues of one turn, each above the one that it interrupted: begun, asked, answered, gone back in, left, finished."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from bot import wording
from bot.dialogue import Again, Dialogue, Finish, Opening, Step, Took, with_undo
from bot.finding import LIKELY, course_step, find_course
from bot.registry import Registry
from bot.state import Frame, State
from bot.turn import Reply, Turn
from core.errors import CoreError, NotFound
from core.message import Message

MOST_FRAMES = 6
CARE, HELP_NOW, MENU, RESUME, HAND_OFF = "care", "help_now", "menu", "resume", "hand_off"
"""Dialogues that the engine itself begins."""


class Stack(ABC):
    """What is said is gathered while dialogues are opened, asked and closed."""

    def __init__(self, turn: Turn, state: State, dialogues: Registry) -> None:
        self._turn, self._state, self._registry = turn, state, dialogues
        turn.last_goals = state.last_goals
        self._said: list[Message] = []

    @abstractmethod
    def _replay(self, dialogue: Dialogue, words: str) -> None:
        """Read words anew that were kept back while this dialogue was asked."""

    # Buttons

    def _press(self, begins: str, seed: Mapping[str, Any]) -> None:
        if begins == wording.UNDO:
            self._undo(str(seed.get("dialogue", "")), seed.get("memo", {}))
            return
        seed = dict(seed)
        words = seed.pop("words", None)
        self._begin(begins, Opening(words, seed))

    # Dialogues

    def _begin(self, name: str, opening: Opening) -> None:
        try:
            dialogue = self._registry.find(name, self._turn.speaker.role)
        except CoreError as error:
            self._refuse(error)
            self._ask_again()
            return
        asked: dict[str, Any] = {}
        if self._state.top and self._state.top.dialogue == name:
            left = self._state.frames.pop()  # they change their mind about what this one is about
            asked = {LIKELY: left.facts[LIKELY]} if not left.begun and LIKELY in left.facts else {}
        del self._state.frames[: max(0, len(self._state.frames) - MOST_FRAMES + 1)]
        opened = {"words": opening.words, "seed": dict(opening.seed)}
        frame = Frame(dialogue.name, dialogue.version, opened, opened_at=self._turn.heard_id, facts=asked)
        self._state.frames.append(frame)
        self._go_on(frame)

    def _go_on(self, frame: Frame) -> None:
        """Ask the first step that is unanswered and applies; finish when there is none."""
        dialogue = self._enter(frame)
        try:
            if not frame.begun and not self._ready(frame, dialogue):
                return
            for step in dialogue.steps:
                if step.name in frame.draft:
                    continue
                question = step.ask(self._turn, frame.draft)
                if question is not None:
                    frame.asked = step.name
                    self._ask(frame, question)
                    return
                frame.draft[step.name] = None
            finish = dialogue.finish(self._turn, frame.draft)
        except CoreError as error:
            self._close(frame)
            self._refuse(error)
            self._ask_again()
            return
        self._finish(frame, dialogue, finish)

    def _ready(self, frame: Frame, dialogue: Dialogue) -> bool:
        """Whether a dialogue knows its course, and so can begin; else its course is asked for."""
        opening = Opening(frame.opening.get("words"), frame.opening.get("seed") or {})
        if dialogue.course is not dialogue.course.NONE and frame.course is None:
            found = find_course(self._turn, opening, by_goal=dialogue.course is dialogue.course.GOAL)
            if found.question is not None:
                frame.asked = course_step.name
                self._ask(frame, found.question)
                return False
            frame.course = found.course
        self._turn.course_id = frame.course_id
        frame.draft, frame.begun = dialogue.begin(self._turn, opening), True
        return True

    def _finish(self, frame: Frame, dialogue: Dialogue, finish: Finish) -> None:
        self._close(frame)
        if finish.undo is not None:
            self._state.done, self._state.done_at = (dialogue.name, dict(finish.undo)), self._turn.heard_id
        self._said += with_undo(self._turn.t, dialogue, finish)
        if finish.drops:
            self._state.frames.clear()
        if finish.then:
            name, seed = finish.then
            self._press(name, seed)
        elif finish.replay is not None:
            self._replay(dialogue, finish.replay)
        elif not finish.rests:
            self._ask_again()

    def _answer(self, reply: Reply, step: Step | None) -> bool:
        """Give a reply to the open question; False when that is no answer to it."""
        frame = self._state.top
        step = step or (self._step(frame) if frame else None)
        if frame is None or step is None:
            return False
        try:
            took = self._took(frame, step, reply)
        except CoreError as error:
            took = Again((wording.refused(self._turn.t, error),))
        if took is None:
            return False
        self._state.misses = 0
        self._said += took.say
        if isinstance(took, Again):
            if took.ask:
                self._go_on(frame)
            else:
                self._keep_question(frame)
            return True
        self._answer_step(frame, step, took)
        self._go_on(frame)
        return True

    def _took(self, frame: Frame, step: Step, reply: Reply) -> Took | Again | None:
        """What the step makes of a reply; `skip` is no words, where any words are taken and it is not offered."""
        if not wording.skips(reply):
            return step.take(self._turn, frame.draft, reply)
        if step.skippable:
            return Took({step.name: None})
        offered = frame.dialogue == CARE or any(value == wording.SKIP for _, _, value in frame.options)
        took = step.take(self._turn, frame.draft, reply) if offered or not step.free else None
        return took or Again((Message(text=self._turn.t("talk.cannot_skip")),))

    def _answer_step(self, frame: Frame, step: Step, took: Took) -> None:
        frame.order.append(step.name)
        if step is course_step:
            frame.course = took.draft[step.name]
        else:
            frame.draft.update({step.name: None} | dict(took.draft))

    # Going back, leaving, coming back

    def _step_back(self) -> None:
        """Undo: the last answer of the open dialogue, or else the latest deed, unless that lies before this dialogue."""
        frame = self._state.top
        if frame and frame.order:
            frame.step_back([step.name for step in self._enter(frame).steps])
            self._go_on(frame)
        elif self._state.done and (frame is None or self._state.done_at >= frame.opened_at):
            self._undo(*self._state.done)
        else:
            self._say(Message(text=self._turn.t("talk.nothing_to_undo")))
            if frame:
                self._go_on(frame)

    def _undo(self, name: str, memo: Mapping[str, Any]) -> None:
        dialogue = self._registry.names.get(name)
        if dialogue is None or dialogue.undo is None:
            self._say(Message(text=self._turn.t("talk.nothing_to_undo")))
        else:
            try:
                self._turn.course_id, self._turn.facts = None, {}
                self._say(dialogue.undo(self._turn, memo))
            except NotFound:
                self._say(Message(text=self._turn.t("talk.nothing_to_undo")))
            except CoreError as error:
                self._refuse(error)
        if self._state.done == (name, dict(memo)):
            self._state.done = None
        self._ask_again()

    def _cancel(self) -> None:
        self._state.frames.pop()
        self._say(Message(text=self._turn.t("talk.cancelled")))
        if self._state.top:
            self._ask_again()
        else:
            self._state.misses = 0

    def _ask_again(self) -> None:
        """Come back to the dialogue that is open, if there is one."""
        frame = self._state.top
        if frame is None:
            return
        at = len(self._said)
        self._go_on(frame)
        if frame is self._state.top and at and at < len(self._said):
            self._said.insert(at, Message(text=self._turn.t("talk.back_to", title=self._title(frame))))
            frame.move_options(at)

    # What is open

    def _close(self, frame: Frame) -> None:
        self._state.frames = [other for other in self._state.frames if other is not frame]

    def _enter(self, frame: Frame) -> Dialogue:
        self._turn.course_id, self._turn.facts = frame.course_id, frame.facts
        return self._registry.names[frame.dialogue]

    def _step(self, frame: Frame) -> Step | None:
        """The step of the open question."""
        dialogue = self._enter(frame)
        if not frame.begun:
            return course_step
        left = (step for step in dialogue.steps if step.name not in frame.draft)
        return next((step for step in left if frame.asked in ("", step.name)), None)

    def _title(self, frame: Frame) -> str:
        return self._enter(frame).title(self._turn, frame.draft if frame.begun else {})

    # Saying

    def _say(self, message: Message) -> None:
        self._said.append(message)

    def _refuse(self, error: CoreError) -> None:
        self._say(wording.refused(self._turn.t, error))

    def _ask(self, frame: Frame, question: Message) -> None:
        """Put a question; its own buttons answer it from now on."""
        frame.put(question, at=len(self._said))
        self._said.append(question)

    def _keep_question(self, frame: Frame) -> None:
        """The last thing said stands for the question: its buttons answer it."""
        self._ask(frame, self._said.pop())
