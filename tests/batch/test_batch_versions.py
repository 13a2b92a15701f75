"""A scan that is replaced: by a better one of the same paper, which stands for it, or by another paper, beside it."""

from __future__ import annotations

import pytest

from pipeline.batch.run import Order
from pipeline.batch.versions import same_paper, superseded
from pipeline.definitions import Forms
from pipeline.records import FieldStatus, Record, document_id
from pipeline.scanned import FileStat
from tests.support.folders import record_of
from tests.support.papers import Office, member, page, scan

PERSON = {
    "id_number": "370811198003154510",
    "birth_date": "1980-03-15",
    "phone": "13812345678",
    "home_address": "高新区崇文大道199号",
}
COLLEAGUE = {
    "id_number": "370811197511234521",
    "birth_date": "1975-11-23",
    "phone": "13998765432",
    "home_address": "任城区洸河路22号",
}
BAD_SCAN = {
    "name?": "王建囯",
    "id_number?": "370817198003154510",
    "birth_date?": "1930-03-15",
    "phone": "13812345678",
    "home_address?": "高薪区崇文大首199号",
}


def named(office: Office) -> list[tuple[str, str]]:
    """File and name of each record."""
    return [(r["source"]["files"][0], r["fields"]["name"]["value"]) for r in office.records()]


# --- the same name, another content


def test_a_better_scan_of_the_same_paper_stands_for_the_bad_one(office: Office) -> None:
    office.put("a.jpg", member(**BAD_SCAN))
    office.run()
    office.put("a.jpg", member("王建国", **PERSON))
    summary = office.run()
    assert (summary.read, summary.superseded, named(office)) == (1, 1, [("a.jpg", "王建国")])
    with office.store() as store:
        assert store.record_count() == 1
        [entry] = store.audit_entries(action="document_superseded")
        old = store.stored_document(str(entry.document_id))
    assert old is not None
    assert old.record.fields["name"].value == "王建囯"  # kept as it was


def test_another_paper_of_the_same_name_stands_beside_it(office: Office) -> None:
    """Scanners number from 1 again. A colleague's form differs in little: unit, community and day are the same."""
    office.put("scan001.jpg", member("王建国", gender="男", **PERSON))
    office.run()
    office.put("scan001.jpg", member("李建军", gender="男", **COLLEAGUE))
    assert office.run().superseded == 0
    assert sorted(named(office)) == [("scan001.jpg", "李建军"), ("scan001.jpg", "王建国")]


def test_a_scan_of_which_nothing_could_be_made_is_replaced_by_whatever_overwrites_it(office: Office) -> None:
    office.put("a.jpg", scan(page("unknown", text="模糊")))
    office.run()
    office.put("a.jpg", member("王建国", **PERSON))
    assert office.run().superseded == 1
    assert named(office) == [("a.jpg", "王建国")]


@pytest.mark.parametrize("freed", ["taken away", "moved to the archive", "lives on in a copy"])
def test_an_unknown_paper_is_not_pushed_out_by_another_one_that_gets_its_name(office: Office, freed: str) -> None:
    intake = {"originals": "move"} if freed == "moved to the archive" else {}
    office.put("scan001.jpg", scan(page("unknown", text="会议纪要")))
    if freed == "lives on in a copy":
        office.put("会议纪要.jpg", scan(page("unknown", text="会议纪要")))
    office.run(intake=intake)
    if freed == "taken away":
        (office.scans / "scan001.jpg").unlink()
        office.run()
    office.put("scan001.jpg", member("王建国", **PERSON))
    assert office.run(intake=intake).superseded == 0
    assert sorted(r["doc_type"] for r in office.records()) == ["member_registration", "unknown"]


def test_the_same_paper_scanned_again_after_its_name_was_freed_is_known_again(office: Office) -> None:
    office.put("a.jpg", member("王建国", **PERSON, number=1))
    office.run()
    (office.scans / "a.jpg").unlink()
    office.run()
    office.put("a.jpg", member("王建国", **PERSON, number=2))
    assert (office.run().superseded, named(office)) == (1, [("a.jpg", "王建国")])


def test_corrections_go_over_to_the_better_scan_and_are_validated_with_it(office: Office) -> None:
    office.put("a.jpg", member(**BAD_SCAN))
    office.run()
    [record] = office.records()
    with office.store() as store:
        store.correct(record["document_id"], "name", "王建国", "李核对", 1)
        store.correct(record["document_id"], "id_number", "370811198107224518", "李核对", 2)
    better = {key: value for key, value in PERSON.items() if key != "id_number"}
    office.put("a.jpg", member(**better, **{"name?": "王健国", "id_number?": "370811198107224511"}))
    office.run()
    [record] = office.records()
    fields = record["fields"]
    assert {key: fields[key]["value"] for key in ("name", "id_number")} == {
        "name": "王建国",
        "id_number": "370811198107224518",
    }
    assert fields["name"]["status"] == FieldStatus.CORRECTED.value
    assert "id_birth_mismatch" in fields["id_number"]["issues"]  # the day of birth is read well by now
    again = office.run(Order(force=True))
    assert (again.read, again.superseded, office.names()) == (1, 0, ["王建国"])


