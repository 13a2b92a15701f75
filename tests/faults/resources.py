"""What a batch needs is missing: room on the disk, rights, the database, the models, the folder, the right time.

In each case the batch must end as is stated (exit status, a message in Chinese that says what to do, no
traceback), and once the cause is removed another one must give what an undisturbed one gives.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import checks, hooks, readings
from tests.faults.batches import Batch, Office
from tests.faults.disks import CannotMount, Disk, small_disk
from tests.faults.documents import make_documents

_DOCUMENTS = 7  # at least three pieces of work: some cases begin with the third
_MEGABYTES = 150  # of a small disk; a batch will not begin with less than a hundred free
_LITTLE = 50_000_000  # bytes left where a disk is nearly full
_SOME = ("--limit", "3")
_SECONDS = 180.0
_MODELS = "PIPELINE_FOLDERS__OCR"
_HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(600)
"""


@dataclass(slots=True)
class Place:
    """Where a case takes place: its own office, and what an undisturbed batch gives. ``faults`` is what was wrong."""

    office: Office
    kept: Path
    expected: checks.Expected
    faults: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    moved: bool = False
    may_tell: frozenset[str] = frozenset()

    def run(
        self, *arguments: str, really: bool = False, plain: bool = False, hooked: Mapping[str, str] | None = None
    ) -> Batch:
        """Begin a batch; ``hooked`` are variables that change its processes."""
        moved = {"PIPELINE_INTAKE__ORIGINALS": "move" if self.moved else "leave"}
        where = ("--workers", "1", *arguments)
        return self.office.start(
            *where, kept=None if really else self.kept, plain=plain, variables={**moved, **(hooked or {})}
        )

    def ends(self, batch: Batch, codes: tuple[int, ...], *words: str) -> None:
        """The batch must end with one of these, and say what it must."""
        code = batch.wait(_SECONDS)
        said = batch.said()
        wrong = [] if code in codes else [f"exit status {code}, not {codes}"]
        if "Traceback" in said or "Exception ignored" in said:
            wrong.append("a traceback")
        joined = said.replace("\n", "")
        wrong += [f"{word} is not in what it said" for word in words if word not in joined]
        if wrong:
            self.faults.append(f"{'; '.join(wrong)}:\n{said[-2500:]}")
        if words:
            line = next((line for line in said.splitlines() if words[0] in line), words[0])
            self.said.append(f"exit {code}, {line.strip()}")

    def recovers(self) -> None:
        """Another batch must do the rest: run until nothing is to be tried again."""
        for _ in range(3):
            self.ends(self.run(), (0, 1))
            with self.office.store() as store:
                if not store.status_summary().files.get("retry"):
                    break
        self.faults += checks.faults(self.office, self.expected, moved=self.moved, may_tell=self.may_tell)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", action="append", choices=[*CASES], help="this case; may be given several times")
    parser.add_argument("--documents", type=int, default=_DOCUMENTS)
    options = parser.parse_args(arguments)
    wanted = options.only or [*CASES]
    with tempfile.TemporaryDirectory(prefix="resources-") as folder:
        root = Path(folder)
        documents = root / "documents"
        make_documents(documents, options.documents)
        kept = readings.record(documents)
        plain = Office(root / "undisturbed", documents)
        undisturbed = plain.start("--workers", "1", kept=kept)
        if undisturbed.wait(_SECONDS) != 0:
            print(f"FAILED an undisturbed batch:\n{undisturbed.said()}")
            return 1
        expected = checks.expect(plain, readings.load(kept))
        results = [
            _try(name, Place(Office(root / f"case{number}", documents), kept, expected))
            for number, name in enumerate(wanted)
        ]
    print(
        f"{results.count(True)} of {len(results)} well, {results.count(None)} left out, {results.count(False)} failed"
    )
    return 1 if False in results else 0


