"""What people decide of feedback and claims goes before all matching."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from ledgers_samples import DICTIONARIES, FORMS, agreement, feedback, item_list, member, unit

from pipeline.ledgers import matches as nouns
from pipeline.ledgers.links import Claim, Decisions, Matches, match_claims
from pipeline.records import ClaimReference, Record

LEGAL, FRAUD = "义务法律咨询", "反诈骗知识宣传"
COURT, TAX = "济宁高新区人民法院", "济宁高新区税务局"


def match(*records: Record, decisions: Decisions | None = None) -> Matches:
    return match_claims(records, FORMS, DICTIONARIES, decisions)


def claim(found: Matches, project: str, by: str = COURT) -> Claim:
    return next(c for c in found.claims if (c.project, c.by) == (project, by))


def pairs(found: Matches) -> list[tuple[str, str, str]]:
    return [(found.claims[p.claim].project, found.claims[p.claim].by, p.note) for p in found.pairs]


def test_a_decided_pair_holds_against_names_and_days() -> None:
    records = unit(), feedback(service_unit="济宁市第十三中学", service_date="2018-01-01")
    assert match(*records).pairs == []
    wanted = claim(match(*records), FRAUD).reference
    found = match(*records, decisions={("id-f.jpg", LEGAL): wanted})
    assert pairs(found) == [(FRAUD, COURT, "人工指定")]
    assert (found.unmatched, found.decided) == ([], {0})


def test_none_goes_before_a_match() -> None:
    found = match(unit(), feedback(), decisions={("id-f.jpg", LEGAL): None})
    assert (found.pairs, found.unmatched, found.decided) == ([], [0], {0})
    assert found.hints == {0: "人工确定：不对应任何认领"}
    assert len(found.without_feedback) == 2


def test_each_project_of_a_form_is_decided_on_its_own() -> None:
    records = unit(), feedback(project=f"{LEGAL}、反诈宣传")
    found = match(*records, decisions={("id-f.jpg", "反诈宣传"): None})
    assert pairs(found) == [(LEGAL, COURT, "")]
    assert [found.fulfilments[i].project.text for i in found.unmatched] == ["反诈宣传"]
    assert len({found.served_key(i) for i in range(2)}) == 2


def test_a_claim_that_is_no_more_gives_way_to_matching() -> None:
    gone = ClaimReference("id-gone", 0, "扫雪", "扫雪", "某某厂", "洸河社区")
    [pair] = match(unit(), feedback(), decisions={("id-f.jpg", LEGAL): gone}).pairs
    assert pair.note == "原人工指定的认领已不存在"
    found = match(unit(), feedback(project="扫雪"), decisions={("id-f.jpg", "扫雪"): gone})
    assert found.hints[0].startswith("原人工指定的认领已不存在；该单位在该社区认领的项目是：")
    assert found.decided == set()


def test_a_project_that_was_rewritten_since_says_so() -> None:
    found = match(unit(), feedback(), decisions={("id-f.jpg", "义务法津咨询"): None})
    assert pairs(found) == [(LEGAL, COURT, "人工指定针对的是原来的写法“义务法津咨询”，未沿用")]
    assert match(unit(), feedback(), decisions={("id-other.jpg", "x"): None}).pairs[0].note == ""


def test_a_claim_is_found_by_its_names_where_its_document_is_another_now() -> None:
    records = [unit("better.jpg"), feedback(project="打扫卫生")]
    wanted = replace(claim(match(*records), FRAUD).reference, document_id="id-u.jpg")
    assert pairs(match(*records, decisions={("id-f.jpg", "打扫卫生"): wanted})) == [(FRAUD, COURT, "人工指定")]


def test_a_claim_is_found_by_its_place_where_its_names_are_others_now() -> None:
    before = unit(claimed_projects="法律咨洵"), feedback(project="打扫卫生")
    wanted = match(*before).claims[0].reference
    after = unit(claimed_projects="法律咨洵", unit_name=TAX), before[1]
    assert pairs(match(*after, decisions={("id-f.jpg", "打扫卫生"): wanted}))[0][1:] == (TAX, "人工指定")


def test_rows_that_moved_lead_to_the_claim_that_was_meant() -> None:
    rows = [{"item": LEGAL, "owner": owner} for owner in (COURT, TAX)]
    records = item_list(rows=rows), feedback(project="打扫卫生")
    wanted = claim(match(*records), LEGAL, TAX).reference
    assert wanted.row == 2
    for kept in (rows[::-1], [rows[1]]):
        found = match(item_list(rows=kept), records[1], decisions={("id-f.jpg", "打扫卫生"): wanted})
        assert pairs(found) == [(LEGAL, TAX, "人工指定")]


def test_claims_of_nobody_are_told_apart_by_their_documents() -> None:
    records = [member(f"{i}.jpg", employer=None, community="洸河社区") for i in range(2)]
    served = feedback(service_unit=None, project="打扫卫生")
    found = match(*records, served)
    assert len(found.claims) == 2
    wanted = found.claims[1].reference
    decided = match(*records, served, decisions={("id-f.jpg", "打扫卫生"): wanted})
    assert [p.claim for p in decided.pairs] == [1]


def test_numbers_are_short_and_the_same_in_any_order() -> None:
    records = [unit(), agreement(), member(), member("n.jpg", employer=None), item_list(), feedback()]

    def numbers(found: Matches) -> dict[str, tuple[str, str, str]]:
        return {c.number: (c.project, c.by, c.community) for c in found.claims}

    found = numbers(match(*records))
    assert found == numbers(match(*records[::-1]))
    assert all(number.startswith("R") and len(number) == 9 and int(number[1:], 16) >= 0 for number in found)
    assert found.items() >= numbers(match(*records[:1])).items()


def test_a_claim_is_found_by_its_number() -> None:
    found = match(unit(), feedback())
    assert [found.claim_numbered(c.number) for c in found.claims] == found.claims
    assert found.claim_numbered("R0") is None


def test_numbers_that_would_be_the_same_are_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    real = hashlib.sha256

    class Alike:
        """Digests that differ in the eleventh digit at the earliest."""

        def __init__(self, data: bytes) -> None:
            self._data = data

        def hexdigest(self) -> str:
            return "0" * 10 + real(self._data).hexdigest()

    monkeypatch.setattr(nouns.hashlib, "sha256", Alike)
    found = match(unit(), member())
    numbers = [c.number for c in found.claims]
    assert len(set(numbers)) == len(numbers) == 3
    assert {len(number) for number in numbers} >= {12}
    assert all(number.startswith("R0000000000") for number in numbers)
