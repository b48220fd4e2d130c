"""The inside of one turn: look after safety, then read what was said: an answer, a button, or something new."""

from collections.abc import Sequence

from bot import wording
from bot.dialogue import Dialogue, Opening
from bot.dialogues.basics import find_on_menu
from bot.dialogues.care import keep_concern, resources_message
from bot.phrases import asks_for_help_now
from bot.reading import COMMAND_FROM, did_you_mean, interrupts, is_command, read_words
from bot.stack import CARE, HAND_OFF, HELP_NOW, MENU, RESUME, Stack
from bot.state import Frame, Offer
from bot.turn import Inbound, Pressed, Reply
from bot.versions import renew
from core.message import MOST_CHOICES, Message
from core.people.access import Role
from intents.answers import ANY, Answer, Closed, read_answer
from intents.loader import Tier
from intents.matcher import Match, Zone
from intents.normalise import plain
from intents.safety import Concern, detect

_CLOSED = {"cancel": Closed.CANCEL, "undo": Closed.UNDO, "affirm": Closed.YES, "deny": Closed.NO}


class Run(Stack):
    """What is said to one message."""

    def take(self, inbound: Inbound, pressed: Pressed | None, *, paused: bool) -> list[Message]:
        """What is said to one message; at least one thing.

        Args:
            paused: nobody said anything for a while.
        """
        lost = self._renew()
        concern, heard = self._concern(inbound)
        if concern:
            self._care(concern, heard)
        elif inbound.words and self._is_student and asks_for_help_now(inbound.words):
            self._begin(HELP_NOW, Opening())
        elif pressed and pressed.begins:
            self._state.misses = 0
            self._press(pressed.begins, pressed.seed or {})
        elif lost:
            self._hear_after(inbound.words)
        elif pressed and pressed.value is not None:
            self._state.misses = 0
            self._answer(Reply(value=pressed.value), None)
        elif self._is_stale(inbound) and is_command(inbound.words or ""):
            self._read_anew(inbound.words or "")
        elif pressed or inbound.token is not None or self._is_stale(inbound):
            self._say(Message(text=self._turn.t("talk.answered_already")))
            self._ask_again()
        else:
            self._hear(inbound.words or "", paused=paused)
        if not self._said:
            self._begin(MENU, Opening())
        return self._said

    @property
    def _is_student(self) -> bool:
        return self._turn.speaker.role is Role.STUDENT

    def _concern(self, inbound: Inbound) -> tuple[Concern | None, str]:
        """What a student's words suggest, those included that stood in the box when a button was pressed."""
        for words in (inbound.words, inbound.beside):
            if words and self._is_student and (concern := detect(words)):
                return concern, words
        return None, ""

    # What was said

    def _hear(self, words: str, *, paused: bool) -> None:
        """Words: the answer to the open question, a button's words, or something new."""
        top = self._state.top
        if top and not top.said:
            self._hear_after(words)
            return
        closed = self._closed(words, [label for _, label, _ in top.options] if top else [])
        cared_for = top is not None and top.dialogue == CARE
        if closed and closed.kind is Closed.CANCEL and top and not cared_for:
            self._cancel()
        elif closed and closed.kind is Closed.UNDO and not cared_for:
            self._step_back()
        elif top and self._state.said > top.said and self._offered(words, exactly=True):
            return  # something was told since the question: its own buttons can be said
        elif top and paused and self._is_free(top) and not (closed and closed.kind is Closed.CHOICE) and not is_command(words):
            self._begin(RESUME, Opening(seed={"held": words, "title": self._title(top)}))
        elif not (top and self._answered(top, words, closed)) and not self._offered(words):
            self._read_anew(words)

    def _hear_after(self, words: str | None) -> None:
        """After a change of version: what is said was for a question that is gone, and answers no other."""
        closed = self._closed(words or "", [])
        if closed and closed.kind is Closed.CANCEL and self._state.top:
            self._cancel()
        elif words and is_command(words):
            self._read_anew(words)
        elif self._state.top:
            self._go_on(self._state.top)
        else:
            self._begin(MENU, Opening())

    def _answered(self, top: Frame, words: str, closed: Answer | None) -> bool:
        """Whether the open question took the words."""
        step = self._step(top)
        if step is None or (step.free and is_command(words)):
            return False
        value = top.options[closed.number or 0][2] if closed and closed.kind is Closed.CHOICE else None
        number = closed.number if closed and closed.kind is Closed.NUMBER else None
        return self._answer(Reply(words, value, number, closed.kind if closed else None), step)

    def _offered(self, words: str, *, exactly: bool = False) -> bool:
        """Whether the words are those of a button of the newest line that begins something, or of the menu."""
        offers = self._state.offers
        if exactly and plain(words) not in {plain(offer.label) for offer in offers}:
            return False
        labels = list(dict.fromkeys(offer.label for offer in offers))
        closed = self._closed(words, labels, only=frozenset({Closed.CHOICE}))
        longer = next((at for at, label in enumerate(labels) if _goes_on(label, words)), None)
        at = closed.number if closed and closed.kind is Closed.CHOICE else longer
        if at is not None:
            alike = [offer for offer in offers if offer.label == labels[at]]
            if len(alike) > 1 and all(wording.NAMED in offer.seed for offer in alike):
                self._ask_which(alike, words)
                return True
            begins, seed = alike[0].begins, {"typed": words, **alike[0].seed}
        elif button := find_on_menu(self._turn, words):
            begins, seed = button
        else:
            return False
        self._state.misses = 0
        self._press(begins, seed)
        return True

    def _ask_which(self, alike: Sequence[Offer], words: str) -> None:
        """Several buttons say this: nothing begins before it is clear which one is meant."""
        self._state.misses = 0
        abouts = [offer.seed[wording.NAMED][0] for offer in alike]
        choices = []
        for offer in alike[:MOST_CHOICES]:
            about, who = offer.seed[wording.NAMED]
            seed = {name: value for name, value in offer.seed.items() if name != wording.NAMED}
            label = about if abouts.count(about) == 1 else f"{about} ({who})"
            choices.append(wording.begin(label, offer.begins, **{"typed": words, **seed}))
        self._say(Message(text=self._turn.t("talk.which_offer"), choices=tuple(choices)))

    def _read_anew(self, words: str) -> None:
        """Words that answer nothing: what they ask for begins, and what is open waits below it."""
        read, top = read_words(self._turn, words), self._state.top
        dialogue = self._registry.for_intent(read.intent, self._turn.speaker.role)
        if read.zone is not Zone.ACT or dialogue is None:
            self._miss(read, words)
        elif top and self._means_no_more(top, read, words):
            return
        elif top and not interrupts(self._turn, words, read, dialogue.name, is_open=top.dialogue == dialogue.name):
            self._miss(read, words)
        else:
            self._state.misses = 0
            self._begin(dialogue.name, Opening(words=words))

    def _means_no_more(self, top: Frame, read: Match, words: str) -> bool:
        """Whether words leave, go back or say yes or no, in a way that the closed answers do not know."""
        step, closed = self._step(top), _CLOSED.get(read.intent)
        if closed is Closed.CANCEL:
            self._cancel()
        elif closed is Closed.UNDO:
            self._step_back()
        elif closed and step and not step.free and read.confidence >= COMMAND_FROM:
            return self._answer(Reply(words, closed=closed), step)
        return closed in (Closed.CANCEL, Closed.UNDO)

    def _miss(self, read: Match, words: str) -> None:
        """Not understood: the two likeliest as buttons, or what is open again; after two misses the menu and a human."""
        self._state.misses += 1
        top, guesses = self._state.top, did_you_mean(self._turn, self._registry, read, words)
        if self._state.misses > 1:
            self._begin(HAND_OFF, Opening(words=words))
        elif top and (read.zone is not Zone.DID_YOU_MEAN or not guesses or self._means(read, top)):
            self._say(Message(text=self._turn.t("talk.no_answer")))
            self._go_on(top)
        elif guesses:
            self._say(guesses)
        else:
            self._begin(MENU, Opening(seed={"missed": True}))

    def _means(self, read: Match, top: Frame) -> bool:
        """Whether the likeliest reading is what is open anyway: then its question is asked again, and nothing else offered."""
        likeliest = self._registry.for_intent(read.intent, self._turn.speaker.role)
        return likeliest is not None and likeliest.name == top.dialogue

    # Safety

    def _care(self, concern: Concern, words: str) -> None:
        """Before everything else: keep what was said for whoever must look, and show who helps now."""
        raised = keep_concern(self._turn, concern, words)
        if concern.tier is Tier.ACUTE:
            self._say(resources_message(self._turn.session, self._turn.t, self._turn.speaker.tenant_id))
        self._begin(CARE, Opening(seed={"concern": str(raised), "tier": concern.tier, "held": words}))

    def _replay(self, dialogue: Dialogue, words: str) -> None:
        """Read words anew. After care, nothing that was said goes where others read it before the student says so."""
        top = self._state.top
        if dialogue.name != CARE:
            self._hear(words, paused=False)
        elif top:
            self._begin(RESUME, Opening(seed={"held": words, "title": self._title(top), "after_care": True}))
        elif (read := read_words(self._turn, words)).zone is Zone.ACT and read.intent not in _CLOSED:
            self._read_anew(words)

    # What is open

    def _renew(self) -> bool:
        """Bring what is open to this version, and say what that changed; whether the open question is gone."""
        t, renewed = self._turn.t, renew(self._state, self._registry, self._turn.speaker.role)
        if renewed.gone:
            self._say(Message(text=t("talk.gone")))
        if renewed.anew:
            self._say(Message(text=t("talk.changed")))
        return renewed.lost

    def _is_free(self, frame: Frame) -> bool:
        """Whether its question takes any words. That of care always does: nobody who may be hurt is asked about a pause."""
        step = self._step(frame)
        return step is not None and step.free and frame.dialogue != CARE

    def _is_stale(self, inbound: Inbound) -> bool:
        """Whether words were typed before a page that did not show the open question yet."""
        top = self._state.top
        return inbound.seen is not None and top is not None and inbound.seen < top.said

    def _closed(self, words: str, choices: Sequence[str], only: frozenset[Closed] = ANY) -> Answer | None:
        return read_answer(words, choices=choices, expects=only, language=self._turn.speaker.language)


def _goes_on(label: str, words: str) -> bool:
    """Whether words say what a button leaves open: `see them period 3` for `See them…`."""
    return label.endswith("…") and plain(words).startswith(f"{plain(label)} ")
