"""How fast the audit page answers with a year's documents behind it: ``python -m benchmarks.audit_page``.

A store is filled with invented documents, each with a scan at 300 dpi in the archive; the page is served by the
command, and several people, each with a session of their own, walk through everything it has to offer: lists,
documents, changes, strips, look-alikes, search, figures, pictures. They look at what they see for ``--pause`` seconds
on average, which is far less than people do; with 0 there is always a request of each. What they save makes the
outputs be written anew beside it, as on a working day.

Each kind of request is set beside a plain one (a static file, which asks neither the guard nor the database).
``--folder`` keeps the store for the next time.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import psutil
from sqlalchemy import select

from pipeline.audit.accounts import hash_password
from pipeline.batch.exports import update_outputs
from pipeline.batch.weigh import rules_in_force
from pipeline.intake.archive import Archive
from pipeline.intake.folder import list_scans
from pipeline.intake.pages import read_pages
from pipeline.settings import load_settings
from pipeline.store import Role, Store, open_store, sqlite_url
from pipeline.store.schema import OriginalRow
from tests.synthesis.office_year import HEIGHT, WIDTH, fill

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 0.2
PASSWORD = "office-year-1"
_SCANS = 12  # different ones; all documents share them
_PLAIN = "plain static file"
_PICTURES = frozenset({"tile", "crop", "glyph"})
_AT_ONCE = _PICTURES | {_PLAIN, "state", "export state"}  # that a browser asks for by itself
_STATE = re.compile(r'<script type="application/json" id="state">(.*?)</script>', re.S)
_TOKEN = re.compile(r'name="form-token" content="([0-9a-f]+)"')
_LINK = re.compile(r'href="(/documents/[^"]+)"')
_IMAGE = re.compile(r'<img[^>]* (?:data-)?src="(/documents/[^"]+)"')
_OPTION = re.compile(r'<option value="([^"]+)"')
_PEOPLE = "zj", "zhang", "wang", "lf", "wj"
_TEXTS = "张", "社区", "有限公司", "宣讲", "王"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=90, help="of walking")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds that somebody looks at a page, on average")
    parser.add_argument("--folder", type=Path, help="keep the store here, and use the one that lies there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        prepare(folder, arguments.documents, arguments.users)
        print(
            f"{arguments.documents} documents, {arguments.users} people, {arguments.pause} s a look, "
            f"load before: {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores"
        )
        with served(folder) as server:
            met = walk(server.address, arguments.users, arguments.seconds, arguments.pause)
            print(f"memory of the server: {server.first_mb:.0f} MB at first, {server.megabytes():.0f} MB in the end")
    sys.exit(0 if report(met) else 1)


def prepare(folder: Path, documents: int, users: int) -> None:
    """A filled store, the scans behind it, and accounts; what lies there is used."""
    outputs = folder / "outputs"
    database = outputs / "pipeline.db"
    ready = folder / "ready"
    if ready.exists():
        return
    outputs.mkdir(parents=True, exist_ok=True)
    (folder / "scans").mkdir(exist_ok=True)
    started = time.perf_counter()
    with open_store(sqlite_url(database)) as store:
        if not store.record_count():
            fill(store, documents)
        known = hash_password(PASSWORD)
        for number in range(users):
            store.add_user(f"user{number}", Role.ADMIN, known, actor="benchmark")
        _link_scans(store, Archive(outputs))
        _weigh(store, outputs)
    ready.touch()
    print(f"filled in {time.perf_counter() - started:.0f} s")


def _weigh(store: Store, outputs: Path) -> None:
    """Weigh the documents by one another and write the outputs, as the batch that read them would have."""
    settings = load_settings(folders={"outputs": outputs})
    update_outputs(store, rules_in_force(settings, datetime.date.today()), settings)


def _link_scans(store: Store, archive: Archive) -> None:
    """Put a scan behind every document: a few contents under many names."""
    made = list(_scans())
    with store.reading() as connection:
        contents = connection.scalars(select(OriginalRow.sha256)).all()
    for number, sha256 in enumerate(contents):
        target = archive.path_of(sha256, ".jpg")
        target.parent.mkdir(parents=True, exist_ok=True)
        first = archive.folder / f"scan{number % _SCANS}.jpg"
        if number < _SCANS:
            first.write_bytes(made[number % len(made)])
        os.link(first, target)


def _scans() -> Iterator[bytes]:
    """The samples at 300 dpi with a scanner's grain."""
    settings = load_settings()
    samples = settings.path("scans")
    rng = np.random.default_rng(1)
    for found in list_scans(samples).files[:_SCANS]:
        pixels = next(read_pages(samples / found.path, found.path, settings.limits)).pixels
        large = cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        grain = rng.normal(0, 3, (HEIGHT, WIDTH, 1)).astype(np.float32)
        encoded = cv2.imencode(".jpg", np.clip(large + grain, 0, 255).astype(np.uint8))[1]
        yield encoded.tobytes()


