"""A program of its own that reads a spreadsheet from its input and writes the first sheet's rows as lines of JSON.

A spreadsheet of five kilobytes can name a cell a million rows down, and its reader makes room for all that lies
between. So it is read where nothing else runs, with memory and time of its own: what is too large ends this program
alone.
"""

import io
import json
import resource
import sys
from datetime import date, datetime
from typing import Any, Final

import python_calamine

MEMORY: Final = 1536 * 1024 * 1024
SECONDS: Final = 20
MOST_LETTERS: Final = 100_000_000
TOO_LARGE: Final = 3
BROKEN: Final = 4


def cell(value: Any) -> str:
    """Give a cell as a file of values would have it: a day as 2026-01-05, a whole number without its point."""
    if isinstance(value, datetime):
        return value.date().isoformat() if not (value.hour or value.minute) else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def main() -> int:
    """Read, write, and say by the exit code what was wrong."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except MemoryError:
        return TOO_LARGE
    except Exception:  # whatever the parser makes of a broken file, a person hears what to do
        return BROKEN
    left = MOST_LETTERS
    for row in rows:
        line = json.dumps([cell(value) for value in row])
        left -= len(line)
        if left < 0:
            return TOO_LARGE
        sys.stdout.write(line + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
