"""Labels paired with values on layouts never seen: other orders, other wordings, other shapes."""

from __future__ import annotations

import pytest

from pipeline.definitions import Forms
from pipeline.forms.layout import Layout, Line
from pipeline.forms.places import Finder
from pipeline.sheets import Box
from tests.support.layouts import grid, layout, line, row


def values(forms: Forms, form: str, *layouts: Layout) -> dict[str, str]:
    """What stands in the place of each field that was found."""
    places = Finder(forms[form]).find(list(layouts))
    return {key: "".join(line.text for line in place.lines).strip(": ") for key, place in places.items()}


def written(forms: Forms, form: str, *layouts: Layout) -> dict[str, str]:
    return {key: text for key, text in values(forms, form, *layouts).items() if text}


PERSON = [("姓名", "王建国"), ("性别", "男"), ("民族", "汉族"), ("学历", "大学"), ("职务", "科员"), ("特长", "书法")]
KEYS = {
    "姓名": "name",
    "性别": "gender",
    "民族": "ethnicity",
    "学历": "education",
    "职务": "position",
    "特长": "specialty",
}


@pytest.mark.parametrize("pairs_a_row", [1, 2, 3])
@pytest.mark.parametrize("order", [PERSON, PERSON[::-1], PERSON[3:] + PERSON[:3]], ids=["usual", "reverse", "shifted"])
def test_labels_left_of_values_in_any_order_and_number_of_columns(
    forms: Forms, order: list[tuple[str, str]], pairs_a_row: int
) -> None:
    cells = [text for pair in order for text in pair]
    width = 2 * pairs_a_row
    table = grid(*(cells[i : i + width] for i in range(0, len(cells), width)))
    assert written(forms, "member_registration", layout([table])) == {KEYS[label]: text for label, text in PERSON}


def test_labels_above_values(forms: Forms) -> None:
    table = grid([label for label, _ in PERSON], [text for _, text in PERSON])
    assert written(forms, "member_registration", layout([table])) == {KEYS[label]: text for label, text in PERSON}


def test_labels_above_and_left_in_one_table(forms: Forms) -> None:
    table = grid(
        ["姓名", "性别", "民族"],
        ["王建国", "男", "汉族"],
        ["工作单位", ("济宁高新区税务局", 2)],
        ["家庭住址", ("科苑路1号", 2)],
    )
    found = written(forms, "member_registration", layout([table]))
    assert found == {
        "name": "王建国", "gender": "男", "ethnicity": "汉族",
        "employer": "济宁高新区税务局", "home_address": "科苑路1号",
    }  # fmt: skip


def test_label_and_value_in_one_cell(forms: Forms) -> None:
    table = grid(["姓名：王建国", "性别：男"], [("工作单位：济宁高新区税务局", 2)], [("联系电话:13812345678", 2)])
    found = written(forms, "member_registration", layout([table]))
    assert found == {"name": "王建国", "gender": "男", "employer": "济宁高新区税务局", "phone": "13812345678"}


@pytest.mark.parametrize("sign", list("、,.·"))
def test_a_colon_read_as_another_sign(forms: Forms, sign: str) -> None:
    rows = [row(500, f"工作单位{sign}济宁高新区税务局"), row(560, f"联系电话{sign}13812345678")]
    found = written(forms, "member_registration", layout(rows=rows))
    assert {k: v.strip(sign) for k, v in found.items()} == {"employer": "济宁高新区税务局", "phone": "13812345678"}


@pytest.mark.parametrize("text", ["现在工作单位、家庭住址须如实填写", "姓名与电话、不得涂改"])
def test_words_of_a_sentence_before_a_comma_are_no_labels(forms: Forms, text: str) -> None:
    assert written(forms, "member_registration", layout(rows=[row(500, text)])) == {}


def test_several_labels_in_one_line(forms: Forms) -> None:
    rows = [row(500, "姓名：王建国  性别：男  民族：汉族"), row(560, "工作单位：济宁高新区税务局")]
    found = written(forms, "member_registration", layout(rows=rows))
    assert found == {"name": "王建国", "gender": "男", "ethnicity": "汉族", "employer": "济宁高新区税务局"}


def test_blanks_of_running_text(forms: Forms) -> None:
    rows = [
        row(500, "报到党员姓名", "_王建国", "，性别", "_男", "，民族", 120.0),
        row(570, "现工作单位", "_济宁高新区税务局"),
        row(640, "联系电话", 300.0),
    ]
    found = values(forms, "member_registration", layout(rows=rows))
    assert found == {
        "name": "王建国", "gender": "男", "ethnicity": "", "employer": "济宁高新区税务局", "phone": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("党员姓名", "name"), ("公民身份号码", "id_number"), ("手机号码", "phone"), ("最高学历", "education"),
        ("所在党支部", "party_branch"), ("现居住地", "home_address"), ("入党日期", "party_join_date"),
        ("可服务时间", "available_time"), ("个人特长", "specialty"), ("认领项目", "claimed_projects"),
    ],
)  # fmt: skip
def test_other_wordings(forms: Forms, label: str, key: str) -> None:
    assert written(forms, "member_registration", layout([grid([label, "某值"], ["其它", "别的"])])) == {key: "某值"}


