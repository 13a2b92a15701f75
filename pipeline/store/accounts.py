"""Who may sign in, and who is signed in. Passwords and tokens come and stay as hashes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from pipeline.store import audit
from pipeline.store.audit import Action
from pipeline.store.columns import AnyRow, now
from pipeline.store.faults import ConflictError, NotFoundError
from pipeline.store.people import Role, Session, User
from pipeline.store.schema import SessionRow, UserRow

_UNKNOWN = "?"  # who tries a name that there is not; what they typed may be a password
_SEEN_EVERY = timedelta(seconds=30)


def add(connection: Connection, name: str, role: Role, password_hash: str, actor: str) -> None:
    """Add somebody who may sign in."""
    if user(connection, name) is not None:
        raise ConflictError(f"已有名为“{name}”的用户，请换一个名字。")
    values = {
        "name": name,
        "role": role.value,
        "password_hash": password_hash,
        "active": True,
        "failures": 0,
        "locked_until": None,
        "created": now(),
    }
    connection.execute(insert(UserRow).values(values))
    audit.append(connection, Action.USER_ADDED, actor, detail={"user": name, "role": role.value})


def change(
    connection: Connection, name: str, actor: str, role: Role | None, password_hash: str | None, active: bool | None
) -> None:
    """Change what is given of a user; they are no longer locked, and have to sign in again."""
    # All of them locked, so that two admins cannot take each other's role at once.
    known = {row.name: row for row in connection.execute(select(UserRow.__table__).with_for_update())}
    if name not in known:
        raise NotFoundError(f"没有名为“{name}”的用户。请刷新后重试。")
    given = {"role": role and role.value, "password_hash": password_hash, "active": active}
    changes = {key: value for key, value in given.items() if value is not None}
    after = [(changes if row.name == name else {}) for row in known.values()]
    states = [({**row._mapping, **new}) for row, new in zip(known.values(), after, strict=True)]
    if _has_admin([row._mapping for row in known.values()]) and not _has_admin(states):
        raise ConflictError("至少要保留一个启用的管理员，这项修改没有保存。")
    connection.execute(
        update(UserRow).where(UserRow.name == name).values({**changes, "failures": 0, "locked_until": None})
    )
    connection.execute(delete(SessionRow).where(SessionRow.user_name == name))
    detail = {"user": name, **changes}
    if detail.pop("password_hash", None):
        detail["password"] = True
    audit.append(connection, Action.USER_CHANGED, actor, detail=detail)


def everyone(connection: Connection) -> list[User]:
    """All users, in the order they were added."""
    query = select(UserRow.__table__).order_by(UserRow.created, UserRow.name)
    return [_user(row) for row in connection.execute(query)]


def user(connection: Connection, name: str) -> User | None:
    """One user, or ``None``."""
    row = connection.execute(select(UserRow.__table__).where(UserRow.name == name)).first()
    return _user(row) if row else None


def note_failure(connection: Connection, name: str, lock_after: int, lock_for: timedelta) -> User | None:
    """Count a wrong password; lock the name once there were enough of them."""
    counted = update(UserRow).where(UserRow.name == name).values(failures=UserRow.failures + 1)
    failures = connection.scalar(counted.returning(UserRow.failures))
    audit.append(connection, Action.SIGN_IN_FAILED, _UNKNOWN if failures is None else name)
    if failures is None:
        return None
    if failures >= lock_after:
        until = now() + lock_for
        locked = {"failures": 0, "locked_until": until}
        connection.execute(update(UserRow).where(UserRow.name == name).values(locked))
        audit.append(connection, Action.LOCKED_OUT, name, detail={"until": until.isoformat(timespec="seconds")})
    return user(connection, name)


def open_session(connection: Connection, name: str, token_hash: str, expires: datetime) -> None:
    """Sign somebody in; forget sessions that are over."""
    moment = now()
    welcome = update(UserRow).where(UserRow.name == name, UserRow.active).values(failures=0, locked_until=None)
    if connection.execute(welcome).rowcount == 0:
        raise NotFoundError(f"没有名为“{name}”的用户，或已停用。")
    connection.execute(delete(SessionRow).where(SessionRow.expires <= moment))
    values = {"token_hash": token_hash, "user_name": name, "created": moment, "seen": moment, "expires": expires}
    connection.execute(insert(SessionRow).values(values))
    audit.append(connection, Action.SIGNED_IN, name)


def session(connection: Connection, token_hash: str) -> Session | None:
    """A session that is not over, of a user who is active."""
    row = connection.execute(select(SessionRow.__table__).where(SessionRow.token_hash == token_hash)).first()
    if row is None or row.expires <= now():
        return None
    owner = user(connection, row.user_name)
    if owner is None or not owner.active:
        return None
    return Session(owner, row.created, row.seen, row.expires)


def is_stale(session: Session) -> bool:
    """Whether it is time to note that somebody is still there."""
    return now() - session.seen >= _SEEN_EVERY


def touch(connection: Connection, token_hash: str) -> None:
    """Note that somebody is still there."""
    connection.execute(update(SessionRow).where(SessionRow.token_hash == token_hash).values(seen=now()))


def close_session(connection: Connection, token_hash: str) -> None:
    """Sign somebody out, if they are in."""
    row = SessionRow
    name = connection.scalar(delete(row).where(row.token_hash == token_hash).returning(row.user_name))
    if name is not None:
        audit.append(connection, Action.SIGNED_OUT, name)


def _has_admin(states: list[Any]) -> bool:
    return any(state["role"] == Role.ADMIN.value and state["active"] for state in states)


def _user(row: AnyRow) -> User:
    return User(**{**row._mapping, "role": Role(row.role)})
