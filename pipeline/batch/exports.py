"""The outputs written from the store, where they do not show it yet."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.leftovers import temporary_files_in
from pipeline.batch.summary import BatchSummary
from pipeline.batch.weigh import Rules, weigh_stored
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers import output_names, write_all
from pipeline.ledgers.atomic import CannotWriteError
from pipeline.settings import Settings
from pipeline.store import Store

_STATE = "exported"


def export(store: Store, forms: Forms, dictionaries: Dictionaries, outputs: Path) -> list[Path]:
    """Write ``records.jsonl`` and the workbooks from the store."""
    with temporary_files_in(outputs):
        return write_all(store.records, forms, dictionaries, outputs)


def bring_up_to_date(store: Store, rules: Rules, settings: Settings, summary: BatchSummary) -> list[Path]:
    """Weigh the documents by one another, check them against one another, and write the outputs anew.

    None of it where the outputs show the store, the forms and the lists as they are. Where one cannot be
    written, the batch's documents are safe in the store and the next batch tries again: the summary says so.
    """
    outputs = settings.path("outputs")
    last = store.recall(_STATE) or {}
    paths = [outputs / name for name in last.get("files", ())]
    by = _fingerprint(rules)
    if paths and last["by"] == by and not store.changed_since(last["change"]) and all(p.is_file() for p in paths):
        return paths
    weigh_stored(store, rules)
    cross_check(store, rules.forms, rules.dictionaries)
    change = store.change_number()
    try:
        written = export(store, rules.forms, rules.dictionaries, outputs)
    except CannotWriteError as error:
        summary.notices.append(f"台账未能更新：{error.message} 识别结果已存入数据库，下次运行时重新生成。")
        return []
    usual = output_names(rules.forms, rules.dictionaries)
    beside = [path for path in written if path.name not in usual]
    if beside:
        names = "、".join(path.name for path in beside)
        summary.notices.append(f"台账正被其他程序打开，新的一份写在旁边：{names}。请关闭后改用新的一份。")
        return written
    store.keep(_STATE, {"change": change, "by": by, "files": [path.name for path in written]})
    return written


def _fingerprint(rules: Rules) -> str:
    """What the outputs depend on besides the store."""
    digest = hashlib.sha256(version("shuangbaodao-pipeline").encode())
    for name, form in sorted(rules.forms.items()):
        digest.update(f"{name}{form.model_dump_json()}".encode())
    for name, dictionary in sorted(rules.dictionaries.items()):
        digest.update(f"{name}{sorted(dictionary.spellings.items())}".encode())
    digest.update(json.dumps(rules.calibration.to_dict()).encode())
    digest.update(rules.acceptance.model_dump_json().encode())
    return digest.hexdigest()
