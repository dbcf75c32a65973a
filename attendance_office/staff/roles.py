"""Who may see and do what: one table, read by every door and every list."""

from __future__ import annotations

from enum import Enum, StrEnum


class Reach(Enum):
    """Which pupils a post shows, row by row."""

    GROUP = "own tutor group"
    YEAR = "own year group"
    SCHOOL = "whole school"
    TRUST = "every school of the trust"
    NOBODY = "figures only, no pupil by name"


class Role(StrEnum):
    """A post's role."""

    OFFICER = "officer"
    LEAD = "lead"
    HEAD_OF_YEAR = "head_of_year"
    TUTOR = "tutor"
    PASTORAL = "pastoral"
    DSL = "dsl"
    DATA_MANAGER = "data_manager"
    SLT = "slt"
    GOVERNOR = "governor"
    TRUST_LEAD = "trust_lead"
    TRUSTEE = "trustee"
    ADMINISTRATOR = "administrator"


TITLES = {
    Role.OFFICER: "Attendance officer",
    Role.LEAD: "Attendance lead",
    Role.HEAD_OF_YEAR: "Head of year",
    Role.TUTOR: "Tutor or teacher",
    Role.PASTORAL: "Pastoral support",
    Role.DSL: "Designated safeguarding lead",
    Role.DATA_MANAGER: "Data manager",
    Role.SLT: "Senior leadership",
    Role.GOVERNOR: "Governor",
    Role.TRUST_LEAD: "Trust attendance lead",
    Role.TRUSTEE: "Trustee",
    Role.ADMINISTRATOR: "Administrator",
}

# Posts that hold in every school of a trust, and are given by it.
OF_THE_TRUST = frozenset({Role.TRUST_LEAD, Role.TRUSTEE})

REACH = {
    Role.OFFICER: Reach.SCHOOL,
    Role.LEAD: Reach.SCHOOL,
    Role.HEAD_OF_YEAR: Reach.YEAR,
    Role.TUTOR: Reach.GROUP,
    Role.PASTORAL: Reach.SCHOOL,
    Role.DSL: Reach.SCHOOL,
    Role.DATA_MANAGER: Reach.SCHOOL,
    Role.SLT: Reach.SCHOOL,
    Role.GOVERNOR: Reach.NOBODY,
    Role.TRUST_LEAD: Reach.TRUST,
    Role.TRUSTEE: Reach.NOBODY,
    Role.ADMINISTRATOR: Reach.NOBODY,
}


class Can(StrEnum):
    """One thing that a person may be allowed."""

    SEE_DESK = "See the desk with the morning's work"
    SEE_PUPILS = "See the pupils within reach"
    SEE_MARK_REASONS = "See that an absence was told, and illness going round"
    READ_COMMENTS = "Read comments beside marks and why marks were amended"
    SEE_CONTACTS = "See parents, numbers and addresses"
    SEE_NEEDS = "See SEN and English as an additional language"
    SEE_MEANS = "See pupil premium and free school meals"
    SEE_SAFEGUARDING = "See looked after, child protection, in need, young carer and highly vulnerable"
    SEE_BACKGROUND = "See ethnicity"
    TAKE_OWN_REGISTER = "Take the register of an own or covered group"
    TAKE_ANY_REGISTER = "Take or enter any register within reach"
    USE_OFFICE_CODES = "Enter codes kept for the office"
    AMEND_MARKS = "Amend a mark with a reason"
    LOG_ABSENCE = "Log the absence line"
    SEE_AGREEMENTS = "See agreements that write codes"
    KEEP_AGREEMENTS = "Keep agreements that write codes"
    SEE_LATES = "See who was late"
    TAKE_OWN_LESSON = "Take the register of an own or covered lesson"
    EDIT_TIMETABLE = "Change the timetable"
    SEE_BOARD = "See the missing registers board"
    CHASE = "Chase a register"
    ARRANGE_COVER = "Say who covers a register"
    SEE_FIGURES = "See the school's figures"
    SEE_TRUST = "See the schools of the trust side by side"
    LOG_VISITS = "Log monitoring visits to a school of the trust"
    SEE_VISITS = "Read monitoring visits, and say what became of what was agreed"
    EXPORT = "Export lists"
    IMPORT = "Import files"
    KEEP_LINK = "Set the link to another system"
    EDIT_PUPILS = "Change the admission register and groups"
    EDIT_CALENDAR = "Change terms, closures and session times"
    EDIT_JOBS = "Change the timetable of jobs"
    RUN_JOBS = "Run a job now, or see its dry run"
    SEE_OUTBOX = "See what the post room sent to whom"
    SEE_LETTERS = "See letters to parents within reach"
    APPROVE_LETTERS = "Approve, send and recall letters to parents"
    EDIT_LETTERS = "Change letter templates and when letters are due"
    KEEP_STOPS = "Keep do-not-send stops"
    CONTACT_HOME = "Ring homes and send absence alerts"
    SETTLE_SAFEGUARDING = "Settle safeguarding items about absence"
    MAKE_CERTIFICATES = "Make certificates and displays"
    KEEP_REPORTS = "Say who is sent which report"
    CHOOSE_MAIL = "Choose whether e-mails of reports name pupils"
    READ_SENT = "Read the reports one is sent"
    SEE_TRAWL = "See the weekly trawl with names"
    WORK_PROPOSALS = "Take up or put aside a proposed case"
    ISSUE_PAPERS = "Issue papers for governors and leadership"
    WRITE_CASE_STUDIES = "Write and issue anonymous case studies of pupils within reach"
    SEE_EVIDENCE = "See folders of evidence for an inspector"
    KEEP_EVIDENCE = "Keep folders of evidence for an inspector"
    EDIT_STAFF = "Manage staff and posts"
    SEE_AUDIT = "Read the audit trail"
    SEE_HEALTH = "See the system's health"


