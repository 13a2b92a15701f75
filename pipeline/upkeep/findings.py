"""What a check of the outputs may find, in words for staff that name places and never values."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

LISTED = 50
"""How many findings of one code are listed; all are counted."""


class FindingCode(StrEnum):
    """The kinds of fault."""

    DATABASE_DAMAGED = "database_damaged"
    AUDIT_GAP = "audit_gap"
    AUDIT_ALTERED = "audit_altered"
    AUDIT_UNGUARDED = "audit_unguarded"
    ORIGINAL_MISSING = "original_missing"
    ORIGINAL_ALTERED = "original_altered"
    ARCHIVE_STRAY = "archive_stray"
    PURGED_PRESENT = "purged_present"
    PARTIAL_LEFT = "partial_left"
    SOURCE_MISSING = "source_missing"
    DOCUMENT_ID_WRONG = "document_id_wrong"
    PAGES_IMPLAUSIBLE = "pages_implausible"
    PLACE_IMPLAUSIBLE = "place_implausible"
    SUPERSEDED_LOST = "superseded_lost"
    OUTPUT_MISSING = "output_missing"
    OUTPUT_UNREADABLE = "output_unreadable"
    RECORD_DIFFERS = "record_differs"
    SHEET_DIFFERS = "sheet_differs"
    CELL_DIFFERS = "cell_differs"
    READABLE_BY_OTHERS = "readable_by_others"


_EXPORT = "运行 export 由数据库重新生成。"
_TAKE_BACK = "是核对时改的，先运行 import 导入；不是的，运行 export 由数据库重新生成（原文件会另存）。"
_RESTORE = "请从备份恢复这些原件；没有备份时，重新扫描原表。"

EXPLAINED: dict[FindingCode, tuple[str, str]] = {
    FindingCode.DATABASE_DAMAGED: ("数据库损坏", "请停止所有程序，用备份恢复（restore）。"),
    FindingCode.AUDIT_GAP: ("操作记录缺号", "有人从数据库中删除过操作记录。请查明原因，必要时用备份对照。"),
    FindingCode.AUDIT_ALTERED: (
        "操作记录被改动",
        "这一行或它的前一行与记录时的校验值不符。请查明原因，用备份对照。",
    ),
    FindingCode.AUDIT_UNGUARDED: (
        "操作记录失去保护",
        "数据库中防止改动操作记录的触发器被去掉了。请查明原因，用备份恢复。",
    ),
    FindingCode.ORIGINAL_MISSING: ("存档缺少原件", _RESTORE),
    FindingCode.ORIGINAL_ALTERED: ("存档的原件被改动或损坏", _RESTORE),
    FindingCode.ARCHIVE_STRAY: ("存档中有来历不明的文件", "不是本程序放入的。请核对后移走。"),
    FindingCode.PURGED_PRESENT: ("已到期清除的原件仍在", "请再运行一次 purge --yes。"),
    FindingCode.PARTIAL_LEFT: ("残留的未写完文件", "程序曾被强行中断。确认没有程序在运行后可以删除。"),
    FindingCode.SOURCE_MISSING: ("记录的原件找不到", "存档和扫描文件夹中都没有。" + _RESTORE),
    FindingCode.DOCUMENT_ID_WRONG: ("文档编号与内容不符", "数据库可能被手工改动过。请用 requeue 重新识别这份文档。"),
    FindingCode.PAGES_IMPLAUSIBLE: ("记录的页码不合理", "请用 requeue 重新识别这份文档。"),
    FindingCode.PLACE_IMPLAUSIBLE: ("字段在页面上的位置不合理", "请用 requeue 重新识别这份文档。"),
    FindingCode.SUPERSEDED_LOST: ("取代它的文档不存在", "数据库可能被手工改动过。请用备份对照。"),
    FindingCode.OUTPUT_MISSING: ("缺少结果文件", _EXPORT),
    FindingCode.OUTPUT_UNREADABLE: ("结果文件打不开", _EXPORT),
    FindingCode.RECORD_DIFFERS: ("records.jsonl 与数据库不一致", _EXPORT),
    FindingCode.SHEET_DIFFERS: ("工作表与数据库不一致", _TAKE_BACK),
    FindingCode.CELL_DIFFERS: ("单元格与数据库不一致", _TAKE_BACK),
    FindingCode.READABLE_BY_OTHERS: (
        "其他用户可以访问",
        "文件中有个人信息。请收回权限，例如 chmod -R o-rwx outputs。",
    ),
}
"""What each code means, and what to do."""

_PERSONAL = re.compile(r"(?<![0-9])(1[0-9]{10}|[0-9]{15}|[0-9]{17}[0-9Xx])(?![0-9])")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where it is, and what about it; neither names a value."""

    code: FindingCode
    where: str
    detail: str = ""


@dataclass(slots=True)
class Findings:
    """Faults as they are found, counted by code."""

    counts: dict[FindingCode, int] = field(default_factory=dict)
    listed: list[Finding] = field(default_factory=list)

    def add(self, code: FindingCode, where: str, detail: str = "") -> None:
        count = self.counts[code] = self.counts.get(code, 0) + 1
        if count <= LISTED:
            self.listed.append(Finding(code, masked(where), masked(detail)))

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def of(self, code: FindingCode) -> list[Finding]:
        """Those listed of one code."""
        return [finding for finding in self.listed if finding.code is code]

    def to_dict(self) -> dict[str, Any]:
        return {
            "counts": {code.value: count for code, count in self.counts.items()},
            "findings": [asdict(finding) for finding in self.listed],
        }


def masked(name: str) -> str:
    """A name without what may be an ID number or a phone: staff name files after people now and then.

    What cannot be printed stands as it would in source text.
    """
    hidden = _PERSONAL.sub(lambda m: "*" * len(m[0]), name)
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in hidden)
