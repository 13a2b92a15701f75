"""The index follows the store: what changed is loaded again, and nothing else."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_index_office import ANY, build, closing_indexes, doubtful, new_store, queue, same, save
from sqlalchemy import text

from pipeline.audit.index import Index
from pipeline.audit.index.loading import Loader
from pipeline.errors import SetupError
from pipeline.store import Action, Findings, Store, open_store
from tests.ledgers.ledgers_samples import DICTIONARIES, FORMS, item_list, member
from tests.store import postgres_server
from tests.synthesis.office_year import fill

BACKENDS = ["sqlite", "postgresql"] if postgres_server.available() else ["sqlite"]


@pytest.fixture(scope="module")
def server() -> Iterator[postgres_server.PostgresServer]:
    with postgres_server.PostgresServer() as running:
        yield running


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        with new_store(tmp_path) as opened:
            yield opened
        return
    url = request.getfixturevalue("server").create_database()
    with open_store(url) as opened, closing_indexes():
        yield opened


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that are loaded again."""
    seen: list[str] = []
    real = Loader.load

    def load(self: Loader, connection: object, ids: list[str] | None = None) -> object:
        seen.extend(ids or ())
        return real(self, connection, ids)  # type: ignore[arg-type]

    monkeypatch.setattr(Loader, "load", load)
    return seen


def test_only_what_new_lines_name_is_loaded_again(store: Store, loaded: list[str]) -> None:
    ids = [save(store, member(f"{n}.jpg", phone=doubtful(str(n))), day=n) for n in range(4)]
    index = build(store)
    store.correct(ids[2], "phone", "13800001234", "王芳", 1)
    index.refresh()
    assert loaded == [ids[2]]
    assert queue(index) == [("0.jpg", "phone"), ("1.jpg", "phone"), ("3.jpg", "phone")]


def test_who_looks_signs_in_or_exports_changes_nothing(store: Store, loaded: list[str]) -> None:
    document_id = save(store, member("m.jpg"))
    index = build(store)
    store.note_opened(document_id, "王芳")
    store.note_shown([document_id], "王芳", "strip")
    store.audit(Action.SIGNED_IN, "王芳")
    store.audit(Action.EXPORTED, "pipeline")
    store.start_batch()
    index.refresh()
    assert loaded == []


def test_new_removed_and_reread_documents(store: Store) -> None:
    first = save(store, member("1.jpg", phone=doubtful("1")), day=0)
    index = build(store)
    save(store, member("2.jpg", name=doubtful("钱二"), community="洸河社区"), day=1)
    save(store, item_list(file="l.pdf"))
    index.refresh()
    assert queue(index) == [("1.jpg", "phone"), ("2.jpg", "name")]
    assert same(index, build(store))
    save(store, member("1.jpg", name=doubtful("孙三")), day=0)
    index.refresh()
    assert queue(index) == [("1.jpg", "name"), ("2.jpg", "name")]
    assert index.search("孙三").total == 1
    assert index.search("赵一帆").total == 0
    store.remove_documents([first])
    index.refresh()
    assert queue(index) == [("2.jpg", "name")]
    assert index.search("孙三").total == 0
    assert same(index, build(store))


def test_what_names_no_document_and_touches_many_is_found_by_comparing(store: Store, loaded: list[str]) -> None:
    ids = [save(store, member(f"{n}.jpg", phone=doubtful("1")), day=n) for n in range(3)]
    index = build(store)
    with store.writing() as connection:
        connection.execute(text("UPDATE documents SET revision = 7 WHERE document_id = :id"), {"id": ids[0]})
        connection.execute(text("DELETE FROM documents WHERE document_id = :id"), {"id": ids[1]})
    store.audit(Action.PURGED, "pipeline")
    index.refresh()
    assert sorted(loaded) == sorted(ids[:2])
    assert queue(index) == [("0.jpg", "phone"), ("2.jpg", "phone")]


def test_after_any_changes_it_is_as_if_built_anew(store: Store) -> None:
    ids = fill(store, 60, seed=3)
    index = build(store)
    rng = random.Random(7)
    for _ in range(6):
        for document_id in rng.sample(ids, 5):
            document = store.stored_document(document_id)
            if document is None or document.superseded_by:
                continue
            path, value = rng.choice(document.record.all_fields())
            if rng.random() < 0.2:
                store.remove_documents([document_id])
            elif rng.random() < 0.3:
                store.update_issues([Findings(document_id, ["duplicate_person"])])
            else:
                store.correct(document_id, path, value.value, "王芳", document.revision)
        save(store, member(f"{rng.random()}.jpg", name=doubtful("张" + rng.choice("甲乙丙"))))
        index.refresh(seconds=30)
    assert same(index, build(store))


def test_more_than_a_moment_of_work_is_left_to_the_background(store: Store) -> None:
    index = build(store)
    index.close()
    fill(store, 250, corrected=0)
    index.refresh(seconds=0.0)
    assert 0 < index.documents(ANY).total < 250
    while index.documents(ANY).total < 250:
        index.refresh(seconds=0.0)
    assert same(index, build(store))


def test_it_follows_by_itself(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.audit.index.index._FOLLOW_EVERY", 0.02)
    index = build(store)
    save(store, member("m.jpg"))
    reached = threading.Event()
    for _ in range(200):
        if index.documents(ANY).total:
            reached.set()
            break
        reached.wait(0.02)
    assert reached.is_set()
    index.close()


def test_many_threads_ask_while_others_change(store: Store) -> None:
    ids = [save(store, member(f"{n}.jpg", phone=doubtful("1")), day=n) for n in range(12)]
    index = build(store)
    faults: list[BaseException] = []

    def ask() -> None:
        try:
            for _ in range(15):
                index.refresh()
                index.queue(ANY)
                index.facets(ANY)
                index.next_document(ANY, ids[3])
                index.search("赵")
                index.strip("member_registration", "phone")
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            faults.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for document_id in ids:
        store.correct(document_id, "phone", "13800001234", "王芳", 1)
    for thread in threads:
        thread.join()
    assert faults == []
    index.refresh()
    assert queue(index) == []


def test_a_database_that_cannot_be_read_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.audit.index.index._FOLLOW_EVERY", 0.02)
    with new_store(tmp_path) as store:
        save(store, member("m.jpg"))
        with store.writing() as connection:
            connection.execute(text("ALTER TABLE fields RENAME TO hidden"))
        index = Index(store, FORMS, DICTIONARIES)
        with pytest.raises(SetupError):
            index.wait()
        with store.writing() as connection:
            connection.execute(text("ALTER TABLE hidden RENAME TO fields"))
        for _ in range(200):
            try:
                index.wait(0.05)
                break
            except SetupError:
                continue
        assert index.documents(ANY).total == 1
        index.close()
