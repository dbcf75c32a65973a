"""What Postgres itself guarantees about marks: amendments, week totals, and that nothing is deleted.

Statement triggers with transition tables, so that a bulk change, raw SQL and COPY are caught like a single save. Both
sides of every change touch the week totals in one order (school, pupil, week), so that overlapping writers never
deadlock.
"""

import pgtrigger

COUNTED = ("present", "approved", "authorised", "unauthorised", "not_possible", "administrative")
COLUMNS = (*COUNTED, "late")


def _sums(sign: str) -> str:
    """Give the SQL that sums each kind, with a sign column for changes."""
    kinds = [f"sum({sign} * (c.counts_as = '{kind}')::int)::int AS {kind}" for kind in COUNTED]
    return ", ".join([*kinds, f"sum({sign} * c.is_late::int)::int AS late"])


def _add(rows: str, sign: str) -> str:
    """Give the SQL that adds `rows` (school_id, pupil_id, school_week, "on", code[, sign]) to the week totals."""
    names = ", ".join(COLUMNS)
    adding = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in COLUMNS)
    return f"""
        INSERT INTO registers_weektotal AS t (school_id, pupil_id, school_week, {names})
        SELECT m.school_id, m.pupil_id, m.school_week, {_sums(sign)}
        FROM {rows} m
        JOIN registers_codeinforce c
          ON c.symbol = m.code AND m."on" >= c.from_on AND (c.to_on IS NULL OR m."on" <= c.to_on)
        GROUP BY m.school_id, m.pupil_id, m.school_week
        ORDER BY m.school_id, m.pupil_id, m.school_week
        ON CONFLICT (school_id, pupil_id, school_week) DO UPDATE SET {adding};
    """


_UNKNOWN = """
        SELECT m.code, m."on" INTO strange FROM new_marks m
        WHERE NOT EXISTS (
            SELECT 1 FROM registers_codeinforce c
            WHERE c.symbol = m.code AND m."on" >= c.from_on AND (c.to_on IS NULL OR m."on" <= c.to_on)
        ) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'Code % is not in force on %.', strange.code, strange."on" USING ERRCODE = 'check_violation';
        END IF;
"""

_AMENDMENTS = """
        IF EXISTS (
            SELECT 1 FROM old_marks o JOIN new_marks n USING (id)
            WHERE (o.school_id, o.pupil_id, o."on", o.half, o.school_week, o.recorded_at)
                  IS DISTINCT FROM (n.school_id, n.pupil_id, n."on", n.half, n.school_week, n.recorded_at)
        ) OR (SELECT count(*) FROM old_marks) <> (SELECT count(*) FROM old_marks o JOIN new_marks n USING (id)) THEN
            RAISE EXCEPTION 'A mark keeps its pupil, its session and the time of its first entry.';
        END IF;
        INSERT INTO registers_amendment (
            school_id, mark_id, pupil_id, "on", half, from_code, to_code, from_minutes, to_minutes,
            from_comment, to_comment, reason, at, by_id, by_name, by_role
        )
        SELECT o.school_id, o.id, o.pupil_id, o."on", o.half, o.code, n.code, o.minutes_late, n.minutes_late,
               o.comment, n.comment,
               coalesce(nullif(current_setting('office.reason', true), ''),
                        'No reason given: changed outside the office''s own pages'),
               coalesce(nullif(current_setting('office.at', true), '')::timestamptz, clock_timestamp()),
               nullif(current_setting('office.by', true), '')::bigint,
               coalesce(nullif(current_setting('office.by_name', true), ''), session_user),
               coalesce(current_setting('office.role', true), '')
        FROM old_marks o JOIN new_marks n USING (id)
        WHERE (o.code, o.minutes_late, o.comment) IS DISTINCT FROM (n.code, n.minutes_late, n.comment)
        ORDER BY o.id;
"""

