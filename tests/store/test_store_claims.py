"""Which claim a feedback document fulfils: what people decide, and what the last export made of it."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import event, text
from store_samples import box, sha, stat, value

from pipeline.records import ClaimReference, DocumentStatus, Record, document_id
from pipeline.scanned import ReadDocument
from pipeline.store import ConflictError, KnownClaim, NotFoundError, Served, Store

WHO, OTHER = "李核对", "王审核"
PROJECT, _ACCEPTED = "义务法律咨询", DocumentStatus.ACCEPTED
CLAIM = ClaimReference("0123456789abcdef", 2, PROJECT, PROJECT, "济宁高新区人民法院", "洸河社区")
ANOTHER = ClaimReference("fedcba9876543210", 0, "反诈宣传", "反诈骗知识宣传", "", "科苑社区")


def feedback(file: str = "反馈.pdf", pages: tuple[int, ...] = (1,), project_page: int = 1) -> Record:
    """A feedback form whose project stands on one of its pages."""
    hashes, numbers = [stat(file).sha256], [list(pages)]
    fields = {"place": value("广场", file, page=pages[0], quad=box(10, 20))}
    if project_page in pages:
        fields["project"] = value(f"{PROJECT}、反诈宣传", file, page=project_page, quad=box(10, 300))
    return Record(document_id(hashes, numbers), "service_feedback", [file], hashes, numbers, _ACCEPTED, fields)


def save(store: Store, *records: Record, replaces: dict[str, str] | None = None) -> None:
    replaced = replaces or {}
    documents = [ReadDocument(store.with_corrections(r, replaced)) for r in records]
    files = [stat(name) for name in dict.fromkeys(f for r in records for f in r.files)]
    store.save_documents(documents, files=files, supersedes=replaced)


@pytest.fixture
def served(store: Store) -> str:
    record = feedback()
    save(store, record)
    return record.document_id


def revision(store: Store, document: str) -> int:
    found = store.stored_document(document)
    assert found is not None
    return found.revision


def test_the_last_word_on_each_thing_served_holds(store: Store, served: str) -> None:
    assert store.claim_decisions() == {}
    assert store.assign_claim(served, PROJECT, CLAIM, WHO, 1) == 2
    assert store.assign_claim(served, "反诈宣传", None, WHO, 2) == 3
    assert store.assign_claim(served, PROJECT, ANOTHER, OTHER, 3) == 4
    assert store.claim_decisions() == {(served, PROJECT): ANOTHER, (served, "反诈宣传"): None}
    assert [(c.path, c.old_value) for c in store.corrections(served)] == [
        (f">{PROJECT}", None),
        (">反诈宣传", None),
        (f">{PROJECT}", CLAIM.to_list()),
    ]


def test_what_is_taken_back_gives_way_to_what_was_said_before(store: Store, served: str) -> None:
    store.assign_claim(served, PROJECT, None, WHO, 1)
    store.assign_claim(served, PROJECT, CLAIM, OTHER, 2)
    assert store.withdraw_claim(served, PROJECT, WHO, 3) == 4
    assert store.claim_decisions() == {(served, PROJECT): None}
    store.withdraw_claim(served, PROJECT, WHO, 4)
    assert store.claim_decisions() == {}
    with pytest.raises(NotFoundError, match="撤销"):
        store.withdraw_claim(served, PROJECT, WHO, 5)
    assert revision(store, served) == 5


def test_who_saw_another_revision_is_refused(store: Store, served: str) -> None:
    store.assign_claim(served, PROJECT, CLAIM, WHO, 1)
    for deed in (
        lambda: store.assign_claim(served, PROJECT, None, OTHER, 1),
        lambda: store.withdraw_claim(served, PROJECT, OTHER, 1),
    ):
        with pytest.raises(ConflictError):
            deed()
    assert store.claim_decisions() == {(served, PROJECT): CLAIM}
    with pytest.raises(NotFoundError):
        store.assign_claim("0" * 16, PROJECT, None, WHO, 1)


def test_the_log_tells_of_it_without_values_and_outputs_are_made_anew(store: Store, served: str) -> None:
    before = store.change_number()
    store.assign_claim(served, PROJECT, CLAIM, WHO, 1)
    assert store.changed_since(before)
    before = store.change_number()
    store.withdraw_claim(served, PROJECT, OTHER, 2)
    assert store.changed_since(before)
    lines = store.audit_entries(document_id=served)[-2:]
    assert [(e.action, e.actor, e.path, e.detail) for e in lines] == [
        ("claim_assigned", WHO, ">", {"correction": 1, "none": False}),
        ("correction_withdrawn", OTHER, ">", {"correction": 1}),
    ]
    assert PROJECT not in json.dumps([e.detail for e in lines], ensure_ascii=False)


def test_the_life_of_a_document_tells_what_was_decided(store: Store, served: str) -> None:
    store.assign_claim(served, PROJECT, CLAIM, WHO, 1)
    store.assign_claim(served, PROJECT, None, OTHER, 2)
    store.withdraw_claim(served, PROJECT, OTHER, 3)
    told = [(e.kind, e.actor, e.path, e.old, e.new) for e in store.life(served)][1:]
    assert told == [
        ("claim_assigned", WHO, f">{PROJECT}", None, CLAIM.to_list()),
        ("claim_assigned", OTHER, f">{PROJECT}", CLAIM.to_list(), []),
        ("correction_withdrawn", OTHER, f">{PROJECT}", [], CLAIM.to_list()),
    ]
    assert [e.kind for e in store.life(served, f">{PROJECT}")] == [
        "document_read",
        "claim_assigned",
        "claim_assigned",
        "correction_withdrawn",
    ]


def test_values_and_statuses_are_left_alone(store: Store, served: str) -> None:
    before = store.record(served)
    store.assign_claim(served, PROJECT, CLAIM, WHO, 1)
    assert store.record(served) == before
    save(store, feedback())
    assert store.record(served) == before
    assert store.claim_decisions() == {(served, PROJECT): CLAIM}


def test_a_decision_goes_with_the_page_that_names_the_project(store: Store) -> None:
    both, first, second = feedback(pages=(1, 2), project_page=2), feedback(pages=(1,)), feedback(pages=(2,))
    second.fields["project"] = value(PROJECT, second.files[0], page=2, quad=box(10, 300))
    del first.fields["project"]
    save(store, both)
    store.assign_claim(both.document_id, PROJECT, CLAIM, WHO, 1)
    save(store, first, second, replaces={both.document_id: first.document_id})
    decided = store.claim_decisions()
    assert decided[second.document_id, PROJECT] == CLAIM
    assert (first.document_id, PROJECT) not in decided
    joined = {first.document_id: both.document_id, second.document_id: both.document_id}
    store.withdraw_claim(second.document_id, PROJECT, OTHER, 1)
    save(store, both, replaces=joined)
    assert (both.document_id, PROJECT) not in store.claim_decisions()  # taken back meanwhile


def test_a_better_scan_of_the_same_paper_takes_it_along(store: Store, served: str) -> None:
    store.assign_claim(served, PROJECT, None, WHO, 1)
    better = feedback("反馈_清晰.pdf")
    save(store, better, replaces={served: better.document_id})
    assert store.claim_decisions()[better.document_id, PROJECT] is None
    assert [e.kind for e in store.life(better.document_id) if e.path == f">{PROJECT}"] == ["corrected"]


@pytest.mark.parametrize("project", ["", "%_\\", "!x", "=", "rows.0", "rows.0.phone", "\x00\ud800", "长" * 5000])
def test_projects_of_any_spelling(store: Store, served: str, project: str) -> None:
    store.assign_claim(served, project, CLAIM, WHO, 1)
    assert store.claim_decisions() == {(served, project): CLAIM}
    save(store, feedback())
    store.withdraw_claim(served, project, WHO, revision(store, served))
    assert store.claim_decisions() == {}


def test_a_decision_is_no_field(store: Store, served: str) -> None:
    with pytest.raises(NotFoundError):
        store.correct(served, f">{PROJECT}", "x", WHO, 1, add=True)
    with pytest.raises(NotFoundError):
        store.propose(served, f">{PROJECT}", "x", WHO, 1, add=True)
    assert list(store.examples()) == []


# What the last export made of it


def known(
    number: str, project: str = PROJECT, by: str = "济宁高新区人民法院", community: str = "洸河社区"
) -> KnownClaim:
    reference = ClaimReference(sha(number)[:16], 0, project, project, by, community)
    return KnownClaim(number, project, by, community, "未反馈", reference)


def test_matches_are_kept_as_they_are(store: Store, served: str) -> None:
    claims = [known("R00000001"), known("R00000002", "反诈骗知识宣传")]
    things = [
        Served(served, PROJECT, "人民法院", "洸河社区", "R00000001", "人工指定"),
        Served(served, "反诈宣传", "人民法院", "洸河社区", None, "没有找到相近的认领", ("R00000002", "R00000001")),
    ]
    store.keep_claims(claims, things)
    assert store.served_of(served) == things
    assert len({one.key for one in things}) == 2
    assert store.claims_numbered(["R00000002", "R0"]) == {"R00000002": claims[1]}
    assert sorted(store.claims(), key=lambda c: c.number) == claims
    store.keep_claims(claims[:1], [things[1]])
    assert (store.claims(), store.served_of(served)) == (claims[:1], [things[1]])


def test_only_what_differs_is_written(store: Store, served: str) -> None:
    things = [Served(served, f"项目{i}", "", "", None, "") for i in range(3)]
    claims = [known(f"R0000000{i}") for i in range(5)]
    store.keep_claims(claims, things)
    written: list[str] = []
    engine = store._writer

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.split()[0] in ("INSERT", "UPDATE", "DELETE"):
            written.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        store.keep_claims(claims, things)
        assert written == []
        store.keep_claims(
            [known("R00000000", "其他"), *claims[1:]], [*things[:2], Served(served, "新", "", "", None, "")]
        )
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert [statement.split()[0] for statement in written] == ["UPDATE", "UPDATE"]


def test_what_is_kept_goes_with_its_document(store: Store, served: str) -> None:
    gone = "f" * 16
    store.keep_claims([], [Served(gone, PROJECT, "", "", None, ""), Served(served, PROJECT, "", "", None, "")])
    assert (store.served_of(gone), len(store.served_of(served))) == ([], 1)
    with store.writing() as connection:
        connection.execute(text("DELETE FROM documents"))
    assert store.served_of(served) == []


def test_claims_are_searched_by_every_word_and_near_ones_come_first(store: Store) -> None:
    store.keep_claims(
        [
            known("R0000000A", "义务法律咨询", "甲单位", "洸河社区"),
            known("R0000000B", "义务法律咨询", "乙单位", "科苑社区"),
            known("R0000000C", "图书捐赠100%", "乙单位", "洸河社区"),
        ],
        [],
    )

    def numbers(query: str = "", **near: str) -> list[str]:
        return [c.number[-1] for c in store.claims(query, **near)]

    assert numbers("法律 乙") == ["B"]
    assert numbers("r0000000c") == ["C"]
    assert numbers("100%") == ["C"]
    assert numbers("%") == ["C"]
    assert numbers("没有的") == []
    assert numbers(by="乙单位", community="洸河社区")[0] == "C"
    assert numbers("法律", community="洸河社区") == ["A", "B"]
    assert len(store.claims(limit=2)) == 2