@pytest.mark.parametrize("label", ["姓 名", "姓　　名", "姓名:", "姓名（必填）", "*姓名", "姓\n名"])
def test_spacing_and_ornament_of_labels(forms: Forms, label: str) -> None:
    assert written(forms, "member_registration", layout([grid([label, "王建国"], ["其它", "别的"])])) == {
        "name": "王建国"
    }


@pytest.mark.parametrize(
    ("label", "key"),
    [("身份证号玛", "id_number"), ("联糸电话", "phone"), ("家庭往址", "home_address"), ("工作革位", "employer")],
)
def test_a_label_with_one_character_misread(forms: Forms, label: str, key: str) -> None:
    assert written(forms, "member_registration", layout([grid([label, "某值"], ["其它", "别的"])])) == {key: "某值"}


def test_a_label_in_two_lines_with_one_character_misread(forms: Forms) -> None:
    """Its first line is a label of its own, and read better than the whole."""
    table = grid(["所在单位\n觉组织意见", "同意报到"], ["社区党组织\n意见", "情况属实"])
    assert written(forms, "member_registration", layout([table])) == {
        "unit_opinion": "同意报到", "community_opinion": "情况属实",
    }  # fmt: skip


def test_a_label_whose_cell_spans_rows(forms: Forms) -> None:
    table = grid(
        [("姓名", 1, 2), ("王建国", 1, 2), "性别", "男"],
        ["民族", "汉族"],
        ["服务时间", ("周六上午", 3)],
    )
    assert written(forms, "member_registration", layout([table])) == {
        "name": "王建国", "gender": "男", "ethnicity": "汉族", "available_time": "周六上午",
    }  # fmt: skip


def test_an_empty_value_is_empty_and_takes_nothing_from_its_neighbours(forms: Forms) -> None:
    table = grid(["姓名", "", "性别", "男"], ["民族", "汉族", "学历", ""], ["职务", "科员", "特长", ""])
    found = values(forms, "member_registration", layout([table]))
    assert found == {
        "name": "", "gender": "男", "ethnicity": "汉族", "education": "", "position": "科员", "specialty": "",
    }  # fmt: skip


def test_a_field_whose_label_is_not_there_is_not_found(forms: Forms) -> None:
    found = values(forms, "member_registration", layout([grid(["姓名", "王建国"], ["性别", "男"])]))
    assert set(found) == {"name", "gender"}


def test_a_value_that_reads_like_a_label_of_another_form(forms: Forms) -> None:
    """编号 and 书记 are labels elsewhere; here they are what somebody wrote."""
    assert written(forms, "member_registration", layout([grid(["姓名", "王建国"], ["职务", "书记"])])) == {
        "name": "王建国", "position": "书记",
    }  # fmt: skip


AGREEMENT = {
    "party_a": "科苑社区", "party_a_contact": "钟涵民", "party_a_phone": "18712603177",
    "party_b": "济宁高新区税务局", "party_b_contact": "谭浩", "party_b_phone": "13723346440",
}  # fmt: skip


def test_contacts_below_their_parties(forms: Forms) -> None:
    rows = [
        row(400, "甲方：科苑社区"),
        row(460, "联系人：钟涵民  联系电话：18712603177"),
        row(520, "乙方：济宁高新区税务局"),
        row(580, "联系人：谭浩  联系电话：13723346440"),
    ]
    assert written(forms, "agreement", layout(rows=rows)) == AGREEMENT


def test_contacts_below_the_second_party_first(forms: Forms) -> None:
    """The section decides, not the order in which the definition names the parties."""
    rows = [
        row(400, "乙方：济宁高新区税务局"),
        row(460, "联系人：谭浩  联系电话：13723346440"),
        row(520, "甲方：科苑社区"),
        row(580, "联系人：钟涵民  联系电话：18712603177"),
    ]
    assert written(forms, "agreement", layout(rows=rows)) == AGREEMENT


def test_contacts_on_the_row_of_their_party_in_blanks(forms: Forms) -> None:
    rows = [
        row(400, "甲方：", "_科苑社区", "联系人：", "_钟涵民", "电话：", "_18712603177", x=80),
        row(470, "乙方：", "_济宁高新区税务局", "联系人：", "_谭浩", "电话：", "_13723346440", x=80),
    ]
    assert written(forms, "agreement", layout(rows=rows)) == AGREEMENT


