"""A small pretend LMS, to try Paceline without a school.

It speaks LTI 1.3 (Core, AGS 2.0, NRPS 2.0) to Paceline over HTTP and knows nothing of Paceline's tables: to us it is
as foreign as any other platform. Anybody who reaches it may launch as anybody in its cast, so it belongs in a demo and
never in production.
"""

from app.practice_lms.cast import Course, Person, Role
from app.practice_lms.lms import PracticeLms
from app.practice_lms.views import blueprint

__all__ = ["Course", "Person", "PracticeLms", "Role", "blueprint"]
