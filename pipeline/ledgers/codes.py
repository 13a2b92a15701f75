"""What staff read where the record contract has a code: a name, advice, and a colour by reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from pipeline.records import UNKNOWN_TYPE, Code, DocumentStatus, FieldStatus


class Reason(Enum):
    """Why a cell is coloured: doubts, gravest first, then what became of a claim; the value is the fill colour (RRGGBB)
    and its meaning."""

    MISSING = ("FFC7CE", "必填项空缺")
    INVALID = ("F8CBAD", "校验不符或前后矛盾")
    UNMARKED = ("D9C8EC", "缺盖章或签字")
    LINK = ("C6E0B4", "重复或认领反馈对不上")
    UNLISTED = ("BDD7EE", "不在名录中")
    UNSURE = ("FFF2CC", "识别把握不足")
    OVERDUE = ("F4B084", "认领逾期")
    SILENT = ("EDEDED", "认领未反馈")

    @property
    def colour(self) -> str:
        return self.value[0]

    @property
    def meaning(self) -> str:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class CodeText:
    """One code for staff: its ``name``, what to do about it, and the reason its cells are coloured by."""

    name: str
    advice: str
    reason: Reason


CODES: dict[str, CodeText] = {
    Code.REQUIRED_MISSING: CodeText("必填项空缺", "查看原件；原件未填的，请联系填表人补填。", Reason.MISSING),
    Code.ID_CHECKSUM: CodeText("身份证号校验码不符", "对照原件逐位核对身份证号。", Reason.INVALID),
    Code.ID_REGION: CodeText("身份证号地区码不存在", "核对身份证号前六位。", Reason.INVALID),
    Code.ID_BIRTH_MISMATCH: CodeText("出生日期与身份证号不一致", "核对出生日期和身份证号第7至14位。", Reason.INVALID),
    Code.ID_GENDER_MISMATCH: CodeText("性别与身份证号不一致", "核对性别和身份证号第17位。", Reason.INVALID),
    Code.PHONE_FORMAT: CodeText("电话号码格式不对", "核对位数；手机号为11位，座机应有区号。", Reason.INVALID),
    Code.USCC_CHECKSUM: CodeText("统一社会信用代码校验不符", "对照原件逐位核对18位代码。", Reason.INVALID),
    Code.DATE_IMPOSSIBLE: CodeText("日期不存在", "对照原件核对年月日。", Reason.INVALID),
    Code.DATE_IN_FUTURE: CodeText("日期在今天之后", "对照原件核对年份。", Reason.INVALID),
    Code.DATE_ORDER: CodeText("日期先后矛盾", "核对相关的两个日期。", Reason.INVALID),
    Code.NOT_IN_DICTIONARY: CodeText(
        "不在名录中", "核对写法；确有此名称的，请补入 models/dictionaries 中的名录。", Reason.UNLISTED
    ),
    Code.SEAL_MISSING: CodeText("缺少盖章", "查看原件；确未盖章的，请补盖后重新扫描。", Reason.UNMARKED),
    Code.SIGNATURE_MISSING: CodeText("缺少签字", "查看原件；确未签字的，请补签后重新扫描。", Reason.UNMARKED),
    Code.DUPLICATE_PERSON: CodeText("同一人重复登记", "核对是否重复报到，保留有效的一份。", Reason.LINK),
    Code.DUPLICATE_DOCUMENT: CodeText("同一份材料重复扫描", "核对后保留一份即可。", Reason.LINK),
    Code.CLAIM_WITHOUT_PROJECT: CodeText("认领的项目不在项目清单中", "核对项目名称，或补充项目清单。", Reason.LINK),
    Code.FEEDBACK_WITHOUT_CLAIM: CodeText(
        "反馈没有对应的认领", "核对单位、社区和项目名称，或补交认领材料。", Reason.LINK
    ),
    Code.LOW_CONFIDENCE: CodeText("识别把握不足", "对照原件核对。", Reason.UNSURE),
    Code.UNREADABLE_PAGE: CodeText("页面无法辨认", "请重新扫描：平放、光线均匀、不低于200 dpi。", Reason.UNSURE),
    Code.UNKNOWN_DOCUMENT: CodeText(
        "未识别的表单",
        "读出的内容见“其他表格”；以后还会来的新表单，可以在核对页“教新表”或用 forms draft 教会。",
        Reason.UNSURE,
    ),
    Code.PAGE_MISSING: CodeText("缺页", "查找并补扫缺少的页。", Reason.MISSING),
}

FIELD_STATUS: dict[FieldStatus, str] = {
    FieldStatus.ACCEPTED: "已通过",
    FieldStatus.REVIEW: "待核对",
    FieldStatus.MISSING: "缺失",
    FieldStatus.CORRECTED: "已更正",
}

DOCUMENT_STATUS: dict[DocumentStatus, str] = {
    DocumentStatus.ACCEPTED: "已通过",
    DocumentStatus.REVIEW: "待核对",
    DocumentStatus.FAILED: "处理失败",
}


def describe(code: str) -> CodeText:
    """The text of a code; one that is not in the contract (a later version's) is shown as it is."""
    return CODES.get(code) or CodeText(f"其他问题（{code}）", "对照原件核对。", Reason.UNSURE)


def names(codes: Iterable[str]) -> str:
    """The Chinese names of several codes joined with ``、``."""
    return "、".join(describe(code).name for code in codes)


def gravest(codes: Iterable[str], default: Reason = Reason.UNSURE) -> Reason:
    """The gravest reason among some codes, ``default`` where there are none."""
    order = list(Reason)
    return min((describe(code).reason for code in codes), key=order.index, default=default)


def type_name(doc_type: str, titles: dict[str, str]) -> str:
    """The title of a form type; ``titles`` are those of the forms that are defined."""
    if doc_type in titles:
        return titles[doc_type]
    return "未识别的表单" if doc_type == UNKNOWN_TYPE else f"未定义的表单（{doc_type}）"
