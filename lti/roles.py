"""One mapper from LTI roles, as full URIs or short names, to what a person is in a course (LTI Core 1.3, A.2).

An Administrator role grants nothing by itself, nor does Mentor: those need a person's decision here.
"""

from collections.abc import Collection

from core.people.access import Role

_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_BY_NAME = {"Instructor": Role.TEACHER, "TeachingAssistant": Role.ASSISTANT, "Learner": Role.STUDENT}

_FAMILY = ("Learner", "Student", "ProspectiveStudent", "Mentor", "Guardian", "Parent")
_STAFF = ("Instructor", "Faculty", "Staff", "Administrator", "SysAdmin")


def course_role(roles: Collection[str]) -> Role:
    """The strongest course role among LTI roles; VISITOR when none of them is one.

    A sub-role such as `membership/Instructor#PrimaryInstructor` counts as its principal role, except teaching
    assistants of every kind, who may read and not act. Platforms must send the principal role beside the sub-role, so
    that the bare *Instructor* of somebody who is also sent as an assistant says no more.
    """
    names = {_name(role) for role in roles}
    found = {_role(name) for name in names}
    if Role.ASSISTANT in found and not any(_role(name) is Role.TEACHER for name in names - {"Instructor"}):
        return Role.ASSISTANT
    return next((role for role in _BY_NAME.values() if role in found), Role.VISITOR)


def is_family(roles: Collection[str]) -> bool:
    """Whether an LMS calls somebody a learner or mentor, in a course or in the school, and nothing of the staff."""
    said = {part for role in roles for part in role.replace("/", "#").split("#")}
    return not said.isdisjoint(_FAMILY) and said.isdisjoint(_STAFF)


def _name(role: str) -> str:
    """`Instructor` or `Instructor#PrimaryInstructor`, from the full or the short name."""
    return role[len(_MEMBERSHIP) + 1 :] if role.startswith((f"{_MEMBERSHIP}#", f"{_MEMBERSHIP}/")) else role


def _role(name: str) -> Role:
    principal, _, sub_role = name.partition("#")
    if principal == "Instructor" and sub_role.startswith("TeachingAssistant"):
        return Role.ASSISTANT
    return _BY_NAME.get(principal, Role.VISITOR)  # a system or institution role is no name of the course's
