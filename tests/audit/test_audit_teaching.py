"""What the page of teaching offers: unknown documents that look alike as one entry, the others one by one."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.audit.views.teaching import unknown_kinds
from pipeline.records import UNKNOWN_TYPE, FieldStatus, FieldValue, Record, document_id
from pipeline.scanned import FileStat
from pipeline.teaching.lessons import MOST_PAGES
from tests.audit.audit_site import ADMIN, CLERK, ROLES, Site, known_hash, serving

LABELS = ("借用人", "所在部门", "联系电话", "设备名称", "借用日期")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(tmp_path / "site", filled=False) as served:
        for name in (CLERK, ADMIN):
            served.store.add_user(name, ROLES[name], known_hash(), actor="test")
        yield served


def bring(site: Site, file: str, title: str = "设备借用单", labels: Sequence[str] = LABELS, pages: int = 1) -> str:
    """A document of no known form; its id."""
    sha256 = hashlib.sha256(file.encode()).hexdigest()
    numbers = [list(range(1, pages + 1))]
    record = Record(document_id([sha256], numbers), UNKNOWN_TYPE, [file], [sha256], numbers)
    said = {"title": title} if title else {}
    said |= {label: f"{label}写的" for label in labels}
    record.fields = {key: FieldValue(text, text, 0.5, FieldStatus.REVIEW, file, 1) for key, text in said.items()}
    site.store.save_record(record, files=[FileStat(file, sha256, 1, 1)])
    return record.document_id


def test_what_looks_alike_is_one_kind_and_the_commonest_comes_first(site: Site) -> None:
    bring(site, "访客.jpg", "访客登记表", ("来访人", "被访人"))
    slips = {bring(site, f"借用{n}.jpg") for n in range(3)}
    kinds = unknown_kinds(site.desk)
    assert [(kind.name, len(kind.copies)) for kind in kinds] == [("设备借用单", 3), ("访客登记表", 1)]
    assert {choice.document_id for choice in kinds[0].copies} == slips
    assert set(kinds[0].samples) == slips


def test_a_draft_is_begun_with_the_copies_of_which_most_was_read(site: Site) -> None:
    poor = bring(site, "1.jpg", labels=LABELS[:4])
    untitled = bring(site, "2.jpg", "")
    good = {bring(site, f"{n}.jpg") for n in range(3, 8)}
    [kind] = unknown_kinds(site.desk)
    assert len(kind.copies) == 7
    assert len(kind.samples) == 4
    assert set(kind.samples) <= good
    assert not {poor, untitled} & set(kind.samples)


def test_copies_of_many_pages_are_no_more_than_a_lesson_takes(site: Site) -> None:
    for n in range(4):
        bring(site, f"{n}.pdf", pages=MOST_PAGES // 2)
    [kind] = unknown_kinds(site.desk)
    assert len(kind.samples) == 2
    with site.person(ADMIN) as admin:
        assert admin.post("/teaching", json={"documents": list(kind.samples)}).status_code == 200


def test_one_copy_longer_than_a_lesson_is_listed_and_not_offered(site: Site) -> None:
    for n in range(2):
        bring(site, f"{n}.pdf", pages=MOST_PAGES + 1)
    [kind] = unknown_kinds(site.desk)
    assert (len(kind.copies), kind.samples) == (2, ())
    with site.person(ADMIN) as admin:
        assert "data-begin" not in admin.get("/teaching").text


def test_the_page_shows_an_entry_a_kind(site: Site) -> None:
    slips = [bring(site, f"借用{n}.jpg") for n in range(2)]
    other = bring(site, "<b>访客.jpg", "访客登记表", ("来访人", "被访人"))
    with site.person(ADMIN) as admin:
        shown = admin.get("/teaching").text
    entries = re.findall(r"<li>.*?</li>", re.search(r'<ul class="samples">.*?</ul>', shown, re.S)[0], re.S)  # type: ignore[index]
    assert len(entries) == 2
    assert "2 份" in entries[0]
    begun = re.search(r'data-begin="([^"]*)"', entries[0])
    assert begun is not None
    assert set(begun[1].split()) == set(slips)
    assert all(f'value="{slip}"' in entries[0] for slip in slips)
    assert "data-begin" not in entries[1]
    assert f'value="{other}"' in entries[1]
    assert "<b>访客" not in shown
    assert "<b>访客" in html.unescape(entries[1])


def test_a_number_that_was_taken_for_a_label_is_half_hidden(site: Site) -> None:
    for n in range(2):
        bring(site, f"{n}.jpg", "", ("l38OO001234",))
    [kind] = unknown_kinds(site.desk)
    assert kind.name == "l38****1234"


def test_only_those_who_administer_may_see_it(site: Site) -> None:
    bring(site, "a.jpg")
    with site.person(CLERK) as clerk:
        assert clerk.get("/teaching").status_code == 403
