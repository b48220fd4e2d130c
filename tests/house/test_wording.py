"""Every sentence exists in every language, says what its facts allow and is used."""

import pkgutil
import re
from functools import cache
from importlib import import_module

import pytest

from bot.dialogues import privacy
from bot.dialogues.mood import FACES
from core.care import contacts, resources, safety
from core.errors import CoreError
from core.i18n import LANGUAGES, translator
from core.journal import checkins, claims, feedback, goals, help_answers, reflections, stuck
from core.journal.checkins import Blocker, Confidence
from core.journal.events import RECEIVERS, EventKind
from core.journal.help_requests import Helped, HelpState
from core.people.access import Role
from core.people.platforms import AgeBand
from core.people.preferences import Topic
from core.people.roles import SchoolRole
from core.privacy.export import LeftOut
from lti.ags import GradebookReceiver
from lti.refusals import LaunchRefused
from tests.house.catalogues import CATALOGUES, catalogue, facts_of, forms, messages
from tests.house.exported import exported_classes, exported_codes, exported_tables, shown_columns
from tests.house.keys import ANY, constructed_facts, mentioned, said_codes, template_paths, uses
from tests.house.source import ROOMS
from web.teacher_forms import STARTS


@cache
def errors() -> dict[str, type[CoreError]]:
    """Every error of the domain and the doors, by the name of its class."""
    for room in ROOMS:
        for module in pkgutil.walk_packages(import_module(room).__path__, f"{room}."):
            if ".migrations." not in module.name and not module.name.endswith("__main__"):
                import_module(module.name)
    found, seen = [CoreError], {}
    while found:
        kind = found.pop()
        if kind.__module__.split(".")[0] in ROOMS:
            seen[kind.__name__] = kind
        found += kind.__subclasses__()
    return seen


def made_with() -> dict[str, list[frozenset[str]]]:
    """The facts that each error is made with, place by place."""
    return constructed_facts(frozenset(errors()))


def codes() -> set[str]:
    return {kind.code for kind in errors().values()}


def families() -> dict[str, set[str]]:
    """What the parts that only a run knows may be: the whole list for each pattern, so that none is without a sentence."""
    kinds: set[str] = set(EventKind)
    receivers = {GradebookReceiver.name, RECEIVERS}
    strategies = set().union(*stuck.STRATEGIES.values())
    return {
        f"role.{ANY}": set(Role),
        f"age_band.{ANY}": set(AgeBand),
        f"blocker.{ANY}": set(Blocker),
        f"help.state.{ANY}": set(HelpState),
        f"school_role.{ANY}": set(SchoolRole),
        f"school_role.{ANY}.what": set(SchoolRole),
        f"topic.{ANY}": set(Topic),
        f"talk.strategy.{ANY}": strategies,
        f"talk.trick.{ANY}": strategies,
        f"admin.deployments.{ANY}": {"pending", "approved", "removed"},
        f"admin.tool.{ANY}": {"login", "launch", "jwks"},
        f"concern.state.{ANY}": set(contacts.SHOWN),
        f"concern.tier.{ANY}": set(safety.Tier),
        f"concern.reason.{ANY}": set(safety.Reason),
        f"concern.outcome.{ANY}": set(safety.Outcome),
        f"resource.{ANY}": set(resources.ResourceKind),
        f"event.{ANY}": kinds,
        f"receiver.{ANY}": receivers,
        f"start.{ANY}": set(STARTS),
        f"start.{ANY}.words": set(STARTS),
        f"inbox.helped.{ANY}": set(Helped),
        f"confidence.{ANY}": set(Confidence),
        f"record.{ANY}": {
            goals.RECORD,
            checkins.RECORD,
            reflections.RECORD,
            help_answers.RECORD,
            claims.RECORD,
            feedback.RECORD,
            contacts.RECORD,
        },
        f"said.{ANY}": said_codes(),
        f"export.table.{ANY}": exported_tables(),
        f"export.column.{ANY}": shown_columns(),
        f"export.class.{ANY}": exported_classes(),
        f"export.value.{ANY}": exported_codes(),
        f"export.left_out.{ANY}": set(LeftOut),
        f"error.{ANY}": codes(),
        f"reads.{ANY}": set(privacy.READ),
        f"reads.{ANY}.who": set(privacy.READ),
        f"talk.care.{ANY}": set(resources.ResourceKind),
        f"talk.pronoun.{ANY}": {"he", "she", "they"},
        f"talk.adult.{ANY}": {"he", "she", "they"},
        f"talk.check_in.then.{ANY}": strategies,
        f"talk.mood.face.{ANY}": {str(value) for value in FACES},
    }


def optional_families() -> dict[str, set[str]]:
    """Patterns of which only some have a sentence, and the code asks whether they do."""
    facts = {name for made in made_with().values() for one in made for name in one}
    return {
        f"error.{ANY}.mend": codes(),
        f"{ANY}.mend": {f"error.{code}" for code in codes()},
        f"error.{ANY}.operator": codes(),
        f"fact.{ANY}": facts,
        f"refusal.title.{ANY}": {code.partition(".")[0] for code in codes()},
    }


