"""What people said goes with the pages: split, joined, split again, and to a better scan."""

from __future__ import annotations

import pytest
from store_samples import agreement, box, item_list, stat, value

from pipeline.records import DocumentStatus, FieldStatus, Record, Value, document_id
from pipeline.scanned import FileStat, ReadDocument
from pipeline.store import Store

WHO = "李核对"
FILE = "两页.pdf"


def part(numbers: list[int], doc_type: str = "agreement") -> Record:
    """A document of some pages of one file, with a field on each: ``party_a`` on the first page, ``sign_date`` on the
    second."""
    hashes = [stat(FILE).sha256]
    fields = {}
    if 1 in numbers:
        fields["party_a"] = value("社区党委", FILE, quad=box(10, 20))
    if 2 in numbers:
        fields["sign_date"] = value("2024-05-18", FILE, page=2, quad=box(10, 500))
    return Record(document_id(hashes, [numbers]), doc_type, [FILE], hashes, [numbers], fields=fields)


def read(store: Store, *records: Record, replaces: dict[str, str] | None = None) -> None:
    """Save as a batch does: what people said is laid over, then all is saved."""
    replaced = replaces or {}
    documents = [ReadDocument(store.with_corrections(r, replaced)) for r in records]
    files: list[FileStat] = [stat(name) for name in dict.fromkeys(f for r in records for f in r.files)]
    store.save_documents(documents, files=files, supersedes=replaced)
    for document in documents:  # what was validated is what is stored
        stored = store.record(document.record.document_id)
        assert stored is not None
        assert {p: f.value for p, f in stored.all_fields()} == {p: f.value for p, f in document.record.all_fields()}


def values(store: Store, record: Record) -> dict[str, tuple[Value, bool]]:
    found = store.record(record.document_id)
    assert found is not None
    return {path: (f.value, f.status is FieldStatus.CORRECTED) for path, f in found.all_fields()}


def test_a_split_gives_each_part_what_was_said_of_its_page(store: Store) -> None:
    both, first, second = part([1, 2]), part([1]), part([2])
    read(store, both)
    store.correct(both.document_id, "party_a", "海能社区", WHO, 1)
    store.correct(both.document_id, "sign_date", "2024-05-28", WHO, 2)
    read(store, first, second, replaces={both.document_id: first.document_id})
    assert values(store, first) == {"party_a": ("海能社区", True)}
    assert values(store, second) == {"sign_date": ("2024-05-28", True)}


def test_what_is_joined_keeps_what_was_said_of_either(store: Store) -> None:
    both, first, second = part([1, 2]), part([1]), part([2])
    read(store, first, second)
    store.correct(first.document_id, "party_a", "海能社区", WHO, 1)
    store.correct(second.document_id, "sign_date", "2024-05-28", WHO, 1)
    read(store, both, replaces={first.document_id: both.document_id, second.document_id: both.document_id})
    assert values(store, both) == {"party_a": ("海能社区", True), "sign_date": ("2024-05-28", True)}


def test_split_and_joined_again_the_latest_word_holds(store: Store) -> None:
    both, first, second = part([1, 2]), part([1]), part([2])
    read(store, both)
    store.correct(both.document_id, "party_a", "海能社区", WHO, 1)
    store.correct(both.document_id, "sign_date", "2024-05-28", WHO, 2)
    read(store, first, second, replaces={both.document_id: first.document_id})
    store.correct(first.document_id, "party_a", "科苑社区", WHO, 1)
    store.withdraw(second.document_id, "sign_date", WHO, 1)
    read(store, both, replaces={first.document_id: both.document_id, second.document_id: both.document_id})
    assert values(store, both) == {"party_a": ("科苑社区", True), "sign_date": ("2024-05-18", False)}
    said = [(c.path, c.new_value) for c in store.corrections(both.document_id)]
    assert said == [("party_a", "海能社区"), ("party_a", "科苑社区")]


