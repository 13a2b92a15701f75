"""The office's lists: spellings and aliases, files as spreadsheets save them, errors with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.dictionaries import Dictionary, load_dictionaries
from pipeline.errors import SetupError

UNITS = "name,aliases\n济宁高新区税务局,高新区税务局|税务局\n洸河小学,\n"


def load(folder: Path, text: str | bytes, encoding: str = "utf-8") -> Dictionary:
    data = text if isinstance(text, bytes) else text.encode(encoding)
    (folder / "units.csv").write_bytes(data)
    return load_dictionaries(folder)["units"]


def test_names_and_aliases(tmp_path: Path) -> None:
    units = load(tmp_path, UNITS)
    for text, entry in {
        "济宁高新区税务局": "济宁高新区税务局",
        "高新区税务局": "济宁高新区税务局",
        "税务局": "济宁高新区税务局",
        "洸河小学": "洸河小学",
    }.items():
        assert text in units
        assert units.canonical(text) == entry


def test_a_name_of_no_entry_stays_as_it_is(tmp_path: Path) -> None:
    units = load(tmp_path, UNITS)
    assert "商务局" not in units
    assert units.canonical("商务局") == "商务局"
    assert units.canonical("") == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_as_editors_and_spreadsheets_save_them(tmp_path: Path, encoding: str, newline: str) -> None:
    units = load(tmp_path, UNITS.replace("\n", newline), encoding)
    assert units.canonical("税务局") == "济宁高新区税务局"
    assert "洸河小学" in units
    assert len(units.spellings) == 4


def test_an_empty_line_and_blanks_around_names_do_no_harm(tmp_path: Path) -> None:
    units = load(tmp_path, "name,aliases\n\n 洸河小学 , 小学 | 洸小 \n,\n")
    assert units.spellings == {"洸河小学": "洸河小学", "小学": "洸河小学", "洸小": "洸河小学"}


def test_a_file_without_aliases_or_with_quotes_or_further_columns(tmp_path: Path) -> None:
    assert "洸河小学" in load(tmp_path, "name\n洸河小学\n")
    assert "洸河小学,东校区" in load(tmp_path, 'name,aliases\n"洸河小学,东校区",\n')
    assert load(tmp_path, "aliases,name,备注\n洸小,洸河小学,公办\n").canonical("洸小") == "洸河小学"


def test_an_entry_is_itself_even_where_it_is_another_ones_alias(tmp_path: Path) -> None:
    units = load(tmp_path, "name,aliases\n济宁一中,附中\n附中,\n")
    assert units.canonical("附中") == "附中"
    units = load(tmp_path, "name,aliases\n附中,\n济宁一中,附中\n")
    assert units.canonical("附中") == "附中"


def test_an_alias_of_two_entries_stands_for_the_first(tmp_path: Path) -> None:
    units = load(tmp_path, "name,aliases\n济宁一中,一中\n曲阜一中,一中\n")
    assert units.canonical("一中") == "济宁一中"


def test_the_nearest_spellings_come_first_with_their_distances() -> None:
    units = Dictionary.of("units", [("高新区税务局", ["税务局"]), ("高新区商务局", []), ("洸河小学", [])])
    assert units.nearest("高新区税物局", 2) == [("高新区税务局", 1), ("高新区商务局", 2)]
    assert units.nearest("洸河小学", 1) == [("洸河小学", 0)]
    assert Dictionary.of("none", []).nearest("洸河小学") == []


def problem(folder: Path, text: str | bytes) -> str:
    with pytest.raises(SetupError) as caught:
        load(folder, text)
    assert "units.csv" in caught.value.message
    return caught.value.message


@pytest.mark.parametrize("text", ["", "名称,别名\n洸河小学,\n", "洸河小学,洸小\n", "name;aliases\n洸河小学;\n"])
def test_a_wrong_first_line_is_named(tmp_path: Path, text: str) -> None:
    message = problem(tmp_path, text)
    assert "第 1 行" in message
    assert "name,aliases" in message


def test_a_line_with_too_many_columns_is_named(tmp_path: Path) -> None:
    message = problem(tmp_path, UNITS + "济宁一中,一中,济一中\n")
    assert "第 4 行" in message
    assert "|" in message  # how aliases are parted


def test_a_line_without_a_name_is_named(tmp_path: Path) -> None:
    assert "第 3 行" in problem(tmp_path, "name,aliases\n洸河小学,\n,洸小\n")


def test_an_encoding_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "UTF-8" in problem(tmp_path, b"name,aliases\n" + b"\xff\xff\x81\n")


def test_a_dictionary_that_a_form_names_must_exist(tmp_path: Path) -> None:
    load(tmp_path, UNITS)
    with pytest.raises(SetupError) as caught:
        load_dictionaries(tmp_path, ["units", "projects", "communities"])
    message = caught.value.message
    assert str(tmp_path / "projects.csv") in message
    assert str(tmp_path / "communities.csv") in message
    assert "units.csv" not in message
    assert "name,aliases" in message  # what to put into it


def test_every_file_of_the_folder_is_a_dictionary(tmp_path: Path) -> None:
    load(tmp_path, UNITS)
    (tmp_path / "streets.csv").write_text("name\n洸河街道\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("nothing", encoding="utf-8")
    assert sorted(load_dictionaries(tmp_path)) == ["streets", "units"]
    assert load_dictionaries(tmp_path / "none") == {}


# --- the office's additions


def with_additions(folder: Path, shipped: str, office: str) -> dict[str, Dictionary]:
    load(folder, shipped)
    (folder / "office").mkdir()
    (folder / "office" / "units.csv").write_text(office, encoding="utf-8")
    return load_dictionaries(folder, additions=folder / "office")


def test_additions_are_further_names_and_further_aliases(tmp_path: Path) -> None:
    office = "name,aliases\n济宁一中,一中\n洸河小学,洸小\n"
    units = with_additions(tmp_path, UNITS, office)["units"]
    spellings = {"济宁一中": "济宁一中", "一中": "济宁一中", "洸小": "洸河小学", "税务局": "济宁高新区税务局"}
    assert {text: units.canonical(text) for text in spellings} == spellings
    assert list(units.spellings)[:2] == ["济宁高新区税务局", "高新区税务局"]  # in the order of the lists


def test_what_the_office_says_goes_before_what_came_with_the_program(tmp_path: Path) -> None:
    office = "name,aliases\n济宁市税务局,税务局\n高新区税务局,\n"
    units = with_additions(tmp_path, UNITS, office)["units"]
    assert units.canonical("税务局") == "济宁市税务局"
    assert units.canonical("高新区税务局") == "高新区税务局"


def test_a_name_is_itself_whatever_the_office_says(tmp_path: Path) -> None:
    units = with_additions(tmp_path, UNITS, "name,aliases\n某校,洸河小学\n")["units"]
    assert units.canonical("洸河小学") == "洸河小学"


def test_a_list_of_the_offices_own_is_one_like_the_others(tmp_path: Path) -> None:
    load(tmp_path, UNITS)
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "streets.csv").write_text("name\n洸河街道\n", encoding="utf-8")
    found = load_dictionaries(tmp_path, ["units", "streets"], tmp_path / "office")
    assert "洸河街道" in found["streets"]
    assert load_dictionaries(tmp_path, ["units"], tmp_path / "no such folder").keys() == {"units"}


def test_a_fault_in_an_addition_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"office.units\.csv 第 1 行"):
        with_additions(tmp_path, UNITS, "单位\n")
