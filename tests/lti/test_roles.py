"""From LTI roles to what a person is in a course: full and short names, sub-roles, and what grants nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people.access import Role
from lti.roles import course_role, is_family

M = "http://purl.imsglobal.org/vocab/lis/v2/membership"
PERSON = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([f"{M}#Learner"], Role.STUDENT),
        ([f"{M}#Instructor"], Role.TEACHER),
        (["Learner"], Role.STUDENT),
        (["Instructor"], Role.TEACHER),
        (["TeachingAssistant"], Role.ASSISTANT),
        ([f"{M}/Learner#GuestLearner"], Role.STUDENT),
        ([f"{M}/Learner#Instructor"], Role.STUDENT),
        ([f"{M}/Instructor#PrimaryInstructor"], Role.TEACHER),
        ([f"{M}#Instructor", f"{M}/Instructor#PrimaryInstructor"], Role.TEACHER),
        ([f"{M}#Learner", f"{M}#Instructor"], Role.TEACHER),
        ([f"{M}#Learner", f"{PERSON}#Student"], Role.STUDENT),
        ([f"{M}#Instructor", f"{PERSON}#Administrator"], Role.TEACHER),
    ],
)
def test_course_roles(roles: list[str], expected: Role) -> None:
    assert course_role(roles) is expected
    assert course_role([*reversed(roles), "", "http://", "nonsense"]) is expected


@pytest.mark.parametrize("kind", ["", "Group", "Offering", "Section", "Template"])
def test_assistants_of_every_kind_are_assistants_beside_their_principal_role(kind: str) -> None:
    sub_role = f"{M}/Instructor#TeachingAssistant{kind}"
    assert course_role([sub_role]) is Role.ASSISTANT
    assert course_role([f"{M}#Instructor", sub_role]) is Role.ASSISTANT
    assert course_role([sub_role, f"{M}#Instructor", f"{M}#Learner"]) is Role.ASSISTANT
    assert course_role(["Instructor", f"Instructor#TeachingAssistant{kind}"]) is Role.ASSISTANT


def test_who_is_an_instructor_in_another_way_too_is_a_teacher() -> None:
    roles = [f"{M}#Instructor", f"{M}/Instructor#TeachingAssistant", f"{M}/Instructor#PrimaryInstructor"]
    assert course_role(roles) is Role.TEACHER


@pytest.mark.parametrize(
    "role",
    [
        f"{M}#Administrator",
        f"{M}/Administrator#Administrator",
        f"{M}#Mentor",
        f"{M}/Mentor#Advisor",
        f"{M}#ContentDeveloper",
        f"{M}#Manager",
        f"{M}#Member",
        f"{M}#Officer",
        f"{PERSON}#Administrator",
        f"{PERSON}#Instructor",
        f"{PERSON}#Student",
        f"{PERSON}#Learner",
        f"{SYSTEM}#SysAdmin",
        f"{SYSTEM}#Instructor",
        "Administrator",
        "Mentor",
        "learner",
        "INSTRUCTOR",
        " Instructor",
        f"{M}Instructor",
        f"{M}##Instructor",
        f"{M}#",
        f"{M}/",
        M,
        "http://evil.test/vocab/lis/v2/membership#Instructor",
        f"x{M}#Instructor",
        "urn:lti:role:ims/lis/Instructor",
        "",
        "\ud800",
    ],
)
def test_what_is_no_course_role_grants_nothing(role: str) -> None:
    assert course_role([role]) is Role.VISITOR


def test_without_roles_one_is_a_visitor() -> None:
    assert course_role([]) is Role.VISITOR


@given(
    st.lists(st.sampled_from([f"{M}#Mentor", f"{M}#Administrator", f"{PERSON}#Administrator", f"{SYSTEM}#SysAdmin"]) | st.text(max_size=40))
)
def test_no_lti_role_makes_an_admin_an_advisor_or_a_guardian(roles: list[str]) -> None:
    assert course_role(roles) in (Role.VISITOR, Role.STUDENT, Role.TEACHER, Role.ASSISTANT)


MEMBERS, INSTITUTION = (f"http://purl.imsglobal.org/vocab/lis/v2/{kind}" for kind in ("membership", "institution/person"))


@pytest.mark.parametrize(
    ("roles", "family"),
    [
        ([f"{INSTITUTION}#Student"], True),
        (["Learner"], True),
        ([f"{MEMBERS}#Mentor"], True),
        ([f"{MEMBERS}/Mentor#Advisor", f"{INSTITUTION}#Staff"], False),
        ([f"{MEMBERS}#Instructor", f"{INSTITUTION}#Student"], False),
        ([f"{INSTITUTION}#Administrator"], False),
        ([], False),
    ],
)
def test_learners_and_mentors_are_family_unless_they_are_staff(roles: list[str], family: bool) -> None:
    assert is_family(roles) is family
