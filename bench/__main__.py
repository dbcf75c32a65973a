"""`./run bench [NAME] [--json]`: run every benchmark, or those whose name has NAME in it, and print figure, floor and ratio.

Each module of this folder has `run()`, which gives rows: name, figure, unit, floor, ratio, goal and a note. A goal is on the
ratio where there is a floor, else on the figure.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import platform
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attendance_office.settings")

import django

django.setup()

HERE = Path(__file__).parent


def names() -> list[str]:
    """Give the benchmarks there are."""
    return sorted(
        module.name
        for module in pkgutil.iter_modules([str(HERE)])
        if module.name not in ("__main__", "ground", "settings", "urls")
    )


def judge(row: dict) -> str:
    """Say whether a row meets its goal."""
    goal = row.get("goal")
    if goal is None:
        return ""
    measured = row["ratio"] if row.get("ratio") is not None else row["figure"]
    return "meets" if measured <= goal else "MISSES"


def show(row: dict) -> None:
    """Print one row for people."""
    floor = f"{row['floor']:.3f}" if row.get("floor") is not None else "-"
    ratio = f"{row['ratio']:.2f}x" if row.get("ratio") is not None else "-"
    goal = "" if row.get("goal") is None else f"goal {row['goal']:g}{'x' if row.get('ratio') is not None else ''}"
    print(
        f"  {row['name']:<58} {row['figure']:>10.3f} {row['unit']:<8} floor {floor:>9}  {ratio:>8}  {goal:<12} {judge(row)}"
    )
    if row.get("note"):
        print(f"      {row['note']}")


def main() -> int:
    """Run what was asked for; 1 when nothing has that name."""
    ask = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    ask.add_argument("name", nargs="?", default="", help=f"one of {', '.join(names())}, or part of a name")
    ask.add_argument("--json", action="store_true", help="one object a line")
    asked = ask.parse_args()
    chosen = [name for name in names() if asked.name in name]
    if not chosen:
        print(f"No benchmark has {asked.name!r} in its name. There are: {', '.join(names())}.", file=sys.stderr)
        return 1
    if not asked.json:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
        print(
            f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {commit.stdout.strip()}"
        )
    for name in chosen:
        if not asked.json:
            print(name)
        for row in importlib.import_module(f"bench.{name}").run():
            if asked.json:
                print(
                    json.dumps({"bench": name, "floor": None, "ratio": None, "goal": None, "note": ""} | row),
                    flush=True,
                )
            else:
                show(row)
    return 0


sys.exit(main())
