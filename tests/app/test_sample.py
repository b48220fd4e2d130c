"""The sample school: what it promises to the demo, to whoever looks at it, and to the students whose words it seals."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, UTCDateTime, col

from app.sample import content, people
from app.sample.term import Term, bounds_of, dates_of, monday_of, term_of
from core.courses.calendar import Calendar
from core.courses.competencies import Competency, Framework
from core.courses.enrolments import Enrolment, places_of, students_of
from core.courses.frameworks import import_package
from core.courses.guide import guide_of
from core.courses.units import units_of
from core.data.clock import local_day
from core.data.vault import Unreadable
from core.evidence.evidence import Evidence, estimates_of
from core.journal import checkins, goals, help_requests
from core.journal.adults import teachers_of
from core.journal.checkins import CheckIn, Mood
from core.journal.goals import Goal, GoalChange, GoalState, GoalStep
from core.journal.help_requests import HelpAnswer, HelpRequest, HelpState
from core.journal.prompts import Phase
from core.journal.reflections import Reflection, ReflectionReader
from core.mastery.receivers import receivers_of
from core.people.access import Role
from core.people.people import Person, names_of
from core.people.platforms import AgeBand, Deployment
from core.people.roles import SchoolRole, roles_of
from tests.app.sample_laid import (
    P3,
    P5,
    SCIENCE,
    ZONE,
    Laid,
    course,
    due_days,
    heard_in,
    lay,
    mastered,
    person_of,
    phrases,
    pupils_of,
    school_days,
    summary,
    work_of,
)

# people and courses


def test_two_sections_have_28_and_24_students_and_share_one(laid: Laid, reading: Session) -> None:
    third, fifth = (set(students_of(reading, laid.school.tenant_id, laid.school.course_ids[context])) for context in (P3, P5))
    assert (len(third), len(fifth)) == (28, 24)
    assert third & fifth == {person_of(reading, "u-ada")}


def test_everybody_in_the_cast_has_an_account_and_the_role_they_are_launched_in(laid: Laid, reading: Session) -> None:
    assert len({(one.subject, one.context_id) for one in laid.school.cast}) == len(laid.school.cast)
    everybody = names_of(reading, laid.vault, laid.school.tenant_id, reading.scalars(select(col(Person.id))))
    for one in laid.school.cast:
        person_id = person_of(reading, one.subject)
        places = {place.course_id: place.role for place in places_of(reading, laid.school.tenant_id, person_id)}
        assert everybody.pop(person_id, one.name) == one.name
        if one.context_id:
            assert places[laid.school.course_ids[one.context_id]] == one.role
        else:
            assert places == {}
    assert everybody == {}


def test_the_cast_can_be_read_without_a_database(laid: Laid) -> None:
    assert people.cast() == laid.school.cast


def test_first_names_tell_students_apart() -> None:
    names: dict[str, set[str]] = {}
    for told in content.people().students.values():
        for one in (one for listed in told.values() for one in listed):
            names.setdefault(one.subject, set()).add(one.name)
    assert [subject for subject, called in names.items() if len(called) > 1] == []


def test_some_students_are_in_several_courses_with_different_teachers(laid: Laid, reading: Session) -> None:
    ada = places_of(reading, laid.school.tenant_id, person_of(reading, "u-ada"))
    assert [place.title for place in ada] == ["Math 8, period 3", "Math 8, period 5", "Science 8, period 2"]
    science = set(students_of(reading, laid.school.tenant_id, laid.school.course_ids[SCIENCE]))
    math = {one for context in (P3, P5) for one in students_of(reading, laid.school.tenant_id, laid.school.course_ids[context])}
    assert len(science) == 8 and science <= math
    assert [place.title for place in places_of(reading, laid.school.tenant_id, person_of(reading, "u-park"))] == ["Science 8, period 2"]


def test_staff_hold_their_roles_and_teach_their_sections(laid: Laid, reading: Session) -> None:
    tenant_id = laid.school.tenant_id
    assert roles_of(reading, tenant_id, person_of(reading, "u-hale")) == {SchoolRole.SAFETY_CONTACT}
    assert roles_of(reading, tenant_id, person_of(reading, "u-brooks")) == {SchoolRole.ADVISOR, SchoolRole.SAFETY_CONTACT}
    assert roles_of(reading, tenant_id, person_of(reading, "u-ortiz")) == {SchoolRole.TENANT_ADMIN}
    taught = [(place.title, place.role) for place in places_of(reading, tenant_id, person_of(reading, "u-rivera"))]
    assert taught == [("Math 8, period 3", Role.TEACHER), ("Math 8, period 5", Role.TEACHER)]
    assert [place.role for place in places_of(reading, tenant_id, person_of(reading, "u-chen"))] == [Role.ASSISTANT]
    assert places_of(reading, tenant_id, person_of(reading, "u-brooks")) == []


def test_some_students_read_spanish(laid: Laid, reading: Session) -> None:
    spanish = set(reading.scalars(select(col(Person.id)).where(col(Person.language) == "es")))
    assert person_of(reading, "u-luis") in spanish
    assert 3 <= len(spanish) < 26


def test_the_deployment_is_approved_for_teens_and_only_period_3_shares_with_the_gradebook(laid: Laid, reading: Session) -> None:
    deployment = reading.scalars(select(Deployment)).one()
    assert (deployment.deployment_id, deployment.tenant_id, deployment.age_band) == ("demo-1", laid.school.tenant_id, AgeBand.TEENS)
    on = {context: list(receivers_of(reading, laid.school.tenant_id, course_id)) for context, course_id in laid.school.course_ids.items()}
    assert on == {P3: ["gradebook"], P5: [], SCIENCE: []}


def test_progress_ends_with_everything_done(laid: Laid) -> None:
    last = {what: (done, total) for what, done, total in laid.told}
    assert set(last) == {"people", "guide", "evidence", "voices", "talk"}
    assert all(done == total > 0 for done, total in last.values())


# framework, guide and calendar


@pytest.mark.parametrize(("guide", "targets"), [("math8", 24), ("science8", 11)])
def test_the_frameworks_are_case_packages_without_oddities(laid: Laid, guide: str, targets: int) -> None:
    package = content.framework_package(guide)
    with laid.database.session() as session:
        again = import_package(session, laid.school.tenant_id, package, now=laid.now)
    assert (again.added, again.changed, again.oddities) == (0, 0, [])
    parents = {one["destinationNodeURI"]["identifier"] for one in package["CFAssociations"]}
    leaves = [item for item in package["CFItems"] if item["identifier"] not in parents]
    assert len(leaves) >= targets
    assert len(package["CFAssociations"]) == len(package["CFItems"])


def test_unit_4_stands_for_targets_that_are_taught_now(laid: Laid, reading: Session) -> None:
    units = {unit.short_name: unit for unit in units_of(reading, laid.school.tenant_id, laid.school.course_ids[P3])}
    assert {f"Unit {number}" for number in range(1, 6)} <= set(units)
    days = [due_days(reading, laid)[target] for target in units["Unit 4"].target_ids]
    assert len(days) == 7 and local_day(laid.now, ZONE) <= days[0] < local_day(laid.now, ZONE) + timedelta(days=14)


def test_a_standard_keeps_its_real_guid_code_address_and_place(reading: Session) -> None:
    slope = reading.scalars(select(Competency).where(col(Competency.code) == "CCSS.Math.Content.8.EE.B.5")).one()
    assert slope.case_id == UUID("e2fce06c-6d06-49da-b51e-7fab19a6bb8b")
    assert slope.uri == "http://corestandards.org/Math/Content/8/EE/B/5"
    assert slope.statement.startswith("Graph proportional relationships, interpreting the unit rate as the slope of the graph.")
    parent = reading.get(Competency, slope.parent_id)
    assert parent is not None and parent.code == "CCSS.Math.Content.8.EE.B"
    titles = set(reading.scalars(select(col(Framework.title))))
    assert titles == {"Common Core State Standards for Mathematics: grade 8", "Lincoln Middle School: science, grade 8 (invented)"}


def test_every_competency_has_a_short_name_of_its_own_that_was_written_by_hand(reading: Session) -> None:
    names = list(reading.scalars(select(col(Competency.short_name))))
    assert all(0 < len(name) <= 40 and not name.endswith("…") for name in names)
    assert len(set(names)) == len(names)


def test_both_sections_have_one_guide_of_24_or_more_targets_due_on_school_days_over_the_whole_term(laid: Laid, reading: Session) -> None:
    third, fifth = (guide_of(reading, laid.school.tenant_id, laid.school.course_ids[context]) for context in (P3, P5))
    calendar, term = school_days(reading, laid), course(reading, laid, P3)
    due = [target.due_on for target in third if target.due_on]
    assert third == fifth and len(third) == len(due) >= 24
    assert all(calendar.is_instructional(day) for day in due)
    assert due == sorted(due)
    assert term.starts_on and term.ends_on and term.starts_on < due[0] and due[-1] == term.ends_on
    assert {target.weight_bp for target in third} == {5_000, 10_000, 15_000, 20_000}
    assert sum(day < local_day(laid.now, ZONE) for day in due) >= 12


@pytest.mark.parametrize("first", [date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)])
def test_on_any_day_ten_school_weeks_lie_behind_and_eight_ahead(first: date) -> None:
    for offset in range(366):
        now = datetime.combine(first + timedelta(days=offset), time(offset % 24, 30), UTC)
        term = term_on(now)
        today = local_day(now, ZONE)
        assert term.day(-1) < today <= term.day(0)
        assert 49 <= term.past <= 53
        assert timedelta(weeks=8, days=-2) <= term.days[-1] - today <= timedelta(weeks=10)
        assert len(term.due_days(28)) == len(set(term.due_days(28)))


def term_on(now: datetime) -> Term:
    plan = content.course_plan()
    monday = monday_of(now, ZONE)
    calendar = Calendar(tuple(sorted(dates_of(pause, monday) for pause in plan.breaks)))
    return term_of(calendar, *bounds_of(plan.term, monday), zone=ZONE, now=now)


# work


def test_every_story_is_told_by_somebody_and_says_what_it_is() -> None:
    wanted = {"steady", "ahead", "slow_start", "stalled", "drifting", "sporadic", "late_joiner", "brand_new", "one_topic"}
    assert set(content.stories()) == wanted
    assert all(pupils_of(story) for story in wanted)
    assert all(story.says.endswith(".") for story in content.stories().values())


def test_work_is_only_done_on_school_days_and_told_on_the_same_day(laid: Laid, reading: Session) -> None:
    calendar = school_days(reading, laid)
    rows = list(reading.scalars(select(Evidence)))
    assert len(rows) > 800
    assert {one.observed_at for one in rows if not calendar.is_instructional(local_day(one.observed_at, ZONE))} == set()
    assert all(local_day(one.observed_at, ZONE) == local_day(one.recorded_at, ZONE) for one in rows)


def test_stalled_students_stopped_three_school_weeks_ago(laid: Laid, reading: Session) -> None:
    for context, subject in pupils_of("stalled"):
        last = local_day(work_of(reading, laid, context, subject)[-1].observed_at, ZONE)
        assert 15 <= school_days(reading, laid).count(last + timedelta(days=1), local_day(laid.now, ZONE) - timedelta(days=1)) <= 25


def test_brand_new_students_have_nothing_to_see(laid: Laid, reading: Session) -> None:
    for context, subject in pupils_of("brand_new"):
        person_id, course_id = person_of(reading, subject), laid.school.course_ids[context]
        assert work_of(reading, laid, context, subject) == []
        assert estimates_of(reading, laid.school.tenant_id, course_id, person_id) == {}
        for said in (Goal.person_id, CheckIn.person_id, Reflection.person_id, HelpRequest.person_id):
            assert reading.scalar(select(func.count()).where(col(said) == person_id)) == 0


def test_late_joiners_did_nothing_before_they_joined(laid: Laid, reading: Session) -> None:
    for context, subject in pupils_of("late_joiner"):
        mine = (col(Enrolment.course_id) == laid.school.course_ids[context], col(Enrolment.person_id) == person_of(reading, subject))
        joined_at = reading.scalars(select(col(Enrolment.joined_at)).where(*mine)).one()
        assert work_of(reading, laid, context, subject)[0].observed_at >= joined_at > laid.now - timedelta(weeks=7)


def test_students_who_are_ahead_have_mastered_what_is_not_due(laid: Laid, reading: Session) -> None:
    for context, subject in pupils_of("ahead"):
        done = mastered(reading, laid, context, subject)
        assert {target for target, due_on in due_days(reading, laid).items() if due_on >= local_day(laid.now, ZONE)} & done


def test_drifting_students_leave_more_of_the_late_targets_undone_than_of_the_early_ones(laid: Laid, reading: Session) -> None:
    due = [target for target, day in due_days(reading, laid).items() if day < local_day(laid.now, ZONE)]
    early, late = due[: len(due) // 2], due[len(due) // 2 :]
    for context, subject in pupils_of("drifting"):
        done = {one.competency_id for one in work_of(reading, laid, context, subject)}
        assert len(done & set(early)) > len(done & set(late))


def test_slow_starters_have_come_up(laid: Laid, reading: Session) -> None:
    for context, subject in pupils_of("slow_start"):
        scores = [one.score_bp for one in work_of(reading, laid, context, subject)]
        assert sum(scores[:8]) / 8 + 1000 < sum(scores[-8:]) / 8


def test_students_with_one_hard_topic_do_fine_elsewhere(laid: Laid, reading: Session) -> None:
    math = content.course_plan().guides["math8"]
    powers = {math.full_code(code) for unit in math.units if unit.name == "powers" for code in unit.targets}
    hard = set(reading.scalars(select(col(Competency.id)).where(col(Competency.code).in_(powers))))
    for context, subject in pupils_of("one_topic"):
        estimates = estimates_of(reading, laid.school.tenant_id, laid.school.course_ids[context], person_of(reading, subject))
        weak = [one.value_bp for one in estimates.values() if one.competency_id in hard]
        fine = [one.value_bp for one in estimates.values() if one.competency_id not in hard]
        assert max(weak) < sum(fine) / len(fine)
        assert sum(fine) / len(fine) > 7000 > sum(weak) / len(weak)


# time


def test_nothing_has_happened_in_the_future(laid: Laid, reading: Session) -> None:
    filled = 0
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, UTCDateTime):
                newest = reading.execute(select(func.max(column))).scalar()
                filled += newest is not None
                if (table.name, column.name) == ("outbox", "due_at"):
                    continue  # what is told at the next digest
                assert newest is None or newest <= laid.now, f"{table.name}.{column.name}"
    assert filled > 15


def test_nobody_has_checked_in_today_and_everybody_still_can(laid: Laid, reading: Session) -> None:
    newest = reading.scalars(select(func.max(col(CheckIn.day)))).one()
    assert newest < local_day(laid.now, ZONE)
    with laid.database.session() as session:
        assert checkins.check_in(session, course(session, laid, P3), person_of(session, "u-ada"), zone=ZONE, now=laid.now)


def test_check_ins_are_on_school_days_with_all_that_can_be_in_the_way(laid: Laid, reading: Session) -> None:
    days = set(reading.scalars(select(col(CheckIn.day))))
    assert {day for day in days if not school_days(reading, laid).is_instructional(day)} == set()
    weeks = {day.isocalendar()[:2] for day in days}
    assert len(weeks) >= 10
    assert {one.blocker for one in reading.scalars(select(CheckIn))} == set(checkins.Blocker)


def test_moods_are_few_and_at_most_30_days_old(laid: Laid, reading: Session) -> None:
    days = list(reading.scalars(select(col(Mood.day))))
    assert 10 <= len(days) <= 100
    assert min(days) > local_day(laid.now, ZONE) - timedelta(days=30)


# voices


def test_goals_are_open_reached_and_dropped_with_a_history_that_agrees(reading: Session) -> None:
    history: dict[UUID, list[GoalChange]] = {}
    for change in reading.scalars(select(GoalChange).order_by(col(GoalChange.id))):
        history.setdefault(change.goal_id, []).append(change)
    seen = Counter(one.state for one in reading.scalars(select(Goal)))
    assert set(seen) == set(GoalState)
    for goal in reading.scalars(select(Goal)):
        changes = history[goal.id]
        assert changes[0].change == ("suggested" if goal.suggested_by else "set") and changes[0].changed_at == goal.created_at
        assert [one.changed_at for one in changes] == sorted(one.changed_at for one in changes)
        ends = [one.change for one in changes if one.change in (GoalState.REACHED, GoalState.DROPPED)]
        assert ends == ([goal.state] if goal.ended_at else [])
        moves = [one.facts for one in changes if one.change == "moved"]
        assert all(one["from"] < one["to"] == goal.target_on.isoformat() for one in moves)
        done = reading.scalars(select(GoalStep).where(col(GoalStep.goal_id) == goal.id, col(GoalStep.done_at).is_not(None))).all()
        assert Counter(one.change for one in changes)["step_done"] == len(done)
        assert all(step.done_at and goal.created_at < step.done_at <= (goal.ended_at or step.done_at) for step in done)


def test_a_reached_competency_goal_was_really_reached(laid: Laid, reading: Session) -> None:
    generated = 0
    for goal in reading.scalars(select(Goal).where(col(Goal.state) == GoalState.REACHED, col(Goal.competency_id).is_not(None))):
        mine = (col(Evidence.person_id) == goal.person_id, col(Evidence.competency_id) == goal.competency_id)
        scores = list(reading.scalars(select(col(Evidence.score_bp)).where(*mine).order_by(col(Evidence.observed_at))))
        generated += bool(scores) and scores[-1] >= 8000
    reached = reading.scalar(select(func.count()).select_from(Goal).where(col(Goal.state) == GoalState.REACHED))
    assert reached and generated >= reached * 0.9


def test_help_requests_are_in_all_four_states_each_step_after_the_one_before(laid: Laid, reading: Session) -> None:
    rows = list(reading.scalars(select(HelpRequest)))
    assert {one.state for one in rows} == set(HelpState)
    answered = set(reading.scalars(select(col(HelpAnswer.help_request_id))))
    for one in rows:
        pressed = [one.asked_at, one.seen_at, one.answered_at, one.resolved_at][: list(HelpState).index(HelpState(one.state)) + 1]
        assert None not in pressed and pressed == sorted(pressed, key=lambda at: at or laid.now)
        assert (one.id in answered) == (one.state in (HelpState.ANSWERED, HelpState.RESOLVED))
        assert one.to_person_id in teachers_of(reading, laid.school.tenant_id, one.course_id)


def test_reflections_are_for_their_authors_only_but_for_a_few_that_a_teacher_may_read(reading: Session) -> None:
    written = reading.scalar(select(func.count()).select_from(Reflection))
    chosen = list(reading.scalars(select(ReflectionReader)))
    assert written and 0 < len(chosen) < written / 2
    assert {one.reader_id for one in chosen} <= {person_of(reading, "u-rivera"), person_of(reading, "u-park")}
    assert {one.phase for one in reading.scalars(select(Reflection))} == set(Phase)


def test_adas_home_has_something_to_show(laid: Laid, reading: Session) -> None:
    ada, tenant_id = person_of(reading, "u-ada"), laid.school.tenant_id
    third = laid.school.course_ids[P3]
    assert len(goals.open_goals(reading, tenant_id, ada, third)) == 3
    assert len(goals.open_goals(reading, tenant_id, ada, laid.school.course_ids[P5])) == 1
    nearest = goals.open_goals(reading, tenant_id, ada, third)[0]
    assert [step.done_at is not None for step in goals.steps_of(reading, tenant_id, [nearest.id])] == [True, True, True, False]
    assert nearest.competency_id in estimates_of(reading, tenant_id, third, ada)
    last = checkins.last_check_in(reading, tenant_id, ada, third)
    yesterday = local_day(laid.now, ZONE) - timedelta(days=1)
    assert last and school_days(reading, laid).count(last.day, yesterday) == 1
    assert (last.goal_id, last.steps_done, last.steps_planned) == (nearest.id, 3, 4)
    key = laid.vault.key_of(ada)
    asked = reading.scalars(
        select(HelpRequest).where(col(HelpRequest.person_id) == ada, col(HelpRequest.state) == HelpState.ANSWERED)
    ).one()
    answer = reading.scalars(select(HelpAnswer).where(col(HelpAnswer.help_request_id) == asked.id)).one()
    assert key.open(asked.sealed_words, help_requests.WORDS) == "im so lost on negative slope"
    assert "Bring one to period 3" in key.open(answer.sealed_words, help_requests.ANSWER)


def test_no_students_voice_and_no_name_is_in_the_database_file(laid: Laid) -> None:
    with closing(sqlite3.connect(laid.file)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    raw = laid.file.read_bytes()
    assert b"Slope from a graph" in raw  # what is not sealed can be found: the search works
    names = [one.name for one in people.cast()]
    heard = [*phrases(yaml.safe_load((Path(content.__file__).parent / "data" / "voices.yaml").read_text("utf-8"))), *names]
    heard += [line for act in content.talk().acts for line in act.says if " " in line and not line.startswith("[")]
    assert len(heard) > 200
    assert [text for text in heard if text.encode() in raw] == []


def test_all_words_can_be_read_back_with_their_authors_key_and_with_no_other(laid: Laid, reading: Session) -> None:
    said = heard_in(reading, laid.vault)
    voices = content.voices()
    assert {one.words for one in voices.help_requests} | {one.words for one in voices.reflections} <= said
    assert {one.answer for one in voices.help_requests if one.answer} <= said
    assert {step.say for goal in voices.goals for step in goal.steps} <= said
    ada, luis = (person_of(reading, subject) for subject in ("u-ada", "u-luis"))
    sealed = reading.scalars(select(HelpRequest).where(col(HelpRequest.person_id) == ada)).first()
    assert sealed
    with pytest.raises(Unreadable):
        laid.vault.key_of(luis).open(sealed.sealed_words, help_requests.WORDS)


# again


def test_the_same_now_lays_the_same_school(laid: Laid, tmp_path: Path) -> None:
    again = lay(tmp_path, laid.now)
    assert summary(again) == summary(laid)
    again.database.dispose()
