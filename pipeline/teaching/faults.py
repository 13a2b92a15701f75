"""What keeps a draft from being a definition, in words for staff."""

from __future__ import annotations

import re
from collections import Counter

from pydantic import ValidationError

from pipeline.definitions import FieldType
from pipeline.teaching.draft import Draft, DraftField
from pipeline.teaching.kinds import TYPE_NAMES

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_WITH_OPTIONS = (FieldType.CHOICE, FieldType.CHECKBOXES)
NOT_IN_ROWS = (FieldType.SIGNATURE, FieldType.SEAL, FieldType.CHECKBOXES)


def faults_of(draft: Draft) -> list[str]:
    """What people have to mend before the draft is a definition; none where it is one."""
    said = []
    if not draft.title.strip():
        said.append("请填写表的标题。")
    if not _KEY.fullmatch(draft.type):
        said.append("请填写英文名：小写字母开头，只用小写字母、数字和下划线。")
    if not draft.fields and not draft.rows:
        said.append("还没有任何字段。")
    for fields in (draft.fields, draft.rows):
        said += [
            f"英文名 {key} 用了 {n} 次，请改成各不相同。" for key, n in Counter(f.key for f in fields).items() if n > 1
        ]
    keys = {f.key for f in (*draft.fields, *draft.rows)}
    for one in (*draft.fields, *draft.rows):
        said += [f"“{one.title or one.key}”：{fault}" for fault in _faults_of_field(one, keys, one in draft.rows)]
    if not said:
        try:
            draft.definition()
        except ValidationError as error:
            said += [f"{'.'.join(map(str, e['loc']))}：{e['msg']}" for e in error.errors()]
    return said


def _faults_of_field(one: DraftField, keys: set[str], in_rows: bool) -> list[str]:
    said = []
    if not one.title.strip():
        said.append("请填写名称。")
    if not _KEY.fullmatch(one.key):
        said.append("英文名只能用小写字母、数字和下划线，以字母开头。")
    if one.type in _WITH_OPTIONS and not one.options:
        said.append(f"类型“{TYPE_NAMES[one.type]}”要写出选项。")
    if one.type is FieldType.DICTIONARY and not one.dictionary:
        said.append("类型“名单”要选一份名单。")
    if one.type is FieldType.TITLE_CHOICE:
        said.append("类型“由标题决定”请在定义文件中写。")
    if in_rows and one.type in NOT_IN_ROWS:
        said.append(f"表格列不能是“{TYPE_NAMES[one.type]}”。")
    if not one.labels and not one.inside:
        said.append("请写出纸上的标签，或在纸上点选。")
    said += [
        f"所在的字段 {name} 已经没有了，请重新框选位置。"
        for name in (one.inside, one.near)
        if name and name not in keys
    ]
    return said
