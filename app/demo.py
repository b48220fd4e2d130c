"""The demo: databases laid, a sample school in them, and a practice LMS to launch from."""

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from sqlmodel import Session

from app import migrations, wiring
from app.practice_lms import Course, Person, PracticeLms
from app.practice_lms import Role as LmsRole
from app.practice_lms.lms import NAME
from app.sample import content
from app.sample.people import CastMember, cast
from app.sample.school import lay_school
from app.settings import Settings, SettingsInvalid, Stage
from app.wiring import House
from core.data.clock import utc_now
from core.errors import NotFound
from core.people import platforms
from core.people.access import Role
from core.people.platforms import AgeBand, Platform

WELCOME = """
  Paceline is ready:  {address}/practice/

  Ada, a student      Talk: try "finish all of unit 4 by friday", or "im stuck on slope". Luis has the same in Spanish.
  Ms Rivera, teacher  Inbox: four students ask about slope, and others wait. Talk: "who needs help?"
  Ms Brooks           the counsellor. Safety: a made-up concern is open. Principal Ortiz: School, with feedback to answer.
  In a terminal       PACELINE_STAGE=demo PACELINE_HOME={home} .venv/bin/paceline chat --as "Ada Okafor"

  Everything is in {home}/ ; delete that folder to begin anew. Ctrl-C stops.
"""
_ROLES: dict[Role, LmsRole] = {
    Role.STUDENT: "student",
    Role.TEACHER: "teacher",
    Role.ASSISTANT: "assistant",
    Role.ADVISOR: "counsellor",
    Role.TENANT_ADMIN: "admin",
}


def check(stage: str | None, settings: Settings) -> None:
    """Keep the sample away from a school's own data.

    Raises:
        SettingsInvalid: this is a production environment, or its databases are not the demo's own.
    """
    if stage not in (None, "", Stage.DEMO):
        raise SettingsInvalid(f"PACELINE_STAGE is {stage}: the demo runs in an environment of its own.")
    if settings.database_url or settings.vault_url:
        raise SettingsInvalid("The demo lays its sample into databases of its own: unset PACELINE_DATABASE_URL and PACELINE_VAULT_URL.")


def prepare(settings: Settings) -> None:
    """Lay the databases and, at the first run, the sample school; with progress on the terminal."""
    console = Console(stderr=True)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    console.print("Laying the databases …")
    migrations.upgrade(settings.database_address)
    house = wiring.build(settings)
    facts = PracticeLms.facts(settings.address)
    deployment_id, issuer, client_id = facts.pop("deployment_id"), facts.pop("issuer"), facts.pop("client_id")
    try:
        house.vault.create_tables()
        with house.database.session() as session:
            try:
                platform = platforms.find_platform(session, issuer, client_id)
                platforms.move_platform(session, platform, **facts)
                _restore(session, platform)
                console.print("The sample school is there already.")
            except NotFound:
                platform = platforms.add_platform(session, name=NAME, issuer=issuer, client_id=client_id, now=utc_now(), **facts)
                _lay(session, house, platform, deployment_id, console)
            session.commit()
    finally:
        house.close()


def practice_lms(settings: Settings) -> PracticeLms:
    """The practice LMS of the sample's people and courses, in the home. Never built in production."""
    members = cast()
    people = {one.subject: one for one in members}.values()
    courses = [Course(section.context, section.title) for section in content.course_plan().sections]
    return PracticeLms(settings.home, settings.address, [_person(one, members) for one in people], courses)


def _lay(session: Session, house: House, platform: Platform, deployment_id: str, console: Console) -> None:
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        lay_school(session, house.vault, platform, deployment_id, now=utc_now(), progress=_reporter(progress))


def _restore(session: Session, platform: Platform) -> None:
    """Approve again what somebody removed on the admin page: a demo begins with its door open."""
    for one in platforms.deployments_of(session, [platform.id]):
        if one.removed_at and one.tenant_id:
            platforms.approve_deployment(
                session, platform, one.deployment_id, one.tenant_id, AgeBand(one.age_band), by="demo", now=utc_now()
            )


def _reporter(progress: Progress) -> Callable[[str, int, int], None]:
    tasks: dict[str, TaskID] = {}

    def report(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = progress.add_task(what.capitalize(), total=total)
        progress.update(tasks[what], completed=done)

    return report


def _person(one: CastMember, members: tuple[CastMember, ...]) -> Person:
    given, _, family = one.name.partition(" ")
    contexts = tuple(each.context_id for each in members if each.subject == one.subject and each.context_id)
    return Person(one.subject, one.name, given, family or given, _ROLES[one.role], contexts, one.language or "en")