# --- the same content, other pages


def test_a_page_that_comes_later_makes_the_document_whole(office: Office) -> None:
    office.put("协议_1.jpg", scan(page("agreement", party_a="科苑社区党委", sign_date="2019-05-18")))
    office.run()
    office.put("协议_2.jpg", scan(page(None, term_end="2020-05-18")))
    assert office.run().superseded == 1
    assert [r["source"]["files"] for r in office.records()] == [["协议_1.jpg", "协议_2.jpg"]]


def test_a_page_scanned_anew_keeps_the_document_one(office: Office) -> None:
    office.put("协议_1.jpg", scan(page("agreement", party_a="科苑社区党委", sign_date="2019-05-18")))
    office.put("协议_2.jpg", scan(page(None, term_end="2026-05-18")))
    office.run()
    office.put("协议_2.jpg", scan(page(None, term_end="2020-05-18"), number=2))
    assert office.run().superseded == 1
    [record] = office.records()
    assert record["fields"]["term_end"]["value"] == "2020-05-18"


def test_a_pile_of_forms_that_is_told_apart_otherwise_mixes_up_no_people(forms: Forms) -> None:
    """Each old document goes to the one that has its pages, and with it what people said of its fields."""
    old = [pile(1, 1), pile(2, 2), pile(3, 4)]
    new = [pile(1, 1), pile(2, 4)]
    assert superseded(old[1:], new, forms) == {o.document_id: new[1].document_id for o in old[1:]}
    assert superseded([pile(1, 4)], [pile(1, 2), pile(3, 3), pile(4, 4)], forms) == {
        pile(1, 4).document_id: pile(1, 2).document_id
    }


def test_a_page_now_taken_for_a_blank_back_is_still_accounted_for(forms: Forms) -> None:
    new = pile(1, 1)
    new.blank = [("pile.pdf", 2)]
    assert superseded([pile(2, 2)], [new], forms) == {pile(2, 2).document_id: new.document_id}


def pile(first: int, last: int) -> Record:
    """The registration on some pages of one file."""
    record = record_of("member_registration", FileStat("pile.pdf", "ab" * 32, 1, 1), name=f"第{first}人")
    record.pages = [list(range(first, last + 1))]
    record.document_id = document_id(record.sha256, record.pages)
    return record


# --- what is the same paper


def reading(name: str, doubtful: tuple[str, ...] = (), **fields: str) -> Record:
    office = {"employer": "济宁高新区税务局", "community": "科苑社区", "report_date": "2019-05-18"}
    record = record_of("member_registration", FileStat("a.jpg", "ab" * 32, 1, 1), name=name, **office, **fields)
    for key in doubtful:
        record.fields[key].status = FieldStatus.REVIEW
    return record


def test_a_reading_is_of_the_same_paper_as_itself_and_as_a_worse_one(forms: Forms) -> None:
    form = forms["member_registration"]
    good = reading("王建国", **PERSON)
    assert same_paper(good, good, form)
    blurred = {**PERSON, "id_number": "310811198008154510", "birth_date": "1980-08-15", "home_address": "高新区崇文"}
    assert same_paper(reading("王建囯", ("name", *blurred), **blurred), good, form)


def test_what_both_are_sure_of_and_differs_tells_papers_apart(forms: Forms) -> None:
    """The same person's registration of another year, say: it is another paper."""
    form = forms["member_registration"]
    later = {**PERSON, "phone": "15900001111", "home_address": "任城区洸河路22号"}
    assert not same_paper(reading("王建国", **PERSON), reading("王建国", **later), form)
    assert same_paper(reading("王建国", ("phone", "home_address"), **PERSON), reading("王建国", **later), form)


def test_whose_names_are_sure_and_differ_are_two_people(forms: Forms) -> None:
    form = forms["member_registration"]
    assert not same_paper(reading("王建国", **PERSON), reading("王建军", **PERSON), form)
    assert same_paper(reading("王建国", ("name",), **PERSON), reading("王建军", **PERSON), form)


def test_what_is_alike_on_every_paper_of_a_unit_proves_nothing(forms: Forms) -> None:
    form = forms["member_registration"]
    doubtful = ("name", *PERSON)
    assert not same_paper(reading("王建国", doubtful, **PERSON), reading("李建军", **COLLEAGUE), form)
    assert not same_paper(reading("王建国"), reading("李建军"), form)


def test_papers_of_different_forms_are_different(forms: Forms) -> None:
    registration = reading("王建国", **PERSON)
    agreement = record_of("agreement", FileStat("b.jpg", "cd" * 32, 1, 1), party_a="科苑社区")
    assert not same_paper(registration, agreement, forms["agreement"])
    assert not same_paper(registration, record_of("unknown", FileStat("b.jpg", "cd" * 32, 1, 1)), None)
