"""Everything that is done to staff accounts and posts."""

from __future__ import annotations

from datetime import date, datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from attendance_office.audit import trail
from attendance_office.refusals import Refused

from .models import Post, School, Trust, TutorGroup, User
from .roles import MAY, OF_THE_TRUST, TITLES, Can, Role


def appoint(
    *,
    school: School,
    email: str,
    title: str,
    first_name: str,
    last_name: str,
    phone: str = "",
    role: Role,
    year_group: int | None = None,
    tutor_group: TutorGroup | None = None,
    by: User | None,
    at: datetime,
) -> User:
    """Give a post to a person who is new to the school: a new account, or the one they have from another school.

    An account that exists stays as it is: its name and address belong to the person and are not changed from here.

    :raises Refused: when the person works here already, or the post cannot be given; then no account is made either.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        person = User.objects.filter(email__iexact=email).first()
        if person is None:
            person = add_person(
                school=school,
                email=email,
                title=title,
                first_name=first_name,
                last_name=last_name,
                phone=phone,
                by=by,
                at=at,
            )
        elif person.posts.filter(school=school, ended_on=None).exists():
            raise Refused(
                f"{email} works here already. Find {person.full_name} in the list and give another post there."
            )
        give_post(person=person, role=role, school=school, year_group=year_group, tutor_group=tutor_group, by=by, at=at)
    return person


def appoint_to_trust(
    *,
    trust: Trust,
    email: str,
    title: str = "",
    first_name: str = "",
    last_name: str = "",
    role: Role,
    by: User | None,
    at: datetime,
) -> Post:
    """Give a post in every school of a trust to a new account, or the one they have. Each school's trail says so.

    :raises Refused: when the trust has no school yet, a new person has no name, or the post cannot be given; then no
        account is made either.
    """
    school = trust.schools.order_by("pk").first()
    if school is None:
        raise Refused(f"{trust} has no school yet. Bring its schools in first.")
    with trail.signed(by=by, at=at, school_id=None):
        person = User.objects.filter(email__iexact=email).first()
        if person is None:
            if not (first_name and last_name):
                raise Refused(f"{email} has no account yet. Give the person's forename and surname as well.")
            person = add_person(
                school=school, email=email, title=title, first_name=first_name, last_name=last_name, by=by, at=at
            )
        return give_post(person=person, role=role, trust=trust, by=by, at=at)


def add_person(
    *,
    school: School,
    email: str,
    title: str,
    first_name: str,
    last_name: str,
    phone: str = "",
    by: User | None,
    at: datetime,
) -> User:
    """Add a member of staff without a password: they set one through the link of "Forgotten password".

    :raises Refused: when the address already has an account.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        if User.objects.filter(email__iexact=email).exists():
            raise Refused(f"{email} already has an account. Find the person in the list and give them a post.")
        person = User.objects.create_user(
            email, None, title=title, first_name=first_name, last_name=last_name, phone=phone
        )
        trail.record(
            verb="add_person",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="person",
            subject_id=person.pk,
            words=f"Added {person.full_name}",
            after={"email": person.email},
        )
    return person


def change_person(*, person: User, school: School, changes: dict[str, str], by: User | None, at: datetime) -> User:
    """Change a person's name, address or telephone.

    :raises Refused: when the address is another account's, or the person works for another school too.
    """
    fields = ("title", "first_name", "last_name", "email", "phone")
    _refuse_if_shared(person, school)
    with trail.signed(by=by, at=at, school_id=school.pk):
        person = User.objects.select_for_update().get(pk=person.pk)
        before = {field: getattr(person, field) for field in fields}
        after = before | {field: changes[field] for field in fields if field in changes}
        after["email"] = after["email"].lower()
        if after == before:
            return person
        if User.objects.filter(email__iexact=after["email"]).exclude(pk=person.pk).exists():
            raise Refused(f"{after['email']} already belongs to another account.")
        for field, value in after.items():
            setattr(person, field, value)
        person.save(update_fields=list(fields))
        if after["email"] != before["email"]:
            EmailAddress.objects.filter(user=person).delete()  # else the old address would still sign in
        changed = {field for field in fields if before[field] != after[field]}
        trail.record(
            verb="change_person",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="person",
            subject_id=person.pk,
            words=f"Changed {person.full_name}",
            before={field: before[field] for field in changed},
            after={field: after[field] for field in changed},
        )
    return person


def give_post(
    *,
    person: User,
    role: Role,
    school: School | None = None,
    trust: Trust | None = None,
    year_group: int | None = None,
    tutor_group: TutorGroup | None = None,
    by: User | None,
    at: datetime,
) -> Post:
    """Give a person a role in a school, or in every school of a trust.

    :raises Refused: when the role needs a year group, a tutor group of the school or a trust and has none, or when the
        person holds the very post already.
    """
    if role is Role.HEAD_OF_YEAR and year_group is None:
        raise Refused("A head of year needs a year group. Choose one.")
    if tutor_group is not None and (school is None or tutor_group.school_id != school.pk):
        raise Refused("That tutor group belongs to another school.")
    if (role in OF_THE_TRUST) != (trust is not None):
        raise Refused("A trust attendance lead or trustee is appointed to a trust, every other role to a school.")
    with trail.signed(by=by, at=at, school_id=school.pk if school else None):
        try:
            with transaction.atomic():
                post = Post.objects.create(
                    user=person, role=role, school=school, trust=trust, year_group=year_group, tutor_group=tutor_group
                )
        except IntegrityError as clash:
            raise Refused(f"{person.full_name} already holds this post.") from clash
        for school_id in _schools_of(post):
            trail.record(
                verb="give_post",
                by=by,
                at=at,
                school_id=school_id,
                subject_kind="person",
                subject_id=person.pk,
                words=f"{person.full_name} became {post.role_title}",
                after={
                    "role": role.value,
                    "year_group": year_group,
                    "tutor_group": tutor_group.name if tutor_group else None,
                },
            )
    return post


