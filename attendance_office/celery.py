"""The worker and the beat. Beat only ticks; rows decide what is due (see attendance_office.jobs)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attendance_office.settings")
app = Celery("attendance_office")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
