"""Checks across documents, on the real store: who is there twice, which claims and deeds hang in the air."""

from __future__ import annotations

import pytest

from pipeline.batch import crosscheck
from pipeline.batch.crosscheck import cross_check
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.gist import Gist
from pipeline.records import DocumentStatus, Record
from pipeline.store import Store
from tests.support.folders import Folders, record_of, save

PROJECT = "社区环境卫生整治"  # in the office's own list
UNIT, COMMUNITY = "济宁高新区税务局", "科苑社区"


def codes(store: Store, record: Record) -> set[str]:
    stored = store.record(record.document_id)
    assert stored is not None
    return set(stored.issues)


def member(folders: Folders, store: Store, file: str, **fields: object) -> Record:
    made = {"name": "王建国", "id_number": "370811198003154510", "employer": UNIT, "community": COMMUNITY, **fields}
    return save(store, (stat := folders.put(file, file)), record=record_of("member_registration", stat, **made))


def feedback(folders: Folders, store: Store, file: str, project: str) -> Record:
    stat = folders.put(file, file)
    fields = {"service_unit": UNIT, "community": COMMUNITY, "project": project, "service_date": "2019-06-18"}
    return save(store, stat, record=record_of("service_feedback", stat, **fields))


def test_the_same_person_twice(folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries) -> None:
    first, second = member(folders, store, "a.jpg"), member(folders, store, "b.jpg", community="永丰社区")
    other = member(folders, store, "c.jpg", name="李芳", id_number="370883196911142436")
    assert cross_check(store, forms, dictionaries) == 2
    assert [("duplicate_person" in codes(store, r)) for r in (first, second, other)] == [True, True, False]
    stored = store.record(first.document_id)
    assert stored is not None
    assert stored.status is DocumentStatus.REVIEW


def test_a_code_is_taken_back_when_its_cause_goes(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    first, second = member(folders, store, "a.jpg"), member(folders, store, "b.jpg", community="永丰社区")
    cross_check(store, forms, dictionaries)
    store.remove_documents([second.document_id])
    cross_check(store, forms, dictionaries)
    stored = store.record(first.document_id)
    assert stored is not None
    assert (stored.issues, stored.status) == ([], DocumentStatus.ACCEPTED)


def test_checking_again_changes_nothing(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    member(folders, store, "a.jpg")
    member(folders, store, "b.jpg")
    assert cross_check(store, forms, dictionaries) > 0
    assert cross_check(store, forms, dictionaries) == 0


def test_a_claim_of_a_project_that_no_list_has(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    known = member(folders, store, "a.jpg", claimed_projects=PROJECT)
    unknown = member(
        folders, store, "b.jpg", name="李芳", id_number="370883196911142436", claimed_projects="养蜂技术推广"
    )
    cross_check(store, forms, dictionaries)
    assert "claim_without_project" not in codes(store, known)
    assert "claim_without_project" in codes(store, unknown)

    stat = folders.put("list.jpg", "list")  # the community then hands in its list of projects
    projects = record_of("item_list", stat, list_kind="project", community=COMMUNITY)
    projects.rows = [{"item": record_of("item_list", stat, item="养蜂技术推广").fields["item"]}]
    save(store, stat, record=projects)
    cross_check(store, forms, dictionaries)
    assert "claim_without_project" not in codes(store, unknown)


def test_feedback_on_what_nobody_claimed(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    told = feedback(folders, store, "f.jpg", PROJECT)
    cross_check(store, forms, dictionaries)
    assert "feedback_without_claim" in codes(store, told)
    member(folders, store, "a.jpg", claimed_projects=PROJECT)
    cross_check(store, forms, dictionaries)
    assert "feedback_without_claim" not in codes(store, told)


def test_nothing_stored_is_nothing_to_check(store: Store, forms: Forms, dictionaries: Dictionaries) -> None:
    assert cross_check(store, forms, dictionaries) == 0


def test_the_same_scan_twice(folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries) -> None:
    record = member(folders, store, "a.jpg")
    store.save_duplicate(folders.put("b.jpg", "a.jpg"), record.document_id)
    cross_check(store, forms, dictionaries)
    assert codes(store, record) == {"duplicate_document"}


def test_what_many_documents_state_is_matched_once(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    gists: list[Gist] = []
    matched = crosscheck.loose_ends
    monkeypatch.setattr(crosscheck, "loose_ends", lambda gist, *given: (gists.append(gist), matched(gist, *given))[1])
    for number in range(4):
        member(folders, store, f"{number}.jpg", claimed_projects=PROJECT)
    cross_check(store, forms, dictionaries)
    cross_check(store, forms, dictionaries)  # nothing changed: nothing is matched
    [gist] = gists
    assert len(gist.claimed) == 1
    assert list(gist.names[1].values()) == [4]


def test_a_claim_of_nobody_is_its_documents_own(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    told = feedback(folders, store, "f.jpg", PROJECT)
    store.correct(told.document_id, "service_unit", "", "李核对", 1)
    member(folders, store, "a.jpg", employer="", claimed_projects=PROJECT)
    cross_check(store, forms, dictionaries)
    assert "feedback_without_claim" not in codes(store, told)  # the one claim of that project there
    member(folders, store, "b.jpg", employer="", claimed_projects=PROJECT)
    cross_check(store, forms, dictionaries)
    assert "feedback_without_claim" in codes(store, told)  # either may be meant


def test_feedback_before_the_claim_is_none_of_it(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    early, late = feedback(folders, store, "f.jpg", PROJECT), feedback(folders, store, "g.jpg", PROJECT)
    store.correct(late.document_id, "service_date", "2019-08-01", "李核对", 1)
    member(folders, store, "a.jpg", claimed_projects=PROJECT, report_date="2019-07-01")
    cross_check(store, forms, dictionaries)
    assert ["feedback_without_claim" in codes(store, r) for r in (early, late)] == [True, False]
    member(folders, store, "b.jpg", claimed_projects=PROJECT, report_date="2019-05-01")
    cross_check(store, forms, dictionaries)
    assert "feedback_without_claim" not in codes(store, early)
