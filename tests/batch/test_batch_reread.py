"""Documents read again from the audit page: parted, joined, of another form. On papers that say what stands on them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from pipeline.batch.concerned import CannotReadError, rearranged
from pipeline.batch.lone_worker import LoneWorker
from pipeline.batch.reread import Reread, Rereader
from pipeline.batch.run import Order
from pipeline.records import Arrangement, Record
from pipeline.store import Store
from tests.support.papers import BLANK, Office, PlainReader, faulty, member, page, scan

TODAY = datetime.date(2026, 11, 1)
USUAL, FORCE = Order(), Order(force=True)


class Desk:
    """An office whose documents somebody looks at."""

    def __init__(self, office: Office, store: Store) -> None:
        self.office = office
        self.store = store
        self.rereader = Rereader(office.settings(), store)

    def run(self, order: Order = USUAL, **sections: dict[str, Any]) -> None:
        self.office.run(order, **sections)

    def documents(self) -> dict[str, Record]:
        """The current documents by the name or party on them."""
        records = list(self.store.records())
        pages = [found for record in records for found in record.every_page()]
        assert len(pages) == len(set(pages)), "a page is in two documents"
        return {self.title(record): record for record in records}

    @staticmethod
    def title(record: Record) -> str:
        return "/".join(str(f.value) for key, f in record.fields.items() if key in ("name", "party_a", "position"))

    def reread(self, *ids: str, arrangements: Sequence[Arrangement] = ()) -> Reread:
        self.office.read_files.clear()
        return self.rereader.reread(ids, arrangements=arrangements, actor="李核对").result(30)

    def shape(self) -> dict[str, list[list[int]]]:
        return {title: record.pages for title, record in self.documents().items()}


@pytest.fixture
def desk(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    reader = PlainReader(office.settings(), office.scans, office)

    def run(self: LoneWorker, work: Callable[..., Any], arguments: tuple[Any, ...], limit: float, today: Any) -> Any:
        return getattr(reader, work.__name__)(*arguments)

    monkeypatch.setattr(LoneWorker, "run", run)
    monkeypatch.setattr("pipeline.batch.weigh.load_rules", lambda settings: office.rules)
    with office.store() as store:
        made = Desk(office, store)
        yield made
        made.rereader.close()


def arrange(*parts: tuple[Record, Sequence[int]], doc_type: str | None = None, id: str = "a") -> Arrangement:
    return Arrangement(id, tuple((record.sha256[0], n) for record, numbers in parts for n in numbers), doc_type)


def entry(name: str, **more: str) -> dict[str, Any]:
    return page("member_registration", name=name, report_date="2019-05-18", **more)


def test_a_document_is_parted_and_put_together_again(desk: Desk) -> None:
    desk.office.put("a.pdf", scan(entry("王建国"), page(None, position="背面"), BLANK))
    desk.run()
    [whole] = desk.documents().values()
    parts = [arrange((whole, [1]), id="front"), arrange((whole, [2, 3]), id="rest")]
    done = desk.reread(whole.document_id, arrangements=parts)
    assert desk.shape() == {"王建国": [[1]], "背面": [[2]]}
    assert set(done.documents) == {record.document_id for record in desk.documents().values()}
    assert desk.documents()["背面"].blank == [("a.pdf", 3)]
    assert desk.store.stored_document(whole.document_id).superseded_by in done.documents  # type: ignore[union-attr]
    front, rest = desk.documents()["王建国"], desk.documents()["背面"]
    again = desk.reread(arrangements=[arrange((front, [1, 2, 3]), id="whole")])
    assert again == Reread((whole.document_id,))
    assert desk.shape() == {"王建国/背面": [[1, 2]]}
    assert desk.store.stored_document(rest.document_id).superseded_by == whole.document_id  # type: ignore[union-attr]
    assert [a.id for a in desk.store.arrangements()] == ["whole"]


def test_pages_of_two_files_become_one_document_and_the_rest_of_them_stays(desk: Desk) -> None:
    desk.office.put("a.pdf", scan(entry("王建国"), entry("李建军")))
    desk.office.put("b.pdf", scan(entry("张明"), entry("陈亮")))
    desk.run()
    before = desk.documents()
    joined = arrange((before["李建军"], [2]), (before["张明"], [1]))
    done = desk.reread(before["李建军"].document_id, before["张明"].document_id, arrangements=[joined])
    assert set(desk.shape()) == {"王建国", "张明", "陈亮"}
    assert desk.documents()["张明"].files == ["a.pdf", "b.pdf"]
    assert done.documents == (desk.documents()["张明"].document_id,)
    assert desk.store.stored_document(before["王建国"].document_id).revision == 1  # type: ignore[union-attr]


def test_a_document_that_loses_a_page_is_read_again_without_it(desk: Desk) -> None:
    """Nobody named it: the page was taken out of it."""
    desk.office.put("a.pdf", scan(entry("王建国"), page(None, position="附页")))
    desk.run()
    [whole] = desk.documents().values()
    done = desk.reread(arrangements=[arrange((whole, [2]))])
    assert desk.shape() == {"王建国": [[1]], "附页": [[2]]}
    assert len(done.documents) == 2


def test_another_form_is_the_same_document(desk: Desk) -> None:
    """What the paper is read as is for the real reader; that the person's word reaches it, and stays, is here."""
    desk.office.put("a.jpg", member("王建国"))
    desk.run()
    [record] = desk.documents().values()
    done = desk.reread(arrangements=[arrange((record, [1]), doc_type="unit_registration")])
    assert done.documents == (record.document_id,)
    assert [a.doc_type for a in desk.store.arrangements()] == ["unit_registration"]


