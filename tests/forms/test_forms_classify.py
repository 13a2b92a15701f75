"""Which form a page is, and where one document ends and the next begins."""

from __future__ import annotations

import pytest

from pipeline.definitions import Forms
from pipeline.flow import ReadPage, split_documents
from pipeline.forms.classify import classify_page
from pipeline.forms.layout import Layout
from tests.support.layouts import grid, layout, row

MEMBER = [
    ["姓名", "王建国", "性别", "男"],
    ["民族", "汉族", "出生年月", "1980-03"],
    ["身份证号", "", "学历", ""],
    ["工作单位", "", "职务", ""],
    ["联系电话", "", "报到社区", ""],
    ["入党时间", "", "家庭住址", ""],
    ["服务意向", "", "特长", ""],
]


@pytest.mark.parametrize(
    ("title", "form"),
    [
        ("在职党员到社区报到登记表", "member_registration"),
        ("洸河街道“双报到”在职党员登记表", "member_registration"),
        ("个人信息采集表", "member_registration"),
        ("单位党组织到社区报到登记表", "unit_registration"),
        ("共驻共建协议书", "agreement"),
        ("结对共建协议书", "agreement"),
        ("社区需求清单", "item_list"),
        ("共驻共建资源清单", "item_list"),
        ("服务活动记录卡", "service_feedback"),
        ("“双报到”服务活动记录反馈表", "service_feedback"),
    ],
)
def test_by_its_title_with_some_labels(forms: Forms, title: str, form: str) -> None:
    labels = [f.labels[0] for f in (*forms[form].fields, *forms[form].row_fields) if f.labels]
    table = grid(*([label, ""] for label in labels[: len(labels) // 2 + 1]))
    found = classify_page(layout([table], [row(200, title, x=400)]), forms)
    assert (found.form, found.opens) == (form, True)


def test_a_title_with_misread_characters(forms: Forms) -> None:
    found = classify_page(layout([grid(*MEMBER)], [row(200, "在职党贝到社区报到登记衣", x=400)]), forms)
    assert (found.form, found.opens) == ("member_registration", True)


def test_a_title_in_two_lines(forms: Forms) -> None:
    rows = [row(150, "在职党员到社区", x=500), row(220, "报到登记表", x=600)]
    assert classify_page(layout([grid(*MEMBER)], rows), forms).opens


def test_a_title_in_the_tables_first_row(forms: Forms) -> None:
    table = grid([("在职党员到社区报到登记表", 4)], *MEMBER)
    found = classify_page(layout([table]), forms)
    assert (found.form, found.opens) == ("member_registration", True)


def test_a_page_whose_title_was_cut_off_is_known_by_its_labels(forms: Forms) -> None:
    assert classify_page(layout([grid(*MEMBER)]), forms).form == "member_registration"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        ["关于召开党员大会的通知", "各党支部：", "定于本周五下午召开党员大会，请准时参加。"],
        ["收据", "今收到人民币伍拾元整"],
        ["党员民主评议表", "优秀  合格  不合格"],
        ["请假条", "姓名：王建国", "联系电话：13800000000"],
    ],
)
def test_anything_else_is_unknown(forms: Forms, rows: list[str]) -> None:
    page = layout(rows=[row(200 + 80 * i, text) for i, text in enumerate(rows)])
    assert classify_page(page, forms).form is None


def test_a_table_of_other_labels_is_unknown(forms: Forms) -> None:
    table = grid(["车牌号", "鲁H", "车型", "轿车"], ["车主", "王建国", "停车位", "12"], ["起止日期", "", "费用", ""])
    assert classify_page(layout([table], [row(200, "停车位登记表", x=500)]), forms).form is None


def test_a_title_never_seen_over_labels_of_one_form(forms: Forms) -> None:
    texts = ["姓名：王建国", "性别：男", "身份证号：370811198001011234", "学历：大专", "入党时间：2004-06",
             "家庭住址：", "所在党支部：", "个人特长：书法"]  # fmt: skip
    rows = [row(150, "某某街道办事处", x=400), row(250, "夕阳红卡片", x=500)]
    rows += [row(400 + 80 * i, text) for i, text in enumerate(texts)]
    found = classify_page(layout(rows=rows), forms)
    assert (found.form, found.opens) == ("member_registration", True)


def test_a_cover_sheet_whose_title_was_not_read(forms: Forms) -> None:
    texts = ["协议编号：", "甲方：永丰社区", "乙方：税务局", "协议期限：自2021年4月2日", "签订日期：2021-03-16"]
    found = classify_page(layout(rows=[row(300 + 150 * i, text) for i, text in enumerate(texts)]), forms)
    assert found.form == "agreement"


def test_labels_of_several_forms_alike_say_nothing(forms: Forms) -> None:
    texts = [
        "联系人：王建国",
        "联系电话：13800000000",
        "单位名称：税务局",
        "社区：永丰社区",
        "日期：2021-03-16",
        "编号：3",
    ]
    found = classify_page(layout(rows=[row(300 + 80 * i, text) for i, text in enumerate(texts)]), forms)
    assert found.form is None


def test_a_field_above_the_rest_is_not_a_title(forms: Forms) -> None:
    texts = ["服务活动反馈单", "服务项目名称：邻里调解服务", "报到单位：税务局", "服务时间：2020-04-08",
             "服务地点：广场", "参与人数：32", "服务时长：3", "完成情况："]  # fmt: skip
    found = classify_page(layout(rows=[row(150 + 70 * i, text) for i, text in enumerate(texts)]), forms)
    assert found.form == "service_feedback"


# --- documents in a stream of pages


def page(forms: Forms, file: str, number: int, made: Layout, *, is_blank: bool = False) -> ReadPage:
    return ReadPage(file, number, made, classify_page(made, forms), is_blank, True)


def first_page(forms: Forms) -> Layout:
    rows = ["共驻共建协议书", "编号：GJ-1", "甲方：科苑社区", "联系人：钟涵民 联系电话：18712603177", "乙方：税务局"]
    rows += ["共建项目：义诊", "协议期限：自2019年5月2日起至2021年5月2日止"]
    return layout(rows=[row(150 + 80 * i, text) for i, text in enumerate(rows)])


def last_page(forms: Forms) -> Layout:
    rows = ["本协议一式两份，甲乙双方各执一份。", "甲方（盖章）：  乙方（盖章）：", "签订日期：2019年5月2日"]
    return layout(rows=[row(150 + 80 * i, text) for i, text in enumerate(rows)])


def member_page() -> Layout:
    return layout([grid(*MEMBER)], [row(200, "在职党员到社区报到登记表", x=400)])


def split(forms: Forms, pages: list[ReadPage]) -> list[list[tuple[str, int]]]:
    return [[(p.file, p.number) for p in group] for group in split_documents(pages, forms)]


def test_two_pages_of_an_agreement_are_one_document(forms: Forms) -> None:
    pages = [page(forms, "a.tif", 1, first_page(forms)), page(forms, "a.tif", 2, last_page(forms))]
    assert split(forms, pages) == [[("a.tif", 1), ("a.tif", 2)]]


def test_two_files_of_an_agreement_are_one_document(forms: Forms) -> None:
    pages = [page(forms, "a_1.jpg", 1, first_page(forms)), page(forms, "a_2.jpg", 1, last_page(forms))]
    assert split(forms, pages) == [[("a_1.jpg", 1), ("a_2.jpg", 1)]]


def test_each_title_opens_a_document(forms: Forms) -> None:
    pages = [page(forms, "all.pdf", n, member_page()) for n in (1, 2, 3)]
    assert split(forms, pages) == [[("all.pdf", 1)], [("all.pdf", 2)], [("all.pdf", 3)]]


def test_agreements_one_after_another_in_one_file(forms: Forms) -> None:
    makes = [first_page, last_page, first_page, last_page]
    pages = [page(forms, "all.pdf", n, make(forms)) for n, make in enumerate(makes, start=1)]
    assert split(forms, pages) == [[("all.pdf", 1), ("all.pdf", 2)], [("all.pdf", 3), ("all.pdf", 4)]]


def test_blank_backs_belong_to_the_page_before(forms: Forms) -> None:
    pages = [
        page(forms, "duplex.pdf", 1, member_page()),
        page(forms, "duplex.pdf", 2, layout(), is_blank=True),
        page(forms, "duplex.pdf", 3, member_page()),
        page(forms, "duplex.pdf", 4, layout(), is_blank=True),
    ]
    assert split(forms, pages) == [[("duplex.pdf", 1), ("duplex.pdf", 2)], [("duplex.pdf", 3), ("duplex.pdf", 4)]]


def test_a_blank_back_between_the_pages_of_an_agreement(forms: Forms) -> None:
    pages = [
        page(forms, "duplex.pdf", 1, first_page(forms)),
        page(forms, "duplex.pdf", 2, layout(), is_blank=True),
        page(forms, "duplex.pdf", 3, last_page(forms)),
    ]
    assert split(forms, pages) == [[("duplex.pdf", 1), ("duplex.pdf", 2), ("duplex.pdf", 3)]]


def test_numbered_files_of_different_forms_are_different_documents(forms: Forms) -> None:
    """Scanners number files too: x_1 and x_2 need not belong together."""
    pages = [page(forms, "x_1.jpg", 1, member_page()), page(forms, "x_2.jpg", 1, first_page(forms))]
    assert split(forms, pages) == [[("x_1.jpg", 1)], [("x_2.jpg", 1)]]


def test_a_stray_page_after_a_one_page_form_is_a_document_of_its_own(forms: Forms) -> None:
    notice = layout(rows=[row(200, "关于召开党员大会的通知"), row(280, "各党支部：请准时参加。")])
    pages = [page(forms, "all.pdf", 1, member_page()), page(forms, "all.pdf", 2, notice)]
    assert split(forms, pages) == [[("all.pdf", 1)], [("all.pdf", 2)]]
