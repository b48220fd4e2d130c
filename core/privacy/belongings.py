"""Whose a row is: which tables hold rows of a person, and by which column. Export and erase are driven by this and by the metadata.

Every table stands in exactly one of `OWNERS`, `PARENTS` and `NOBODYS`, and every column that names a person is one of them or
stands in `MENTIONS`: a test holds that, so that no new table is forgotten.
"""

from collections.abc import Iterator, Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, Table, select

from core.data.db import metadata

OWNERS: Mapping[str, str] = {
    "person": "id",
    "account": "person_id",
    "address": "person_id",
    "preference": "person_id",
    "role_grant": "person_id",
    "viewer": "person_id",
    "enrolment": "person_id",
    "read_audit": "subject_id",
    "data_release": "person_id",
    "evidence": "person_id",
    "estimate": "person_id",
    "goal": "person_id",
    "claim": "person_id",
    "check_in": "person_id",
    "mood": "person_id",
    "reflection": "person_id",
    "prompt_asked": "person_id",
    "stuck_outcome": "person_id",
    "help_request": "person_id",
    "safety_concern": "person_id",
    "absence": "person_id",
    "feedback": "person_id",
    "conversation": "person_id",
    "heard": "person_id",
    "said": "person_id",
    "outbox": "subject_id",
}
"""The column that names the owner of a row."""

PARENTS: Mapping[str, str] = {
    "goal_step": "goal_id",
    "goal_change": "goal_id",
    "goal_comment": "goal_id",
    "reflection_reader": "reflection_id",
    "reflection_reply": "reflection_id",
    "help_answer": "help_request_id",
    "handover": "help_request_id",
    "concern_told": "concern_id",
}
"""Rows that belong to the owner of the row to which this column leads, whoever wrote them."""

MENTIONS: Mapping[str, str] = {
    "role_grant.granted_by": "the admin who gave the role",
    "read_audit.reader_id": "the adult who read",
    "evidence.asserted_by": "the teacher who said so",
    "goal.suggested_by": "the teacher who suggested it",
    "goal_change.changed_by": "the student, or the teacher who suggested or confirmed",
    "goal_comment.written_by": "the teacher who wrote to the student",
    "claim.decided_by": "the student, or the teacher who decided",
    "reflection_reader.reader_id": "the adult whom the student chose",
    "reflection_reply.written_by": "the adult who answered the student",
    "help_request.to_person_id": "the adult whom the student asked",
    "help_request.resolved_by": "the student, or the adult whom they asked",
    "help_answer.answered_by": "the adult who answered the student",
    "handover.from_person_id": "the adult who passes the student's request on",
    "handover.to_person_id": "the advisor who is to get it",
    "safety_concern.seen_by": "the safety contact who looked",
    "safety_concern.closed_by": "the safety contact who said what came of it",
    "concern_told.person_id": "the safety contact who was told",
    "absence.delegate_id": "the colleague who stands in",
    "feedback.answered_by": "the admin who answered",
    "invitation.made_by": "the admin who invites; the invitation is the school's",
    "crisis_resource.set_by": "the admin who set it; it is the school's",
    "competency_link.added_by": "the teacher who gave the link; it is the course's",
    "course_receiver.switched_on_by": "the teacher who switched it on; it is the course's",
}
"""Columns that name somebody whose row it is not, and who that is."""

NOBODYS: Mapping[str, str] = {
    "tenant": "is the school",
    "platform": "is a registration of the school or the installation",
    "deployment": "is the school's; its approver is the operator or an admin, in words",
    "invitation": "is the school's",
    "launch_state": "is made before anybody is known",
    "course": "is the school's",
    "framework": "is the school's",
    "competency": "is the school's",
    "competency_total": "adds up a whole school and names nobody",
    "crisis_resource": "is the school's",
    "guide_item": "is the course's",
    "calendar_break": "is the school's",
    "competency_link": "is the course's",
    "course_receiver": "is the course's",
    "gradebook": "is the course's",
    "lease": "is the installation's",
    "tool_key": "is the installation's",
    "access_token": "is the installation's",
    "erasure": "says that somebody was erased, and must outlive them",
    "erasure_request": "says what a receiver still has of somebody who was erased",
}
"""Tables that hold no rows of any person, and why."""


def tables_of_people() -> list[Table]:
    """Every table that holds rows of people, in an order in which a row comes before those that point at it.

    Raises:
        LookupError: a room whose table holds rows of people was not imported: they would be forgotten.
    """
    if missing := (OWNERS.keys() | PARENTS.keys()) - metadata.tables.keys():
        raise LookupError(f"not imported: {', '.join(sorted(missing))}")
    return [table for table in metadata.sorted_tables if table.name in OWNERS or table.name in PARENTS]


def rows_of(table: Table, tenant_id: UUID, person_id: UUID) -> ColumnElement[bool]:
    """Which rows of a table belong to a person."""
    within: ColumnElement[bool] = table.c.tenant_id == tenant_id
    if table.name in OWNERS:
        return within & (table.c[OWNERS[table.name]] == person_id)
    column = PARENTS[table.name]
    parent = leads_to(table, column)
    assert parent is not None
    return within & table.c[column].in_(select(parent.c.id).where(rows_of(parent, tenant_id, person_id)))


def mentions_of_others(tenant_id: UUID, person_id: UUID) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """For each column that names somebody else: its table, and which rows of others name this person there."""
    for name in MENTIONS:
        table_name, _, column = name.partition(".")
        table = metadata.tables[table_name]
        named = (table.c.tenant_id == tenant_id) & (table.c[column] == person_id)
        mine = table_name in OWNERS or table_name in PARENTS
        yield table, named & ~rows_of(table, tenant_id, person_id) if mine else named


def leads_to(table: Table, column: str) -> Table | None:
    """The table to which a column points, if it does; the school apart."""
    for key in table.foreign_key_constraints:
        if column in key.column_keys and column != "tenant_id":
            return key.referred_table
    return None


def names_a_person(table: Table, column: str) -> bool:
    """Whether a column holds the id of a person: the owner's, or that of somebody who is mentioned."""
    return OWNERS.get(table.name) == column or f"{table.name}.{column}" in MENTIONS