def test_parties_side_by_side_in_a_table(forms: Forms) -> None:
    table = grid(
        ["甲方", "科苑社区", "乙方", "济宁高新区税务局"],
        ["联系人", "钟涵民", "联系人", "谭浩"],
        ["联系电话", "18712603177", "联系电话", "13723346440"],
        column=300,
    )
    assert written(forms, "agreement", layout([table])) == AGREEMENT


def test_an_empty_contact_does_not_take_the_other_partys(forms: Forms) -> None:
    table = grid(
        ["甲方", ("科苑社区", 3)],
        ["联系人", "", "联系电话", ""],
        ["乙方", ("济宁高新区税务局", 3)],
        ["联系人", "谭浩", "联系电话", "13723346440"],
        column=300,
    )
    found = written(forms, "agreement", layout([table]))
    assert found == {k: v for k, v in AGREEMENT.items() if k not in ("party_a_contact", "party_a_phone")}


@pytest.mark.parametrize(
    "text", ["自2019年5月2日起至2021年5月2日止", "2019-05-02 至 2021-05-02", "自2019.5.2至2021.5.2"]
)
def test_a_term_written_in_one_cell(forms: Forms, text: str) -> None:
    table = grid(["协议有效期", (text, 3)], ["签订日期", ("2019年5月2日", 3)], column=330)
    found = values(forms, "agreement", layout([table]))
    assert "2019" in found["term_start"]
    assert "2021" not in found["term_start"]
    assert "2021" in found["term_end"]
    assert "2019" not in found["term_end"]
    assert found["sign_date"] == "2019年5月2日"


def test_a_term_in_blanks(forms: Forms) -> None:
    rows = [row(400, "协议期限自", "_2019年5月2日", "起至", "_2021年5月2日", "止。")]
    found = written(forms, "agreement", layout(rows=rows))
    assert found == {"term_start": "2019年5月2日", "term_end": "2021年5月2日"}


def cut_to_ink(lines: list[Line], top: float, bottom: float) -> list[Line]:
    """The row with what is written in its blanks no higher than its ink: shares of the row's height."""
    for x in lines:
        if x.blank is not None:
            height = x.box.height
            x.box = Box(x.box.x0, x.box.y0 + top * height, x.box.x1, x.box.y0 + bottom * height)
    return lines


def test_a_term_in_blanks_that_are_cut_to_their_ink(forms: Forms) -> None:
    made = cut_to_ink(row(400, "协议期限自", "_2019年5月2日", "起至", "_2021年5月2日", "止。"), 0.2, 0.9)
    assert written(forms, "agreement", layout(rows=[made])) == {
        "term_start": "2019年5月2日",
        "term_end": "2021年5月2日",
    }


def test_what_is_small_and_low_in_a_blank_is_on_its_row_all_the_same(forms: Forms) -> None:
    made = cut_to_ink(row(400, "联系电话", "_13812345678", "，民族", "_汉族"), 0.6, 1.2)
    assert written(forms, "member_registration", layout(rows=[made])) == {"phone": "13812345678", "ethnicity": "汉族"}


def test_a_date_in_blanks_around_its_units(forms: Forms) -> None:
    rows = [row(400, "签订日期：", "_2019", "年", "_5", "月", "_12", "日")]
    assert written(forms, "agreement", layout(rows=rows)) == {"sign_date": "2019年5月12日"}


def test_fields_on_a_second_page(forms: Forms) -> None:
    first = layout(rows=[row(400, "编号：GJ-2019-145"), row(460, "甲方：科苑社区"), row(520, "乙方：税务局")])
    second = layout(rows=[row(400, "签订日期：2019年5月2日")])
    places = Finder(forms["agreement"]).find([first, second])
    assert places["party_a"].layout is first
    assert places["sign_date"].layout is second


def test_a_piece_of_a_line_lies_where_its_characters_are(forms: Forms) -> None:
    """The region of a value within a longer line covers the value, and not the label before it."""
    made = row(500, "姓名：王建国  性别：男")
    place = Finder(forms["member_registration"]).find([layout(rows=[made])])["name"]
    box, line = place.lines[0].box, made[0].box
    pitch = line.width / len("姓名：王建国  性别：男")
    assert box.x0 == pytest.approx(line.x0 + 3 * pitch, abs=pitch)
    assert line.x0 + 5.5 * pitch < box.x1 < line.x0 + 8.5 * pitch  # to the end of the name, or to 性别


@pytest.mark.parametrize("name", ["名称", "单位名称", "党组织名称"])
def test_a_name_under_the_heading_of_its_party(forms: Forms, name: str) -> None:
    table = grid(
        [("甲方", 1, 2), name, "科苑社区"], ["联系人", "王芳"], [("乙方", 1, 2), name, "税务局"], ["联系人", "李军"]
    )
    found = written(forms, "agreement", layout([table]))
    assert (found["party_a"], found["party_b"]) == ("科苑社区", "税务局")