def test_what_people_corrected_stands(desk: Desk) -> None:
    desk.office.put("a.pdf", scan(entry("王建囯"), page(None, position="背面")))
    desk.run()
    [whole] = desk.documents().values()
    desk.store.correct(whole.document_id, "name", "王建国", "李核对", 1)
    desk.reread(whole.document_id)
    assert desk.shape() == {"王建国/背面": [[1, 2]]}
    desk.reread(arrangements=[arrange((whole, [1]), id="front"), arrange((whole, [2]), id="rest")])
    assert "王建国" in desk.shape()
    [entry_] = desk.store.audit_entries(action="document_superseded")
    assert entry_.actor == "李核对"


def test_only_the_pages_of_the_document_are_read(desk: Desk) -> None:
    desk.office.put("pile.pdf", scan(*(entry(f"第{n}人") for n in range(1, 40))))
    desk.office.put("other.jpg", member("王建国"))
    desk.run()
    before = desk.documents()
    done = desk.reread(before["第7人"].document_id)
    assert done.documents == (before["第7人"].document_id,)
    assert desk.office.read_files == ["pile.pdf"]
    revisions = {name: desk.store.stored_document(r.document_id).revision for name, r in before.items()}  # type: ignore[union-attr]
    assert {name for name, revision in revisions.items() if revision > 1} == {"第7人"}


def test_two_documents_of_different_files_are_each_read(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        desk.office.put(f"{name}.jpg", member(name))
    desk.run()
    before = desk.documents()
    done = desk.reread(before["a"].document_id, before["c"].document_id)
    assert set(done.documents) == {before["a"].document_id, before["c"].document_id}
    assert sorted(desk.office.read_files) == ["a.jpg", "c.jpg"]


@pytest.mark.parametrize("where", ["moved", "taken away", "replaced"])
def test_what_lies_in_the_archive_alone_is_read_from_there(desk: Desk, where: str) -> None:
    desk.office.put("a.jpg", member("王建国"))
    desk.run(intake={"originals": "move"} if where == "moved" else {})
    [record] = desk.documents().values()
    if where == "taken away":
        (desk.office.scans / "a.jpg").unlink()
    elif where == "replaced":
        desk.office.put("a.jpg", member("李建军", phone="13998765432", number=2))
    known = desk.store.known_files()
    assert desk.reread(record.document_id).documents == (record.document_id,)
    assert desk.store.known_files() == known  # what became of the files is for the batch to say
    if where == "replaced":
        desk.run()
        assert sorted(desk.shape()) == ["李建军", "王建国"]


def test_where_a_file_cannot_be_read_everything_stays_as_it_was(desk: Desk) -> None:
    desk.office.put("a.pdf", scan(entry("王建国"), page(None, position="背面")))
    desk.run()
    [record] = desk.documents().values()

    def refuse(path: str) -> None:
        raise ValueError("broken")

    desk.office.during = refuse
    done = desk.reread(arrangements=[arrange((record, [2]))])
    assert done.documents == ()
    assert [(failure.file.path, failure.code) for failure in done.failures] == [("a.pdf", "internal_error")]
    assert desk.shape() == {"王建国/背面": [[1, 2]]}
    assert desk.store.arrangements() == []


def test_what_is_no_longer_there_is_said(desk: Desk) -> None:
    desk.office.put("a.pdf", scan(entry("王建国"), page(None, position="背面")))
    desk.run()
    [record] = desk.documents().values()
    desk.reread(arrangements=[arrange((record, [2]))])
    for ids in (["no such document"], [record.document_id]):
        with pytest.raises(CannotReadError, match="请刷新"):
            desk.reread(*ids)
    with pytest.raises(CannotReadError, match="请刷新"):
        desk.reread(arrangements=[arrange((record, [9]))])
    assert len(desk.store.arrangements()) == 1


def test_pages_of_two_scans_of_one_name_cannot_be_told_apart(desk: Desk) -> None:
    desk.office.put("0001.jpg", member("王建国"))
    desk.run()
    desk.office.put("0001.jpg", member("李建军", phone="13998765432", number=2))
    desk.run()
    first, second = desk.documents().values()
    with pytest.raises(CannotReadError, match="同名"):
        desk.reread(arrangements=[arrange((first, [1]), (second, [1]))])


@pytest.mark.parametrize("key", ["seal", "signature"])
def test_a_mark_is_no_text(desk: Desk, key: str) -> None:
    fields = [f for form in desk.office.rules[0].values() for f in form.fields if f.type == key]
    quad = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))
    with pytest.raises(CannotReadError, match="不是文字"):
        desk.rereader.read_box("ab" * 32, "a.jpg", 1, quad, fields[0]).result(30)