def _try(name: str, place: Place) -> bool | None:
    try:
        CASES[name](place)
    except CannotMount as error:
        print(f"left out  {name}: {error}", flush=True)
        return None
    except Exception as error:  # noqa: BLE001 - a case that fails in another way has failed
        place.faults.append(f"{type(error).__name__}: {error}")
    said = " / ".join(place.said)
    print(f"{'FAILED' if place.faults else 'ok    '}    {name}: {said}", *place.faults, sep="\n    ", flush=True)
    return not place.faults


@contextmanager
def _outputs_on_disk(place: Place) -> Iterator[Disk]:
    with small_disk(place.office.root / "disk", _MEGABYTES) as disk:
        place.office.outputs = disk.path / "outputs"
        yield disk
        place.recovers()


def _full_before(place: Place) -> None:
    with _outputs_on_disk(place) as disk:
        disk.fill(leave=_LITTLE)
        place.ends(place.run(), (2,), "磁盘", "请清理", "没有丢失")
        disk.empty()


def _full_while(where: str, *words: str, moved: bool = False) -> Callable[[Place], None]:
    def case(place: Place) -> None:
        place.moved = moved
        with _outputs_on_disk(place) as disk:
            batch = place.run(hooked={hooks.PAUSE: where})
            if batch.paused():
                disk.fill()
                batch.go_on()
            place.ends(batch, (1, 2), *words)
            disk.empty()

    return case


def _outputs_mounted_read_only(place: Place) -> None:
    with _outputs_on_disk(place) as disk:
        place.ends(place.run(*_SOME), (0, 1))
        disk.make("ro")
        place.ends(place.run(), (2,), "无法", "请检查")
        disk.make("rw")


