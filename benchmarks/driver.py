"""What the machine that leads a cluster spends on each document: ``python -m benchmarks.driver [DOCUMENTS] [FILES]``.

The sample scans are really read, and then kept again and again under other contents: by the batch's own keeper,
into a real PostgreSQL, with archive and log. Printed are medians for a piece of work, CPU seconds of this process
and of the database's, bytes; what it costs to list and compare a folder, to hash, to fetch from a storage (moto, in a
process of its own), and to hand a piece to a slot of Ray. ``docs/scale.md`` reckons with these figures.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import datetime
import os
import pickle
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import create_engine, text

from pipeline.batch.keeper import Keeper
from pipeline.batch.outcome import Outcome
from pipeline.batch.plan import Looking, Work, make_plan
from pipeline.batch.portion import WHOLE
from pipeline.batch.ray_cluster import connected
from pipeline.batch.ray_slot import Slot
from pipeline.batch.reader import Reader
from pipeline.batch.summary import BatchSummary
from pipeline.batch.weigh import rules_in_force
from pipeline.intake.bucket import BucketScans
from pipeline.intake.scans import open_scans
from pipeline.records import document_id
from pipeline.reports.logs import open_log
from pipeline.scanned import FileStat
from pipeline.settings import ROOT, Settings, load_settings
from pipeline.store import open_store
from tests.store.postgres_server import PostgresServer

_SAMPLES = ROOT / "scans"
_PAGES_IN_FILES = ("_1.jpg", "_2.jpg")
_OBJECTS = 200
_CALLS = 200


def main() -> int:
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder, PostgresServer() as server:
        root = Path(folder)
        _keeping(root, server, documents)
        _planning(root, files)
        _fetching(root)
        _handing_out(root)
    return 0


def _keeping(root: Path, server: PostgresServer, documents: int) -> None:
    settings = _settings(root / "keeping")
    scans, outputs = settings.path("scans"), settings.path("outputs")
    samples = [path for path in sorted(_SAMPLES.iterdir()) if path.suffix in (".jpg", ".png", ".tif", ".pdf")]
    samples = [path for path in samples if not path.name.endswith(_PAGES_IN_FILES)]
    rules = rules_in_force(settings, datetime.date.today())
    reader = Reader(settings, _SAMPLES, rules.today, rules)
    started = time.process_time()
    read = {path: reader.read((_stat(path),)) for path in samples}
    pages = sum(outcome.pages for outcome in read.values())
    spent = time.process_time() - started
    print(f"read {len(samples)} files, {pages} pages: {spent / pages:.2f} CPU s a page")
    outcomes = [pickle.dumps(outcome) for outcome in read.values()]
    print(f"an outcome on its way: {statistics.mean(map(len, outcomes)) / 1000:.0f} kB a file")
    print(f"a sample scan: {statistics.mean(p.stat().st_size for p in samples) / 1000:.0f} kB a file")

    for number in range(documents):
        original = samples[number % len(samples)]
        copied = scans / f"{number // 500:03}" / f"{number:06}{original.suffix}"
        copied.parent.mkdir(exist_ok=True)
        copied.write_bytes(original.read_bytes() + b"%06d" % number)  # other content, the same pages
    url = server.create_database()
    with open_store(url) as store, open_log(outputs) as log:
        before = _database_bytes(url)
        plan = make_plan(scans, outputs, store, Looking(datetime.datetime.now(datetime.UTC), {}))
        summary = BatchSummary()
        batch = store.start_batch()
        keeper = Keeper(store, settings, rules, plan, batch, datetime.datetime.now(datetime.UTC), summary, log)
        seconds, cpu, there = [], time.process_time(), _postgres_seconds()
        for item in plan.work:
            number = int(Path(item.files[0].path).stem)
            outcome = _as_of(read[samples[number % len(samples)]], item)
            started = time.perf_counter()
            keeper.save(item, outcome)
            seconds.append(time.perf_counter() - started)
        cpu, there = time.process_time() - cpu, _postgres_seconds() - there
        keeper.archive_the_rest()
        stored = store.record_count()
        grown = _database_bytes(url) - before
    first, last = seconds[: len(seconds) // 5], seconds[-len(seconds) // 5 :]
    print(
        f"kept {stored} documents of {len(seconds)} files in PostgreSQL: {_ms(seconds)} a file "
        f"(first fifth {_ms(first)}, last {_ms(last)}), CPU {cpu / len(seconds) * 1000:.1f} ms here and "
        f"{there / len(seconds) * 1000:.1f} ms there, {grown / stored / 1000:.0f} kB of database a document"
    )


def _planning(root: Path, files: int) -> None:
    settings = _settings(root / "planning")
    scans, outputs = settings.path("scans"), settings.path("outputs")
    for number in range(files):
        path = scans / f"{number // 1000:03}" / f"{number:06}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%06d" % number)
    with open_store(f"sqlite:///{(outputs / 'pipeline.db').as_posix()}") as store:
        looking = Looking(datetime.datetime.now(datetime.UTC), {})
        started = time.process_time()
        plan = make_plan(scans, outputs, store, looking)
        new = time.process_time() - started
        for item in plan.work:
            store.save_failure(item.files[0], "not_an_image", "", None)
        started = time.process_time()
        assert make_plan(scans, outputs, store, looking).unchanged == files
        old = time.process_time() - started
    big = root / "big"
    with big.open("wb") as stream:
        for _ in range(256):
            stream.write(os.urandom(1 << 20))
    started = time.process_time()
    found = open_scans(root, outputs).look("big")
    assert found is not None
    list(open_scans(root, outputs).hashes([found]))
    rate = 256 * (1 << 20) / (time.process_time() - started) / 1e6
    print(
        f"plan of {files} files: {new / files * 1e6:.0f} us a new file besides hashing at {rate:.0f} MB/s, "
        f"{old / files * 1e6:.0f} us a known one (CPU)"
    )


def _fetching(root: Path) -> None:
    import boto3

    sample = (_SAMPLES / "党员登记表_平板扫描.jpg").read_bytes()
    with _storage() as url:
        os.environ.update(
            AWS_ENDPOINT_URL=url, AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1"
        )
        client = boto3.client("s3")
        client.create_bucket(Bucket="bench")
        for number in range(_OBJECTS):
            client.put_object(Bucket="bench", Key=f"x/{number:05}.jpg", Body=sample)
        scans = BucketScans("s3://bench/x", root / "fetched")
        started = time.process_time()
        listing = scans.list()
        listed = time.process_time() - started
        started = time.process_time()
        hashed = sum(isinstance(digest, str) for _, digest in scans.hashes(listing.files))
        fetched = time.process_time() - started
    assert hashed == _OBJECTS
    print(
        f"bucket: {listed / _OBJECTS * 1e6:.0f} us an object listed, {fetched / _OBJECTS * 1000:.1f} ms one of "
        f"{len(sample) / 1000:.0f} kB fetched and hashed (CPU of this machine, two requests)"
    )


def _handing_out(root: Path) -> None:
    settings = _settings(root / "handing")
    rules = rules_in_force(settings, datetime.date.today())
    with connected("local", 1) as cluster:
        slot = cluster.start(Slot, settings, rules, cpus=1)
        cluster.result(cluster.call(slot, "ready"))
        cpu, started = time.process_time(), time.perf_counter()
        for _ in range(_CALLS):
            ref = cluster.call(slot, "read", (), WHOLE, 60.0, {})
            cluster.wait([ref], 60)
            cluster.result(ref)
        cpu, elapsed = time.process_time() - cpu, time.perf_counter() - started
    each, here = elapsed / _CALLS * 1000, cpu / _CALLS * 1000
    print(f"a piece of no pages to a slot and back: {each:.1f} ms, CPU {here:.1f} ms here")


def _settings(root: Path) -> Settings:
    scans, outputs = root / "scans", root / "outputs"
    shutil.rmtree(root, ignore_errors=True)
    scans.mkdir(parents=True)
    outputs.mkdir()
    return load_settings(folders={"scans": scans, "outputs": outputs}, intake={"settle_seconds": 0.0})


def _stat(path: Path) -> FileStat:
    info = path.stat()
    return FileStat(path.name, "0" * 64, info.st_size, info.st_mtime_ns)


def _as_of(outcome: Outcome, item: Work) -> Outcome:
    """The outcome as if it had been read of another file with the same pages."""
    [stat] = item.files
    documents = []
    for document in copy.deepcopy(outcome.documents):
        record = document.record
        record.files, record.sha256 = [stat.path], [stat.sha256]
        record.blank = [(stat.path, number) for _, number in record.blank]
        blank = [number for _, number in record.blank]
        record.document_id = document_id(record.sha256, [sorted([*record.pages[0], *blank])])
        for _, value in record.all_fields():
            value.file = stat.path
        pages = [dataclasses.replace(page, file=stat.path) for page in document.pages]
        documents.append(dataclasses.replace(document, pages=pages))
    return Outcome(documents, pages=outcome.pages, seconds=outcome.seconds)


def _database_bytes(url: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    engine.dispose()
    return int(size)


def _postgres_seconds() -> float:
    """CPU seconds of all processes of PostgreSQL on this machine."""
    seconds = 0.0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == "postgres":
                times = process.cpu_times()
                seconds += times.user + times.system
    return seconds


@contextmanager
def _storage() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _ms(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
