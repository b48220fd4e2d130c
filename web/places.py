"""Places: a viewer is bound to one course or to the school; going elsewhere opens a new one."""

from uuid import UUID

from flask import Response

from core.courses.enrolments import Place, places_of
from core.errors import NotFound
from core.people.access import Role
from core.people.viewers import Me, open_viewer
from web.request import db, hand_over, now, see

PAGES = {
    Role.TEACHER: "dashboard.show",
    Role.ASSISTANT: "dashboard.show",
    Role.ADVISOR: "inbox.show",
    Role.TENANT_ADMIN: "admin.show",
}
"""The first page of each role; everybody else starts at home."""


def here(me: Me) -> Place:
    """The course of a viewer, as long as the person is in it, in the role in which they look.

    Raises:
        NotFound: they look from no course, have left it, or are something else there by now.
    """
    for place in places_of(db(), me.tenant_id, me.person_id):
        if (place.course_id, place.role) == (me.course_id, me.role):
            return place
    raise NotFound(what="course")


def move(me: Me, course_id: UUID | None, role: Role) -> Response:
    """Take a viewer to another place of the same person. The caller has checked that the role is theirs there."""
    return enter(me.tenant_id, me.person_id, course_id, role, platform_id=me.platform_id, with_cookie=me.bound)


def enter(tenant_id: UUID, person_id: UUID, course_id: UUID | None, role: Role, *, platform_id: UUID | None, with_cookie: bool) -> Response:
    """Open a viewer and go to its first page.

    Args:
        with_cookie: hand over its cookie too, to a browser that is known to keep one or has no frame around it.
    """
    opened = open_viewer(db(), tenant_id=tenant_id, person_id=person_id, course_id=course_id, role=role, platform_id=platform_id, now=now())
    response = see(PAGES.get(role, "home.show"), handle=opened.handle)
    return hand_over(response, opened) if with_cookie else response
