"""The office's additions to its lists, and what corrections suggest to add. The real store and the real lists."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.batch.office import load_rules, office_lists
from pipeline.batch.office_lists import ListError, Suggestion, add_to_list, dismiss_suggestion, suggestions
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries, Dictionary
from pipeline.errors import SetupError
from pipeline.scanned import ReadDocument
from pipeline.store import Store
from tests.support.folders import Folders, record_of, save

UNIT = "济宁高新区税务局"


def units(folders: Folders) -> Dictionary:
    return load_rules(folders.settings())[1]["units"]


# --- adding


def test_a_name_and_an_alias_are_known_from_then_on(folders: Folders) -> None:
    add_to_list(folders.settings(), "units", "济宁高新区新设单位")
    add_to_list(folders.settings(), "units", UNIT, "高新税务")
    add_to_list(folders.settings(), "units", UNIT, "区税务局")
    known = units(folders)
    assert known.canonical("济宁高新区新设单位") == "济宁高新区新设单位"
    assert {known.canonical(text) for text in ("高新税务", "区税务局", "税务局")} == {UNIT}


def test_a_file_is_as_spreadsheets_want_it_and_saying_it_twice_changes_nothing(folders: Folders) -> None:
    settings = folders.settings()
    add_to_list(settings, "units", '张、王"联合",事务所', "张王所")
    path = office_lists(settings) / "units.csv"
    before = path.read_bytes()
    assert before.startswith(b"\xef\xbb\xbfname,aliases\r\n")
    add_to_list(settings, "units", '张、王"联合",事务所', "张王所")
    add_to_list(settings, "units", '张、王"联合",事务所')
    assert path.read_bytes() == before
    assert units(folders).canonical("张王所") == '张、王"联合",事务所'


def test_what_staff_wrote_into_the_file_themselves_stays(folders: Folders) -> None:
    settings = folders.settings()
    office_lists(settings).mkdir()
    path = office_lists(settings) / "units.csv"
    path.write_bytes("name,aliases\n新单位,新单\n".encode("gb18030"))
    add_to_list(settings, "units", "新单位", "新单位局")
    assert {units(folders).canonical(text) for text in ("新单", "新单位局")} == {"新单位"}


def test_an_alias_stands_for_the_last_that_it_was_given_to(folders: Folders) -> None:
    add_to_list(folders.settings(), "units", UNIT, "高新局")
    add_to_list(folders.settings(), "units", "济宁高新区新设单位", "高新局")
    assert units(folders).canonical("高新局") == "济宁高新区新设单位"


def test_many_at_once_lose_none(folders: Folders) -> None:
    names = [f"新设单位{n:02d}" for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: add_to_list(folders.settings(), "units", name), names))
    assert all(name in units(folders) for name in names)


@pytest.mark.parametrize(
    ("dictionary", "name", "alias"),
    [
        ("nothing", "某单位", None),
        ("../units", "某单位", None),
        ("units", " ", None),
        ("units", "某单位", "某单位"),
        ("units", "某|单位", None),
        ("units", "某单位", "某\n单位"),
        ("units", "=HYPERLINK(1)", None),
        ("units", "某" * 101, None),
        ("units", "某单位", UNIT),  # a name itself
    ],
)
def test_what_cannot_be_added_is_refused(folders: Folders, dictionary: str, name: str, alias: str | None) -> None:
    with pytest.raises(ListError):
        add_to_list(folders.settings(), dictionary, name, alias)
    assert not list(folders.outputs.glob("dictionaries/*.csv"))


def test_a_damaged_file_of_the_office_is_named(folders: Folders) -> None:
    office_lists(folders.settings()).mkdir()
    (office_lists(folders.settings()) / "units.csv").write_text("单位\n某单位\n", encoding="utf-8")
    with pytest.raises(SetupError, match=r"units\.csv 第 1 行"):
        add_to_list(folders.settings(), "units", "新单位")


def test_a_folder_that_cannot_be_written_is_said(folders: Folders) -> None:
    (folders.outputs / "dictionaries").write_text("in the way", encoding="utf-8")
    with pytest.raises(ListError, match="无法写入"):
        add_to_list(folders.settings(), "units", "新单位")


# --- suggesting


def left(folders: Folders, store: Store, name: str, read: dict[str, str], said: dict[str, str]) -> str:
    """A document that was read so, and what a person left there; its id."""
    stat = folders.put(f"{name}.jpg", name)
    record = save(store, stat, record=record_of("member_registration", stat, name=name, **read))
    for i, (key, value) in enumerate(said.items(), start=1):
        store.correct(record.document_id, key, value, "李核对", i)
    return record.document_id


def test_what_people_left_that_is_in_no_list_is_a_name_to_add(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    new = "济宁高新区新设单位"
    first = left(folders, store, "甲", {"employer": new}, {"employer": new})
    second = left(folders, store, "乙", {"employer": "济宁高新区新没单位"}, {"employer": new})
    left(folders, store, "丙", {"employer": "另一单位"}, {})  # nobody looked
    left(folders, store, "丁", {"phone": "1"}, {"phone": "13812345678"})  # of no list
    assert suggestions(store, forms, dictionaries) == [Suggestion("units", new, None, 2, (first, second))]


def test_what_a_name_of_the_list_was_put_for_may_be_how_people_write_it(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    document = left(folders, store, "甲", {"employer": "济宁高新税务局"}, {"employer": UNIT})
    left(folders, store, "乙", {"employer": "国防"}, {"employer": UNIT})  # nothing like it
    left(folders, store, "丙", {"employer": UNIT}, {"employer": UNIT})
    left(folders, store, "丁", {"employer": "税务局"}, {"employer": UNIT})  # an alias already
    assert suggestions(store, forms, dictionaries) == [Suggestion("units", UNIT, "济宁高新税务局", 1, (document,))]


def test_the_last_word_counts_and_what_was_withdrawn_does_not(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    left(folders, store, "甲", {"employer": "某局"}, {"employer": "济宁高新区错写单位"})
    document = left(folders, store, "乙", {"employer": "某"}, {"employer": "济宁高新区另一单位"})
    store.correct(store_id(store, "甲"), "employer", UNIT, "李核对", 2)
    assert [s.name for s in suggestions(store, forms, dictionaries)] == ["济宁高新区另一单位"]
    store.withdraw(document, "employer", "李核对", 2)
    assert suggestions(store, forms, dictionaries) == []


def store_id(store: Store, name: str) -> str:
    return next(r.document_id for r in store.records() if r.fields["name"].value == name)


def test_things_in_a_list_are_weighed_one_by_one(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    form, field = next(
        (form, field)
        for form in forms.values()
        for field in form.fields
        if field.type == "list" and field.dictionary and not field.closed
    )
    known = next(iter(dictionaries[field.dictionary or ""].spellings))
    stat = folders.put("a.jpg", "a")
    record = save(store, stat, record=record_of(form.type, stat, **{field.key: f"{known}、{known}员、旧物"}))
    store.correct(record.document_id, field.key, f"{known}、{known}、新鲜事物", "李核对", 1)
    found = {(s.name, s.alias) for s in suggestions(store, forms, dictionaries)}
    assert found == {(known, f"{known}员"), ("新鲜事物", None)}


def test_a_better_scan_does_not_count_twice(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    old = left(folders, store, "甲", {"employer": "某"}, {"employer": "济宁高新区新设单位"})
    stat = folders.put("better.jpg", "better")
    new = record_of("member_registration", stat, name="甲", employer="某")
    store.save_documents([ReadDocument(new)], files=[stat], supersedes={old: new.document_id})
    assert [s.documents for s in suggestions(store, forms, dictionaries)] == [(new.document_id,)]


def test_what_was_dismissed_or_added_is_suggested_no_more(
    folders: Folders, store: Store, forms: Forms, dictionaries: Dictionaries
) -> None:
    left(folders, store, "甲", {"employer": "济宁高新税务局"}, {"employer": UNIT})
    left(folders, store, "乙", {"employer": "某"}, {"employer": "济宁高新区新设单位"})
    left(folders, store, "丙", {"employer": "某"}, {"employer": "济宁高新区另一单位"})
    dismiss_suggestion(store, "units", UNIT, "济宁高新税务局")
    dismiss_suggestion(store, "units", "济宁高新区另一单位")
    assert [s.name for s in suggestions(store, forms, dictionaries)] == ["济宁高新区新设单位"]
    add_to_list(folders.settings(), "units", "济宁高新区新设单位")
    assert suggestions(store, *load_rules(folders.settings())) == []