def test_an_earlier_arrangement_keeps_the_pages_that_are_not_taken_from_it() -> None:
    earlier = [
        Arrangement("a", (("x", 1), ("x", 2)), "agreement"),
        Arrangement("b", (("y", 1),)),
        Arrangement("c", (("z", 1),)),
    ]
    new = [Arrangement("c", (("x", 2), ("y", 1)))]
    assert rearranged(earlier, new) == [Arrangement("a", (("x", 1),), "agreement"), *new]


def test_what_is_left_of_an_arrangement_is_read_where_a_page_of_it_is_gone(desk: Desk) -> None:
    desk.office.put("a.pdf", scan(entry("王建国"), page(None, position="背面")))
    desk.run()
    [record] = desk.documents().values()
    desk.store.arrange([Arrangement("x", ((record.sha256[0], 1), ("ef" * 32, 1)))], "李核对")
    assert len(desk.reread(record.document_id).documents) == 2
    assert desk.shape() == {"王建国": [[1]], "背面": [[2]]}


# --- batches that come after


def test_a_batch_that_reads_everything_again_keeps_to_what_was_arranged(desk: Desk) -> None:
    desk.office.put("a.pdf", scan(entry("王建国"), entry("李建军"), entry("赵伟")))
    desk.office.put("b.jpg", member("张明"))
    desk.run()
    before = desk.documents()
    desk.reread(arrangements=[arrange((before["李建军"], [2]), (before["张明"], [1]))])
    arranged = desk.shape()
    desk.run(FORCE)
    assert desk.shape() == arranged == {"王建国": [[1]], "张明": [[2], [1]], "赵伟": [[3]]}


@pytest.mark.parametrize("other", ["taken away", "another paper of that name"])
def test_what_lies_in_the_archive_is_read_with_the_file_that_it_was_arranged_with(desk: Desk, other: str) -> None:
    desk.office.put("a.jpg", member("王建国"))
    desk.office.put("b_1.jpg", scan(page("agreement", party_a="科苑社区")))
    desk.office.put("b_2.jpg", scan(page(None, position="续页"), entry("陈亮")))
    desk.run()
    before = desk.documents()
    person, contract = before["王建国"], before["科苑社区/续页"]
    page_two = Arrangement("x", ((person.sha256[0], 1), (contract.sha256[1], 1)))
    desk.reread(arrangements=[page_two])
    arranged = desk.shape()
    for name in ("b_1.jpg", "b_2.jpg"):
        (desk.office.scans / name).unlink()
    if other != "taken away":
        desk.office.put("b_2.jpg", member("刘洋", phone="13998765432"))
    desk.run()
    desk.run(FORCE)
    expected = arranged if other == "taken away" else {**arranged, "刘洋": [[1]]}
    assert desk.shape() == expected
    assert desk.store.known_files().keys() == desk.office.files()


def test_without_the_rest_of_it_a_document_is_left_as_it_is(desk: Desk) -> None:
    desk.office.put("a.jpg", member("王建国"))
    desk.office.put("b.jpg", member("张明"))
    desk.run()
    before = desk.documents()
    desk.reread(arrangements=[arrange((before["王建国"], [1]), (before["张明"], [1]))])
    arranged = desk.shape()
    (desk.office.scans / "b.jpg").unlink()
    archived = next((desk.office.outputs / "archive").rglob(f"{before['张明'].sha256[0]}*"))
    archived.chmod(0o600)
    archived.write_bytes(faulty("corrupt_file"))
    desk.run(FORCE)
    assert desk.shape() == arranged
    assert [q.path for q in desk.store.quarantined()] == ["a.jpg"]


def test_pages_that_are_arranged_while_a_batch_reads_them_are_not_put_back(desk: Desk) -> None:
    desk.office.put("a.pdf", scan(entry("王建国"), page(None, position="背面")))
    desk.run()
    [record] = desk.documents().values()

    def arrange_meanwhile(path: str) -> None:
        desk.office.during = lambda path: None
        desk.store.arrange([arrange((record, [2]))], "李核对")

    desk.office.during = arrange_meanwhile
    desk.run(FORCE)
    assert desk.shape() == {"王建国/背面": [[1, 2]]}  # not read by what held no more
    desk.run()
    assert desk.shape() == {"王建国": [[1]], "背面": [[2]]}
