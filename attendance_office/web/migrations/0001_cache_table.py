"""The shared cache lies in Postgres, so that rate limits hold across processes without Redis."""

from django.db import migrations


class Migration(migrations.Migration):
    """Make the cache's table as Django's database cache expects it."""

    initial = True
    dependencies = []

    operations = [
        migrations.RunSQL(
            "CREATE TABLE IF NOT EXISTS office_cache ("
            " cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL,"
            " expires timestamp with time zone NOT NULL)",
            "DROP TABLE IF EXISTS office_cache",
        ),
        migrations.RunSQL(
            "CREATE INDEX IF NOT EXISTS office_cache_expires ON office_cache (expires)",
            "DROP INDEX IF EXISTS office_cache_expires",
        ),
    ]
