"""What an export can hold: the tables, columns and codes that its page must have words for."""

from core.care import safety
from core.data.outbox import State
from core.evidence.evidence import Source
from core.i18n import LANGUAGES
from core.journal.checkins import Confidence
from core.journal.claims import ClaimState
from core.journal.goals import Change, GoalState
from core.journal.handovers import HandoverState
from core.journal.help_requests import AnswerForm, Helped, HelpState, Kind
from core.journal.prompts import Phase
from core.people.preferences import Way
from core.privacy.belongings import OWNERS, tables_of_people
from core.privacy.dictionary import Pii, dictionary
from web.export_page import TECHNICAL

JOURNAL = (GoalState, Change, ClaimState, HelpState, Helped, AnswerForm, Kind, HandoverState, Confidence, Phase)
OTHERS = (Source, State, safety.ConcernState, safety.Reason, safety.Outcome, Way)
DOORS = {"web", "lti", "terminal", "notice"}


def exported_tables() -> set[str]:
    return {table.name for table in tables_of_people()}


def exported_columns() -> set[str]:
    """The columns that some table brings into an export."""
    entries = dictionary().tables
    return {
        column.name
        for table in tables_of_people()
        for column in table.columns
        if column.name not in ("tenant_id", OWNERS.get(table.name)) and entries[table.name].columns[column.name].pii is not Pii.SECRET
    }


def shown_columns() -> set[str]:
    """Those of them that its page shows."""
    return exported_columns() - TECHNICAL


def exported_codes() -> set[str]:
    """The codes in exported rows that have no sentences of their own elsewhere."""
    return {code for kind in (*JOURNAL, *OTHERS) for code in kind} | DOORS | set(LANGUAGES)


def exported_classes() -> set[str]:
    return {dictionary().tables[name].record_class for name in exported_tables()}