def expanded(patterns: dict[str, set[str]]) -> set[str]:
    return {pattern.replace(ANY, member) for pattern, members in patterns.items() for member in members}


# The catalogues among themselves


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_sorted_and_says_nothing_twice(language: str) -> None:
    written = re.findall(r'^msgid "(.+)"$', (CATALOGUES / f"{language}.po").read_text(), re.MULTILINE)
    assert written == sorted(set(written))


def test_every_key_is_in_every_language() -> None:
    everywhere = {language: set(messages(language)) for language in LANGUAGES}
    assert len(everywhere["en"]) > 100
    assert {language: keys ^ everywhere["en"] for language, keys in everywhere.items() if keys != everywhere["en"]} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty_and_every_plural_form_is_there(language: str) -> None:
    for key, message in messages(language).items():
        assert all(form.strip() for form in forms(message)), key
        assert len(forms(message)) == (catalogue(language).num_plurals if isinstance(message.id, tuple | list) else 1), key
        assert not message.fuzzy, key


def test_every_language_names_the_same_facts() -> None:
    different = {key: (facts_of(key, "en"), facts_of(key, "es")) for key in messages("en") if facts_of(key, "en") != facts_of(key, "es")}
    assert different == {}
    kinds = {language: {key for key, one in messages(language).items() if isinstance(one.id, tuple | list)} for language in LANGUAGES}
    assert kinds["en"] == kinds["es"]


def test_long_sentences_are_translated() -> None:
    same = {key for key, one in messages("en").items() if forms(one) == forms(messages("es")[key]) and len(forms(one)[0].split()) > 2}
    assert same == set()


# The catalogues and the code


def test_every_key_that_is_asked_for_exists() -> None:
    asked = {use.key: use.where for use in uses() if ANY not in use.key}
    assert len(asked) > 50
    assert {key: where for key, where in asked.items() if key not in messages("en")} == {}


def test_what_only_a_run_knows_is_listed_here() -> None:
    patterns = {use.key for use in uses() if ANY in use.key and use.key != ANY}
    assert patterns - set(families()) - set(optional_families()) == set()


def test_every_member_of_a_family_has_its_sentence() -> None:
    assert expanded(families()) - set(messages("en")) == set()


def test_no_key_is_unused() -> None:
    reachable = expanded(families()) | expanded(optional_families()) | {use.key for use in uses()} | mentioned()
    assert set(messages("en")) - reachable == set()


def test_every_use_gives_the_facts_that_its_sentence_names() -> None:
    wrong = {}
    for use in uses():
        if use.facts is not None and use.key in messages("en"):
            given = use.facts | ({"count"} if use.plural else set())
            if not facts_of(use.key) <= given or not given <= facts_of(use.key) | {"count"}:
                wrong[use.where] = (use.key, sorted(given), sorted(facts_of(use.key)))
    assert wrong == {}


def test_the_plural_is_asked_for_where_there_is_one() -> None:
    plurals = {key for key, one in messages("en").items() if isinstance(one.id, tuple | list)}
    assert {use.where: use.key for use in uses() if use.key in messages("en") and use.plural != (use.key in plurals)} == {}


def test_no_page_is_written_in_one_language() -> None:
    """Words between tags belong into the catalogues; names of languages and of ourselves are the same everywhere."""
    plain = {}
    for path in template_paths():
        page = re.sub(r"\{% block kind %\}.*?\{% endblock %\}", "", path.read_text())  # names a style, says nothing
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->|<[^>]*>", " ", page, flags=re.DOTALL)
        words = set(re.findall(r"[^\W\d_]{2,}", text)) - {"Paceline"}
        if words:
            plain[path.name] = sorted(words)
    assert plain == {}


# Errors


@pytest.mark.parametrize("name", sorted(errors()))
def test_every_error_has_a_sentence_made_of_facts_that_it_always_has(name: str) -> None:
    code, made = errors()[name].code, made_with()[name]
    always = frozenset.intersection(*made) if made else frozenset()
    assert f"error.{code}" in messages("en")
    for key in {f"error.{code}", f"error.{code}.mend", f"error.{code}.operator"} & set(messages("en")):
        assert facts_of(key) <= always, f"{key} names a fact that is not always there"


@pytest.mark.parametrize(
    "name", sorted(name for name, kind in errors().items() if issubclass(kind, LaunchRefused) or kind.__module__ == "app.wsgi")
)
def test_every_refusal_at_a_door_says_how_to_mend_it(name: str) -> None:
    assert f"error.{errors()[name].code}.mend" in messages("en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(errors()))
def test_every_error_can_be_said_with_any_of_its_facts(name: str, language: str) -> None:
    """Whatever its facts are called: `key` and `count` too are names that a fact may have."""
    t = translator(language)
    for facts in made_with()[name]:
        code = errors()[name].code
        for key in {f"error.{code}", f"error.{code}.mend", f"error.{code}.operator"} & t.keys:
            assert t(key, **dict.fromkeys(facts, "<fact>"))


def test_no_two_errors_share_a_code() -> None:
    kinds = list(errors().values())
    assert sorted({kind.code for kind in kinds}) == sorted(kind.code for kind in kinds)
