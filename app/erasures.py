"""What the command line says of erasures: counts and ids, never a word of a student."""

from typing import Any

from core.privacy.erase import Erased, Erasure, ErasureRequest


def lines(done: Erased) -> str:
    """What one erasure did, and what it left."""
    rows = ", ".join(f"{table} {count}" for table, count in done.erased.items())
    key = "The data key is destroyed." if done.key_destroyed else "The worker destroys the data key as soon as the vault answers."
    said = [f"Erased {done.pseudonym} ({done.erasure_id}): {sum(done.erased.values())} rows ({rows}). {key}"]
    said += [f"Stays: {count} rows of {table}, ids only." for table, count in done.stayed.items()]
    ask = "Erasing here does not erase there; the ids are in: paceline erasures --json"
    said += [f"Still at {receiver}: {count} events. {ask}" for receiver, count in done.to_ask.items()]
    return "\n".join(said)


def facts(done: Erased) -> dict[str, Any]:
    """The same, for programs."""
    return {**vars(done), "erasure_id": str(done.erasure_id)}


def listed_lines(found: list[dict[str, Any]]) -> str:
    """The erasures of a school, one line for each receiver that still has something."""
    line = "{erased_at}  {pseudonym}  {receiver}  {events} events"
    said = [line.format(**one | {"events": len(one["events"]) + len(one["unsure"]), "receiver": one["receiver"] or "-"}) for one in found]
    return "\n".join(said) or "Nobody was erased."


def listed_facts(one: Erasure, request: ErasureRequest | None) -> dict[str, Any]:
    """One erasure, and what to ask of one receiver, for programs."""
    return {
        "id": str(one.id),
        "pseudonym": one.pseudonym,
        "asked_by": one.asked_by,
        "erased_at": one.erased_at.isoformat(),
        "receiver": request.receiver if request else None,
        "events": request.events if request else [],
        "unsure": request.unsure if request else [],
    }
