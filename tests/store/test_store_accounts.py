"""Accounts and sessions: who may sign in, who is, and what is written down of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from test_store_faults import together

from pipeline.store import ConflictError, NotFoundError, Role, Store, User, accounts, open_store

TOKEN, OTHER = "ab" * 32, "cd" * 32
HOUR = timedelta(hours=1)
LOCK = {"lock_after": 3, "lock_for": timedelta(minutes=15)}


def later(time: timedelta = HOUR) -> datetime:
    return datetime.now(UTC) + time


def actions(store: Store) -> list[tuple[str, str, dict[str, object]]]:
    return [(e.actor, e.action, e.detail) for e in store.audit_entries()]


def one(store: Store, name: str) -> User:
    found = store.user(name)
    assert found is not None
    return found


@pytest.fixture
def office(store: Store) -> Store:
    store.add_user("管理员", Role.ADMIN, "hash-a", actor="管理员")
    store.add_user("李核对", Role.CLERK, "hash-b", actor="管理员")
    return store


def test_roles_have_an_order_and_a_name() -> None:
    assert [role.title for role in sorted(Role, key=lambda r: r.rank)] == ["录入", "审核", "管理"]
    assert Role("reviewer").rank == 1


def test_users_are_kept_without_their_passwords_showing(office: Store) -> None:
    assert [(u.name, u.role, u.active, u.failures) for u in office.users()] == [
        ("管理员", Role.ADMIN, True, 0),
        ("李核对", Role.CLERK, True, 0),
    ]
    clerk = one(office, "李核对")
    assert clerk.password_hash == "hash-b"
    assert "hash-b" not in repr(clerk)
    assert office.user("李") is None
    assert actions(office)[1] == ("管理员", "user_added", {"user": "李核对", "role": "clerk"})


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "'; DROP TABLE users; --", "长" * 300])
def test_names_may_be_odd(office: Store, name: str) -> None:
    assert office.user(name) is None
    assert office.note_failure(name, **LOCK) is None  # type: ignore[arg-type]
    office.add_user(name, Role.CLERK, "hash", actor="管理员")
    assert one(office, name).name == name
    office.open_session(name, TOKEN, later())
    session = office.session(TOKEN)
    assert session is not None
    assert session.user.name == name


def test_a_name_stands_for_one_person(office: Store) -> None:
    with pytest.raises(ConflictError, match="李核对"):
        office.add_user("李核对", Role.ADMIN, "hash", actor="管理员")
    assert one(office, "李核对").role is Role.CLERK


def test_what_is_changed_of_a_user_ends_their_sessions(office: Store) -> None:
    for name, token in (("李核对", TOKEN), ("管理员", OTHER)):
        office.open_session(name, token, later())
    office.change_user("李核对", actor="管理员", role=Role.REVIEWER)
    assert one(office, "李核对").role is Role.REVIEWER
    assert office.session(TOKEN) is None
    assert office.session(OTHER) is not None
    office.change_user("李核对", actor="管理员", password_hash="hash-c", active=False)
    changed = one(office, "李核对")
    assert (changed.role, changed.password_hash, changed.active) == (Role.REVIEWER, "hash-c", False)
    assert [detail for _, action, detail in actions(office) if action == "user_changed"] == [
        {"user": "李核对", "role": "reviewer"},
        {"user": "李核对", "active": False, "password": True},
    ]
    assert "hash-" not in str(actions(office))
    with pytest.raises(NotFoundError, match="王"):
        office.change_user("王", actor="管理员", active=False)


@pytest.mark.parametrize("change", [{"active": False}, {"role": Role.REVIEWER}])
def test_one_admin_is_left(office: Store, change: dict[str, object]) -> None:
    with pytest.raises(ConflictError, match="管理员"):
        office.change_user("管理员", actor="管理员", **change)  # type: ignore[arg-type]
    assert (one(office, "管理员").role, one(office, "管理员").active) == (Role.ADMIN, True)
    office.change_user("李核对", actor="管理员", role=Role.ADMIN)
    office.change_user("管理员", actor="管理员", **change)  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        office.change_user("李核对", actor="管理员", **change)  # type: ignore[arg-type]
    office.change_user("李核对", actor="管理员", password_hash="x")


def test_enough_wrong_passwords_lock_a_name(office: Store) -> None:
    for number in (1, 2):
        user = office.note_failure("李核对", **LOCK)  # type: ignore[arg-type]
        assert user is not None
        assert (user.failures, user.locked_until) == (number, None)
    user = office.note_failure("李核对", **LOCK)  # type: ignore[arg-type]
    assert user is not None
    assert user.locked_until is not None
    assert timedelta(minutes=14) < user.locked_until - datetime.now(UTC) <= timedelta(minutes=15)
    assert user.failures == 0  # they have as many tries again, once it is unlocked
    assert [(a, e) for a, e, _ in actions(office)][2:] == [("李核对", "sign_in_failed")] * 3 + [
        ("李核对", "locked_out")
    ]
    office.change_user("李核对", actor="管理员", password_hash="new")
    assert (one(office, "李核对").failures, one(office, "李核对").locked_until) == (0, None)


def test_a_name_that_there_is_not_is_not_written_down(office: Store) -> None:
    """People type their password into the wrong box."""
    assert office.note_failure("hunter2", **LOCK) is None  # type: ignore[arg-type]
    assert actions(office)[-1] == ("?", "sign_in_failed", {})
    assert "hunter2" not in str(actions(office))


def test_signing_in_and_out(office: Store) -> None:
    office.note_failure("李核对", **LOCK)  # type: ignore[arg-type]
    expires = later()
    office.open_session("李核对", TOKEN, expires)
    session = office.session(TOKEN)
    assert session is not None
    assert (session.user.name, session.user.failures, session.expires) == ("李核对", 0, expires)
    assert session.created == session.seen
    assert office.session(OTHER) is None
    office.close_session(TOKEN)
    office.close_session(TOKEN)
    assert office.session(TOKEN) is None
    assert [e for _, e, _ in actions(office)][-2:] == ["signed_in", "signed_out"]


def test_sessions_end(office: Store) -> None:
    office.open_session("李核对", TOKEN, later(timedelta(seconds=-1)))
    assert office.session(TOKEN) is None
    office.open_session("管理员", OTHER, later())
    with office.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM sessions")).scalar_one() == 1
    with pytest.raises(NotFoundError):
        office.open_session("王", TOKEN, later())


def test_who_is_no_longer_active_is_not_in(office: Store) -> None:
    office.open_session("李核对", TOKEN, later())
    with office.writing() as connection:  # past change_user, which ends the session itself
        connection.execute(text("UPDATE users SET active = false WHERE name = '李核对'"))
    assert office.session(TOKEN) is None
    with pytest.raises(NotFoundError, match="停用"):
        office.open_session("李核对", OTHER, later())


def test_who_is_still_there_is_noted_now_and_then(office: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    office.open_session("李核对", TOKEN, later())
    first = office.session(TOKEN)
    assert first is not None
    office.touch_session(TOKEN)
    assert office.session(TOKEN) == first  # a moment later it is not worth writing
    moment = first.seen + timedelta(minutes=2)
    monkeypatch.setattr(accounts, "now", lambda: moment)
    office.touch_session(TOKEN)
    office.touch_session(OTHER)
    again = office.session(TOKEN)
    assert again is not None
    assert (again.seen, again.created) == (moment, first.created)


def test_two_admins_cannot_take_each_others_role_at_once(office: Store, url: str) -> None:
    office.change_user("李核对", actor="管理员", role=Role.ADMIN)

    def demote(name: str) -> Callable[[], None]:
        def work() -> None:
            with open_store(url) as own:
                own.change_user(name, actor="x", role=Role.CLERK)

        return work

    failures = together(demote("管理员"), demote("李核对"))
    assert [type(failure) for failure in failures] == [ConflictError]
    assert sum(user.role is Role.ADMIN for user in office.users()) == 1


def test_signing_in_changes_nothing_that_outputs_show(office: Store) -> None:
    change = office.change_number()
    office.open_session("李核对", TOKEN, later())
    office.note_failure("李核对", **LOCK)  # type: ignore[arg-type]
    office.note_opened("d1", "李核对")
    office.note_shown(["d1"], "李核对", "strip")
    office.close_session(TOKEN)
    assert not office.changed_since(change)
    assert office.check_chain() is None
