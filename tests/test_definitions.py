"""Form definitions: the shipped ones load, and each kind of mistake is named by file, line and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.definitions import FieldType, FormDefinition, Forms, load_form, load_forms
from pipeline.dictionaries import Dictionaries
from pipeline.errors import SetupError

VISIT = """\
schema: 1
type: visit
title: 走访记录
titles: [走访记录]
fields:
  - {key: name, title: 姓名, type: name, required: true, labels: [姓名]}
  - key: day
    title: 日期
    type: date
    labels: [日期]
rows:
  item: thing
  fields:
    - {key: thing, title: 事项, type: text, labels: [事项]}
rules:
  - {rule: ordered, earlier: day, later: day}
ledger: {workbook: 台账, sheet: 走访}
"""

CONTRACT = {  # the record contract: keys of each type, required ones with a star
    "member_registration": "name* gender* ethnicity birth_date* id_number* education party_join_date* employer* "
    "position party_branch phone* home_address community* specialty available_time service_intents claimed_projects "
    "report_date* unit_opinion community_opinion applicant_signature* unit_seal* community_seal*",
    "unit_registration": "unit_name* party_org* uscc secretary member_count contact* phone* address community* "
    "resources claimed_projects report_date* unit_seal* community_seal*",
    "agreement": "agreement_no party_a* party_b* party_a_contact party_b_contact party_a_phone party_b_phone projects* "
    "term_start* term_end* sign_date* party_a_seal* party_b_seal* party_a_signature* party_b_signature*",
    "item_list": "list_kind* community* date seal",
    "service_feedback": "service_unit* community* project* service_date* place participants hours phone content "
    "completion* satisfaction community_feedback feedback_date leader leader_signature community_seal*",
}
ROWS = "seq item owner contact phone deadline status"


@pytest.mark.parametrize("type_", CONTRACT)
def test_a_shipped_form_has_the_fields_of_the_contract(type_: str, forms: Forms) -> None:
    expected = {key.rstrip("*"): key.endswith("*") for key in CONTRACT[type_].split()}
    assert {field.key: field.required for field in forms[type_].fields} == expected


def test_every_shipped_form_is_in_the_contract(forms: Forms) -> None:
    assert set(forms) == set(CONTRACT)
    assert [f.key for f in forms["item_list"].row_fields] == ROWS.split()
    assert all(not form.row_fields for type_, form in forms.items() if type_ != "item_list")


def test_the_options_of_printed_boxes(forms: Forms) -> None:
    intents = forms["member_registration"].field("service_intents")
    assert intents.type is FieldType.CHECKBOXES
    assert intents.multiple
    assert intents.options == (
        "政策宣传",
        "法律咨询",
        "扶贫帮困",
        "文体活动",
        "环境卫生",
        "治安巡逻",
        "医疗健康",
        "其他",
    )
    completion = forms["service_feedback"].field("completion")
    assert not completion.multiple
    assert completion.options == ("已完成", "进行中", "未完成")


def test_the_dictionaries_that_shipped_forms_name_are_shipped(forms: Forms, dictionaries: Dictionaries) -> None:
    named = {f.dictionary for form in forms.values() for f in (*form.fields, *form.row_fields) if f.dictionary}
    assert named <= set(dictionaries)
    assert all(dictionaries[name].spellings for name in named)


def test_no_label_of_a_form_announces_two_fields_at_once(forms: Forms) -> None:
    """Unless a party, a section or a blank before it tells them apart."""
    for form in forms.values():
        for group in (form.fields, form.row_fields):
            plain = [f for f in group if not (f.within or f.after or f.inside)]
            labels = [label for field in plain for label in set(field.labels)]
            assert len(labels) == len(set(labels)), form.type


def test_fields_are_found_by_key_and_path(forms: Forms) -> None:
    form = forms["item_list"]
    assert form.field("community").title == "社区"
    assert form.field_at("community") is form.field("community")
    assert form.field_at("rows.12.owner").title == "单位"
    assert form.field_of("owner") is form.field_at("rows.0.owner")
    for wrong in ("owner", "rows.0.community", "rows.0.nothing", "nothing"):
        with pytest.raises(KeyError):
            form.field_at(wrong)
    with pytest.raises(KeyError):
        form.field("owner")


def write(folder: Path, text: str, name: str = "visit.yaml", encoding: str = "utf-8") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(text, encoding=encoding)
    return file


def test_a_new_form_is_a_new_file(tmp_path: Path) -> None:
    form = load_form(write(tmp_path, VISIT))
    assert isinstance(form, FormDefinition)
    assert [f.key for f in form.fields] == ["name", "day"]
    assert form.rows is not None
    assert form.rows.item == "thing"
    assert form.max_pages == 1


def test_a_file_saved_with_a_byte_order_mark_loads(tmp_path: Path) -> None:
    assert load_form(write(tmp_path, VISIT, encoding="utf-8-sig")).type == "visit"


def problem(folder: Path, text: str) -> str:
    file = write(folder, text)
    with pytest.raises(SetupError) as caught:
        load_form(file)
    assert str(file) in caught.value.message
    return caught.value.message


MISTAKES = {  # what is replaced, by what; the line and key that the error must name
    "unknown key": ("    title: 日期", "    title: 日期\n    lables: [日子]", 9, "fields.1.lables"),
    "unknown key of the form": ("ledger:", "colour: red\nledger:", 17, "colour"),
    "unknown type": ("    type: date", "    type: dat", 9, "fields.1.type"),
    "missing key": ("    title: 日期\n", "", 7, "fields.1.title"),
    "missing key of the form": ("ledger: {workbook: 台账, sheet: 走访}\n", "", 1, "ledger"),
    "another schema": ("schema: 1", "schema: 2", 1, "schema"),
    "no schema": ("schema: 1\n", "", 1, "schema"),
    "a key in capitals": ("key: day", "key: Day", 7, "fields.1.key"),
    "a type in Chinese": ("type: visit", "type: 走访", 2, "type"),
    "one label instead of a list": ("    labels: [日期]", "    labels: 日期", 10, "fields.1.labels"),
    "a label that is a number": (
        "    labels: [日期]",
        "    labels:\n      - 日\n      - 12",
        12,
        "fields.1.labels.1",
    ),
    "no yes or no": ("required: true", "required: perhaps", 6, "fields.0.required"),
    "a choice without options": ("    type: date", "    type: choice", 7, "fields.1"),
    "a dictionary without a name": ("    type: date", "    type: dictionary", 7, "fields.1"),
    "no labels": ("    labels: [日期]\n", "", 7, "fields.1"),
    "no yes or no further down": ("    labels: [日期]", "    labels: [日期]\n    future: later", 11, "fields.1.future"),
    "unknown rule": ("rule: ordered", "rule: orderd", 16, "rules.0"),
    "wrong key of a rule": ("later: day", "latter: day", 16, "rules.0.ordered.latter"),
    "no pages": ("ledger:", "max_pages: 0\nledger:", 17, "max_pages"),
    "two ways into the ledger": ("sheet: 走访}", "sheet: 走访, by: day, sheets: {a: b}}", 17, "ledger"),
    "a row's field": ("type: text", "type: txt", 14, "rows.fields.0.type"),
}


@pytest.mark.parametrize(("old", "new", "line", "key"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_by_file_line_and_key(tmp_path: Path, old: str, new: str, line: int, key: str) -> None:
    assert old in VISIT
    message = problem(tmp_path, VISIT.replace(old, new))
    assert re.search(rf"visit\.yaml 第 {line} 行，键 {re.escape(key)}：", message), message


def test_an_unknown_type_is_answered_with_the_allowed_ones(tmp_path: Path) -> None:
    message = problem(tmp_path, VISIT.replace("type: date", "type: dat"))
    assert all(f"'{kind}'" in message for kind in FieldType)


def test_all_mistakes_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    message = problem(tmp_path, VISIT.replace("type: date", "type: dat").replace("key: name", "key: Name"))
    assert "第 6 行" in message
    assert "第 9 行" in message


REFERENCES = {  # what is replaced, by what; where the name stands and the name that the form does not have
    "rule": ("later: day", "later: dy", "ordered.later", "'dy'"),
    "within": ("    labels: [日期]", "    labels: [日期]\n    within: nam", "day.within", "'nam'"),
    "near": ("    labels: [日期]", "    labels: [日期]\n    near: nam", "day.near", "'nam'"),
    "rows": ("item: thing", "item: thng", "rows.item", "'thng'"),
    "claims": ("ledger:", "claims: {project: nme, by: name}\nledger:", "project", "'nme'"),
}


@pytest.mark.parametrize(("old", "new", "place", "name"), REFERENCES.values(), ids=REFERENCES.keys())
def test_a_name_of_no_field_is_named(tmp_path: Path, old: str, new: str, place: str, name: str) -> None:
    assert old in VISIT
    message = problem(tmp_path, VISIT.replace(old, new))
    assert place in message
    assert name in message


def test_a_key_given_twice_is_named(tmp_path: Path) -> None:
    assert "name" in problem(tmp_path, VISIT.replace("key: day", "key: name"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (VISIT.replace("titles: [走访记录]", "titles: [走访记录"), 5),
        (VISIT.replace("    title: 日期", "\ttitle: 日期"), 8),
        (VISIT.replace("    title: 日期", "    title: 日期\n    title: 日子"), 9),
        ("", 1),
        ("- a\n- b\n", 1),
        ("走访记录", 1),
    ],
    ids=["open bracket", "tab", "key twice", "empty", "a list", "a word"],
)
def test_a_file_that_is_no_mapping_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    assert f"第 {line} 行" in problem(tmp_path, text)


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    file = write(tmp_path, VISIT, encoding="gb18030")
    with pytest.raises(SetupError, match=r"visit\.yaml"):
        load_form(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"nothing\.yaml"):
        load_form(tmp_path / "nothing.yaml")


def test_a_folder_without_forms_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(SetupError, match=re.escape(str(folder))):
            load_forms(folder)


def test_a_type_that_two_files_define_is_named(tmp_path: Path) -> None:
    write(tmp_path, VISIT, "a.yaml")
    write(tmp_path, VISIT, "b.yaml")
    with pytest.raises(SetupError) as caught:
        load_forms(tmp_path)
    assert "b.yaml" in caught.value.message
    assert "visit" in caught.value.message


def test_one_faulty_form_among_good_ones_is_named(tmp_path: Path) -> None:
    write(tmp_path, VISIT, "a.yaml")
    write(tmp_path, VISIT.replace("type: visit", "type: other").replace("type: date", "type: dat"), "b.yaml")
    with pytest.raises(SetupError, match=r"b\.yaml 第 9 行"):
        load_forms(tmp_path)
