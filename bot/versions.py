"""Versions: what becomes of the dialogues that are open when another version of them is deployed between two turns."""

from dataclasses import dataclass

from bot.dialogue import Dialogue
from bot.registry import Registry
from bot.state import Frame, State
from core.people.access import Role


@dataclass(frozen=True)
class Renewed:
    """What changed for the person who speaks.

    Attributes:
        anew: a dialogue begins anew.
        gone: a dialogue is not there any more.
        lost: the question that was open is not asked like this any more, so nothing that is said now can answer it.
    """

    anew: bool = False
    gone: bool = False
    lost: bool = False


def renew(state: State, dialogues: Registry, role: Role) -> Renewed:
    """Bring what is open to this version of its dialogues, and to the role in which the person speaks.

    A dialogue begins anew where its draft cannot be migrated, and where its question is gone and no other is left: nothing is
    done that was never confirmed. Dialogues for another role of the same person wait until they speak in that again.
    """
    top, every = state.top, [*state.aside, *state.frames]
    there = [frame for frame in every if frame.dialogue in dialogues.names]
    state.aside = [frame for frame in there if role not in dialogues.names[frame.dialogue].roles]
    state.frames = [frame for frame in there if role in dialogues.names[frame.dialogue].roles]
    anew = [frame for frame in state.frames if not _moves(frame, dialogues.names[frame.dialogue])]
    for frame in anew:
        frame.begin_anew()
    lost = top is not None and (top.dialogue not in dialogues.names or not top.said)
    return Renewed(anew=bool(anew), gone=len(there) < len(every), lost=lost)


def _moves(frame: Frame, dialogue: Dialogue) -> bool:
    """Whether a draft could be brought to this version; its question is asked again where it is gone."""
    version, frame.version = frame.version, dialogue.version
    if not frame.begun:
        return True
    if version != dialogue.version:
        moved = dialogue.migrate(version, frame.draft)
        if moved is None:
            return False
        frame.draft = moved
        frame.order = [name for name in frame.order if name in moved]
    left = [step.name for step in dialogue.steps if step.name not in frame.draft]
    if frame.asked and frame.asked not in left:
        frame.forget_question()
    return bool(left)