_TAKES = {Can.SEE_PUPILS, Can.TAKE_OWN_REGISTER, Can.TAKE_OWN_LESSON}
_KNOWS = {
    Can.SEE_MARK_REASONS,
    Can.READ_COMMENTS,
    Can.SEE_CONTACTS,
    Can.SEE_NEEDS,
    Can.SEE_MEANS,
    Can.SEE_SAFEGUARDING,
}
_OFFICE = (
    _TAKES
    | _KNOWS
    | {
        Can.SEE_DESK,
        Can.SEE_BACKGROUND,
        Can.TAKE_ANY_REGISTER,
        Can.USE_OFFICE_CODES,
        Can.AMEND_MARKS,
        Can.LOG_ABSENCE,
        Can.SEE_AGREEMENTS,
        Can.KEEP_AGREEMENTS,
        Can.SEE_LATES,
        Can.EDIT_TIMETABLE,
        Can.SEE_BOARD,
        Can.CHASE,
        Can.ARRANGE_COVER,
        Can.SEE_FIGURES,
        Can.READ_SENT,
        Can.EXPORT,
        Can.IMPORT,
        Can.EDIT_PUPILS,
        Can.EDIT_CALENDAR,
        Can.EDIT_JOBS,
        Can.RUN_JOBS,
        Can.SEE_OUTBOX,
        Can.SEE_LETTERS,
        Can.APPROVE_LETTERS,
        Can.EDIT_LETTERS,
        Can.KEEP_STOPS,
        Can.CONTACT_HOME,
        Can.MAKE_CERTIFICATES,
        Can.KEEP_REPORTS,
        Can.SEE_TRAWL,
        Can.WORK_PROPOSALS,
        Can.WRITE_CASE_STUDIES,
        Can.SEE_HEALTH,
    }
)

