"""docs/statute.md and the docstrings: no rule without its source, its function and its test."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

from registers import rules

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "statute.md"
MODULES = [importlib.import_module(f"registers.rules.{found.name}") for found in pkgutil.iter_modules(rules.__path__)]


def public_names():
    for module in MODULES:
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", "") == module.__name__
            if own and not name.startswith("_") and callable(thing):
                yield module.__name__.rpartition(".")[2], name, thing


def documented():
    for module, name, thing in public_names():
        if inspect.isclass(thing):
            if issubclass(thing, Exception):
                continue
            for method, member in vars(thing).items():
                function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield f"{module}.{name}.{method}", function
        yield f"{module}.{name}", thing


def rows():
    section = PAGE.read_text(encoding="utf-8").split("## Registers")[1].split("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and len(cells) == 4 and "`" in cells[2]:
            yield cells


def quoted(cell):
    return re.findall(r"`([\w.]+)`", cell)


@pytest.mark.parametrize(("name", "thing"), list(documented()), ids=lambda value: value if type(value) is str else "")
def test_every_rule_ends_with_its_source(name, thing):
    assert re.search(r"Source: [^\n]+(\n[^\n]+)?\.?\s*$", inspect.getdoc(thing) or ""), name


def test_every_row_of_the_page_names_its_source_its_function_and_its_test():
    for rule, source, functions, tests in rows():
        assert rule
        assert source
        for module, *path in (name.split(".") for name in quoted(functions)):
            thing = importlib.import_module(f"registers.rules.{module}")
            for part in path:
                thing = getattr(thing, part)
        assert quoted(tests), rule
        for file, test in (name.split(".") for name in quoted(tests)):
            assert f"def {test}(" in (HERE / f"{file}.py").read_text(encoding="utf-8"), (rule, test)


def test_every_public_function_is_on_the_page():
    on_page = {name for row in rows() for name in quoted(row[2])}
    named = {".".join(name.split(".")[:2]) for name in on_page}
    functions = {f"{module}.{name}" for module, name, thing in public_names() if inspect.isfunction(thing)}
    assert functions - named == set()
