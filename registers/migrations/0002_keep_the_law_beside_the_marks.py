"""One foreign key for school and pupil together, the code sets in force, and leaner roll-up pages."""

from django.db import migrations

from registers.rules.codes import dated_codes


def fill(apps, schema_editor):
    """Write the law's table of codes."""
    CodeInForce = apps.get_model("registers", "CodeInForce")
    CodeInForce.objects.bulk_create(
        CodeInForce(
            symbol=code.symbol, from_on=code.from_on, to_on=code.to_on, counts_as=code.counts.value, is_late=code.late
        )
        for code in dated_codes()
    )


class Migration(migrations.Migration):
    """Second step of the record."""

    dependencies = [("registers", "0001_begin")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL(
            "ALTER TABLE registers_mark ADD CONSTRAINT mark_pupil_of_the_same_school"
            " FOREIGN KEY (school_id, pupil_id) REFERENCES registers_pupil (school_id, id)",
            "ALTER TABLE registers_mark DROP CONSTRAINT mark_pupil_of_the_same_school",
        ),
        migrations.RunSQL(
            "ALTER TABLE registers_mark ADD CONSTRAINT school_week_is_the_monday"
            " CHECK (school_week = \"on\" - (extract(isodow FROM \"on\")::int - 1))",
            "ALTER TABLE registers_mark DROP CONSTRAINT school_week_is_the_monday",
        ),
        migrations.RunSQL(
            "ALTER TABLE registers_weektotal SET (fillfactor = 70)", "ALTER TABLE registers_weektotal RESET (fillfactor)"
        ),
    ]
