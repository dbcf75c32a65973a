"""Keep the reasons beside the history: the context of a change is added in its own transaction, and then it stays."""

from django.db import migrations

# The hand and the reason of a kept row stand in a table of django-pghistory. Its own function completes a context while
# the transaction that opened it still runs; nothing else changes one.
KEEP = """
CREATE FUNCTION keep_who_and_why() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.created_at = transaction_timestamp() AND NEW.created_at = OLD.created_at AND NEW.id = OLD.id THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'Who changed the record, and why, is itself a record: rows are only ever added.';
END $$;
CREATE TRIGGER keep_who_and_why BEFORE UPDATE OR DELETE ON pghistory_context
    FOR EACH ROW EXECUTE FUNCTION keep_who_and_why();
CREATE TRIGGER keep_who_and_why_whole BEFORE TRUNCATE ON pghistory_context
    FOR EACH STATEMENT EXECUTE FUNCTION keep_who_and_why();
"""
LET_GO = """
DROP TRIGGER keep_who_and_why_whole ON pghistory_context;
DROP TRIGGER keep_who_and_why ON pghistory_context;
DROP FUNCTION keep_who_and_why();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_begin"), ("pghistory", "0007_auto_20250421_0444")]
    operations = [migrations.RunSQL(KEEP, LET_GO)]