def end_post(*, post: Post, on: date, by: User | None, at: datetime) -> Post:
    """End a post: from now on it shows and allows nothing. Sessions of the person end at once.

    :raises Refused: when it has ended already, or when someone would take away the last post that can manage staff.
    """
    with trail.signed(by=by, at=at, school_id=post.school_id):
        post = Post.objects.select_for_update(of=("self",)).select_related("user", "tutor_group").get(pk=post.pk)
        if post.ended_on is not None:
            raise Refused("This post has already ended.")
        managers = [role for role in Role if Can.EDIT_STAFF in MAY[role]]
        others = Post.objects.filter(school=post.school_id, role__in=managers, ended_on=None, user__is_active=True)
        if post.role in managers and not others.exclude(pk=post.pk).exists():
            raise Refused("This is the last post that can manage staff here. Give another person such a post first.")
        post.ended_on = on
        post.save(update_fields=["ended_on"])
        _end_sessions(post.user)
        for school_id in _schools_of(post):
            trail.record(
                verb="end_post",
                by=by,
                at=at,
                school_id=school_id,
                subject_kind="person",
                subject_id=post.user_id,
                words=f"{post.user.full_name} is no longer {TITLES[Role(post.role)].lower()}",
                before={"role": post.role},
            )
    return post


def _schools_of(post: Post) -> list[int]:
    """Give the schools in which a post holds: each one's trail tells of it."""
    if post.trust is None:
        return [post.school_id] if post.school_id is not None else []
    return list(post.trust.schools.order_by("pk").values_list("pk", flat=True))


def switch_account(*, person: User, school: School, is_active: bool, by: User | None, at: datetime) -> User:
    """Let a person sign in, or not; switching off ends their sessions at once.

    :raises Refused: when people would switch off their own account.
    """
    if by is not None and by.pk == person.pk:
        raise Refused("You cannot switch off your own account. Ask a colleague who manages staff.")
    _refuse_if_shared(person, school)
    with trail.signed(by=by, at=at, school_id=school.pk):
        User.objects.filter(pk=person.pk).update(is_active=is_active)
        person.is_active = is_active
        if not is_active:
            _end_sessions(person)
        trail.record(
            verb="switch_account",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="person",
            subject_id=person.pk,
            words=f"{person.full_name} may {'sign in again' if is_active else 'no longer sign in'}",
            before={"is_active": not is_active},
            after={"is_active": is_active},
        )
    return person


def reset_second_factor(*, person: User, school: School, reason: str, by: User | None, at: datetime) -> None:
    """Take away a lost second factor, so that the person sets up a new one at the next sign-in.

    :raises Refused: without a reason.
    """
    if not reason.strip():
        raise Refused("Say why: how did you make sure it was this person who asked?")
    _refuse_if_shared(person, school)
    with trail.signed(by=by, at=at, school_id=school.pk, reason=reason):
        Authenticator.objects.filter(user=person).delete()
        _end_sessions(person)
        trail.record(
            verb="reset_second_factor",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="person",
            subject_id=person.pk,
            words=f"Took away the second factor of {person.full_name}",
            reason=reason,
        )


def change_school(*, school: School, changes: dict[str, str], by: User | None, at: datetime) -> School:
    """Change what letters and messages say of a school: its name, head, address, telephone and e-mail."""
    fields = ("name", "headteacher", "address", "postcode", "phone", "email")
    with trail.signed(by=by, at=at, school_id=school.pk):
        school = School.objects.select_for_update(no_key=True).get(pk=school.pk)
        changed = {
            field: value for field, value in changes.items() if field in fields and value != getattr(school, field)
        }
        if not changed:
            return school
        before = {field: getattr(school, field) for field in changed}
        for field, value in changed.items():
            setattr(school, field, value)
        school.save(update_fields=list(changed))
        trail.record(
            verb="change_school",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="school",
            subject_id=school.pk,
            words="Changed the school's details",
            before=before,
            after=changed,
        )
    return school


def _refuse_if_shared(person: User, school: School) -> None:
    """Refuse to change an account that opens another school's record too: no school reaches into another.

    :raises Refused: when the person holds a post elsewhere.
    """
    if person.posts.filter(ended_on=None).exclude(school=school).exists():
        raise Refused(
            f"{person.full_name} also works for another school or the trust. Only that person can change the account;"
            " you can end the post held here."
        )


def _end_sessions(person: User) -> None:
    """End every session of a person. Sessions lie in the database so that this takes effect at the next request."""
    mine = [
        session.pk for session in Session.objects.all() if session.get_decoded().get("_auth_user_id") == str(person.pk)
    ]
    Session.objects.filter(pk__in=mine).delete()
