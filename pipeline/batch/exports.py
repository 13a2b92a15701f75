"""The outputs written from the store, where they do not show it yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipeline.batch.crosscheck import cross_check
from pipeline.batch.kept_sheets import keep_sheets
from pipeline.batch.leftovers import temporary_files_in
from pipeline.batch.matched import keep_matches
from pipeline.batch.office_view import office_of
from pipeline.batch.records_out import write_records_file
from pipeline.batch.summary import BatchSummary
from pipeline.batch.weigh import Rules, weigh_stored
from pipeline.definitions import Forms
from pipeline.dictionaries import Dictionaries
from pipeline.ledgers.atomic import CannotWriteError
from pipeline.ledgers.census import Census
from pipeline.ledgers.export import output_names, write_workbooks
from pipeline.settings import Settings
from pipeline.store import PIPELINE, Action, Store

CENSUS = "census"
"""Where the figures of the last export are kept in the store; see :class:`~pipeline.ledgers.census.Figures`."""

_STATE = "exported"
_LOCK = ".export.lock"
_WAIT = 600.0  # seconds for another's export to end: a year's documents take minutes at worst
_POLL = 0.2


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files that show the store, none where they could not be written; ``notice`` is for staff. ``as_usual`` where
    all have their usual names."""

    paths: list[Path]
    notice: str = ""
    as_usual: bool = True


def export(
    store: Store, forms: Forms, dictionaries: Dictionaries, settings: Settings, *, whole: bool = True
) -> Outputs:
    """Write ``records.jsonl`` and the workbooks from the store, and keep the figures and matches that go with them.

    Without ``whole``, of ``records.jsonl`` what changed since it was last written; the bytes are the same.

    What people wrote into the workbooks meanwhile is taken into the store first. Raises :class:`CannotWriteError`.
    """
    outputs = settings.path("outputs")
    keeper = keep_sheets(store, forms, dictionaries, settings)
    census = Census(forms, dictionaries, store.claim_decisions())
    office = office_of(store, settings, tidy=True)
    with temporary_files_in(outputs):
        written = [write_records_file(store, outputs, whole=whole)]
        written += write_workbooks(
            census.watch(store.records(reading=False)),
            forms,
            dictionaries,
            outputs,
            matches=lambda: census.matched.matches,
            office=office,
            keeper=keeper,
        )
    store.keep(CENSUS, census.figures().to_dict())
    keep_matches(store, census.matched)
    usual = output_names(forms, dictionaries)
    beside = "、".join(path.name for path in written if path.name not in usual)
    if beside:
        keeper.notices.append(f"台账正被其他程序打开，新的一份写在旁边：{beside}。请关闭后改用新的一份。")
    return Outputs(written, " ".join(keeper.notices), as_usual=not beside)


def bring_up_to_date(store: Store, rules: Rules, settings: Settings, summary: BatchSummary) -> list[Path]:
    """:func:`update_outputs` at the end of a batch, whose summary takes the notice."""
    outputs = update_outputs(store, rules, settings)
    if outputs.notice:
        summary.notices.append(outputs.notice)
    return outputs.paths


def update_outputs(store: Store, rules: Rules, settings: Settings) -> Outputs:
    """Weigh the documents by one another, check them against one another, and write the outputs anew.

    None of it where the outputs show the store, the forms and the lists as they are; the workbooks not where there are
    many documents and they were written a short while ago. One at a time does so, and others wait. Where a file cannot
    be written, the documents are safe in the store and the next time it is tried again: the notice says so.
    """
    outputs = settings.path("outputs")
    try:
        with _sole_export(outputs):
            return _update(store, rules, settings)
    except CannotWriteError as error:
        return Outputs([], f"台账未能更新：{error.message} 识别结果已存入数据库，下次运行时重新生成。")


def show_the_store(store: Store) -> bool:
    """Whether the outputs were written since anything of the store changed that they show."""
    last = store.recall(_STATE)
    return last is not None and not store.changed_since(last["change"])


def _update(store: Store, rules: Rules, settings: Settings) -> Outputs:
    last = store.recall(_STATE) or {}
    paths = [settings.path("outputs") / name for name in last.get("files", ())]
    by = _fingerprint(rules)
    if paths and last["by"] == by and not store.changed_since(last["change"]) and all(p.is_file() for p in paths):
        return Outputs(paths)
    weigh_stored(store, rules)
    cross_check(store, rules.forms, rules.dictionaries)
    if last and last["by"] == by and all(p.is_file() for p in paths) and (notice := _rest(store, last, settings)):
        return Outputs([write_records_file(store, settings.path("outputs")), *paths[1:]], notice)
    change = store.change_number()
    written = export(store, rules.forms, rules.dictionaries, settings, whole=False)
    store.audit(Action.EXPORTED, PIPELINE, files=len(written.paths), change=change)
    if written.as_usual:
        files, at = [path.name for path in written.paths], datetime.now(UTC).isoformat()
        store.keep(_STATE, {"change": change, "by": by, "files": files, "at": at})
    return written


def _rest(store: Store, last: Mapping[str, Any], settings: Settings) -> str:
    """Why the workbooks need not be written again yet: there are many documents, and they were a short while ago.
    Empty where they are to be written."""
    at = datetime.fromisoformat(last["at"]) if "at" in last else None
    most, hours = settings.ledgers.always_up_to, settings.ledgers.rest_hours
    if at is None or not timedelta(0) <= datetime.now(UTC) - at < timedelta(hours=hours):
        return ""
    if store.record_count() <= most:
        return ""
    return (
        f"文档已超过 {most} 份，台账每 {hours:g} 小时更新一次，上次是 {at.astimezone():%m-%d %H:%M}；"
        "records.jsonl 和审核页已是最新。要最新的台账请运行 export。"
    )


@contextmanager
def _sole_export(outputs: Path) -> Iterator[None]:
    """Hold the outputs for writing. A batch and the audit page may come to it at once; the system frees the lock of
    one that dies. Raises :class:`CannotWriteError`."""
    lock = FileLock(outputs / _LOCK)
    try:
        lock.acquire(timeout=_WAIT, poll_interval=_POLL)
    except Timeout:
        raise CannotWriteError("另一个程序正在生成台账，等了很久仍未结束。") from None
    except OSError as error:
        raise CannotWriteError(
            f"无法在输出文件夹中加锁：{error.strerror}。请检查文件夹是否可写、磁盘是否已满。"
        ) from error
    try:
        yield
    finally:
        lock.release()


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
