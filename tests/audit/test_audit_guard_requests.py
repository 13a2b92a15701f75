"""Requests that no page of ours makes: never a fault of the program, always a strict answer in Chinese."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pipeline.audit import crashes
from pipeline.audit.headers import POLICY
from pipeline.audit.limits import MOST_BYTES
from pipeline.errors import SetupError
from pipeline.store import Store
from tests.audit.audit_site import ADMIN, CHINESE, CLERK, Person, Site, serving

SURROGATE = '"\\ud800"'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("requests") / "site") as served:
        yield served


@pytest.fixture
def clerk(site: Site) -> Iterator[Person]:
    with site.person(CLERK) as person:
        yield person


@pytest.fixture(scope="module")
def document(site: Site) -> str:
    return site.documents()[0].record.document_id


def is_strict(answer: httpx.Response) -> bool:
    sources = [part.split(" ", 1)[-1] for part in answer.headers["content-security-policy"].split("; ")]
    assert set(sources) == {"'none'", "'self'"}
    assert answer.headers.get_list("content-security-policy") == [POLICY]
    kept = "no-cache" if answer.url.path.startswith("/static/") else "no-store"
    expected = {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "cache-control": kept}
    return all(answer.headers[name] == value for name, value in expected.items()) and "server" not in answer.headers


def test_headers_on_every_kind_of_answer(site: Site, clerk: Person, document: str) -> None:
    client = clerk.client
    met = {
        200: clerk.get("/desk"),
        303: clerk.get("/"),
        403: clerk.get("/log"),
        404: clerk.get("/nothing"),
        405: client.delete("/desk"),
        413: clerk.post("/strips", content=b"x" * (MOST_BYTES + 1)),
        422: clerk.get("/desk?day_from=x"),
        400: client.get("/desk", headers={"host": "evil.example"}),
    }
    with site.person() as nobody:
        met[401] = nobody.get("/desk", page=False)
    for status, answer in met.items():
        assert answer.status_code == status
        assert is_strict(answer)
    others = (clerk.get("/static/page.css"), clerk.get(f"/documents/{document}/pages/0/tiles/0/0/0"))
    assert all(is_strict(answer) for answer in others)


@pytest.mark.parametrize("page", [True, False])
def test_a_fault_of_the_program_says_nothing_of_values(
    site: Site, clerk: Person, page: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("张三 11010519491231002X")

    monkeypatch.setattr(site.desk.index, "queue", fails)
    answer = clerk.get("/desk", page=page)
    assert answer.status_code == 500
    assert is_strict(answer)
    assert "程序出错" in answer.text
    assert "张三" not in answer.text
    log = (site.settings.path("outputs") / "logs" / "pipeline.jsonl").read_text(encoding="utf-8")
    assert '"kind": "valueerror"' in log
    out = "".join(capfd.readouterr())
    assert "张三" not in log + out
    assert "Traceback" not in out
    assert crashes.__doc__


def test_a_database_that_does_not_answer(site: Site, clerk: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise SetupError("数据库正忙。")

    monkeypatch.setattr(Store, "users", fails)
    with site.person(ADMIN) as admin:
        answer = admin.get("/accounts", page=False)
    assert (answer.status_code, answer.json()) == (503, {"message": "数据库正忙。"})


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "[::1", "localhost.", "127.0.0.1@evil"]
)
def test_another_name_for_this_address_gets_nothing(site: Site, clerk: Person, host: str) -> None:
    answer = clerk.get("/desk", headers={"host": host})
    assert answer.status_code == 400
    assert CHINESE.search(answer.text)
    assert is_strict(answer)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:8765"])
def test_this_computers_own_names(clerk: Person, host: str) -> None:
    assert clerk.get("/desk", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large(clerk: Person, announced: bool) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(MOST_BYTES // 50_000 + 2):
            yield b"x" * 50_000

    body = b"x" * (MOST_BYTES + 1) if announced else pieces()
    answer = clerk.post("/strips", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert "太大" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        *("/outputs/..%2fpipeline.db", "/outputs/%2e%2e%2fpipeline.db", "/outputs/pipeline.db", "/outputs/..%5cx"),
        *("/outputs//etc/passwd", "/outputs/%2fetc%2fpasswd", "/outputs/records.jsonl%00.xlsx", "/outputs/."),
        *("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd", "/static/"),
        *("/static/..%5capp.py", "/static/page.css%00", "/static/%2e%2e%2f%2e%2e%2f%2e%2e%2fREADME.md"),
    ],
)
def test_no_path_leads_out_of_its_folder(site: Site, path: str) -> None:
    with socket.create_connection(("127.0.0.1", int(site.address.rsplit(":", 1)[1]))) as plain, site.person(ADMIN) as a:
        cookie = "; ".join(f"{name}={value}" for name, value in a.client.cookies.items())
        request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
        plain.sendall(request.encode())
        answer = b"".join(iter(lambda: plain.recv(65536), b"")).decode()
    assert re.match(r"HTTP/1\.1 (400|404) ", answer)
    assert "SQLite" not in answer
    assert CHINESE.search(answer)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "GETT"])
@pytest.mark.parametrize("path", ["/desk", "/documents/x/fields", "/accounts", "/static/page.css", "/sign-in"])
def test_odd_methods(site: Site, clerk: Person, method: str, path: str) -> None:
    line = site.last_line()
    answer = clerk.client.request(method, path)
    assert answer.status_code == 405 or (method == "HEAD" and path.startswith("/static/"))
    assert site.last_line() == line


ADDRESSES = (
    *("/desk?type={}", "/desk?community={}&reason={}", "/desk?day_from={}", "/desk?offset={}", "/desk/next?after={}"),
    *("/search?q={}", "/search?q=1&offset={}", "/strips?field={}", "/strips?field=member_registration:name&offset={}"),
    *("/glyphs?character={}", "/glyphs?character=1&offset={}", "/figures?kind={}&month={}", "/sign-in?next={}"),
    *("/documents/{}", "/documents/{}/life?path={}", "/documents/{}/crop?path={}", "/jobs/{}", "/setup?key={}"),
    *(
        "/teaching/{}",
        "/teaching/{}/state",
        "/teaching/{}/taught",
        "/teaching/documents/{}",
        "/teaching/{}/pages/0/tiles/0/0/0",
    ),
    *("/documents/{}/pages/{}/tiles/{}/{}/{}", "/log?before={}", "/outputs/{}", "/documents/{}/glyph?path=x&centre={}"),
)
ODD = (
    *("9" * 25, "-1", "1e400", "NaN", "true", "%00", "a%00b", "%ED%A0%80", "%FF%FE", "x" * 8000, "%F0%9F%98%80"),
    *("2026-02-30", "0000-00-00", "%2e%2e", "'%20OR%201=1--", "%25", "*", "[", "rows.0.x", "rows.x.name", "!x", ":"),
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_odd_addresses(site: Site, address: str) -> None:
    with site.person(ADMIN) as admin:
        for odd in ODD:
            answer = admin.get(address.replace("{}", odd), page=False)
            assert answer.status_code < 500, odd
            if answer.status_code >= 400:
                assert CHINESE.search(answer.text), (odd, answer.text)


BODIES = (
    *("", "{", "[]", "null", "1", '"x"', "{}", "[" * 5000, '{"path": 1}', '{"revision": "x"}', '{"a": NaN}', "\x00"),
    *('{"path": "name", "typed": "x", "revision": 1e400}', '{"path": "name", "typed": {}, "revision": 1}'),
    *('{"path": "name", "typed": "x", "revision": 99999999999999999999999}', '{"revision": 99999999999999999999999}'),
    *('{"path": "name", "typed": true, "revision": 1}', '{"path": "name", "typed": ["x"], "revision": 1}'),
    *(
        f'{{"path": {SURROGATE}, "typed": "x", "revision": 1}}',
        f'{{"path": "name", "typed": {SURROGATE}, "revision": 1}}',
    ),
    *('{"path": "name", "typed": "\\u0000", "revision": 999}', '{"path": "\\u0000", "typed": "x", "revision": 1}'),
    *(
        '{"path": "rows.99999999999999999999.name", "typed": "x", "revision": 1}',
        '{"path": "rows.-1.x", "revision": 1}',
    ),
    *('{"path": "rows.x.x", "typed": "x", "revision": 1}', '{"path": "!x", "typed": "x", "revision": 1}'),
    *('{"code": "", "revision": 1}', '{"code": "\\u0000", "revision": 1}', f'{{"code": {SURROGATE}, "revision": 1}}'),
    *('{"index": 99999999999999999999999, "revision": 1}', '{"before": 99999999999999999999999, "revision": 1}'),
    *('{"other": "x", "revision": 1}', '{"of": "\\u0000", "revision": 1}', '{"type": "x", "revision": 1}'),
    *('{"path": "name", "page": 99999999999999999999, "quad": [[0,0],[1,0],[1,1],[0,1]]}', '{"items": [{}]}'),
    '{"path": "name", "page": 0, "quad": [[1e308,0],[-1e308,0],[1e308,1],[0,1]], "typed": "x", "revision": 1}',
)
TAKERS = ("check", "fields", "withdraw", "label", "acknowledge", "rows/remove", "type", "split", "join", "duplicate")


@pytest.mark.parametrize(
    "taker", [*TAKERS, "strips", "lesson/change", "lesson/box", "lesson/save", "lesson/again", "lesson/files"]
)
def test_odd_bodies(tmp_path: Path, taker: str) -> None:
    with serving(tmp_path / "site") as site, site.person(ADMIN) as admin:
        found = site.documents()[0].record.document_id
        lesson = site.desk.teacher.lessons.begin(ADMIN, []).id
        address = {"strips": "/strips", "teaching": "/teaching"}.get(taker, f"/documents/{found}/{taker}")
        if taker.startswith("lesson/"):
            address = f"/teaching/{lesson}/{taker.removeprefix('lesson/')}"
        for body in BODIES:
            answer = admin.post(address, content=body.encode(), headers={"content-type": "application/json"})
            assert answer.status_code < 500, body
            assert CHINESE.search(answer.text), body


@pytest.mark.parametrize("path", ["rows.0.item", "rows.99.item", "nothing", "rows.x.y", "!page_missing", "=", ""])
def test_a_field_that_neither_form_nor_document_has_takes_nothing(clerk: Person, site: Site, path: str) -> None:
    """A registration has no rows; what people say of a whole document has routes of its own."""
    stored = next(d for d in site.documents() if d.record.doc_type == "member_registration")
    name, before = stored.record.document_id, site.state()
    answer = clerk.post(f"/documents/{name}/fields", json={"path": path, "typed": "值", "revision": stored.revision})
    assert answer.status_code == 404
    assert site.state() == before
