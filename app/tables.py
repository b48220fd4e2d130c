"""All tables of all rooms: importing this module fills the metadata that migrations and tests compare."""

# ruff: noqa: F401
import bot.lines
import core.care.resources
import core.care.safety
import core.courses.calendar
import core.courses.competencies
import core.courses.courses
import core.courses.enrolments
import core.courses.guide
import core.data.leases
import core.data.outbox
import core.evidence.evidence
import core.journal.absences
import core.journal.checkins
import core.journal.claims
import core.journal.feedback
import core.journal.goals
import core.journal.handovers
import core.journal.help_requests
import core.journal.prompts
import core.journal.reflections
import core.journal.stuck
import core.journal.suggestions
import core.mastery.receivers
import core.people.accounts
import core.people.addresses
import core.people.audit
import core.people.invitations
import core.people.people
import core.people.platforms
import core.people.preferences
import core.people.releases
import core.people.roles
import core.people.tenants
import core.people.viewers
import core.privacy.erase
import lti.gradebooks
import lti.keys
import lti.launch_states
import lti.tokens
from core.data.db import metadata

__all__ = ["metadata"]
