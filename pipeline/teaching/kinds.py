"""The type of a field: from its label's wording, and from what stands in its place on filled copies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.definitions import FieldType
from pipeline.terms import Terms

_ID = re.compile(r"^\d{14,17}[\dXx×]{1,2}$")
_USCC = re.compile(r"^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$")
_PHONE = re.compile(r"^(?:1[3-9]\d{9}|0\d{2,3}[-—]?\d{7,8})$")
_DATE = re.compile(
    r"^(?:(?:19|20)?\d\d[年./\-、]\d{1,2}(?:[月./\-、]\d{0,2}日?)?|(?:19|20)\d{6}|[〇零一二三四五六七八九]{4}年.*)$"
)
_NUMBER = re.compile(r"^\d{1,6}(?:\.\d+)?(?:元|人|个|台|件|次|天|岁|kg|cm)?$")
_CODE = re.compile(r"^[A-Z]{1,4}[-]?\d{3,}|^[\u4e00-\u9fff][A-Z][·.]?[A-Z0-9]{4,6}$")
_MOST = 0.6  # share of the values that must have a shape
_WEAK = 0.5  # a wording less sure than this yields to what stands there


@dataclass(frozen=True, slots=True)
class Guess:
    """A type, options that come with it, how sure (0 to 1), and what to tell staff."""

    type: FieldType
    options: tuple[str, ...]
    sureness: float
    note: str = ""


_SHAPES = (
    (FieldType.ID_NUMBER, _ID),
    (FieldType.PHONE, _PHONE),
    (FieldType.DATE, _DATE),
    (FieldType.USCC, _USCC),
    (FieldType.CODE, _CODE),
    (FieldType.NUMBER, _NUMBER),
)


def guess(label: str, values: Sequence[str], terms: Terms) -> Guess:
    """The type of the field that ``label`` announces, where ``values`` were found on filled copies."""
    said = terms.suggest(label)
    shape = shape_of(values)
    if said.type is FieldType.CHOICE and not said.options:
        return Guess(FieldType.TEXT, (), 0.4, "像是选择题，但没有找到选项，暂按文字处理。")
    if shape is None or shape is said.type:
        sure = 1.0 if shape is said.type and said.sureness >= _WEAK else said.sureness
        note = "" if sure >= _WEAK else "类型由字面看不出，暂按文字处理，请核对。"
        return Guess(said.type, said.options, sure, note)
    if said.sureness < _WEAK or (said.type, shape) in _YIELDS:
        return Guess(shape, (), 0.7, f"按填写的内容判断为“{TYPE_NAMES[shape]}”，请核对。")
    return Guess(said.type, said.options, min(said.sureness, 0.7))


_YIELDS = frozenset({
    (FieldType.TEXT, FieldType.ID_NUMBER), (FieldType.TEXT, FieldType.PHONE), (FieldType.TEXT, FieldType.USCC),
    (FieldType.CODE, FieldType.ID_NUMBER), (FieldType.CODE, FieldType.USCC), (FieldType.CODE, FieldType.PHONE),
    (FieldType.NAME, FieldType.PHONE), (FieldType.NAME, FieldType.ID_NUMBER), (FieldType.PHONE, FieldType.ID_NUMBER),
    (FieldType.TEXT, FieldType.DATE), (FieldType.NUMBER, FieldType.DATE), (FieldType.NUMBER, FieldType.PHONE),
    (FieldType.NUMBER, FieldType.ID_NUMBER),
})  # fmt: skip
"""Where wording and values disagree, the pairs (wording's, values') in which the values decide."""


def shape_of(values: Sequence[str]) -> FieldType | None:
    """The type whose shape most of the values have; ``None`` where there are none, or no one shape."""
    said = [re.sub(r"\s+", "", unicodedata.normalize("NFKC", v)) for v in values]
    said = [v for v in said if v]
    if not said:
        return None
    for kind, pattern in _SHAPES:
        if sum(bool(pattern.match(v)) for v in said) >= _MOST * len(said):
            return kind
    return None


TYPE_NAMES = {
    FieldType.TEXT: "文字",
    FieldType.NAME: "姓名",
    FieldType.ID_NUMBER: "身份证号",
    FieldType.USCC: "统一社会信用代码",
    FieldType.PHONE: "电话",
    FieldType.DATE: "日期",
    FieldType.NUMBER: "数字",
    FieldType.CODE: "编号",
    FieldType.CHOICE: "手写选项",
    FieldType.DICTIONARY: "名单",
    FieldType.LIST: "多项",
    FieldType.CHECKBOXES: "勾选",
    FieldType.TITLE_CHOICE: "由标题决定",
    FieldType.SIGNATURE: "签名",
    FieldType.SEAL: "印章",
}
"""What staff call the types."""