def test_read_once_more_nothing_is_taken_twice(store: Store) -> None:
    both, first, second = part([1, 2]), part([1]), part([2])
    read(store, both)
    store.correct(both.document_id, "party_a", "海能社区", WHO, 1)
    for _ in range(3):
        read(store, first, second, replaces={both.document_id: first.document_id})
    assert len(list(store.corrections(first.document_id))) == 1
    assert list(store.corrections(second.document_id)) == []


def test_a_field_placed_nowhere_goes_with_most_of_the_pages(store: Store) -> None:
    both, first, second = part([1, 2]), part([1]), part([2])
    both.fields["agreement_no"] = value(None, FILE, quad=None)
    read(store, both)
    store.correct(both.document_id, "agreement_no", "2024-7", WHO, 1)
    read(store, first, second, replaces={both.document_id: first.document_id})
    assert values(store, first)["agreement_no"] == ("2024-7", True)
    assert "agreement_no" not in values(store, second)


def test_pages_of_two_files_are_found_under_their_new_number(store: Store) -> None:
    whole = agreement()
    read(store, whole)
    store.correct(whole.document_id, "sign_date", "2024-05-28", WHO, 1)
    alone = agreement()
    alone.files, alone.sha256, alone.pages = whole.files[1:], whole.sha256[1:], [[1]]
    alone.document_id = document_id(alone.sha256, alone.pages)
    alone.fields = {"sign_date": whole.fields["sign_date"]}
    read(store, alone, replaces={whole.document_id: alone.document_id})
    [said] = store.corrections(alone.document_id)
    assert said.anchor is not None
    assert said.anchor.file == 0
    assert values(store, alone) == {"sign_date": ("2024-05-28", True)}


@pytest.mark.parametrize("better", [False, True])
def test_rows_go_with_their_page_and_not_to_another_scan(store: Store, better: bool) -> None:
    old = item_list()
    read(store, old)
    store.correct(old.document_id, "rows.1.phone", "13900000000", WHO, 1)
    store.correct(old.document_id, "list_kind", "demand", WHO, 2)
    new = item_list()
    if better:
        new.sha256 = [stat("list.pdf", "sharper").sha256]
        new.document_id = document_id(new.sha256, new.pages)
    else:  # the same scan, now with another page
        new.pages = [[1, 2]]
        new.document_id = document_id(new.sha256, new.pages)
        new.rows.insert(0, {"item": value("新", "list.pdf", quad=box(100, 40)), "phone": value(None, quad=None)})
    read(store, new, replaces={old.document_id: new.document_id})
    found = values(store, new)
    assert found["list_kind"] == ("demand", True)
    corrected = {path for path, (_, by_person) in found.items() if by_person}
    assert corrected == ({"list_kind"} if better else {"list_kind", "rows.2.phone"})
    stored = store.record(new.document_id)
    assert stored is not None
    assert stored.status is DocumentStatus.REVIEW


def test_rows_that_were_added_and_removed_stay_so(store: Store) -> None:
    old = item_list()
    read(store, old)
    store.remove_row(old.document_id, 0, WHO, 1)
    store.add_row(old.document_id, WHO, 2, keys=("item",))
    store.correct(old.document_id, "rows.2.item", "乒乓球", WHO, 3)
    before = values(store, old)
    new = item_list()
    new.pages = [[1, 2]]
    new.document_id = document_id(new.sha256, new.pages)
    read(store, new, replaces={old.document_id: new.document_id})
    assert values(store, new) == before


def test_what_was_settled_of_the_whole_stays_behind(store: Store) -> None:
    both, first, second = part([1, 2]), part([1]), part([2])
    both.issues = ["page_missing"]
    both.status = DocumentStatus.REVIEW
    read(store, both)
    store.acknowledge(both.document_id, "page_missing", WHO, 1)
    first.issues = ["page_missing"]
    first.status = DocumentStatus.REVIEW
    read(store, first, second, replaces={both.document_id: first.document_id})
    assert store.acknowledged([first.document_id]) == {}