# A mark leaves the table in four ways alone, each while nobody has amended it: with the whole import that made it; within
# ten minutes, as an entry of the office that is undone; from today on, as a mark only known beforehand whose note or
# agreement was taken back; and with the closure that wrote it. The row goes whole into a table that is only added to.
# See adr/0014 and adr/0015.
_TAKEN_BACK = """
        IF NOT EXISTS (SELECT 1 FROM old_marks) THEN
            RETURN NULL;
        END IF;
        why := coalesce(current_setting('office.taking_back', true), '');
        acted := coalesce(nullif(current_setting('office.at', true), '')::timestamptz, clock_timestamp());
        IF why = '' OR EXISTS (
            SELECT 1 FROM old_marks o
            WHERE EXISTS (SELECT 1 FROM registers_amendment a WHERE a.mark_id = o.id)
               OR NOT CASE split_part(why, ':', 1)
                   WHEN 'import' THEN o.origin = 'import' AND EXISTS (
                       SELECT 1 FROM registers_importedrow r
                       WHERE r.import_id = split_part(why, ':', 2)::bigint AND r.thing = 'mark' AND r.thing_id = o.id
                         AND r.did = 'added' AND r.school_id = o.school_id
                   )
                   WHEN 'undo' THEN o.origin IN ('office', 'planned')
                        AND o.recorded_at BETWEEN acted - interval '10 minutes' AND acted
                   WHEN 'plan' THEN o.origin = 'planned' AND o."on" >= (acted AT TIME ZONE 'Europe/London')::date
                   WHEN 'closure' THEN o.origin IN ('office', 'planned') AND EXISTS (
                       SELECT 1 FROM registers_closure c
                       WHERE c.id = split_part(why, ':', 2)::bigint AND c.school_id = o.school_id AND c.code = o.code
                         AND c.name = o.comment AND c.made_at <= o.recorded_at
                         AND o."on" >= c.from_on AND c.half IN ('', o.half)
                   )
                   ELSE false
               END
        ) THEN
            RAISE EXCEPTION 'Marks are a statutory record: they are amended, never deleted.';
        END IF;
        INSERT INTO registers_takenbackmark (
            school_id, mark_id, pupil_id, "on", half, code, minutes_late, comment, recorded_at, recorded_by_id,
            taken_with, at, by_id, by_name, reason
        )
        SELECT o.school_id, o.id, o.pupil_id, o."on", o.half, o.code, o.minutes_late, o.comment, o.recorded_at,
               o.recorded_by_id, why, acted,
               nullif(current_setting('office.by', true), '')::bigint,
               coalesce(nullif(current_setting('office.by_name', true), ''), session_user),
               coalesce(nullif(current_setting('office.reason', true), ''), 'No reason given')
        FROM old_marks o ORDER BY o.id;
"""

ON_MARKS = [
    pgtrigger.Trigger(
        name="count_new_marks",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(new="new_marks"),
        declare=[("strange", "RECORD")],
        func=_UNKNOWN + _add("new_marks", "1") + "RETURN NULL;",
    ),
    pgtrigger.Trigger(
        name="keep_amendments_and_count",
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(old="old_marks", new="new_marks"),
        declare=[("strange", "RECORD")],
        func=_UNKNOWN
        + _AMENDMENTS
        + _add(
            """(
            SELECT n.school_id, n.pupil_id, n.school_week, n."on", n.code, 1 AS sign
            FROM new_marks n JOIN old_marks o USING (id) WHERE n.code <> o.code
            UNION ALL
            SELECT o.school_id, o.pupil_id, o.school_week, o."on", o.code, -1
            FROM new_marks n JOIN old_marks o USING (id) WHERE n.code <> o.code
        )""",
            "m.sign",
        )
        + "RETURN NULL;",
    ),
    pgtrigger.Trigger(
        name="marks_are_never_deleted",
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        func="RAISE EXCEPTION 'Marks are a statutory record: they are amended, never deleted.';",
    ),
    pgtrigger.Trigger(
        name="marks_are_only_taken_back",
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(old="old_marks"),
        declare=[("why", "TEXT"), ("acted", "TIMESTAMPTZ")],
        func=_TAKEN_BACK + _add("old_marks", "-1") + "RETURN NULL;",
    ),
]