@dataclass(frozen=True, slots=True)
class Server:
    address: str
    process: psutil.Process
    first_mb: float

    def megabytes(self) -> float:
        return float(self.process.memory_info().rss / 1e6)


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """The page as the command serves it; prints how long until it answers."""
    variables = {k: v for k, v in os.environ.items() if not k.upper().startswith("PIPELINE_")}
    command = [sys.executable, str(ROOT / "run_pipeline.py"), "audit", "--no-browser", "--port", "0"]
    command += ["--scans", str(folder / "scans"), "--outputs", str(folder / "outputs")]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://[^（\s]+", process.stdout.readline())
        assert found, "not served"
        httpx.get(f"{found[0]}/sign-in")
        first = time.perf_counter() - started
        with Person(found[0], "user0", Timed()) as person:
            person.get("desk", "/desk")
        ready = time.perf_counter() - started
        print(f"first answer after {first:.1f} s, the desk with all documents after {ready:.1f} s")
        measured = psutil.Process(process.pid)
        yield Server(found[0], measured, measured.memory_info().rss / 1e6)
    finally:
        process.terminate()
        process.wait(30)


class Timed:
    """Seconds and statuses by kind of request. Safe to share between threads."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)
        self.odd: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._lock = threading.Lock()

    def note(self, kind: str, seconds: float, status: int) -> None:
        with self._lock:
            self.seconds[kind].append(seconds)
            if status >= 400:
                self.odd[kind, status] += 1


class Person:
    """Somebody signed in, with a browser of their own."""

    def __init__(self, address: str, name: str, timed: Timed) -> None:
        self._client = httpx.Client(base_url=address, timeout=60, headers={"accept": "text/html"})
        self._timed = timed
        token = self._token(self._client.get("/sign-in").text)
        form = {"name": name, "password": PASSWORD, "token": token, "next": "/desk"}
        answer = self._client.post("/sign-in", data=form)
        assert answer.status_code == 303, answer.text
        self._known = ""
        self.pause: Callable[[], None] = lambda: None

    def __enter__(self) -> Person:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, kind: str, path: str) -> httpx.Response:
        if kind not in _AT_ONCE:
            self.pause()
        started = time.perf_counter()
        answer = self._client.get(path)
        self._timed.note(kind, time.perf_counter() - started, answer.status_code)
        if answer.headers.get("content-type", "").startswith("text/html"):
            self._known = self._token(answer.text)
        return answer

    def post(self, kind: str, path: str, token: str, data: dict[str, Any]) -> httpx.Response:
        started = time.perf_counter()
        answer = self._client.post(path, json=data, headers={"x-form-token": token, "accept": "application/json"})
        self._timed.note(kind, time.perf_counter() - started, answer.status_code)
        return answer

    @property
    def token(self) -> str:
        """The token of the page that was shown last."""
        return self._known

    @staticmethod
    def _token(text: str) -> str:
        found = _TOKEN.search(text)
        return found[1] if found else ""


def walk(address: str, users: int, seconds: float, pause: float) -> Timed:
    """Let people go round until the time is up."""
    timed = Timed()
    until = time.monotonic() + seconds

    def go(number: int) -> None:
        rng = random.Random(number)
        with Person(address, f"user{number}", timed) as person:
            person.pause = lambda: time.sleep(rng.uniform(0, 2 * pause))
            while time.monotonic() < until:
                _queue(person, rng)
                _look_around(person, rng)

    with ThreadPoolExecutor(users) as pool:
        list(pool.map(go, range(users)))
    return timed


def _queue(person: Person, rng: random.Random) -> None:
    """The desk, and some documents of the queue."""
    desk = person.get("desk", "/desk").text
    chosen = rng.choice(["type", "community", "reason"])
    select_box = desk.split(f'name="{chosen}"', 1)[-1].split("</select>", 1)[0]
    options = _OPTION.findall(select_box)
    query = f"{chosen}={rng.choice(options)}" if options else ""
    person.get("desk, filtered", f"/desk?{query}")
    person.get("desk, further on", f"/desk?offset={50 * rng.randrange(1, 40)}")
    after = rng.choice(_LINK.findall(desk) or [""]).split("/")[-1].split("?")[0]
    for _ in range(2):
        found = person.get("next document", f"/desk/next?{query}&after={after}")
        target = found.headers.get("location", "/desk")
        if not target.startswith("/documents/"):
            return
        after = target.split("/")[2].split("?")[0]
        _document(person, rng, target)


def _document(person: Person, rng: random.Random, path: str) -> None:
    shown = person.get("document", path)
    found = _STATE.search(shown.text)
    if not found:
        return
    token = person.token
    state = json.loads(found[1])
    base = f"/documents/{state['id']}"
    fields = [f for f in state["fields"] if f["quad"]]
    for column, row in ((0, 0), (1, 0), (0, 1), (1, 1)):
        person.get("tile", f"{base}/pages/0/tiles/2/{column}/{row}")
    for field in rng.sample(fields, min(3, len(fields))):
        person.get("crop", f"{base}/crop?path={field['path']}&height=72")
    person.get(_PLAIN, "/static/icon.svg")
    typed = [f for f in fields if f["text"] and not f["chosen"]]
    if not typed:
        return
    field = rng.choice([f for f in typed if f["open"]] or typed)
    person.post("check", f"{base}/check", token, {"path": field["path"], "typed": field["text"][:-1]})
    asked = {"path": field["path"], "typed": field["text"], "revision": state["revision"]}
    saved = person.post("save", f"{base}/fields", token, asked)
    if saved.status_code == 200 and rng.random() < 0.5:
        asked = {"path": field["path"], "revision": saved.json()["revision"]}
        person.post("withdraw", f"{base}/withdraw", token, asked)
    person.get("state", f"{base}/state")
    person.get("life", f"{base}/life")


def _look_around(person: Person, rng: random.Random) -> None:
    """The other pages, once each."""
    strips = person.get("strips", "/strips").text
    field = rng.choice(_OPTION.findall(strips))
    shown = person.get("strips", f"/strips?field={field}{rng.choice(['', '&all=true'])}").text
    _pictures(person, "crop", shown, 4)
    shown = person.get("glyphs", f"/glyphs?character={rng.choice('0123456789X')}").text
    _pictures(person, "glyph", shown, 6)
    person.get("search, Chinese", f"/search?q={rng.choice(_TEXTS)}")
    person.get("search, pinyin", f"/search?q={rng.choice(_PEOPLE)}")
    person.get("search, digits", f"/search?q={rng.randrange(1000, 9999)}")
    for name in ("figures", "accounts", "log", "proposals", "lists", "password"):
        person.get(name, f"/{name}")
    person.get("log, further back", f"/log?before={rng.randrange(200, 20_000)}")
    person.get("export state", "/export/state")


def _pictures(person: Person, kind: str, page: str, count: int) -> None:
    for address in _IMAGE.findall(page)[:count]:
        person.get(kind, address.replace("&amp;", "&"))


def report(timed: Timed) -> bool:
    """Print a line a kind; whether all is fast enough."""
    unit = _at(timed.seconds[_PLAIN], 0.5)
    print(f"{'':22}{'n':>6}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}{'ratio of p50':>14}")
    slow = []
    for kind, seconds in sorted(timed.seconds.items(), key=lambda item: (item[0] in _PICTURES, -_at(item[1], 0.95))):
        middle, most = _at(seconds, 0.5), _at(seconds, 0.95)
        if most > LIMIT:
            slow.append(kind)
        numbers = f"{middle * 1000:9.1f}{most * 1000:9.1f}{max(seconds) * 1000:9.1f}{middle / unit:14.1f}"
        print(f"{kind:22}{len(seconds):6}{numbers}{'   SLOW' if most > LIMIT else ''}")
    for (kind, status), count in sorted(timed.odd.items()):
        print(f"{kind}: {count} × {status}")
    requests = sum(map(len, timed.seconds.values()))
    pages = [kind for kind in slow if kind not in _PICTURES]
    print(f"{requests} requests; every page within {LIMIT * 1000:.0f} ms at p95: {'no' if pages else 'yes'}", end="; ")
    print(f"every picture: {'no' if len(slow) > len(pages) else 'yes'}")
    return not slow


def _at(seconds: Sequence[float], share: float) -> float:
    return float(np.quantile(seconds, share))


if __name__ == "__main__":
    main()
