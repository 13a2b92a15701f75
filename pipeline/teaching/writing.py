"""Drafts to definition files and back: readable YAML, one field a line, as the built-in definitions are written."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from pipeline.definitions import FieldDefinition, FieldType, FormDefinition, load_form
from pipeline.errors import SetupError
from pipeline.teaching.beyond import beyond_draft
from pipeline.teaching.draft import Draft, DraftField


def definition_text(draft: Draft) -> str:
    """The draft as the text of a definition file; what is unsure stands in comments."""
    yaml = YAML()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    data = CommentedMap(draft.to_definition())
    data["titles"] = _flow_seq(data["titles"])
    data["fields"] = CommentedSeq([_flow(f) for f in data["fields"]])
    for i, field in enumerate(draft.fields):
        if field.notes:
            data["fields"].yaml_set_comment_before_after_key(i, before="；".join(field.notes), indent=2)
    if "rows" in data:
        rows = CommentedMap(data["rows"])
        rows["fields"] = CommentedSeq([_flow(f) for f in rows["fields"]])
        data["rows"] = rows
    data["ledger"] = _flow(data["ledger"])
    out = io.StringIO()
    yaml.dump(data, out)
    return f"# {draft.title}，由扫描件起草，请核对后使用。\n" + out.getvalue()


def may_write(path: Path, *, force: bool) -> None:
    """Raises :class:`SetupError` where a draft may not be written to ``path``.

    That is where a definition is there and ``force`` is not given, and where it says more than a draft can hold: rules,
    claims and the like are people's work and are not lost for a word on the command line. A broken one holds nothing.
    """
    if not path.exists():
        return
    if not force:
        raise SetupError(f"{path} 已经存在。要覆盖它请加 --force，或换一个文件名。")
    form = _known(path)
    lost = said_beyond(form) if form else []
    if lost:
        raise SetupError(
            f"{path} 中写有起草的定义没有的内容，没有覆盖：{'；'.join(lost)}。"
            f"请用 -o 写到别的文件夹（如 草稿/{path.name}），再把要改的字段抄过来；"
            f"确实不要这些内容，请先删除 {path.name}。"
        )


def said_beyond(form: FormDefinition) -> list[str]:
    """What a definition says that a draft cannot hold, in Chinese."""
    return beyond_draft(form, draft_of(form).definition())


def write_draft(draft: Draft, path: Path, *, force: bool = False) -> None:
    """Write the draft as a definition file, whole or not at all; over an older one, with the next version.

    Raises :class:`SetupError` as :func:`may_write`, and where the file cannot be written.
    """
    may_write(path, force=force)
    if path.exists():
        before = _known(path)
        draft.version = max(draft.version, before.version + 1 if before else 2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.stem}", suffix=".part", delete=False
        ) as part:
            part.write(definition_text(draft))
        Path(part.name).chmod(0o644)
        Path(part.name).replace(path)
    except OSError as error:
        raise SetupError(f"无法写入 {path}：{error.strerror}。请检查文件夹权限和磁盘空间。") from error


def _known(path: Path) -> FormDefinition | None:
    try:
        return load_form(path)
    except SetupError:  # what is overwritten may be broken
        return None


def read_draft(path: Path) -> Draft:
    """A draft of an existing definition, without places on paper. Raises :class:`SetupError` as ``load_form``.

    Rules and roles in claims are no part of a draft: a definition that has them is edited as a file.
    """
    form = load_form(path)
    return draft_of(form)


def draft_of(form: FormDefinition) -> Draft:
    """The part of a definition that a draft can hold."""
    return Draft(
        form.type, form.title, [_drafted(f) for f in form.fields], [_drafted(f) for f in form.row_fields],
        list(form.titles), form.max_pages, form.version, form.ledger.workbook, form.ledger.sheet or form.title,
    )  # fmt: skip


def _drafted(f: FieldDefinition) -> DraftField:
    return DraftField(
        f.key, f.title, FieldType(f.type), list(f.labels), list(f.options), f.multiple, f.required, f.printed,
        f.inside, f.near, dictionary=f.dictionary,
    )  # fmt: skip


def _flow(data: dict[str, Any]) -> CommentedMap:
    found = CommentedMap({k: _flow_seq(v) if isinstance(v, list) else v for k, v in data.items()})
    found.fa.set_flow_style()
    return found


def _flow_seq(items: list[Any]) -> CommentedSeq:
    found = CommentedSeq(items)
    found.fa.set_flow_style()
    return found
