"""`python -m attendance_office.launcher COMMAND`: what `./run` calls once the environment is there."""

import sys
from collections.abc import Callable, Sequence

from attendance_office.launcher import commands, demo
from attendance_office.launcher.children import stop_when_asked
from attendance_office.launcher.ground import Halt, say

COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": demo.run,
    "test": commands.test,
    "check": commands.check,
    "manage": commands.manage,
    "bench": commands.bench,
    "torture": commands.torture,
    "stop": commands.stop,
}


def main(words: Sequence[str]) -> int:
    """Carry out one command and give the exit code."""
    if not words or words[0] not in COMMANDS:
        say(f"The commands are {', '.join(COMMANDS)}.")
        return 2
    stop_when_asked()
    try:
        return COMMANDS[words[0]](words[1:])
    except Halt as halt:
        say(str(halt))
        return 1
    except PermissionError as error:
        say(f"{error.filename} belongs to another account: run this as whoever ran it first, or remove var/.")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
