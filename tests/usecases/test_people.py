"""Users: adding, resetting, disabling, changing the password; sign-ins end where they must."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, select

from server.domain.access import Role
from server.domain.errors import (
    LoginLocked,
    NameTaken,
    NameWrong,
    NotAllowed,
    PasswordTooShort,
    PlaceMissing,
    Problem,
    UnknownPlace,
    UnknownUser,
    WrongPassword,
)
from server.domain.people import PlaceNotForRole, UsernameWrong
from server.storage.events import Event
from server.storage.organisation import SignIn, Tier, User
from server.usecases import people
from server.usecases.work import Office
from tests import make
from tests.conftest import Clock

NEW = "a new password"


def add(office: Office, **given: object) -> User:
    with office.work() as work:
        return people.add(
            work, **{"username": "li", "name": "李", "role": Role.SHOPPER, "password": NEW, **given}
        )  # type: ignore[arg-type]


def opened(office: Office, user: User, password: str = make.PASSWORD) -> SignIn:
    return people.sign_in(office, user.username, password, "127.0.0.1", "phone")[1]


def events(office: Office) -> list[Event]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(Event).order_by(col(Event.id))))


def test_a_new_user_signs_in_and_must_change_the_password(office: Office) -> None:
    user = add(office)
    assert user.must_change
    assert opened(office, user, NEW)


def test_adding_is_recorded_by_id_without_the_name(office: Office) -> None:
    user = add(office, username="zhangsan", name="张三")
    found = [event for event in events(office) if event.name == "user.added"]
    assert [event.subject_id for event in found] == [str(user.id)]
    assert "张三" not in found[0].facts
    assert "zhangsan" not in found[0].facts


def test_a_name_is_taken_whatever_its_case(office: Office) -> None:
    add(office, username="Li")
    with pytest.raises(NameTaken):
        add(office, username="lI")


def test_a_hall_manager_belongs_to_an_outlet_and_an_area_manager_to_a_unit(office: Office) -> None:
    hall = make.outlet(office)
    unit = make.unit(office, "sx", "ty", "xd", "d1", "a1")
    assert add(office, username="a", role=Role.HALL_MANAGER, outlet=hall.code).outlet_id == hall.id
    assert add(office, username="b", role=Role.AREA_MANAGER, unit=unit.code).unit_path == unit.path


def test_each_role_belongs_to_its_own_sort_of_place(office: Office) -> None:
    area, county = make.unit(office, "sx", "ty", "xd", "d1", "a1"), make.unit(office, "sx", "ty", "xd")
    hall, agent = make.outlet(office), make.outlet(office, tier=Tier.ORDINARY)
    places = {"hall": hall.code, "agent": agent.code, "area": area.code, "county": county.code}
    fits = {
        Role.HALL_MANAGER: "hall",
        Role.OUTLET_OWNER: "agent",
        Role.AREA_MANAGER: "area",
        Role.BRANCH_MANAGER: "county",
    }
    for role, right in fits.items():
        for sort, code in places.items():
            given = {"username": f"{role}-{sort}", "role": role}
            given["outlet" if sort in ("hall", "agent") else "unit"] = code
            if sort == right:
                assert add(office, **given)
            else:
                with pytest.raises((PlaceNotForRole, PlaceMissing)):
                    add(office, **given)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"password": "1234567"}, PasswordTooShort),
        ({"role": Role.HALL_MANAGER}, PlaceMissing),
        ({"role": Role.OUTLET_OWNER}, PlaceMissing),
        ({"role": Role.AREA_MANAGER}, PlaceMissing),
        ({"role": Role.BRANCH_MANAGER}, PlaceMissing),
        ({"unit": "nowhere"}, UnknownPlace),
        ({"outlet": "nowhere"}, UnknownPlace),
        ({"username": ""}, UsernameWrong),
        ({"username": "u" * 61}, UsernameWrong),
        ({"username": " li"}, UsernameWrong),
        ({"username": "a b"}, UsernameWrong),
        ({"username": "李\u3000四"}, UsernameWrong),
        ({"username": "a\u200bb"}, UsernameWrong),
        ({"name": ""}, NameWrong),
        ({"name": "长" * 81}, NameWrong),
        ({"name": "李\n四"}, NameWrong),
    ],
)
def test_a_user_that_cannot_be_is_refused_and_not_stored(
    office: Office, given: dict[str, object], problem: type[Problem]
) -> None:
    with pytest.raises(problem):
        add(office, **given)
    with office.work(write=False) as work:
        assert not work.session.exec(select(User)).all()
    assert not events(office)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_administrator_changes_users(office: Office, role: Role) -> None:
    viewer = people.viewer_of(make.user(office, role=role, username="other"))
    with pytest.raises(NotAllowed), office.work(viewer) as work:
        people.add(work, username="x", name="x", role=Role.SHOPPER, password=NEW)
    with pytest.raises(NotAllowed), office.work(viewer) as work:
        people.reset(work, "other", NEW)
    with pytest.raises(NotAllowed), office.work(viewer) as work:
        people.disable(work, "other")
    with pytest.raises(NotAllowed), office.work(viewer) as work:
        people.enable(work, "other")


def test_a_reset_gives_a_new_password_and_ends_every_sign_in(both: Office) -> None:
    user = make.user(both, role=Role.SHOPPER)
    old = opened(both, user)
    with both.work() as work:
        people.reset(work, user.username, NEW)
    assert people.signed_in(both, old.id) is None
    with pytest.raises(WrongPassword):
        opened(both, user)
    assert opened(both, user, NEW)


def test_a_disabled_user_is_out_at_once_and_stays_out(both: Office) -> None:
    user = make.user(both, role=Role.SHOPPER)
    old = opened(both, user)
    with both.work() as work:
        people.disable(work, user.username)
    assert people.signed_in(both, old.id) is None
    with pytest.raises(WrongPassword):
        opened(both, user)


def test_an_enabled_user_signs_in_anew_with_the_old_password(both: Office) -> None:
    user = make.user(both, role=Role.SHOPPER)
    old = opened(both, user)
    with both.work() as work:
        people.disable(work, user.username)
    with both.work() as work:
        assert people.enable(work, user.username)
        assert not people.enable(work, user.username)
    assert people.signed_in(both, old.id) is None
    assert opened(both, user)
    assert [event.name for event in events(both)].count("user.enabled") == 1


def test_disabling_twice_keeps_the_first_instant(office: Office, clock: object) -> None:
    user = make.user(office, role=Role.SHOPPER)
    for _ in range(2):
        with office.work() as work:
            people.disable(work, user.username)
        clock.forward(days=1)  # type: ignore[attr-defined]
    with office.work(write=False) as work:
        assert work.session.get_one(User, user.id).disabled_at == office.clock() - timedelta(days=2)


def test_nobody_by_that_name_is_said(office: Office) -> None:
    for act in (lambda work: people.reset(work, "nobody", NEW), lambda work: people.disable(work, "nobody")):
        with pytest.raises(UnknownUser) as found, office.work() as work:
            act(work)
        assert found.value.username == "nobody"


def test_who_changes_the_own_password_stays_here_and_leaves_elsewhere(office: Office) -> None:
    user = make.user(office, role=Role.SHOPPER, must_change=True)
    here, elsewhere = opened(office, user), opened(office, user)
    people.change_password(office, people.viewer_of(user), make.PASSWORD, NEW, keep=here.id)
    assert people.signed_in(office, here.id)
    assert people.signed_in(office, elsewhere.id) is None
    assert opened(office, user, NEW)
    with office.work(write=False) as work:
        assert not work.session.get_one(User, user.id).must_change


def test_the_own_password_changes_only_with_the_old_one(office: Office) -> None:
    user = make.user(office, role=Role.SHOPPER)
    for old, new, problem in (
        ("wrong", NEW, WrongPassword),
        (make.PASSWORD, "short", PasswordTooShort),
        (make.PASSWORD, " " * 12, PasswordTooShort),
    ):
        with pytest.raises(problem):
            people.change_password(office, people.viewer_of(user), old, new)
    assert opened(office, user)


def test_guessing_at_the_old_password_is_slowed_like_a_sign_in(office: Office) -> None:
    user = make.user(office, role=Role.SHOPPER)
    for _ in range(people.SLOWED_FROM):
        with pytest.raises(WrongPassword):
            people.change_password(office, people.viewer_of(user), "a guess", NEW)
    with pytest.raises(LoginLocked):
        people.change_password(office, people.viewer_of(user), make.PASSWORD, NEW)


def test_replacing_a_shared_password_leaves_the_others(office: Office) -> None:
    shared = make.user(office, role=Role.SHOPPER)
    own = make.user(office, role=Role.SHOPPER, password_hash=people.hashed("their own one"))
    with office.work() as work:
        people.replace_hash(work, shared.password_hash, NEW)
    assert opened(office, shared, NEW)
    assert opened(office, own, "their own one")


def test_failures_are_slowed_then_locked_for_minutes(office: Office, clock: Clock) -> None:
    user = make.user(office, role=Role.SHOPPER)
    for wait in (0, 0, 1, 2, 600):
        with pytest.raises(WrongPassword):
            opened(office, user, "wrong")
        if wait:
            # The right password has to wait as well, and waiting is not counted as a failure.
            with pytest.raises(LoginLocked) as found:
                opened(office, user)
            assert found.value.retry_after == wait
            clock.forward(seconds=wait)
    assert opened(office, user)


def test_a_slowed_account_does_not_slow_others_from_the_same_address(office: Office) -> None:
    user, other = (make.user(office, role=Role.SHOPPER) for _ in range(2))
    for _ in range(3):
        with pytest.raises(WrongPassword):
            opened(office, user, "wrong")
    assert opened(office, other)
