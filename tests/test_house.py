"""The house itself: what no page may miss and no line may do."""

import ast
import re
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from attendance_office.staff.roles import Can

ROOT = Path(__file__).parent.parent
WINGS = ("registers", "letters", "interventions", "penalties", "reporting")


def modules(*patterns):
    for wing in (*WINGS, "attendance_office"):
        for pattern in patterns:
            yield from (path for path in (ROOT / wing).glob(pattern) if "migrations" not in path.parts)


@pytest.mark.parametrize("path", sorted(modules("**/*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_can_be_read_in_one_sitting(path):
    assert len(path.read_text().splitlines()) <= 450


def test_every_public_action_takes_by_and_at():
    strange = []
    for path in modules("actions.py", "actions/**/*.py", "*/actions.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                names = {arg.arg for arg in node.args.kwonlyargs}
                if {"by", "at"} <= names or not writes(node):
                    continue
                strange.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert strange == []


def writes(node):
    """Tell whether a function opens a transaction or signs: a helper that only computes is no action."""
    text = ast.unparse(node)
    return "signed(" in text or "atomic" in text


def test_no_view_or_action_starts_a_task():
    for path in modules("views/**/*.py", "actions/**/*.py", "*/actions.py"):
        text = path.read_text()
        assert ".delay(" not in text, path
        assert "apply_async" not in text, path


def test_no_template_holds_a_style_or_a_script_of_its_own():
    for path in (ROOT / "templates").glob("**/*.html"):
        text = path.read_text()
        assert " style=" not in text, path
        assert "<script>" not in text, path
        assert " onclick=" not in text, path


def test_every_right_that_a_template_asks_for_is_one_of_the_rights():
    rights = {can.value for can in Can}
    for path in (ROOT / "templates").glob("**/*.html"):
        asked = set(re.findall(r'"([^"]+)" (?:not )?in may\b', path.read_text()))
        assert asked <= rights, path


def routes(resolver=None, prefix="", path=""):
    """Give every URL there is: its name, if it has one, and the module its view is of."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            namespace = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from routes(pattern, namespace, f"{path}{pattern.pattern}")
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name or ''}", f"/{path}{pattern.pattern}", pattern.lookup_str


def test_every_url_stands_in_the_matrix():
    from tests.test_permission_matrix import ENTRANCE, MATRIX

    ours, entrance = set(), set()
    for name, path, view in routes():
        if view.startswith(("allauth.", "django.")) or name == "account_email":
            entrance.add(name or path)
        else:
            assert ":" in name, f"Name {path} within its wing, so that the matrix can try it"
            ours.add(name)
    assert ours - set(MATRIX) == set(), "Add these to tests/test_permission_matrix.py"
    assert set(MATRIX) - ours == set(), "These are in the matrix and no longer anywhere else"
    assert entrance == set(ENTRANCE), "The sign-in library's pages are listed in tests/test_permission_matrix.py"
