"""Pages that a person arranged: one document in that order, of that form; all others grouped by what they say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import pytest

from pipeline.flow import Tools, read_documents
from pipeline.forms.arranged import Gathering
from pipeline.intake.pages import read_pages
from pipeline.records import Arrangement, Record
from pipeline.settings import Settings
from pipeline.sheets import PageImage
from tests.conftest import SCANS
from tests.support.pages import grainy, paper

AGREEMENT = "共建协议_两页.tif"
FIRST, SECOND = "共建协议_1.jpg", "共建协议_2.jpg"
MEMBER, UNIT = "党员登记表_平板扫描.jpg", "单位登记表_平板扫描.jpg"


@cache
def hash_of(name: str) -> str:
    return hashlib.sha256((SCANS / name).read_bytes()).hexdigest()


def arrange(*pages: tuple[str, int], doc_type: str | None = None, id: str = "one") -> Arrangement:
    return Arrangement(id, tuple((hash_of(name), number) for name, number in pages), doc_type)


def read(tools: Tools, settings: Settings, names: Sequence[str], *arrangements: Arrangement) -> list[Record]:
    pages = (page for name in names for page in read_pages(SCANS / name, name, settings.limits))
    return list(read_documents(pages, {name: hash_of(name) for name in names}, tools, arrangements))


def shape(records: Sequence[Record]) -> list[tuple[str, list[str], list[list[int]]]]:
    return [(record.doc_type, record.files, record.pages) for record in records]


def test_a_document_that_a_person_parted_is_two(tools: Tools, settings: Settings) -> None:
    parts = [arrange((AGREEMENT, 1), id="front"), arrange((AGREEMENT, 2), id="rest")]
    first, second = read(tools, settings, [AGREEMENT], *parts)
    assert shape([first, second]) == [
        ("agreement", [AGREEMENT], [[1]]),
        ("agreement", [AGREEMENT], [[2]]),
    ]
    assert "page_missing" in first.issues  # the seals of the end are not on it
    assert "page_missing" not in second.issues  # a person says that it begins here
    assert len({first.document_id, second.document_id}) == 2


def test_pages_of_two_files_are_one_document_in_the_order_given(tools: Tools, settings: Settings) -> None:
    whole = read(tools, settings, [FIRST, SECOND])
    joined = read(tools, settings, [SECOND, FIRST], arrange((FIRST, 1), (SECOND, 1)))
    assert shape(joined) == shape(whole) == [("agreement", [FIRST, SECOND], [[1], [1]])]
    assert joined[0].document_id == whole[0].document_id
    assert joined[0].fields == whole[0].fields


def test_pages_that_say_nothing_of_each_other_stay_together_where_a_person_says_so(
    tools: Tools, settings: Settings
) -> None:
    [record] = read(tools, settings, [MEMBER, UNIT], arrange((MEMBER, 1), (UNIT, 1)))
    assert shape([record]) == [("member_registration", [MEMBER, UNIT], [[1], [1]])]


def test_the_form_that_a_person_named_is_read(tools: Tools, settings: Settings) -> None:
    [record] = read(tools, settings, [MEMBER], arrange((MEMBER, 1), doc_type="unit_registration"))
    assert record.doc_type == "unit_registration"
    assert set(record.fields) == {field.key for field in tools.forms["unit_registration"].fields}
    [unknown] = read(tools, settings, [MEMBER], arrange((MEMBER, 1), doc_type="unknown"))
    assert (unknown.doc_type, unknown.issues) == ("unknown", ["unknown_document"])
    assert {"text_1", "title", "姓名", "身份证号"} <= set(unknown.fields)


def test_a_form_that_is_there_no_more_is_for_the_content_to_say(tools: Tools, settings: Settings) -> None:
    [record] = read(tools, settings, [MEMBER], arrange((MEMBER, 1), doc_type="abolished"))
    assert record.doc_type == "member_registration"


def test_an_arrangement_of_which_a_page_did_not_come_says_so(tools: Tools, settings: Settings) -> None:
    pages = [(MEMBER, 1), (UNIT, 1)]
    [record] = read(tools, settings, [MEMBER], arrange(*pages))
    assert shape([record]) == [("member_registration", [MEMBER], [[1]])]
    assert "page_missing" in record.issues


def test_a_blank_page_of_an_arrangement_is_noted_as_blank(tools: Tools, settings: Settings) -> None:
    [front] = read_pages(SCANS / MEMBER, MEMBER, settings.limits)
    back = PageImage(MEMBER, 2, grainy(paper(), seed=2), 200.0)
    arrangement = arrange((MEMBER, 2), (MEMBER, 1))
    [record] = read_documents([front, back], {MEMBER: hash_of(MEMBER)}, tools, [arrangement])
    assert (record.pages, record.blank) == ([[1]], [(MEMBER, 2)])


def test_what_is_not_arranged_is_grouped_as_ever_and_never_across_files(tools: Tools, settings: Settings) -> None:
    """The second page of the agreement has no title; nothing but the arrangement brings the files together."""
    names = [UNIT, FIRST, SECOND]
    records = read(tools, settings, names, arrange((UNIT, 1)))
    assert shape(records) == [("unit_registration", [UNIT], [[1]]), ("agreement", [FIRST, SECOND], [[1], [1]])]
    apart = read(tools, settings, [AGREEMENT, SECOND], arrange((AGREEMENT, 2)))
    assert [files for _, files, _ in shape(apart)] == [[AGREEMENT], [AGREEMENT], [SECOND]]


class Numbered:
    def __init__(self, file: str, number: int) -> None:
        self.file, self.number = file, number


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_a_document_comes_with_its_last_page_in_its_own_order(order: tuple[int, ...]) -> None:
    arrangement = Arrangement("x", (("s", 2), ("s", 3), ("s", 1)))
    gathering: Gathering[Numbered] = Gathering([arrangement], {"a.pdf": "s", "b.pdf": "t"})
    pages = [Numbered("a.pdf", number) for number in order]
    assert [gathering.add(page) for page in pages[:2]] == [[], []]
    assert [page.number for page in gathering.add(pages[2])] == [2, 3, 1]
    assert list(gathering.rest()) == []
    assert (gathering.of(pages[0]), gathering.of(Numbered("b.pdf", 1))) == (arrangement, None)


def test_what_has_not_come_in_whole_comes_at_the_end() -> None:
    gathering: Gathering[Numbered] = Gathering([Arrangement("x", (("s", 2), ("s", 3), ("s", 1)))], {"a.pdf": "s"})
    for number in (1, 2):
        assert gathering.add(Numbered("a.pdf", number)) == []
    assert [[page.number for page in group] for group in gathering.rest()] == [[2, 1]]