def _outputs_without_rights(place: Place) -> None:
    place.ends(place.run(*_SOME), (0, 1))
    folders = [place.office.outputs, *(p for p in place.office.outputs.rglob("*") if p.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    place.ends(place.run(plain=True), (2,), "无法", "请检查")
    for folder in folders:
        folder.chmod(0o755)
    place.recovers()


def _scans_read_only(moved: bool, *words: str) -> Callable[[Place], None]:
    def case(place: Place) -> None:
        place.moved = moved
        place.office.scans.chmod(0o555)
        place.ends(place.run(plain=True), (0,), *words)
        place.office.scans.chmod(0o755)
        place.recovers()

    return case


@contextmanager
def _held(database: Path) -> Iterator[None]:
    """Another process holds the database for writing."""
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(database)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            yield
        finally:
            holder.kill()


def _locked_before(place: Place) -> None:
    place.ends(place.run(*_SOME), (0, 1))
    with _held(place.office.outputs / "pipeline.db"):
        place.ends(place.run(hooked={hooks.WAIT: "1"}), (2,), "正被另一个程序占用", "请关闭")
    place.recovers()


def _locked_while_saving(place: Place) -> None:
    batch = place.run(hooked={hooks.PAUSE: "save:3", hooks.WAIT: "1"})
    if not batch.paused():
        place.faults.append("nothing was saved")
    with _held(place.office.outputs / "pipeline.db"):
        batch.go_on()
        place.ends(batch, (2,), "正被另一个程序占用", "请关闭")
    place.recovers()


def _worker_killed(place: Place) -> None:
    batch = place.run(hooked={hooks.PAUSE: "read:3"})
    if batch.paused():
        os.kill(int((place.office.root / hooks.REACHED).read_text()), signal.SIGKILL)
        batch.go_on()
    place.ends(batch, (1,), "待重试", "工作进程意外终止", "请")
    place.recovers()


def _workbook_open(place: Place) -> None:
    place.ends(place.run(*_SOME), (0, 1))
    before = {path: path.read_bytes() for path in place.office.outputs.glob("*.xlsx")}
    place.ends(place.run(hooked={hooks.IN_USE: ".xlsx"}), (0,), "正被其他程序打开", "请关闭")
    if any(path.read_bytes() != data for path, data in before.items()):
        place.faults.append("a workbook that was open was changed")
    beside = [path for path in place.office.outputs.glob("*.xlsx") if path not in before]
    if not beside:
        place.faults.append("no workbook beside the one that is open")
    place.recovers()


def _records_open(place: Place) -> None:
    place.ends(place.run(*_SOME), (0, 1))
    place.ends(place.run(hooked={hooks.IN_USE: "records.jsonl"}), (1,), "台账未能更新", "请关闭")
    place.recovers()


def _no_models(place: Place) -> None:
    empty = place.office.root / "models"
    empty.mkdir()
    place.ends(place.run(really=True, hooked={_MODELS: str(empty)}), (2,), "模型", "请从安装包恢复")
    place.recovers()


def _no_weights(place: Place) -> None:
    models = place.office.root / "models"
    models.mkdir()
    model = "{name: nowhere, sha256: '0', package: no_such_package, path: nowhere.onnx}"
    (models / "manifest.yaml").write_text(f"tiers: {{small: {{detection: {model}, recognition: {model}}}}}")
    place.ends(place.run(really=True, hooked={_MODELS: str(models)}), (2,), "缺少 OCR 模型", "请重新安装")
    place.recovers()


def _clock_set_back(place: Place) -> None:
    place.ends(place.run(*_SOME), (0, 1))
    place.ends(place.run(hooked={hooks.DAYS_BACK: "400"}), (0,), "时钟", "请校准")
    place.recovers()


def _no_scans(place: Place) -> None:
    away = place.office.root / "away"
    place.office.scans.rename(away)
    place.ends(place.run(), (2,), "无法打开扫描文件夹", "请检查")
    away.rename(place.office.scans)
    place.recovers()


def _scans_vanish(place: Place) -> None:
    away = place.office.root / "away"
    batch = place.run(hooked={hooks.PAUSE: "read:3"})
    if batch.paused():
        place.office.scans.rename(away)
        batch.go_on()
    place.ends(batch, (1,), "待重试", "文件已不在原处", "请")
    away.rename(place.office.scans)
    place.recovers()


def _scans_not_mounted(place: Place) -> None:
    """An empty folder in place of the share: nothing that was read may go, and all is known when it is back."""
    place.ends(place.run(), (0,))
    away = place.office.root / "away"
    place.office.scans.rename(away)
    place.office.scans.mkdir()
    place.ends(place.run(), (0, 1))
    with place.office.store() as store:
        left = store.record_count()
    if left != len(place.expected.documents):
        place.faults.append(f"{left} of {len(place.expected.documents)} documents left")
    place.office.scans.rmdir()
    away.rename(place.office.scans)
    place.may_tell = frozenset({"file_gone"})
    place.said.append(f"{left} documents kept")
    place.recovers()


def _two_at_once(place: Place) -> None:
    """A batch is begun while another one is at work; then that one is killed."""
    batch = place.run(hooked={hooks.PAUSE: "save:2"})
    batch.paused()
    place.ends(place.run(), (2,), "另一个批处理正在使用", "请等")
    batch.kill()
    place.recovers()


CASES: dict[str, Callable[[Place], None]] = {
    "disk full before the start": _full_before,
    "disk full while saving": _full_while("save:3", "磁盘", "请清理"),
    "disk full while archiving": _full_while("archive:3", "磁盘", "请清理"),
    "disk full while archiving, originals moved": _full_while("archive:3", "磁盘", "请清理", moved=True),
    "disk full while exporting": _full_while("export", "磁盘", "请"),
    "outputs on a read-only disk": _outputs_mounted_read_only,
    "outputs without the right to write": _outputs_without_rights,
    "scans read-only": _scans_read_only(False),
    "scans read-only, originals moved": _scans_read_only(True, "未能移出扫描文件夹", "可手工删除"),
    "database locked before the start": _locked_before,
    "database locked while saving": _locked_while_saving,
    "another batch at work": _two_at_once,
    "a worker killed": _worker_killed,
    "workbook open elsewhere": _workbook_open,
    "records open elsewhere": _records_open,
    "no models": _no_models,
    "no weights": _no_weights,
    "clock set back": _clock_set_back,
    "no scans folder": _no_scans,
    "scans folder gone while reading": _scans_vanish,
    "scans folder empty, its share not mounted": _scans_not_mounted,
}


if __name__ == "__main__":
    sys.exit(main())
