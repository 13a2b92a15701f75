"""Coming in: passwords, lock-out, sessions, the first account."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from pipeline.audit.accounts import AccountError, checked_name, hash_password
from pipeline.audit.guard import SESSION_COOKIE, VISIT_COOKIE
from pipeline.audit.strangers import Strangers
from tests.audit.audit_site import ADMIN, CHINESE, CLERK, OTHER, PASSWORD, REVIEWER, Person, Site, serving

NOBODY = "没有此人"
WRONG = "用户名或密码不对。"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path / "site", lock_after=3, lock_minutes=15) as served:
        yield served


def token_of(shown: httpx.Response) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', shown.text)
    assert found, shown.text
    return found[1]


def try_in(client: httpx.Client, name: str, password: str, next: str = "/") -> httpx.Response:
    token = token_of(client.get("/sign-in", headers={"accept": "text/html"}))
    form = {"name": name, "password": password, "token": token, "next": next}
    return client.post("/sign-in", data=form, headers={"accept": "text/html"})


def visitor(site: Site) -> httpx.Client:
    return httpx.Client(base_url=site.address, timeout=30)


def said(answer: httpx.Response) -> str:
    found = re.search(r'role="alert">([^<]+)<', answer.text)
    return found[1] if found else ""


def unlock(site: Site) -> None:
    with closing(sqlite3.connect(site.database)) as connection:
        past = (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute("UPDATE users SET locked_until = ? WHERE locked_until IS NOT NULL", (past,))
        connection.commit()


def test_passwords_are_kept_as_argon2id_hashes(site: Site) -> None:
    with closing(sqlite3.connect(site.database)) as connection:
        hashes = [row[0] for row in connection.execute("SELECT password_hash FROM users")]
    assert all(known.startswith("$argon2id$v=19$m=65536,t=3,p=4$") for known in hashes)
    assert PASSWORD.encode() not in site.database.read_bytes()
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


@pytest.mark.parametrize("password", ["", "1234567", "密码七个字不够", "x" * 257])
def test_passwords_that_are_too_short_or_too_long(password: str) -> None:
    with pytest.raises(AccountError):
        hash_password(password)


@pytest.mark.parametrize(
    "name",
    ["", " ", "a" * 33, "张<b>", "张&", "../x", "a\\b", "a\nb", "a\x00b", "张\u202e三", "pipeline", "系统", "？"],
)
def test_names_that_no_account_may_have(name: str) -> None:
    with pytest.raises(AccountError):
        checked_name(name)


def test_names_that_look_alike_are_one() -> None:
    assert checked_name(" ａｄｍｉｎ ") == checked_name("admin") == "admin"


def test_signing_in_gives_a_session_that_only_the_server_can_read(site: Site) -> None:
    with visitor(site) as client:
        answer = try_in(client, CLERK, PASSWORD)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(SESSION_COOKIE))
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert "Secure" not in cookie
        token = client.cookies[SESSION_COOKIE]
        assert len(token) >= 43
        with closing(sqlite3.connect(site.database)) as connection:
            kept = repr(connection.execute("SELECT * FROM sessions").fetchall())
        assert token not in kept
        assert client.get("/desk").status_code == 200


def test_cookies_behind_https(tmp_path: Path) -> None:
    with serving(tmp_path / "site", secure_cookies=True) as site, visitor(site) as client:
        shown = client.get("/sign-in", headers={"accept": "text/html"})
        visit = shown.headers["set-cookie"]
        assert {"HttpOnly", "Secure", "SameSite=lax"} <= set(visit.split("; "))
        value = visit.split("=", 1)[1].split(";")[0]
        form = {"name": CLERK, "password": PASSWORD, "token": token_of(shown)}
        answer = client.post("/sign-in", data=form, headers={"cookie": f"{VISIT_COOKIE}={value}"})
        assert answer.status_code == 303
        assert "Secure" in answer.headers["set-cookie"]


def test_a_wrong_name_is_not_told_from_a_wrong_password(site: Site) -> None:
    with visitor(site) as client:
        answers = [try_in(client, name, "falsch-falsch") for name in (CLERK, NOBODY)]
        assert [answer.status_code for answer in answers] == [401, 401]
        assert [said(answer) for answer in answers] == [WRONG, WRONG]
        assert "falsch" not in answers[0].text
        assert (
            len(
                {
                    answer.text.replace(name, "").replace(token_of(answer), "")
                    for answer, name in zip(answers, (CLERK, NOBODY), strict=True)
                }
            )
            == 1
        )


@pytest.mark.parametrize("name", [CLERK, NOBODY, "x" * 5000, "a\x00b", "<script>"])
def test_a_name_is_locked_whether_it_exists_or_not(site: Site, name: str) -> None:
    with visitor(site) as client:
        answers = [said(try_in(client, name, f"falsch-{i}")) for i in range(4)]
        assert answers[:2] == [WRONG, WRONG]
        assert "已锁定，请 15 分钟后再试" in answers[2]
        assert answers[3] == answers[2]
        assert "已锁定" in said(try_in(client, name, PASSWORD))
        assert try_in(client, OTHER, PASSWORD).status_code == 303
    actions = [(actor, action) for actor, action, _ in site.deeds() if action in ("locked_out", "sign_in_failed")]
    if name == CLERK:
        assert actions == [(CLERK, "sign_in_failed")] * 3 + [(CLERK, "locked_out")]
    else:
        assert actions == [("?", "sign_in_failed")] * 3  # what was typed may be a password


def test_a_wrong_name_takes_as_long_as_a_wrong_password(tmp_path: Path) -> None:
    with serving(tmp_path / "site", lock_after=100) as site, visitor(site) as client:
        token = token_of(client.get("/sign-in", headers={"accept": "text/html"}))

        def seconds(name: str) -> float:
            started = time.perf_counter()
            client.post("/sign-in", data={"name": name, "password": "falsch-falsch", "token": token})
            return time.perf_counter() - started

        pairs = [(seconds(CLERK), seconds(NOBODY)) for _ in range(9)]
        known, unknown = (statistics.median(times) for times in zip(*pairs, strict=True))
        assert 0.6 < unknown / known < 1.7


def test_the_lock_ends_with_its_time(site: Site) -> None:
    with visitor(site) as client:
        for i in range(3):
            try_in(client, CLERK, f"falsch-{i}")
        unlock(site)
        assert try_in(client, CLERK, PASSWORD).status_code == 303


def test_the_lock_of_a_name_that_nobody_has_ends_with_its_time() -> None:
    strangers, now, minute = Strangers(), dt.datetime.now(dt.UTC), dt.timedelta(minutes=1)
    assert strangers.note_failure(NOBODY, now, lock_after=2, lock_for=minute) is None
    assert strangers.note_failure(NOBODY, now, lock_after=2, lock_for=minute) == now + minute
    assert strangers.locked_until(NOBODY) == now + minute
    later = now + 2 * minute
    assert strangers.note_failure(NOBODY, later, lock_after=2, lock_for=minute) == now + minute
    assert strangers.note_failure(NOBODY, later, lock_after=2, lock_for=minute) == later + minute
    for i in range(20_000):
        strangers.note_failure(f"{i}", now, lock_after=2, lock_for=minute)
    assert strangers.locked_until(NOBODY) is None
    assert strangers.locked_until("19999") is None


def test_an_admins_new_password_unlocks(site: Site) -> None:
    with visitor(site) as client, site.person(ADMIN) as admin:
        for i in range(3):
            try_in(client, CLERK, f"falsch-{i}")
        assert admin.post("/accounts/change", data={"name": CLERK, "password": "新的密码-4567"}).status_code == 303
        assert said(try_in(client, CLERK, PASSWORD)) == WRONG
        assert try_in(client, CLERK, "新的密码-4567").status_code == 303


def test_a_right_password_clears_what_was_counted(site: Site) -> None:
    with visitor(site) as client:
        for _ in range(3):
            assert said(try_in(client, CLERK, "falsch-1")) == WRONG
            assert said(try_in(client, CLERK, "falsch-2")) == WRONG
            assert try_in(client, CLERK, PASSWORD).status_code == 303
            client.cookies.clear()


def test_trying_many_at_once_gets_no_further_than_one_by_one(site: Site) -> None:
    with visitor(site) as client:
        token = token_of(client.get("/sign-in", headers={"accept": "text/html"}))
        guesses = [f"falsch-{i}" for i in range(8)]

        def guess(password: str) -> int:
            return client.post("/sign-in", data={"name": CLERK, "password": password, "token": token}).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(guess, guesses)) == {401}
        assert guess(PASSWORD) == 401


def test_somebody_who_was_stopped_cannot_sign_in(site: Site) -> None:
    with site.person(ADMIN) as admin, visitor(site) as client:
        admin.post("/accounts/change", data={"name": CLERK, "active": "no"})
        assert said(try_in(client, CLERK, PASSWORD)) == WRONG
        admin.post("/accounts/change", data={"name": CLERK, "active": "yes"})
        assert try_in(client, CLERK, PASSWORD).status_code == 303


def test_a_session_that_somebody_else_chose_is_not_taken_over(site: Site) -> None:
    with visitor(site) as client:
        client.cookies.set(SESSION_COOKIE, "chosen-by-somebody-else")
        assert try_in(client, CLERK, PASSWORD).status_code == 303
        token = client.cookies.jar
        values = {cookie.value for cookie in token if cookie.name == SESSION_COOKIE}
    with visitor(site) as thief:
        thief.cookies.set(SESSION_COOKIE, "chosen-by-somebody-else")
        assert thief.get("/desk").status_code == 401
    assert values != {"chosen-by-somebody-else"}


def test_signing_in_anew_ends_the_session_before(site: Site) -> None:
    with visitor(site) as client, visitor(site) as thief:
        try_in(client, CLERK, PASSWORD)
        before = client.cookies[SESSION_COOKIE]
        try_in(client, CLERK, PASSWORD)
        assert client.cookies[SESSION_COOKIE] != before
        thief.cookies.set(SESSION_COOKIE, before)
        assert thief.get("/desk").status_code == 401
        assert client.get("/desk").status_code == 200


def test_signing_out_ends_the_session_on_the_server(site: Site) -> None:
    with site.person(CLERK) as clerk, visitor(site) as thief:
        cookie = clerk.client.cookies[SESSION_COOKIE]
        answer = clerk.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert f'{SESSION_COOKIE}=""; ' in answer.headers["set-cookie"]
        assert "Max-Age=0" in answer.headers["set-cookie"]
        thief.cookies.set(SESSION_COOKIE, cookie)
        assert thief.get("/desk").status_code == 401


@pytest.mark.parametrize("change", [{"role": "reviewer"}, {"password": "新的密码-4567"}, {"active": "no"}])
def test_a_changed_account_has_to_sign_in_again(site: Site, change: dict[str, str]) -> None:
    with site.person(ADMIN) as admin, site.person(CLERK) as clerk, site.person(CLERK) as elsewhere:
        assert clerk.get("/desk").status_code == 200
        assert admin.post("/accounts/change", data={"name": CLERK, **change}).status_code == 303
        assert clerk.get("/desk", page=False).status_code == 401
        assert elsewhere.get("/desk", page=False).status_code == 401
        assert admin.get("/desk").status_code == 200


def test_ones_own_password(site: Site) -> None:
    new = "自己的密码-789"
    with site.person(CLERK) as clerk, site.person(CLERK) as elsewhere:
        assert clerk.post("/password", data={"old": "falsch-12", "password": new, "again": new}).status_code == 400
        assert clerk.post("/password", data={"old": PASSWORD, "password": new, "again": new[:-1]}).status_code == 400
        assert clerk.post("/password", data={"old": PASSWORD, "password": "1", "again": "1"}).status_code == 400
        assert elsewhere.get("/desk").status_code == 200
        assert clerk.post("/password", data={"old": PASSWORD, "password": new, "again": new}).status_code == 303
        assert clerk.get("/desk").status_code == 200
        assert elsewhere.get("/desk", page=False).status_code == 401
    with visitor(site) as client:
        assert try_in(client, CLERK, PASSWORD).status_code == 401
        assert try_in(client, CLERK, new).status_code == 303


def test_guessing_the_old_password_locks_too(site: Site) -> None:
    with site.person(CLERK) as clerk:
        form = {"password": "自己的密码-789", "again": "自己的密码-789"}
        for i in range(3):
            answer = clerk.post("/password", data={"old": f"falsch-{i}", **form})
        assert "已锁定" in said(answer)
        assert "已锁定" in said(clerk.post("/password", data={"old": PASSWORD, **form}))


def test_what_a_page_asks_by_itself_keeps_no_session_alive(site: Site) -> None:
    def age(person: Person, seconds: int) -> None:
        seen = (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S.%f")
        with closing(sqlite3.connect(site.database)) as connection:
            connection.execute("UPDATE sessions SET seen = ?", (seen,))
            connection.commit()

    def seen() -> str:
        with closing(sqlite3.connect(site.database)) as connection:
            found: str = connection.execute("SELECT seen FROM sessions").fetchone()[0]
            return found

    with site.person(CLERK) as clerk:
        age(clerk, 300)
        before = seen()
        assert clerk.get("/export/state", page=False).status_code == 200
        assert seen() == before
        assert clerk.get("/desk").status_code == 200
        assert seen() > before


@pytest.mark.parametrize(
    "next",
    [
        *("https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"),
        *("/%0d%0aset-cookie:x=1\r\n", "/\t/evil.example", "///evil.example", "http:evil.example", "", "desk", "/\x00"),
    ],
)
def test_the_way_on_leads_nowhere_else(site: Site, next: str) -> None:
    with visitor(site) as client:
        answer = try_in(client, CLERK, PASSWORD, next=next)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        shown = client.get("/sign-in", params={"next": next}, headers={"accept": "text/html"})
        assert shown.status_code in (200, 400)


def test_the_way_on_leads_to_where_one_wanted(site: Site) -> None:
    with visitor(site) as client:
        wanted = "/desk?type=agreement&community=幸福社区"
        led = client.get(wanted, headers={"accept": "text/html"})
        page = client.get(led.headers["location"], headers={"accept": "text/html"})
        found = re.search(r'name="next" value="([^"]+)"', page.text)
        assert found
        answer = try_in(client, CLERK, PASSWORD, next=found[1].replace("&amp;", "&"))
        assert httpx.URL(answer.headers["location"]) == httpx.URL(wanted)


def test_the_setup_key_is_good_for_one_account(tmp_path: Path) -> None:
    with serving(tmp_path / "site", filled=False) as site, visitor(site) as client:
        shown = client.get("/sign-in", headers={"accept": "text/html"})
        assert "还没有用户" in shown.text
        for key in ("", "x", "密钥", site.desk.setup_token[:-1]):
            assert client.get("/setup", params={"key": key}).status_code == 403
        key = site.desk.setup_token
        token = token_of(client.get("/setup", params={"key": key}, headers={"accept": "text/html"}))
        form = {"name": "首任", "password": PASSWORD, "again": PASSWORD, "key": key, "token": token}
        assert client.post("/setup", data={**form, "key": "x"}).status_code == 403
        assert client.post("/setup", data={**form, "again": "x"}).status_code == 400
        assert client.post("/setup", data={**form, "name": "<b>"}).status_code == 400

        def found(number: int) -> int:
            with visitor(site) as other:
                other.cookies.set(VISIT_COOKIE, client.cookies[VISIT_COOKIE])
                return other.post("/setup", data={**form, "name": f"首任{number}"}).status_code

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(found, range(4))) == [303, 403, 403, 403]
        assert client.get("/setup", params={"key": key}).status_code == 403
        (user,) = site.store.users()
        assert user.role.value == "admin"


def test_an_office_is_never_left_without_an_admin(site: Site) -> None:
    with site.person(ADMIN) as admin:
        for change in ({"role": "clerk"}, {"active": "no"}):
            answer = admin.post("/accounts/change", data={"name": ADMIN, **change})
            assert answer.status_code == 400
            assert "管理员" in said(answer)
        assert admin.get("/accounts").status_code == 200


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"name": "新人", "role": "root", "password": PASSWORD}, 404),
        ({"name": "新人", "role": "clerk", "password": "1"}, 400),
        ({"name": CLERK, "role": "clerk", "password": PASSWORD}, 400),
        ({"name": "<b>", "role": "clerk", "password": PASSWORD}, 400),
        ({"role": "clerk", "password": PASSWORD}, 422),
    ],
)
def test_accounts_that_cannot_be_made(site: Site, form: dict[str, str], status: int) -> None:
    with site.person(ADMIN) as admin:
        answer = admin.post("/accounts", data=form)
        assert answer.status_code == status
        assert CHINESE.search(answer.text)
        assert len(site.store.users()) == 4


def test_roles_that_an_admin_gives(site: Site) -> None:
    with site.person(ADMIN) as admin, visitor(site) as client:
        form = {"name": "新人", "role": "reviewer", "password": "新人的密码-123"}
        assert admin.post("/accounts", data=form).status_code == 303
        try_in(client, "新人", "新人的密码-123")
        assert client.get("/proposals").status_code == 200
        assert client.get("/log").status_code == 403
    assert (ADMIN, "user_added", None) in site.deeds()
    assert REVIEWER in {user.name for user in site.store.users()}
