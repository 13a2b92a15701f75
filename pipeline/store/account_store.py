"""Accounts and sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.store import accounts
from pipeline.store.people import Role, Session, User
from pipeline.store.transactions import Transactions


class AccountStore(Transactions):
    """The part of the store that knows who may sign in, and who is. It sees hashes and no passwords or tokens."""

    def add_user(self, name: str, role: Role, password_hash: str, *, actor: str) -> None:
        """Add somebody who may sign in. Raises :class:`ConflictError` if there is one of that name."""
        with self.writing() as connection:
            accounts.add(connection, name, role, password_hash, actor)

    def change_user(
        self,
        name: str,
        *,
        actor: str,
        role: Role | None = None,
        password_hash: str | None = None,
        active: bool | None = None,
    ) -> None:
        """Change what is given; the name is unlocked, and its sessions end.

        Raises :class:`NotFoundError` if there is none, :class:`ConflictError` where no active admin would be left.
        """
        with self.writing() as connection:
            accounts.change(connection, name, actor, role, password_hash, active)

    def users(self) -> list[User]:
        """Everybody, in the order they were added."""
        with self.reading() as connection:
            return accounts.everyone(connection)

    def user(self, name: str) -> User | None:
        """One of them, or ``None``."""
        with self.reading() as connection:
            return accounts.user(connection, name)

    def note_failure(self, name: str, *, lock_after: int, lock_for: timedelta) -> User | None:
        """Count a wrong password, and lock the name at the ``lock_after``-th; ``None`` if there is no such name."""
        with self.writing() as connection:
            return accounts.note_failure(connection, name, lock_after, lock_for)

    def open_session(self, name: str, token_hash: str, expires: datetime) -> None:
        """Sign somebody in. Raises :class:`NotFoundError` if there is none of that name, or not any more."""
        with self.writing() as connection:
            accounts.open_session(connection, name, token_hash, expires)

    def session(self, token_hash: str) -> Session | None:
        """Who has this token; ``None`` where the session is over or the user no longer active."""
        with self.reading() as connection:
            return accounts.session(connection, token_hash)

    def touch_session(self, token_hash: str) -> None:
        """Note that somebody is still there; written twice a minute at most."""
        session = self.session(token_hash)
        if session is not None and accounts.is_stale(session):
            with self.writing() as connection:
                accounts.touch(connection, token_hash)

    def close_session(self, token_hash: str) -> None:
        """Sign somebody out."""
        with self.writing() as connection:
            accounts.close_session(connection, token_hash)