def test_a_blank_before_its_label(forms: Forms) -> None:
    rows = [row(400, "_科苑社区", "（社区）党组织："), row(470, "我单位党员", "_王建国", "同志到你社区报到")]
    found = written(forms, "member_registration", layout(rows=rows))
    assert (found["community"], found["name"]) == ("科苑社区", "王建国")


def test_an_empty_field_of_a_card_takes_nothing_from_its_neighbour(forms: Forms) -> None:
    top = [("姓名\n王建国", 1, 2), ("职务", 1, 2), ("所在党支部\n第一支部", 1, 2)]
    table = grid(top, [], [("学历\n大学", 3, 2)], [], column=330)
    assert "position" not in written(forms, "member_registration", layout([table]))


def test_a_term_in_running_text_without_blanks(forms: Forms) -> None:
    rows = [row(500, "第九条 协议期限自2019年11月21日起至2020年11月20日止。", x=100)]
    found = written(forms, "agreement", layout(rows=rows))
    assert found["term_start"].startswith("2019年11月21")
    assert found["term_end"].startswith("2020年11月20")


def test_the_parties_do_not_answer_to_one_another(forms: Forms) -> None:
    table = grid([("甲方单位名称", 1), "科苑社区"], column=330)
    assert "party_b" not in written(forms, "agreement", layout([table]))


@pytest.mark.parametrize("heads", [("甲方", "乙方"), ("甲方（社区）", "乙方（单位）")])
def test_parties_side_by_side(forms: Forms, heads: tuple[str, str]) -> None:
    table = grid(
        ["", *heads],
        ["党组织名称", "永丰社区", "济宁高新区税务局"],
        ["联系人", "赵荣", "周繁"],
        ["联系电话", "13812345678", "13887654321"],
        ["代表签字", "赵一", "周二"],
    )
    found = written(forms, "agreement", layout([table]))
    assert found == {
        "party_a": "永丰社区", "party_b": "济宁高新区税务局",
        "party_a_contact": "赵荣", "party_b_contact": "周繁",
        "party_a_phone": "13812345678", "party_b_phone": "13887654321",
        "party_a_signature": "赵一", "party_b_signature": "周二",
    }  # fmt: skip


def test_an_empty_column_does_not_take_its_neighbours_values(forms: Forms) -> None:
    table = grid(["", "甲方", "乙方"], ["名称", "永丰社区", "税务局"], ["联系人", "", "周繁"], ["电话", "", ""])
    found = written(forms, "agreement", layout([table]))
    assert found == {"party_a": "永丰社区", "party_b": "税务局", "party_b_contact": "周繁"}


def test_contacts_that_name_their_party_on_another_page(forms: Forms) -> None:
    cover = layout(rows=[row(500, "甲方：", "_永丰社区"), row(600, "乙方：", "_税务局")])
    inside = layout(
        rows=[
            row(500, "甲方联系人：", "_赵荣", "电话：", "_13812345678"),
            row(566, "乙方联系人：", "_周繁", "电话：", "_13887654321"),
            row(900, "甲方：（盖章）", x=150),
            row(1100, "乙方：（盖章）", x=150),
        ]
    )
    found = written(forms, "agreement", cover, inside)
    assert found == {
        "party_a": "永丰社区", "party_b": "税务局",
        "party_a_contact": "赵荣", "party_b_contact": "周繁",
        "party_a_phone": "13812345678", "party_b_phone": "13887654321",
    }  # fmt: skip
    assert {"party_a_seal", "party_b_seal"} <= values(forms, "agreement", cover, inside).keys()


def test_a_signature_behind_its_label_in_a_cell(forms: Forms) -> None:
    found = written(forms, "member_registration", layout([grid(["本人签字：王建国"])]))
    assert found == {"applicant_signature": "王建国"}


def test_a_numbered_heading_over_its_text(forms: Forms) -> None:
    rows = [
        row(500, "二、服务内容"),
        row(570, "为老人打扫卫生、测量血压。"),
        row(640, "服务十人次。"),
        row(710, "三、活动成效"),
        row(780, "社区反馈意见：很好"),
    ]
    found = written(forms, "service_feedback", layout(rows=rows))
    assert found == {"content": "为老人打扫卫生、测量血压。服务十人次。", "community_feedback": "很好"}


def test_a_short_value_below_its_label_does_not_make_the_label_longer(forms: Forms) -> None:
    made = layout([grid(["时长（小时）", "参加人数"])])
    for block, value in zip(made.cells, ("2", "61"), strict=True):
        block.lines.append(line(value, block.box.x0 + 8, block.lines[0].box.y1 + 4))
    assert written(forms, "service_feedback", made) == {"hours": "2", "participants": "61"}
