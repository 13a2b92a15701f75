"""Every route, taken from the routers' own lists, turns away whoever may not come in, and then changes nothing."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.routing import Route as PlainRoute

from pipeline.audit.app import create_app
from pipeline.audit.guard import SESSION_COOKIE, TOKEN_FIELD, check_routes, needed, needs
from pipeline.audit.routes import ROUTERS
from pipeline.store import Role, StoredDocument
from tests.audit.audit_site import ADMIN, CHINESE, CLERK, OTHER, PASSWORD, REVIEWER, ROLES, Person, Site, serving

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
READING = [route for route in ROUTES if route.methods == {"GET"}]
CHANGING = [route for route in ROUTES if route.methods != {"GET"}]
HELD = [route for route in ROUTES if needed(route) is not None]
OF = {Role.CLERK: CLERK, Role.REVIEWER: REVIEWER, Role.ADMIN: ADMIN}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("guard") / "site", four_eyes=True) as served:
        document, path = _number_in(served)
        _lesson_in(served)
        served.store.propose(document.record.document_id, path, "1" * 18, OTHER, document.revision)
        yield served


_FOUND: dict[str, tuple[StoredDocument, str]] = {}


def _number_in(site: Site) -> tuple[StoredDocument, str]:
    """A document with an ID number, its path, and as it was at first."""
    if site.address not in _FOUND:
        documents = site.documents()
        _LAST[site.address] = documents[-1].record.document_id
        _FOUND[site.address] = next((d, "id_number") for d in documents if "id_number" in d.record.fields)
    return _FOUND[site.address]


_LAST: dict[str, str] = {}
_LESSONS: dict[str, str] = {}


def _lesson_in(site: Site) -> str:
    """A lesson that has begun."""
    if site.address not in _LESSONS:
        _LESSONS[site.address] = site.desk.teacher.lessons.begin(ADMIN, []).id
    return _LESSONS[site.address]


def _json(route: APIRoute, document: StoredDocument, other: str) -> dict[str, Any] | None:
    """A body that the route would take; ``None`` where it takes a form."""
    revision = document.revision
    field = next(path for path, f in document.record.all_fields() if isinstance(f.value, str) and "." not in path)
    quad = [[10, 10], [200, 10], [200, 60], [10, 60]]
    bodies: dict[str, dict[str, Any]] = {
        "/documents/{document_id}/check": {"path": field, "typed": "x"},
        "/documents/{document_id}/fields": {"path": field, "typed": "x", "revision": revision},
        "/documents/{document_id}/withdraw": {"path": field, "revision": revision},
        "/documents/{document_id}/label": {"path": field, "label": "x", "revision": revision},
        "/documents/{document_id}/claim": {"project": "义务法律咨询", "number": None, "revision": revision},
        "/documents/{document_id}/claim/withdraw": {"project": "义务法律咨询", "revision": revision},
        "/documents/{document_id}/acknowledge": {"code": "page_missing", "revision": revision},
        "/documents/{document_id}/rows": {"revision": revision},
        "/documents/{document_id}/rows/remove": {"index": 0, "revision": revision},
        "/documents/{document_id}/box": {"path": field, "page": 0, "quad": quad},
        "/documents/{document_id}/reread": {"revision": revision},
        "/documents/{document_id}/type": {"type": "agreement", "revision": revision},
        "/documents/{document_id}/split": {"before": 1, "revision": revision},
        "/documents/{document_id}/join": {"other": other, "revision": revision},
        "/documents/{document_id}/duplicate": {"of": other, "revision": revision},
        "/documents/{document_id}/duplicate/undo": {"revision": revision},
        "/strips": {
            "items": [{"document": document.record.document_id, "path": field, "typed": "x", "revision": revision}]
        },
        "/export": {},
        "/teaching": {"documents": [other]},
        "/teaching/{lesson}/files": {},
        "/teaching/{lesson}/draft": {"form": ""},
        "/teaching/{lesson}/change": {"revision": 0, "draft": _DRAFT},
        "/teaching/{lesson}/try": {},
        "/teaching/{lesson}/box": {"page": 0, "quad": quad, "what": "value"},
        "/teaching/{lesson}/save": {"revision": 0, "sure": True},
        "/teaching/{lesson}/again": {"documents": [other]},
        "/teaching/{lesson}/end": {},
    }
    return bodies.get(route.path)


_DRAFT: dict[str, Any] = {
    **{"type": "loan_slip", "title": "借用单", "titles": [], "max_pages": 1, "workbook": "台账", "sheet": "借用单"},
    "fields": [{"key": "borrower", "title": "借用人", "type": "name", "labels": ["借用人"]}],
}
_FORMS: dict[str, dict[str, str]] = {
    "/sign-in": {"name": CLERK, "password": PASSWORD, "next": "/"},
    "/sign-out": {},
    "/setup": {"name": "新管理", "password": PASSWORD, "again": PASSWORD, "key": "x"},
    "/password": {"old": PASSWORD, "password": "另一个密码-2", "again": "另一个密码-2"},
    "/lists/add": {"dictionary": "communities", "name": "新社区"},
    "/lists/dismiss": {"dictionary": "communities", "name": "新社区"},
    "/proposals/{number}/approve": {},
    "/proposals/{number}/refuse": {},
    "/accounts": {"name": "新人", "role": "admin", "password": PASSWORD},
    "/accounts/change": {"name": CLERK, "role": "admin"},
    "/log/check": {},
}


def _address(site: Site, route: APIRoute) -> str:
    return route.path.format(
        document_id=_number_in(site)[0].record.document_id,
        name="records.jsonl",
        position=0,
        level=0,
        column=0,
        row=0,
        number=1,
        lesson=_lesson_in(site),
    )


def _ask(site: Site, route: APIRoute, person: Person, *, token: str | None = "own", page: bool = False) -> int:
    return _answer(site, route, person, token=token, page=page).status_code


def _answer(
    site: Site, route: APIRoute, person: Person, *, token: str | None = "own", page: bool = False
) -> httpx.Response:
    address = _address(site, route)
    if route.methods == {"GET"}:
        return person.get(address, page=page)
    json = _json(route, _number_in(site)[0], _LAST[site.address])
    if json is not None:
        return person.post(address, token=token, json=json)
    return person.post(address, token=token, data=_FORMS[route.path])


@pytest.fixture
def unchanged(site: Site) -> Iterator[None]:
    """Nothing is changed, and nobody has seen anything, by the end of the test."""
    before, line = site.state(), site.last_line()
    yield
    assert site.state() == before
    assert [deed for deed in site.deeds(line) if deed[1] not in ("signed_in", "signed_out")] == []


def test_no_route_is_outside_of_the_guard(site: Site) -> None:
    app = create_app(site.desk)
    mounted = [route for route in app.routes if isinstance(route, Mount)]
    included = [getattr(route, "original_router", None) for route in app.routes if not isinstance(route, Mount)]
    assert [mount.path for mount in mounted] == ["/static"]
    assert included == list(ROUTERS)
    assert all(isinstance(route, APIRoute) for router in ROUTERS for route in router.routes)
    answered = {(path, method.upper()) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert answered == {(route.path, method) for route in ROUTES for method in route.methods or ()}
    assert len(ROUTES) >= 67


def test_every_changing_route_is_asked_by_these_tests(site: Site) -> None:
    document = _number_in(site)[0]
    for route in CHANGING:
        assert (_json(route, document, "x") is None) == (route.path in _FORMS), route.path
    assert {method for route in ROUTES for method in route.methods or ()} == {"GET", "POST"}


def test_a_route_that_says_nothing_is_never_served() -> None:
    unmarked, plain, nested = APIRouter(), APIRouter(), APIRouter()
    unmarked.add_api_route("/open", lambda: "open")
    with pytest.raises(AttributeError):
        check_routes(unmarked.routes)
    plain.routes.append(PlainRoute("/open", lambda request: PlainTextResponse("open")))
    with pytest.raises(AttributeError):
        check_routes(plain.routes)
    marked = APIRouter()
    marked.add_api_route("/fine", needs(Role.CLERK)(lambda: "fine"))
    check_routes(marked.routes)
    nested.include_router(marked)
    with pytest.raises(AttributeError):
        check_routes(nested.routes)
    mounted = APIRouter()
    mounted.mount("/app", FastAPI())
    with pytest.raises(AttributeError):
        check_routes(mounted.routes)


@pytest.mark.usefixtures("unchanged")
def test_without_a_session_pages_lead_to_the_sign_in(site: Site) -> None:
    with site.person() as nobody:
        for route in READING:
            if needed(route) is None:
                continue
            shown = _answer(site, route, nobody, page=True)
            assert shown.status_code == 303, route.path
            assert shown.headers["location"].startswith("/sign-in?next=%2F"), route.path
            assert shown.text == ""


@pytest.mark.usefixtures("unchanged")
def test_without_a_session_scripts_are_told_to_sign_in(site: Site) -> None:
    with site.person() as nobody:
        for route in HELD:
            asked = _answer(site, route, nobody)
            assert asked.status_code == 401, route.path
            assert CHINESE.search(asked.json()["message"])


@pytest.mark.usefixtures("unchanged")
def test_without_a_session_but_with_somebodys_token(site: Site) -> None:
    with site.person(ADMIN) as admin, site.person() as nobody:
        for route in CHANGING:
            expected = 403 if needed(route) is None else 401
            assert _ask(site, route, nobody, token=admin.token) == expected, route.path


@pytest.mark.parametrize("token", [None, "", "0" * 64, "z", "x" * 5000])
@pytest.mark.usefixtures("unchanged")
def test_a_change_needs_the_token_of_its_session(site: Site, token: str | None) -> None:
    with site.person(ADMIN) as admin:
        for route in CHANGING:
            assert _ask(site, route, admin, token=token) == 403, route.path


@pytest.mark.usefixtures("unchanged")
def test_another_sessions_token_does_not_do(site: Site) -> None:
    with site.person(ADMIN) as admin, site.person(ADMIN) as same, site.person(CLERK) as clerk:
        for route in CHANGING:
            for other in (same, clerk):
                assert _ask(site, route, admin, token=other.token) == 403, route.path


@pytest.mark.usefixtures("unchanged")
def test_a_visitors_token_is_no_sessions(site: Site) -> None:
    with site.person() as visitor:
        shown = visitor.get("/sign-in").text
        token = shown.split('name="form-token" content="')[1][:64]
        for route in CHANGING:
            if needed(route) is not None:
                assert _ask(site, route, visitor, token=token) == 401, route.path
    with site.person(ADMIN) as admin:
        for route in CHANGING:
            assert _ask(site, route, admin, token=token) == 403, route.path


@pytest.mark.usefixtures("unchanged")
def test_a_token_in_the_address_or_in_json_does_not_do(site: Site) -> None:
    with site.person(ADMIN) as admin:
        for route in CHANGING:
            address = f"{_address(site, route)}?{TOKEN_FIELD}={admin.token}"
            json = _json(route, _number_in(site)[0], "x")
            json = _FORMS[route.path] if json is None else json
            assert admin.post(address, token=None, json={**json, TOKEN_FIELD: admin.token}).status_code in (403, 422)


@pytest.mark.usefixtures("unchanged")
def test_a_form_of_another_site_is_refused(site: Site) -> None:
    elsewhere = {"origin": "https://evil.example", "referer": "https://evil.example/", "sec-fetch-site": "cross-site"}
    with site.person(ADMIN) as admin:
        for route in CHANGING:
            address = _address(site, route)
            sent = admin.post(address, token=None, headers=elsewhere, data=_FORMS.get(route.path, {}))
            assert sent.status_code in (403, 422), route.path
            body = {"content": b'{"revision": 1}', "headers": {**elsewhere, "content-type": "text/plain"}}
            assert admin.post(address, token=None, **body).status_code in (403, 422), route.path


@pytest.mark.parametrize("name", [CLERK, REVIEWER])
@pytest.mark.usefixtures("unchanged")
def test_a_role_that_is_too_low(site: Site, name: str) -> None:
    met = 0
    with site.person(name) as person:
        for route in HELD:
            role = needed(route)
            if role is None or ROLES[name].rank >= role.rank:
                continue
            met += 1
            for page in (False, True):
                answer = _answer(site, route, person, page=page)
                assert answer.status_code == 403, route.path
                assert role.title in answer.text
    assert met == {CLERK: 32, REVIEWER: 20}[name]


@pytest.mark.parametrize(
    "path",
    [
        *("/documents/{document_id}/type", "/documents/{document_id}/split", "/documents/{document_id}/join"),
        *("/documents/{document_id}/duplicate", "/documents/{document_id}/duplicate/undo", "/outputs/{name}"),
        *("/proposals", "/proposals/{number}/approve", "/proposals/{number}/refuse"),
        *("/lists", "/lists/add", "/lists/dismiss"),
    ],
)
def test_what_a_reviewer_is_for(path: str) -> None:
    assert {needed(route) for route in ROUTES if route.path == path} == {Role.REVIEWER}


def test_what_an_admin_is_for_and_what_anybody() -> None:
    admins = {route.path for route in ROUTES if needed(route) is Role.ADMIN}
    taught = {path for path in admins if path.startswith("/teaching")}
    assert admins - taught == {"/accounts", "/accounts/change", "/log", "/log/check"}
    assert len(taught) == len({route.path for route in ROUTES if route.path.startswith("/teaching")}) == 14
    assert {route.path for route in ROUTES if needed(route) is None} == {"/sign-in", "/setup"}


def _set(site: Site, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(site.database)) as connection:
        connection.execute(statement, values)
        connection.commit()


def _signed_out(site: Site, person: Person) -> None:
    assert person.post("/sign-out").status_code == 303


def _expired(site: Site, person: Person) -> None:
    _set(site, "UPDATE sessions SET expires = ?", _at(dt.timedelta(seconds=-1)))


def _idle(site: Site, person: Person) -> None:
    _set(site, "UPDATE sessions SET seen = ?", _at(dt.timedelta(minutes=-site.settings.audit.idle_minutes, seconds=-1)))


def _forged(site: Site, person: Person) -> None:
    person.client.cookies.clear()
    person.client.cookies.set(SESSION_COOKIE, "x" * 43)


def _hash_of_it(site: Site, person: Person) -> None:
    """What somebody could read in a copy of the database."""
    with closing(sqlite3.connect(site.database)) as connection:
        (known,) = connection.execute("SELECT token_hash FROM sessions ORDER BY created DESC").fetchone()
    person.client.cookies.clear()
    person.client.cookies.set(SESSION_COOKIE, known)


def _at(offset: dt.timedelta) -> str:
    return (dt.datetime.now(dt.UTC) + offset).strftime("%Y-%m-%d %H:%M:%S.%f")


@pytest.mark.parametrize("end", [_signed_out, _expired, _idle, _forged, _hash_of_it])
@pytest.mark.usefixtures("unchanged")
def test_a_session_that_is_over(site: Site, end: Callable[[Site, Person], None]) -> None:
    with site.person(ADMIN) as admin:
        assert admin.get("/desk").status_code == 200
        cookie = admin.client.cookies[SESSION_COOKIE]
        end(site, admin)
        if end is _signed_out:
            admin.client.cookies.set(SESSION_COOKIE, cookie)
        for route in HELD:
            assert _ask(site, route, admin) == 401, route.path


def test_the_session_of_somebody_who_was_stopped(tmp_path: Path) -> None:
    with serving(tmp_path / "site") as site, site.person(OTHER) as other, site.person(ADMIN) as admin:
        assert other.get("/desk").status_code == 200
        _lesson_in(site)
        changed = admin.post("/accounts/change", data={"name": OTHER, "active": "no"})
        assert changed.status_code == 303
        before, line = site.state(), site.last_line()
        for route in HELD:
            assert _ask(site, route, other) == 401, route.path
        assert (site.state(), site.last_line()) == (before, line)


def test_whoever_may_come_in_is_let_in(tmp_path: Path) -> None:
    """The same requests with the right role and token: what is refused above is refused for want of those."""
    with serving(tmp_path / "site") as site:
        for route in (r for r in ROUTES if r.path not in ("/sign-out", "/password", "/setup")):
            role = needed(route)
            with site.person(OF[role] if role else None) as person:
                token = "own"
                if role is None:
                    token = person.get("/sign-in").text.split('name="form-token" content="')[1][:64]
                answer = _answer(site, route, person, token=token)
                assert answer.status_code not in (401, 403), route.path
                assert answer.status_code != 500, route.path
                if answer.status_code >= 400:
                    assert CHINESE.search(answer.text), route.path