MAY: dict[Role, frozenset[Can]] = {
    Role.OFFICER: frozenset(_OFFICE),
    Role.LEAD: frozenset(
        _OFFICE
        | {Can.SEE_AUDIT, Can.EDIT_STAFF, Can.ISSUE_PAPERS, Can.SETTLE_SAFEGUARDING, Can.KEEP_LINK, Can.CHOOSE_MAIL}
        | {Can.SEE_VISITS}
        | {Can.SEE_EVIDENCE, Can.KEEP_EVIDENCE}
    ),
    Role.HEAD_OF_YEAR: frozenset(
        _TAKES
        | _KNOWS
        | {Can.SEE_DESK, Can.TAKE_ANY_REGISTER, Can.SEE_BOARD, Can.CHASE, Can.SEE_FIGURES, Can.EXPORT}
        | {Can.LOG_ABSENCE, Can.SEE_AGREEMENTS, Can.SEE_LATES}
        | {Can.SEE_LETTERS, Can.CONTACT_HOME, Can.MAKE_CERTIFICATES, Can.SEE_TRAWL, Can.WORK_PROPOSALS, Can.READ_SENT}
        | {Can.WRITE_CASE_STUDIES}
    ),
    Role.TUTOR: frozenset(_TAKES | {Can.SEE_NEEDS, Can.READ_SENT}),
    Role.PASTORAL: frozenset(
        _TAKES
        | _KNOWS
        | {Can.SEE_DESK, Can.SEE_BOARD, Can.SEE_FIGURES, Can.LOG_ABSENCE, Can.SEE_AGREEMENTS, Can.SEE_LATES}
        | {Can.SEE_LETTERS, Can.KEEP_STOPS, Can.CONTACT_HOME, Can.SEE_TRAWL, Can.WORK_PROPOSALS, Can.READ_SENT}
        | {Can.WRITE_CASE_STUDIES}
    ),
    Role.DSL: frozenset(
        _TAKES
        | _KNOWS
        | {Can.SEE_DESK, Can.SEE_BACKGROUND, Can.SEE_BOARD, Can.SEE_FIGURES, Can.EXPORT, Can.SEE_AUDIT}
        | {Can.SEE_AGREEMENTS, Can.SEE_LATES}
        | {Can.SEE_LETTERS, Can.KEEP_STOPS, Can.CONTACT_HOME, Can.SETTLE_SAFEGUARDING, Can.SEE_TRAWL}
        | {Can.WORK_PROPOSALS, Can.READ_SENT, Can.WRITE_CASE_STUDIES}
    ),
    Role.DATA_MANAGER: frozenset(
        _OFFICE
        - {Can.SEE_SAFEGUARDING, Can.CHASE, Can.SEE_MARK_REASONS, Can.READ_COMMENTS, Can.LOG_ABSENCE}
        - {Can.APPROVE_LETTERS, Can.KEEP_STOPS, Can.CONTACT_HOME, Can.WORK_PROPOSALS}
        - {Can.WRITE_CASE_STUDIES}
        | {Can.SEE_AUDIT, Can.KEEP_LINK}
    ),
    Role.SLT: frozenset(
        {
            Can.SEE_DESK,
            Can.SEE_PUPILS,
            Can.SEE_MARK_REASONS,
            Can.SEE_NEEDS,
            Can.SEE_MEANS,
            Can.SEE_AGREEMENTS,
            Can.SEE_LATES,
            Can.SEE_BOARD,
            Can.SEE_FIGURES,
            Can.SEE_AUDIT,
            Can.SEE_LETTERS,
            Can.SEE_TRAWL,
            Can.KEEP_REPORTS,
            Can.CHOOSE_MAIL,
            Can.READ_SENT,
            Can.ISSUE_PAPERS,
            Can.SEE_VISITS,
            Can.SEE_EVIDENCE,
            Can.KEEP_EVIDENCE,
        }
    ),
    Role.GOVERNOR: frozenset({Can.SEE_FIGURES}),
    Role.TRUST_LEAD: frozenset(
        {Can.SEE_DESK, Can.SEE_PUPILS, Can.SEE_MARK_REASONS, Can.SEE_NEEDS, Can.SEE_MEANS, Can.SEE_BOARD}
        | {Can.SEE_FIGURES, Can.SEE_AUDIT, Can.EXPORT, Can.SEE_AGREEMENTS, Can.SEE_LATES}
        | {Can.SEE_LETTERS, Can.SEE_TRAWL, Can.ISSUE_PAPERS, Can.READ_SENT, Can.SEE_TRUST}
        | {Can.LOG_VISITS, Can.SEE_VISITS}
        | {Can.SEE_EVIDENCE}
    ),
    Role.TRUSTEE: frozenset({Can.SEE_FIGURES, Can.SEE_TRUST, Can.EXPORT}),
    Role.ADMINISTRATOR: frozenset({Can.EDIT_STAFF, Can.EDIT_CALENDAR, Can.EDIT_JOBS, Can.SEE_AUDIT, Can.SEE_HEALTH}),
}

# Everyone who sees more than one class signs in with a second factor.
# Source: DfE cyber security core standard for schools (2026): MFA for staff handling sensitive data.
NEEDS_SECOND_FACTOR = frozenset(set(Role) - {Role.TUTOR})
