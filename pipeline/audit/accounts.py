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
import unicodedata
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.audit.strangers import Strangers
from pipeline.errors import PipelineError
from pipeline.settings import AuditSettings
from pipeline.store import PIPELINE, Role, Session, Store, User

LEAST_PASSWORD = 8
_MOST_PASSWORD = 256  # Argon2 takes any length, and the time for it
_HASHER = PasswordHasher()
_AT_ONCE = threading.Semaphore(2)  # each hash takes 64 MB
_REFRESH = datetime.timedelta(minutes=1)
_TAKEN = frozenset({PIPELINE, "系统", "?"})  # what the log calls those who are nobody


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


def plain_name(typed: str) -> str:
    """A name in the one form it is known by: two that look alike are not two people."""
    return unicodedata.normalize("NFKC", typed).strip()


def checked_name(typed: str) -> str:
    """A name that an account may have. Raises :class:`AccountError`."""
    name = plain_name(typed)
    if not _is_name(name):
        raise AccountError("用户名为 1 至 32 个字，不含空行和 < > & 引号、斜杠，也不能用系统的名称。")
    return name


def _is_name(name: str) -> bool:
    return 1 <= len(name) <= 32 and name.isprintable() and not set(name) & set("<>&\"'/\\") and name not in _TAKEN


def hash_token(token: str) -> str:
    """What the database keeps of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def form_token(token: str) -> str:
    """The token that every form and request of this session must carry."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), form_token(token).encode())


def sign_in(store: Store, settings: AuditSettings, strangers: Strangers, typed: str, password: str) -> SignedIn:
    """Open a session. Raises :class:`AccountError`, which does not tell a wrong name from a wrong password."""
    user = check_password(store, settings, strangers, typed, password)
    token = secrets.token_urlsafe(32)
    ends = _now() + datetime.timedelta(minutes=settings.session_minutes)
    store.open_session(user.name, hash_token(token), ends)
    return SignedIn(user, token)


def check_password(store: Store, settings: AuditSettings, strangers: Strangers, typed: str, password: str) -> User:
    """Whose password it is; a wrong one counts. Raises :class:`AccountError`."""
    name = plain_name(typed)
    user = store.user(name) if _is_name(name) else None
    _refuse_locked(user.locked_until if user else strangers.locked_until(name))
    fits = _verify(user.password_hash if user else _NOBODY, password[:_MOST_PASSWORD])
    if user is not None and user.active and fits:
        # Many may have been tried at once, and the name been locked since; or its password been changed.
        now = store.user(name)
        _refuse_locked(now.locked_until if now else None)
        if now is not None and now.active and now.password_hash == user.password_hash:
            return now
    after, lock_for = settings.lock_after, datetime.timedelta(minutes=settings.lock_minutes)
    known = store.note_failure(name if user else "", lock_after=after, lock_for=lock_for)
    if known is not None:
        _refuse_locked(known.locked_until)
    else:
        _refuse_locked(strangers.note_failure(name, _now(), lock_after=after, lock_for=lock_for))
    raise AccountError("用户名或密码不对。")


def _refuse_locked(until: datetime.datetime | None) -> None:
    left = (until - _now()).total_seconds() if until else 0
    if left > 0:
        minutes = max(1, round(left / 60))
        raise AccountError(f"密码多次输错，此用户已锁定，请 {minutes} 分钟后再试，或请管理员重设密码。")


def session_of(store: Store, settings: AuditSettings, token: str, *, by_person: bool) -> Session | None:
    """The session a cookie's token belongs to, unless it has ended or nobody used it for too long.

    ``by_person`` is false for what a page asks by itself: that is no sign that somebody sits before it.
    """
    session = store.session(hash_token(token))
    if session is None:
        return None
    idle, idle_for = datetime.timedelta(minutes=settings.idle_minutes), _now() - session.seen
    if idle_for > idle:
        store.close_session(hash_token(token))
        return None
    if by_person and idle_for > min(_REFRESH, idle / 4):
        store.touch_session(hash_token(token))
    return session


def may(user: User, role: Role) -> bool:
    """Whether a person's role includes ``role``."""
    return user.role.rank >= role.rank


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _verify(known: str, password: str) -> bool:
    try:
        with _AT_ONCE:
            return _HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


_NOBODY = _HASHER.hash(secrets.token_hex(16))
"""Checked where there is no such user, so that the time taken does not tell."""
