"""The office's settings with two pages more: the floors that the register's pages are measured against."""

from attendance_office.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
