"""Everything `./run` starts: a PostgreSQL and Redis of this checkout's own, and what uses them.

Standard library only, and nothing of Django: it runs before there is a database for Django to open.
What it makes lies under var/, one folder for each kind of run: demo, test, bench.
"""
