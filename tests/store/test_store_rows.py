"""Rows of a list that people add and remove: they move as a person sees them, and stand over every reading."""

from __future__ import annotations

import random

import pytest
from store_samples import box, item_list, registration, stat

from pipeline.records import DocumentStatus, FieldStatus, Record, Value
from pipeline.sheets import Quad
from pipeline.store import NotFoundError, Place, Store

WHO = "李核对"
KEYS = ("item", "phone")
ITEMS = ("会议室", "义诊", "图书")


def save(store: Store, record: Record) -> Record:
    store.save_record(record, files=[stat(record.files[0])])
    return record


def whole(store: Store, record: Record) -> Record:
    found = store.record(record.document_id)
    assert found is not None
    return found


def revision(store: Store, record: Record) -> int:
    stored = store.stored_document(record.document_id)
    assert stored is not None
    return stored.revision


def column(store: Store, record: Record, key: str = "item") -> list[Value]:
    return [row[key].value for row in whole(store, record).rows]


def said(record: Record) -> list[dict[str, tuple[Value, bool, Quad | None]]]:
    """The rows as people see them."""
    return [{k: (f.value, f.status is FieldStatus.CORRECTED, f.quad) for k, f in row.items()} for row in record.rows]


@pytest.fixture
def listed(store: Store) -> Record:
    return save(store, item_list())


def test_a_row_is_added_at_the_end(store: Store, listed: Record) -> None:
    assert store.add_row(listed.document_id, WHO, 1, keys=KEYS) == 2
    store.correct(listed.document_id, "rows.3.item", "乒乓球", WHO, 2)
    before = whole(store, listed)
    assert said(before)[3] == {"item": ("乒乓球", True, None), "phone": (None, True, None)}
    for reading in (item_list(), store.with_corrections(item_list())):
        save(store, reading)
        assert whole(store, listed) == before
    [line] = store.audit_entries(action="row_added")
    assert (line.path, line.detail) == ("rows.3", {"correction": 1})


def test_an_added_row_stays_last_whatever_is_read(store: Store, listed: Record) -> None:
    store.add_row(listed.document_id, WHO, 1, keys=KEYS)
    store.correct(listed.document_id, "rows.3.item", "乒乓球", WHO, 2)
    for items in ((*ITEMS, "新行", "又一行"), ("会议室",), ITEMS):
        save(store, item_list(items=items))
        assert column(store, listed) == [*items, "乒乓球"]
        path = f"rows.{len(items)}.item"
        assert [c.path for c in store.corrections(listed.document_id)][1:] == [path]
    store.withdraw(listed.document_id, "rows.3.item", WHO, revision(store, listed))
    assert column(store, listed) == [*ITEMS, None]
    store.withdraw(listed.document_id, "rows.3", WHO, revision(store, listed))
    assert column(store, listed) == list(ITEMS)


def test_an_added_row_taken_back_takes_its_fields_with_it(store: Store, listed: Record) -> None:
    store.add_row(listed.document_id, WHO, 1, keys=KEYS)
    store.correct(listed.document_id, "rows.3.item", "乒乓球", WHO, 2)
    store.withdraw(listed.document_id, "rows.3", WHO, 3)
    save(store, item_list())
    assert whole(store, listed) == listed
    assert list(store.corrections()) == []


def test_a_list_without_rows_lacks_nothing_once_it_has_one(store: Store) -> None:
    empty = item_list(items=())
    empty.issues = ["required_missing"]
    save(store, empty)
    store.add_row(empty.document_id, WHO, 1, keys=KEYS)
    for _ in range(2):
        assert (whole(store, empty).issues, whole(store, empty).status) == ([], DocumentStatus.ACCEPTED)
        save(store, empty)


def test_a_row_is_removed_and_those_below_move_up(store: Store, listed: Record) -> None:
    store.correct(listed.document_id, "rows.2.phone", "13911112222", WHO, 1)
    assert store.remove_row(listed.document_id, 1, WHO, 2) == 3
    assert (column(store, listed), column(store, listed, "phone")) == (
        ["会议室", "图书"],
        ["13800000000", "13911112222"],
    )
    before = whole(store, listed)
    for reading in (item_list(), store.with_corrections(item_list())):
        save(store, reading)
        assert said(whole(store, listed)) == said(before)
    assert {c.path for c in store.corrections()} == {"rows.1", "rows.1.phone"}
    [line] = store.audit_entries(action="row_removed")
    assert (line.path, line.detail) == ("rows.1", {"correction": 2})


def test_a_removed_row_is_known_by_where_it_stood(store: Store, listed: Record) -> None:
    store.remove_row(listed.document_id, 1, WHO, 1)
    again = item_list(items=("新行", *ITEMS))
    for i, row in enumerate(again.rows):
        for cell in row.values():
            cell.quad = box(cell.quad[0][0], 40 + 60 * i + 6)  # type: ignore[index]
    save(store, again)
    assert column(store, listed) == ["新行", "会议室", "图书"]
    save(store, item_list(items=("会议室",)))
    assert column(store, listed) == ["会议室"]


