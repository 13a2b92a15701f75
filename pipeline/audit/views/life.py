"""The life of a field, line by line: read, changed, confirmed, seen, exported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.audit.editing import title_at
from pipeline.audit.views.claims import decision_text
from pipeline.batch.kept_sheets import WORKBOOK
from pipeline.batch.typed import text_of
from pipeline.definitions import FormDefinition
from pipeline.records import Value
from pipeline.store import PIPELINE, LifeEvent
from pipeline.store.overlay import FULFILS

_ACTIONS = {
    "document_read": "识别",
    "document_reread": "重新识别",
    "document_rejudged": "重新评定把握",
    "document_superseded": "被另一份取代",
    "document_removed": "清除",
    "document_relinked": "改认另一份相同文件",
    "document_opened": "打开文档",
    "values_shown": "在列表中看到内容",
    "findings": "与其他文档互相核对",
    "corrected": "更正",
    "confirmed": "确认无误",
    "correction_withdrawn": "撤回更正",
    "relabelled": "更正标签",
    "acknowledged": "确认问题已处理",
    "proposed": "提出更正，待第二人复核",
    "proposal_approved": "复核同意",
    "proposal_refused": "复核不同意",
    "proposal_withdrawn": "撤回提出的更正",
    "row_added": "增加一行",
    "row_removed": "删除一行",
    "arranged": "调整页面归属",
    "dissolved": "撤销页面归属的调整",
    "claim_assigned": "指定对应的认领",
    "marked_duplicate": "标记为重复",
    "unmarked_duplicate": "取消重复标记",
    "exported": "写入台账",
    "workbook_imported": "导入台账中的修改",
    "notes_taken": "收进台账中填写的内容",
    "export_asked": "要求生成台账",
    "downloaded": "下载台账",
    "list_extended": "补充名录",
    "lesson_begun": "开始教新表",
    "lesson_ended": "结束教新表",
    "form_defined": "保存表单定义",
    "signed_in": "登录",
    "signed_out": "退出",
    "sign_in_failed": "登录失败",
    "locked_out": "用户锁定",
    "user_added": "新建用户",
    "user_changed": "修改用户",
    "batch_started": "批处理开始",
    "batch_finished": "批处理结束",
    "file_quarantined": "文件隔离",
    "file_duplicate": "重复文件",
    "file_gone": "文件移走",
    "file_retry": "待重试",
    "file_requeued": "重新排队",
    "calibrated": "重新校准",
    "calibration_reset": "恢复出厂校准",
    "backed_up": "备份",
    "restored": "恢复",
    "purged": "清除到期资料",
}

_ACTORS = {PIPELINE: "系统", WORKBOOK: "台账"}


@dataclass(frozen=True, slots=True)
class Line:
    """One event for staff."""

    time: datetime
    actor: str
    what: str
    title: str
    old: str
    new: str


def action_name(action: str) -> str:
    """What staff call a deed; one that is not known (a later version's) is shown as it is."""
    return _ACTIONS.get(action, action)


def actor_name(actor: str) -> str:
    """What staff call who did it: the program and the workbooks by other names than the log has for them."""
    return _ACTORS.get(actor, actor)


def view_life(events: Iterable[LifeEvent], form: FormDefinition | None) -> list[Line]:
    """The events as lines, oldest first."""
    return [
        Line(
            event.time,
            actor_name(event.actor),
            action_name(event.kind),
            title_at(form, event.path) if event.path else "",
            _shown(event.path, event.old),
            _shown(event.path, event.new),
        )
        for event in events
    ]


def _shown(path: str | None, value: Value) -> str:
    if path is not None and path.startswith(FULFILS):
        return decision_text(value)
    if isinstance(value, bool):
        return "有" if value else "无"
    return text_of(value)
