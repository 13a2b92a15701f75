"""Who may come in: passwords, sessions, lock-out.

Passwords are kept as Argon2id hashes (RFC 9106) with the library's defaults. A session is a random token in a
cookie, of which the database keeps the SHA-256 only. The token of a form follows from the session's by HMAC,
so nothing needs to be stored for it.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.errors import PipelineError
from pipeline.settings import AuditSettings
from pipeline.store import Role, Session, Store, User

LEAST_PASSWORD = 8
_MOST_PASSWORD = 256  # Argon2 takes any length, and the time for it
_HASHER = PasswordHasher()
_AT_ONCE = threading.Semaphore(2)  # each hash takes 64 MB
_REFRESH = datetime.timedelta(minutes=1)


class AccountError(PipelineError):
    """A name or password that cannot be used."""

    code = "account"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: ``token`` is for the cookie and kept nowhere else."""

    user: User
    token: str


def hash_password(password: str) -> str:
    """An Argon2id hash. Raises :class:`AccountError` where the password is too short or too long."""
    if not LEAST_PASSWORD <= len(password) <= _MOST_PASSWORD:
        raise AccountError(f"密码至少 {LEAST_PASSWORD} 个字符，至多 {_MOST_PASSWORD} 个。")
    with _AT_ONCE:
        return _HASHER.hash(password)


def checked_name(name: str) -> str:
    """A name that an account may have. Raises :class:`AccountError`."""
    name = name.strip()
    if not 1 <= len(name) <= 32 or not name.isprintable() or set(name) & set("<>&\"'/\\"):
        raise AccountError("用户名为 1 至 32 个字，不含空行和 < > & 引号、斜杠。")
    return name


def hash_token(token: str) -> str:
    """What the database keeps of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def form_token(token: str) -> str:
    """The token that every form and request of this session must carry."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), form_token(token).encode())


def sign_in(store: Store, settings: AuditSettings, name: str, password: str) -> SignedIn:
    """Open a session. Raises :class:`AccountError`, which does not tell a wrong name from a wrong password."""
    wrong = AccountError("用户名或密码不对。")
    user = store.user(name)
    now = datetime.datetime.now(datetime.UTC)
    if user is not None and user.locked_until is not None and user.locked_until > now:
        minutes = max(1, round((user.locked_until - now).total_seconds() / 60))
        raise AccountError(f"密码多次输错，此用户已锁定，请 {minutes} 分钟后再试，或请管理员重设密码。")
    fits = _verify(user.password_hash if user else _NOBODY, password[:_MOST_PASSWORD])
    if user is None or not user.active or not fits:
        after = store.note_failure(
            name[:64], lock_after=settings.lock_after, lock_for=datetime.timedelta(minutes=settings.lock_minutes)
        )
        if after is not None and after.locked_until is not None and after.locked_until > now:
            raise AccountError(f"密码多次输错，此用户已锁定，请 {settings.lock_minutes:.0f} 分钟后再试。")
        raise wrong
    token = secrets.token_urlsafe(32)
    store.open_session(user.name, hash_token(token), now + datetime.timedelta(minutes=settings.session_minutes))
    return SignedIn(user, token)


def session_of(store: Store, settings: AuditSettings, token: str) -> Session | None:
    """The session a cookie's token belongs to, unless it has ended or nobody used it for too long."""
    session = store.session(hash_token(token))
    if session is None:
        return None
    now = datetime.datetime.now(datetime.UTC)
    if now - session.seen > datetime.timedelta(minutes=settings.idle_minutes):
        store.close_session(hash_token(token))
        return None
    if now - session.seen > _REFRESH:
        store.touch_session(hash_token(token))
    return session


def may(user: User, role: Role) -> bool:
    """Whether a person's role includes ``role``."""
    return user.role.rank >= role.rank


def _verify(known: str, password: str) -> bool:
    try:
        with _AT_ONCE:
            return _HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


_NOBODY = _HASHER.hash(secrets.token_hex(16))
"""Checked where there is no such user, so that the time taken does not tell."""
