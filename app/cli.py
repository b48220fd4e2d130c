"""The command line. Every command says what it did, `--json` says it to programs, and errors say the way out."""

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import click
from sqlalchemy.exc import SQLAlchemyError

from app import chat, erasures, logs, migrations, supervisor, wiring
from app import demo as demo_school
from app.settings import SettingsInvalid, Stage, new_master_key, read_settings
from app.wiring import House
from app.worker import Worker
from core.data.clock import utc_now
from core.data.outgoing import DestinationDown, DestinationRefused
from core.errors import CoreError
from core.i18n import LANGUAGES, translator
from core.people import invitations, people, platforms, tenants, viewers
from core.people.platforms import AgeBand, Deployment, Platform
from core.privacy import erase
from core.privacy.erase import Asker
from lti.key_sets import parse_key_set

Asked = ParamSpec("Asked")
as_json = click.option("--json", "json_", is_flag=True, help="Answer in JSON, for programs.")
in_school = click.option("--school", default="", help="Name or id of the school; not needed while there is one.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="paceline")
def main() -> None:
    """Paceline: a companion for students, inside the LMS and the chat that a school already runs."""
    os.umask(0o077)  # databases and secrets are their owner's alone


def told_plainly(command: Callable[Asked, None]) -> Callable[Asked, None]:
    """Turn refusals, and what is wrong with a database or a folder, into a sentence and the exit code 1."""

    @wraps(command)
    def run(*args: Asked.args, **kwargs: Asked.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except CoreError as error:
            raise click.ClickException(_sentence(error)) from None
        except SettingsInvalid as error:
            raise click.ClickException(str(error)) from None
        except (SQLAlchemyError, OSError) as error:
            raise click.ClickException(_trouble(error)) from None

    return run


@main.command()
@click.option("--home", type=click.Path(file_okay=False), help="Folder for the demo's databases and secrets.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web server.")
@click.option("--prepare-only", is_flag=True, help="Lay the sample school and stop.")
@told_plainly
def demo(home: str | None, port: int | None, prepare_only: bool) -> None:
    """Start everything with a lively sample school, and print where to click."""
    given = {name: value for name, value in (("home", home), ("port", port)) if value is not None}
    settings = read_settings(stage=Stage.DEMO, **given)
    demo_school.check(os.environ.get("PACELINE_STAGE"), settings)
    logs.configure("warning", readable=True)
    supervisor.check_port(settings)
    demo_school.prepare(settings)
    if not prepare_only:
        sys.exit(supervisor.run(settings, say=_say, ready=demo_school.WELCOME.format(address=settings.address, home=settings.home)))


@main.command()
@told_plainly
def serve() -> None:
    """Serve the web pages with gunicorn (one process, eight threads)."""
    supervisor.become_server(read_settings())


@main.command()
@told_plainly
def worker() -> None:
    """Deliver the outbox and run the timetable. Any number may run."""
    house = _house()
    if not migrations.is_current(house.database):
        raise SettingsInvalid("The database is not at this version's schema: paceline db upgrade")
    logs.configure(house.settings.log_level)
    Worker(house).run()


@main.group()
def db() -> None:
    """The databases."""


@db.command()
@told_plainly
def upgrade() -> None:
    """Bring the main database and the vault to the schema of this version. Safe to repeat."""
    house = _house()
    house.settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrations.upgrade(house.settings.database_address)
    house.vault.create_tables()
    _say("Both databases are up to date.")


@main.group()
def tenant() -> None:
    """The schools."""


@tenant.command("add")
@click.argument("name")
@click.option("--zone", required=True, help="IANA time zone, such as America/Los_Angeles.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@as_json
@told_plainly
def tenant_add(name: str, zone: str, language: str, json_: bool) -> None:
    """Add a school."""
    with _house().database.aside() as session:
        added = tenants.add_tenant(session, name, zone=zone, language=language, now=utc_now())
    _answer(json_, _tenant_facts(added), f"Added {added.name} ({added.id}). Next: paceline platform add, paceline admin invite.")


@tenant.command("list")
@as_json
@told_plainly
def tenant_list(json_: bool) -> None:
    """List the schools."""
    with _house().database.session(writes=False) as session:
        found = [_tenant_facts(one) for one in tenants.list_tenants(session)]
    _answer(json_, found, "\n".join(f"{one['name']}  {one['zone']}  {one['id']}" for one in found) or "No school yet: paceline tenant add.")


@main.group()
def platform() -> None:
    """The learning management systems, and their deployments."""


@platform.command("add")
@click.option("--name", required=True, help="What people call this LMS.")
@click.option("--issuer", required=True, help="The platform's issuer (iss), an address.")
@click.option("--client-id", required=True, help="The client id that the LMS gave Paceline.")
@click.option("--auth-login-url", required=True, help="OIDC authentication request address.")
@click.option("--auth-token-url", required=True, help="OAuth 2.0 access token address.")
@click.option("--key-set-url", required=True, help="The platform's public key set (JWKS) address.")
@click.option("--auth-audience", help="Audience of token requests, where it is not the token address.")
@click.option("--frame-origin", "frame_origins", multiple=True, help="Origin that shows Paceline in a frame; repeat for several.")
@as_json
@told_plainly
def platform_add(json_: bool, frame_origins: tuple[str, ...], **facts: str) -> None:
    """Register an LMS. Its deployments wait for `platform approve`."""
    house = _house()
    with house.database.aside() as session:
        added = platforms.add_platform(session, now=utc_now(), frame_origins=frame_origins, **facts)
    address = house.settings.address
    said = (
        f"Registered {added.name}. In the LMS, enter:\n  login   {address}/lti/login\n  launch  {address}/lti/launch\n"
        f"  keys    {address}/lti/jwks.json\nThen: paceline platform approve --issuer {added.issuer} --deployment ID --ages BAND"
    )
    _answer(json_, _platform_facts(added, []), said)


@platform.command("approve")
@click.option("--issuer", required=True)
@click.option("--client-id", help="Needed when an issuer is registered more than once.")
@click.option("--deployment", required=True, help="The deployment id, as the LMS shows it.")
@click.option(
    "--ages", required=True, type=click.Choice([band.value for band in AgeBand if band is not AgeBand.UNSET]), help="The students' ages."
)
@in_school
@as_json
@told_plainly
def platform_approve(issuer: str, client_id: str | None, deployment: str, ages: str, school: str, json_: bool) -> None:
    """Let a deployment launch into a school, and attest how old its students are."""
    with _house().database.aside() as session:
        into = tenants.find_tenant(session, school)
        found = platforms.find_platform(session, issuer, client_id)
        approved = platforms.approve_deployment(session, found, deployment, into.id, AgeBand(ages), by="operator", now=utc_now())
        facts = _deployment_facts(approved)
    _answer(json_, facts, f"Deployment {deployment} launches into {into.name} now.")


@platform.command("remove")
@click.option("--issuer", required=True)
@click.option("--client-id", help="Needed when an issuer is registered more than once.")
@click.option("--deployment", required=True)
@as_json
@told_plainly
def platform_remove(issuer: str, client_id: str | None, deployment: str, json_: bool) -> None:
    """Refuse a deployment's launches from now on. Nothing is deleted; approving it again restores it."""
    with _house().database.aside() as session:
        removed = platforms.remove_deployment(session, platforms.find_platform(session, issuer, client_id), deployment, now=utc_now())
        if removed.tenant_id:
            viewers.close_viewers_from(session, removed.platform_id, removed.tenant_id)
    _answer(json_, {"deployment": deployment, "state": "removed"}, f"Deployment {deployment} is refused from now on.")


@platform.command("list")
@as_json
@told_plainly
def platform_list(json_: bool) -> None:
    """List the registered platforms and their deployments."""
    with _house().database.session(writes=False) as session:
        found = platforms.list_platforms(session)
        deployments = platforms.deployments_of(session, [one.id for one in found])
    facts = [_platform_facts(one, [each for each in deployments if each.platform_id == one.id]) for one in found]
    _answer(json_, facts, "\n".join(map(_platform_lines, facts)) or "No platform yet: paceline platform add.")


@platform.command("check")
@click.option("--issuer", required=True)
@click.option("--client-id", help="Needed when an issuer is registered more than once.")
@as_json
@told_plainly
def platform_check(issuer: str, client_id: str | None, json_: bool) -> None:
    """Check what can be checked from here: the platform's keys, and whether a deployment is approved."""
    house = _house()
    with house.database.session(writes=False) as session:
        found = platforms.find_platform(session, issuer, client_id)
        deployments = platforms.deployments_of(session, [found.id])
    checks = [_check_keys(house, found), _check_deployments(deployments)]
    lines = [f"{'ok ' if one['ok'] else 'NO '} {one['check']}: {one['said']}" for one in checks]
    _answer(json_, {"issuer": issuer, "checks": checks}, "\n".join(lines))
    if not all(one["ok"] for one in checks):
        sys.exit(1)


@main.group()
def admin() -> None:
    """The people who administer a school."""


@admin.command()
@in_school
@as_json
@told_plainly
def invite(school: str, json_: bool) -> None:
    """Print a one-time link that makes whoever opens it an admin of the school. It lasts seven days."""
    house = _house()
    with house.database.aside() as session:
        into = tenants.find_tenant(session, school)
        code = invitations.invite(session, into.id, by=None, now=utc_now())
    link = f"{house.settings.address}/invitation/{code}"
    _answer(json_, {"school": into.name, "link": link}, f"Give this to the admin of {into.name}; it works once, for seven days:\n{link}")


@main.command("erase")
@click.option("--person", "pseudonym", required=True, help="Pseudonym of the student, such as s-7Q2K9XMB4T.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@in_school
@as_json
@told_plainly
def erase_student(pseudonym: str, yes: bool, school: str, json_: bool) -> None:
    """Erase a student for ever: rows first, then their data key. Prints counts only."""
    house = _house()
    with house.database.session(writes=False) as session:
        tenant_id = tenants.find_tenant(session, school).id
        person_id = people.find_called(session, tenant_id, pseudonym).id
    if not yes:
        click.confirm(f"Erase {pseudonym} for ever?", abort=True)
    done = erase.erase(house.database, house.vault, tenant_id, person_id, by=Asker.OPERATOR, now=utc_now())
    _answer(json_, erasures.facts(done), erasures.lines(done))


@main.command("erasures")
@in_school
@as_json
@told_plainly
def list_erasures(school: str, json_: bool) -> None:
    """List who was erased, by pseudonym, and which events to ask which receiver to erase as well."""
    with _house().database.session(writes=False) as session:
        found = erase.erasures_of(session, tenants.find_tenant(session, school).id)
    facts = [erasures.listed_facts(one, request) for one, request in found]
    _answer(json_, facts, erasures.listed_lines(facts))


@main.command("chat")
@click.option("--as", "person", required=True, help="Pseudonym or name of whoever speaks.")
@click.option("--course", default="", help="Title or id of the course that they come from; else one of theirs.")
@in_school
@as_json
@told_plainly
def chat_as(person: str, course: str, school: str, json_: bool) -> None:
    """Talk as somebody, line by line or from a pipe. Numbers pick choices. Not in production."""
    house = _house()
    chat.check(house.settings)
    logs.configure("error", readable=True)
    with house.database.session(writes=False) as session:
        speaker = chat.find_speaker(session, house.vault, tenants.find_tenant(session, school), person, course)
    chat.talk_at_terminal(chat.Chat(house, speaker, _say, as_json=json_), prompt=sys.stdin.isatty())


@main.group()
def vault() -> None:
    """The vault of data keys."""


@vault.command("new-key")
def vault_new_key() -> None:
    """Print a fresh master key. Put it first in PACELINE_MASTER_KEYS, restart, then: paceline vault rotate."""
    click.echo(new_master_key())


@vault.command("rotate")
@as_json
@told_plainly
def vault_rotate(json_: bool) -> None:
    """Wrap every data key under the first master key. Afterwards the older master keys can go."""
    count = _house().vault.rotate()
    _answer(json_, {"wrapped": count}, f"{count} data keys are wrapped under the first master key now; the older ones can go.")


def _house() -> House:
    """The house of this command, closed at its end."""
    house = wiring.build(read_settings())
    click.get_current_context().call_on_close(house.close)
    return house


def _check_keys(house: House, found: Platform) -> dict[str, Any]:
    try:
        answer = house.outgoing.call("GET", found.key_set_url)
        count = len(parse_key_set(answer.json())) if answer.ok else 0
        said = f"{count} usable keys at {found.key_set_url}" if answer.ok else f"HTTP {answer.status} from {found.key_set_url}"
    except (DestinationDown, DestinationRefused, ValueError) as error:
        count, said = 0, f"cannot read {found.key_set_url}: {error}"
    return {"check": "keys", "ok": count > 0, "said": said}


def _check_deployments(deployments: list[Deployment]) -> dict[str, Any]:
    states = [_state(one) for one in deployments]
    said = ", ".join(f"{one.deployment_id} {state}" for one, state in zip(deployments, states, strict=True))
    return {"check": "deployments", "ok": "approved" in states, "said": said or "none seen yet: launch once, or paceline platform approve"}


def _state(deployment: Deployment) -> str:
    if deployment.removed_at:
        return "removed"
    return "approved" if deployment.approved_at else "pending"


def _tenant_facts(one: tenants.Tenant) -> dict[str, Any]:
    return {"id": str(one.id), "name": one.name, "zone": one.zone, "language": one.language}


def _platform_facts(one: Platform, deployments: list[Deployment]) -> dict[str, Any]:
    facts = one.model_dump(mode="json", exclude={"created_at"})
    return {**facts, "deployments": [_deployment_facts(each) for each in deployments]}


def _deployment_facts(one: Deployment) -> dict[str, Any]:
    tenant_id = str(one.tenant_id) if one.tenant_id else None
    return {"deployment": one.deployment_id, "state": _state(one), "ages": one.age_band, "school": tenant_id}


def _platform_lines(facts: dict[str, Any]) -> str:
    lines = [f"{facts['name']}  {facts['issuer']}  client {facts['client_id']}"]
    lines += [f"  deployment {one['deployment']}: {one['state']}, ages {one['ages']}" for one in facts["deployments"]]
    return "\n".join(lines)


def _answer(json_: bool, facts: Any, said: str) -> None:
    click.echo(json.dumps(facts, ensure_ascii=False) if json_ else said)


def _trouble(error: Exception) -> str:
    """What is wrong with a database or a folder, in its own first line, and what mostly helps."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    if isinstance(error, OSError):
        return f"{said}. PACELINE_HOME must be a folder that Paceline may write to."
    return f"The database cannot be used: {said}. Check PACELINE_DATABASE_URL and PACELINE_VAULT_URL; a new one needs: paceline db upgrade"


def _say(line: str) -> None:
    click.echo(line)


def _sentence(error: CoreError) -> str:
    t = translator("en")
    known = [t(key, **error.facts) for key in (f"error.{error.code}", f"error.{error.code}.mend") if key in t.keys]
    return " ".join(known) or f"{error.code} {error.facts}"


if __name__ == "__main__":
    main()
