"""groups.csv and staff.csv: tutor groups, the people who work here, and their posts."""

from __future__ import annotations

from typing import Any, Final

from attendance_office.staff.models import Post, TutorGroup, User
from attendance_office.staff.roles import OF_THE_TRUST, TITLES, Role
from registers.rules.dates import spoken_date

from .columns import GROUPS
from .fields import Row
from .task import Task, rows
from .writing import reconcile

_ROLES: Final = {role.value: role.value for role in Role} | {
    title.lower(): role.value for role, title in TITLES.items()
}
_SPOKEN_ROLES: Final = _ROLES | {"tutor": "tutor", "teacher": "tutor", "head of year": "head_of_year"}
# What a row says of the person, as (column, field).
_PERSON: Final = (("title", "title"), ("forename", "first_name"), ("surname", "last_name"), ("phone", "phone"),
                  ("staff_code", "staff_code"))  # fmt: skip
PostKey = tuple[str, str, int | None, str]


def read_groups(task: Task) -> None:
    """Bring the school's tutor groups to what the file says. A group is known by its name."""
    wanted: dict[str, dict[str, Any]] = {}
    for row in rows(task.path, task.report):
        name, year = row.text("name", must=True), row.year("year_group", must=True)
        values: dict[str, Any] = {column: row.text(column) for column in ("room", "building") if row.has(column)}
        if not name or year is None:
            continue
        if name in wanted:
            row.refuse("name", f"{name} stands in the file twice.")
        wanted[name] = {"name": name, "year_group": year, "is_used": True} | values
    if task.report.is_refused:
        return
    held = {group.name: group for group in TutorGroup.objects.filter(school=task.school)}
    reconcile(TutorGroup, wanted, held, school=task.school).count_in(task.report, len(wanted))


def read_staff(task: Task) -> None:
    """Bring people and posts to what the file says: one row for each post. New people set a password by themselves.

    A person is known by the e-mail address. Nobody's posts are taken away, and one that has ended is not given again.
    """
    people: dict[str, dict[str, Any]] = {}
    places: dict[str, int] = {}
    posts: dict[PostKey, Row] = {}
    groups = {group.name: group for group in TutorGroup.objects.filter(school=task.school)}
    for row in rows(task.path, task.report):
        email = row.email("email", must=True).lower()
        row.text("surname", must=True)
        person = {field: row.text(column) for column, field in _PERSON if row.has(column)}
        key = _post(row, email, groups, task)
        if not email:
            continue
        if people.setdefault(email, person) != person:
            row.refuse("email", f"Row {places[email]} says something else of the same person.")
        places.setdefault(email, row.number)
        if key is not None and key in posts:
            row.refuse("role", f"The same post stands in row {posts[key].number}.")
        elif key is not None:
            posts[key] = row
    if task.report.is_refused:
        return
    users, touched = _write_people(task, people)
    made = _write_posts(task, posts, users, groups)
    new = {key[0] for key in made} | {email for email, what in touched.items() if what == "added"}
    for key in posts:
        email = key[0]
        is_new = key in made or touched.get(email) == "added"
        is_changed = not is_new and email not in new and touched.pop(email, "") == "changed"
        task.report.count(added=is_new, changed=is_changed, same=not is_new and not is_changed)


def _post(row: Row, email: str, groups: dict[str, TutorGroup], task: Task) -> PostKey | None:
    role = row.choice("role", _SPOKEN_ROLES, must=True)
    year, group = row.year("year_group"), row.text("tutor_group")
    if role and Role(role) in OF_THE_TRUST:
        row.refuse("role", "This post is the trust's to give: ./run manage appoint_to_trust, once for all its schools.")
    if role == Role.HEAD_OF_YEAR and year is None:
        row.refuse("year_group", "A head of year needs the year group.")
    if group and group not in groups:
        hint = f"{GROUPS} was refused." if task.was_refused(GROUPS) else f"Add it to {GROUPS}."
        row.refuse("tutor_group", f"There is no tutor group of this name. {hint}")
    if not role or not email:
        return None
    return email, role, year if role == Role.HEAD_OF_YEAR else None, group


def _write_people(task: Task, people: dict[str, dict[str, Any]]) -> tuple[dict[str, User], dict[str, str]]:
    """Make and change people; give them by address, and what was done to whom.

    A person who works for another school as well is not this school's alone to rename.
    """
    users = {user.email.lower(): user for user in User.objects.filter(email__in=people)}
    elsewhere = set(
        Post.objects.filter(user__in=users.values(), ended_on=None)
        .exclude(school=task.school)
        .values_list("user_id", flat=True)
    )
    touched: dict[str, str] = {}
    for email, values in people.items():
        user = users.get(email)
        if user is None:
            users[email] = User.objects.create_user(email, None, **values)
            touched[email] = "added"
            continue
        changes = {name: value for name, value in values.items() if getattr(user, name) != value}
        if changes and user.pk in elsewhere:
            task.report.note(f"{email} works for another school too: name and telephone stay as they are.")
        elif changes:
            for name, value in changes.items():
                setattr(user, name, value)
            user.save(update_fields=list(changes))
            touched[email] = "changed"
    return users, touched


def _write_posts(
    task: Task, posts: dict[PostKey, Row], users: dict[str, User], groups: dict[str, TutorGroup]
) -> set[PostKey]:
    """Give the people their posts; give the keys of those that are new."""
    held: dict[PostKey, Post] = {}
    for post in (
        Post.objects.filter(school=task.school, user__in=users.values())
        .select_related("user", "tutor_group")
        .order_by("ended_on", "pk")
    ):
        key = (post.user.email.lower(), post.role, post.year_group, post.tutor_group.name if post.tutor_group else "")
        if key not in held or post.ended_on is None:
            held[key] = post
    making: dict[PostKey, Post] = {}
    for key, row in posts.items():
        email, role, year, group = key
        standing = held.get(key)
        if standing is None:
            making[key] = Post(
                user=users[email],
                school=task.school,
                role=role,
                year_group=year,
                tutor_group=groups[group] if group else None,
            )
        elif standing.ended_on is not None:
            task.report.note(
                f"Row {row.number}: this post of {email} ended on {spoken_date(standing.ended_on)}"
                " and is not given again by a file."
            )
    Post.objects.bulk_create(making.values())
    return set(making)
