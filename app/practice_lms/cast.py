"""Who is in the practice LMS, which courses they are in, and what LTI calls their roles."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Role = Literal["student", "teacher", "assistant", "counsellor", "admin"]

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"

# LTI 1.3 Core, appendix A.2: who sends a sub-role should send its principal role too.
COURSE_ROLES: dict[Role, tuple[str, ...]] = {
    "student": (f"{MEMBERSHIP}#Learner",),
    "teacher": (f"{MEMBERSHIP}#Instructor",),
    "assistant": (f"{MEMBERSHIP}#Instructor", f"{MEMBERSHIP}/Instructor#TeachingAssistant"),
    "counsellor": (f"{MEMBERSHIP}#Mentor", f"{MEMBERSHIP}/Mentor#Advisor"),
    "admin": (),
}
SCHOOL_ROLES: dict[Role, tuple[str, ...]] = {
    "student": (f"{INSTITUTION}#Student",),
    "teacher": (f"{INSTITUTION}#Instructor",),
    "assistant": (f"{INSTITUTION}#Staff",),
    "counsellor": (f"{INSTITUTION}#Staff",),
    "admin": (f"{INSTITUTION}#Administrator",),
}


@dataclass(frozen=True)
class Course:
    """One course of the LMS: an LTI context."""

    context: str
    title: str
    label: str = ""
    """A short code; the title stands in when there is none."""

    @property
    def resource_link(self) -> str:
        """The id of the one link to Paceline that a teacher placed in this course."""
        return f"{self.context}-paceline"


@dataclass(frozen=True)
class Person:
    """One account of the LMS. `contexts` are the courses the person is in; `subject` is LTI's *sub*."""

    subject: str
    name: str
    given: str
    family: str
    role: Role
    contexts: tuple[str, ...] = ()
    locale: str = "en"

    @property
    def email(self) -> str:
        """An address in a domain that nobody can own (RFC 2606), sent so that it can be shown that no one keeps it."""
        return f"{self.subject}@practice.example"

    def roles(self, *, in_course: bool) -> list[str]:
        """The role claim: full URIs, those of the course first."""
        return [*(COURSE_ROLES[self.role] if in_course else ()), *SCHOOL_ROLES[self.role]]


class Cast:
    """Everybody in the LMS and every course, in the order given."""

    def __init__(self, people: Iterable[Person], courses: Iterable[Course]) -> None:
        """Take the people and courses of the LMS.

        Raises:
            ValueError: a subject or context occurs twice, or somebody is in a course that is not there.
        """
        self.people, self.courses = tuple(people), tuple(courses)
        self._people = {person.subject: person for person in self.people}
        self._courses = {course.context: course for course in self.courses}
        if len(self._people) < len(self.people) or len(self._courses) < len(self.courses):
            raise ValueError("Two people of the practice LMS share a subject, or two courses a context.")
        if strangers := {context for person in self.people for context in person.contexts} - self._courses.keys():
            raise ValueError(f"People of the practice LMS are in courses that are not there: {sorted(strangers)}")

    def person(self, subject: str) -> Person | None:
        """The person with a subject."""
        return self._people.get(subject)

    def course(self, context: str) -> Course | None:
        """The course with a context id."""
        return self._courses.get(context)

    def members(self, course: Course) -> list[Person]:
        """Everybody in a course."""
        return [person for person in self.people if course.context in person.contexts]
