"""What is guessed of a value by its label's wording and by what is written; labels as keys."""

from __future__ import annotations

import pytest

from pipeline.definitions import FieldType
from pipeline.forms.generic import dated_label, label_key
from pipeline.forms.guessing import type_of
from pipeline.records import is_label, page_text


@pytest.mark.parametrize(
    ("wording", "text", "expected"),
    [
        (FieldType.TEXT, "370811198003154510", FieldType.ID_NUMBER),
        (FieldType.TEXT, "13812345678", FieldType.PHONE),
        (FieldType.TEXT, "2019年5月18日", FieldType.DATE),
        (FieldType.DATE, "2019110/1", FieldType.DATE),  # a stroke read as a digit
        (FieldType.DATE, "每月第二个周六", FieldType.TEXT),  # 服务时间 that is no date
        (FieldType.DATE, "机动", FieldType.TEXT),
        (FieldType.NUMBER, "25人", FieldType.NUMBER),
        (FieldType.NUMBER, "若干", FieldType.TEXT),
        (FieldType.NAME, "王建国", FieldType.NAME),
        (FieldType.NAME, "社区党委办公室", FieldType.TEXT),
        (FieldType.CODE, "GJ-2019-145", FieldType.CODE),
        (FieldType.PHONE, "0537-2345678", FieldType.PHONE),
        (FieldType.PHONE, "同上", FieldType.TEXT),
        (FieldType.TEXT, "图书二百册、停车位十个", FieldType.LIST),
        (FieldType.TEXT, "同意接收。", FieldType.TEXT),
        (FieldType.USCC, "1237080097618713AP", FieldType.USCC),
        (FieldType.SEAL, "某某局", FieldType.TEXT),
    ],
)
def test_the_writing_decides_where_the_wording_does_not_fit(wording: FieldType, text: str, expected: FieldType) -> None:
    assert type_of(wording, text) is expected


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        ("姓 名：", "姓名"),
        ("服务时长(小时)", "服务时长（小时）"),
        ("服务意向\n（可多选）", "服务意向（可多选）"),
        ("电话/手机.", "电话手机"),
        ("（签字", "签字"),
        ("a_b", "ab"),
    ],
)
def test_a_label_is_a_key_without_punctuation(printed: str, key: str) -> None:
    assert label_key(printed) == key
    assert is_label(key)


def test_keys_that_are_no_labels() -> None:
    assert (page_text("text_12"), page_text("text"), page_text("text_1x")) == (12, 0, 0)
    assert not is_label("title")
    assert not is_label("text_1")
    assert is_label(dated_label("社区意见"))
