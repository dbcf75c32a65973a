"""Keeps pupils out of the logs: request lines lose their query, and values of forms are never printed."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

QUERY = re.compile(r"\?[^\s\"']*")
TASK_FAULT = frozenset({"exc", "traceback", "args", "kwargs", "return_value"})


class NoPupilData(logging.Filter):
    """Strip query strings, and tracebacks' messages that may carry row values, from every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; always lets it through."""
        if isinstance(record.args, Mapping) and TASK_FAULT & record.args.keys():
            # Celery's words of a task that broke hold the exception and its traceback as text.
            record.args = {name: "" if name in TASK_FAULT else value for name, value in record.args.items()}
        record.msg = QUERY.sub("?...", record.getMessage()).rstrip()
        record.args = ()
        if record.exc_info and record.exc_info[1] is not None:
            frames = self._where(record)
            kind = type(record.exc_info[1]).__name__
            record.msg = f"{record.msg} [{kind} at {frames}]"
            record.exc_info = None
            record.exc_text = None
        return True

    @staticmethod
    def _where(record: logging.LogRecord) -> str:
        """Give file, line and function of the innermost three frames: places, never values."""
        places = []
        trace = record.exc_info[2] if record.exc_info else None
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        return " < ".join(reversed(places[-3:]))
