"""The section on letters of docs/statute.md: no rule on levels and households without its source, function and test."""

import inspect
import re
from pathlib import Path

from letters.rules import households, levels

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "statute.md"
MODULES = {"levels": levels, "households": households}


def rows():
    section = PAGE.read_text(encoding="utf-8").split("## Letters")[1].split("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and len(cells) == 4 and "`" in cells[2]:
            yield cells


def quoted(cell):
    return re.findall(r"`([\w.]+)`", cell)


def test_every_row_names_functions_and_tests_that_are_there():
    for rule, source, functions, tests in rows():
        assert source, rule
        for module, function in (name.split(".") for name in quoted(functions)):
            assert callable(getattr(MODULES[module], function)), rule
        assert quoted(tests), rule
        for file, test in (name.split(".") for name in quoted(tests)):
            assert f"def {test}(" in (HERE / f"{file}.py").read_text(encoding="utf-8"), (rule, test)


def test_every_function_is_on_the_page_and_ends_with_its_source():
    on_page = {name for row in rows() for name in quoted(row[2])}
    for name, module in MODULES.items():
        for function, thing in inspect.getmembers(module, inspect.isfunction):
            if thing.__module__ == module.__name__ and not function.startswith("_"):
                assert f"{name}.{function}" in on_page
                assert re.search(r"Source: [^\n]+(\n[^\n]+)?\.?\s*$", inspect.getdoc(thing)), function
