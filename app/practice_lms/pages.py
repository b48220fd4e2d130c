"""The pages that a person sees: who to launch as, the launch in its frame, the sign-in step, the gradebook.

English only, and not in Paceline's catalogues: it plays somebody else's LMS.
"""

from collections.abc import Sequence

from flask import Blueprint, Response, abort, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from app.practice_lms import launches
from app.practice_lms.cast import Course, Person
from app.practice_lms.here import lms
from core.people.access import open_to_all

bp = Blueprint("pages", __name__)

LEADING_STUDENTS = 2
ROWS_SHOWN = 200
LONGEST_MESSAGE = 500


@bp.get("/")
@open_to_all("practice LMS: plays a foreign LMS, which has its own accounts; registered in the demo only")
def index() -> str:
    """Everybody one may launch as, course by course; and what a tool says when it sends somebody back."""
    cast = lms().cast
    courses = [(course, members, _leading(members)) for course in cast.courses if (members := cast.members(course))]
    said = request.args.get("lti_errormsg") or request.args.get("lti_msg") or ""
    return render_template(
        "practice/index.html", courses=courses, people=cast.people, leading=_leading(cast.people), said=said[:LONGEST_MESSAGE]
    )


@bp.get("/launch")
@open_to_all("practice LMS: plays a foreign LMS, which has its own accounts; registered in the demo only")
def launch() -> str:
    """A course page with Paceline in a frame."""
    person, course = _asked_person(), _asked_course()
    if course is not None and course.context not in person.contexts:
        abort(404, f"{person.name} is not in {course.title}.")
    frame, tab = (launches.login_url(lms(), person, course, target) for target in ("iframe", "window"))
    return render_template("practice/launch.html", person=person, course=course, frame=frame, tab=tab)


@bp.route("/auth", methods=["GET", "POST"])
@open_to_all("practice LMS: the authorisation endpoint that the tool sends the browser to")
def auth() -> Response:
    """Answer the tool's authentication request by form_post: an id_token, or an OIDC error."""
    asked = request.form if request.method == "POST" else request.args
    try:
        checked = launches.read_request(lms(), asked)
    except launches.NotOurTool as error:
        abort(400, str(error))
    except launches.AuthRefused as error:
        return _form_post(error.fields(), 400)
    state = {} if checked.state is None else {"state": checked.state}
    return _form_post({"id_token": launches.id_token(lms(), checked), **state}, 200)


@bp.get("/gradebook")
@open_to_all("practice LMS: shows the scores that it received; registered in the demo only")
def gradebook() -> str:
    """The scores received, course by course, newest first."""
    book, cast = lms().gradebook, lms().cast
    names = {person.subject: person.name for person in cast.people}
    courses = [
        (course, {item.id: item.facts.label for item in book.items(course.context)}, book.scores(course.context, limit=ROWS_SHOWN))
        for course in cast.courses
    ]
    return render_template("practice/gradebook.html", courses=courses, names=names, rows_shown=ROWS_SHOWN)


@bp.errorhandler(HTTPException)
def problem(error: HTTPException) -> tuple[str, int]:
    """Say what is wrong, on a page of the LMS."""
    return render_template("practice/problem.html", error=error), error.code or 400


def _form_post(fields: dict[str, str], status: int) -> Response:
    """OAuth 2.0 Form Post Response Mode, with a button for browsers without JavaScript."""
    return make_response(render_template("practice/form_post.html", action=lms().tool.launch_url, fields=fields), status)


def _asked_person() -> Person:
    person = lms().cast.person(request.args.get("user", ""))
    if person is None:
        abort(404, "Nobody with that user id is in this LMS.")
    return person


def _asked_course() -> Course | None:
    context = request.args.get("course", "")
    course = lms().cast.course(context)
    if context and course is None:
        abort(404, "There is no course with that id in this LMS.")
    return course


def _leading(members: Sequence[Person]) -> list[Person]:
    """The first students, and the first of each other role."""
    leading = [person for person in members if person.role == "student"][:LEADING_STUDENTS]
    for person in members:
        if person.role not in {known.role for known in leading}:
            leading.append(person)
    return leading