def test_a_removed_row_comes_back_with_what_was_said_of_it(store: Store, listed: Record) -> None:
    store.correct(listed.document_id, "rows.1.phone", "13911112222", WHO, 1)
    before = whole(store, listed)
    store.remove_row(listed.document_id, 1, WHO, 2)
    store.correct(listed.document_id, "rows.1.item", "图书角", WHO, 3)
    assert store.withdraw(listed.document_id, "rows.1", WHO, 4) == 5
    assert said(whole(store, listed))[:2] == said(before)[:2]
    assert column(store, listed) == ["会议室", "义诊", "图书角"]
    assert whole(store, listed).rows[1]["phone"].as_read == "13800000001"
    save(store, item_list())
    assert column(store, listed) == ["会议室", "义诊", "图书角"]
    assert column(store, listed, "phone") == ["13800000000", "13911112222", "13800000002"]
    store.withdraw(listed.document_id, "rows.1.phone", WHO, 6)
    assert column(store, listed, "phone")[1] == "13800000001"


def test_an_added_row_can_be_removed_and_brought_back(store: Store, listed: Record) -> None:
    store.add_row(listed.document_id, WHO, 1, keys=KEYS)
    store.correct(listed.document_id, "rows.3.item", "乒乓球", WHO, 2)
    store.remove_row(listed.document_id, 3, WHO, 3)
    save(store, item_list())
    assert column(store, listed) == list(ITEMS)
    store.withdraw(listed.document_id, "rows.3", WHO, 5)
    for _ in range(2):
        assert column(store, listed) == [*ITEMS, "乒乓球"]
        save(store, item_list())


def test_a_row_without_any_place_is_removed_by_its_number(store: Store) -> None:
    record = item_list()
    for row in record.rows:
        for cell in row.values():
            cell.quad = None
    save(store, record)
    store.remove_row(record.document_id, 1, WHO, 1)
    store.remove_row(record.document_id, 1, WHO, 2)
    for reading in (record, store.with_corrections(record)):
        save(store, reading)
        assert column(store, record) == ["会议室"]
    store.withdraw(record.document_id, "rows.1", WHO, 5)
    store.withdraw(record.document_id, "rows.1", WHO, 6)
    save(store, record)
    assert column(store, record) == list(ITEMS)


def test_codes_and_statuses_move_with_their_rows(store: Store) -> None:
    record = item_list()
    record.rows[2]["phone"].issues = ["phone_format"]
    save(store, record)
    store.remove_row(record.document_id, 0, WHO, 1)
    found = whole(store, record)
    assert [row["phone"].issues for row in found.rows] == [[], ["phone_format"]]
    assert found.rows == record.rows[1:]
    store.withdraw(record.document_id, "rows.0", WHO, 2)
    assert whole(store, record) == record


def test_another_form_takes_no_rows_over(store: Store, listed: Record) -> None:
    store.add_row(listed.document_id, WHO, 1, keys=KEYS)
    store.remove_row(listed.document_id, 0, WHO, 2)
    again = item_list()
    again.doc_type = "unknown"
    save(store, again)
    assert whole(store, listed) == again


def test_a_row_that_is_not_there_is_not_removed(store: Store, listed: Record) -> None:
    for index in (3, -1):
        with pytest.raises(NotFoundError, match="行"):
            store.remove_row(listed.document_id, index, WHO, 1)
    plain = save(store, registration())
    with pytest.raises(NotFoundError):
        store.remove_row(plain.document_id, 0, WHO, 1)
    assert whole(store, listed) == listed


def test_a_value_placed_in_a_row_does_not_move_to_another(store: Store, listed: Record) -> None:
    """Also where the place lies nearer to another row: the row is known by where it was read."""
    place = Place("list.pdf", 1, box(500, 215))
    store.correct(listed.document_id, "rows.1.phone", "13911112222", WHO, 1, place=place)
    for _ in range(2):
        assert whole(store, listed).rows[1]["phone"].quad == place.quad
        assert column(store, listed, "phone") == ["13800000000", "13911112222", "13800000002"]
        save(store, item_list())


@pytest.mark.parametrize("seed", range(6))
def test_whatever_people_do_stands_over_the_next_reading(store: Store, listed: Record, seed: int) -> None:
    """The document as changed step by step is the document that the same reading gives with all that was said."""
    chance = random.Random(seed)
    document = listed.document_id
    for step in range(14):
        rows = whole(store, listed).rows
        now = revision(store, listed)
        index = chance.randrange(len(rows)) if rows else 0
        deed = chance.choice(["correct", "correct", "add", "remove", "withdraw", "withdraw"])
        paths = [c.path for c in store.corrections(document)]
        if deed == "correct" and rows:
            store.correct(document, f"rows.{index}.{chance.choice(KEYS)}", f"{step}", WHO, now)
        elif deed == "add":
            store.add_row(document, WHO, now, keys=KEYS)
        elif deed == "remove" and rows:
            store.remove_row(document, index, WHO, now)
        elif deed == "withdraw" and paths:
            store.withdraw(document, chance.choice(paths), WHO, now)
        seen = said(whole(store, listed))
        if step % 2:
            reading = item_list()
            save(store, store.with_corrections(reading) if step % 4 == 1 else reading)
            assert said(whole(store, listed)) == seen, (seed, step, deed)
