"""``doctor`` and ``models``: a sound set-up is said to be sound; a broken one, how to mend it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.settings import ROOT
from tests.support.command import Result
from tests.support.folders import Folders, record_of, save

Command = Callable[..., Result]

DETECTION = "PP-OCRv6_small_det"


@pytest.fixture
def config(folders: Folders, tmp_path: Path) -> Callable[..., Path]:
    """A settings file with these folders, and others as given."""

    def write(**others: Path) -> Path:
        given = {"scans": folders.scans, "outputs": folders.outputs, **others}
        lines = [f"{name} = '{path.as_posix()}'" for name, path in given.items()]
        path = tmp_path / "pipeline.toml"
        path.write_text("\n".join(["[folders]", *lines]), encoding="utf-8")
        return path

    return write


@pytest.fixture
def damaged_weights(tmp_path: Path) -> Path:
    """A models folder in which one of the two models is not what it should be."""
    folder = tmp_path / "ocr"
    folder.mkdir()
    shutil.copy(ROOT / "models" / "ocr" / "manifest.yaml", folder)
    (folder / f"{DETECTION}.onnx").write_bytes(b"half a download")
    return folder


def faults(shown: Result) -> dict[str, dict[str, str]]:
    """The checks that found an error, from ``doctor --json``."""
    return {check["name"]: check for check in shown.json() if check["state"] == "错误"}


def test_a_sound_set_up(command: Command, config: Callable[..., Path], folders: Folders) -> None:
    with folders.store() as store:
        save(store, stat := folders.put("a.jpg", "a"), record=record_of("unknown", stat))
    shown = command("doctor", "--config", config())
    assert shown.code == 0
    assert "[错误]" not in shown.out
    found = {line.split("：")[0].split("] ", 1)[1] for line in shown.out.splitlines() if line.startswith("[")}
    wanted = {
        "Python",
        "软件包 paddleocr",
        "OpenCV",
        "设置",
        "识别引擎",
        "表单定义和词典",
        "标签词表",
        "扫描文件夹",
        "输出文件夹",
        "磁盘",
        "数据库",
    }
    assert wanted <= found
    assert f"[正常] 模型 {DETECTION}" in shown.out
    assert "1 份文档" in shown.out


def test_for_machines(command: Command, config: Callable[..., Path]) -> None:
    checks = command("doctor", "--config", config(), "--json").json()
    assert all(set(check) == {"name", "state", "detail", "mend"} for check in checks)
    assert {check["state"] for check in checks} <= {"正常", "警告"}


def test_an_engine_slower_than_this_processor_allows(
    command: Command, config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_READING__ENGINE", "paddleocr")
    shown = command("doctor", "--config", config())
    assert shown.code == 0
    assert "[警告] 识别引擎：paddleocr，在本机处理器上比 " in shown.out
    assert "auto" in shown.out
    monkeypatch.setenv("PIPELINE_READING__ENGINE", "auto")
    assert "[正常] 识别引擎：" in command("doctor", "--config", config()).out


def test_it_writes_nothing(command: Command, config: Callable[..., Path], folders: Folders) -> None:
    command("doctor", "--config", config())
    assert list(folders.outputs.iterdir()) == []


def test_a_missing_forms_folder(command: Command, config: Callable[..., Path], tmp_path: Path) -> None:
    shown = command("doctor", "--config", config(forms=tmp_path / "没有表单"), "--json")
    assert shown.code == 2
    fault = faults(shown)["表单定义和词典"]
    assert "没有表单" in fault["detail"]
    assert "请" in fault["mend"]


def test_a_broken_form_is_named_with_line_and_key(
    command: Command, config: Callable[..., Path], tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "models" / "forms", tmp_path / "forms")
    path = tmp_path / "forms" / "agreement.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("max_pages: 2", "max_pages: none"), encoding="utf-8")
    fault = faults(command("doctor", "--config", config(forms=tmp_path / "forms"), "--json"))["表单定义和词典"]
    for part in ("agreement.yaml", "max_pages", "行"):
        assert part in fault["detail"]


def test_a_missing_dictionary(command: Command, config: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "dictionaries").mkdir()
    shown = command("doctor", "--config", config(dictionaries=tmp_path / "dictionaries"), "--json")
    assert shown.code == 2
    assert "communities.csv" in faults(shown)["表单定义和词典"]["detail"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "无法读取词表"),
        ("", "应为“键: 值”的映射"),
        ("schema: 1\nkinds: [", "不是有效的 YAML"),
        ("schema: 1\n", "缺少 kinds"),
        ("schema: 1\nkinds: []\n", "kinds 是空的"),
        ("schema: 1\nkinds:\n  - {type: colour}\n", "kinds.0.type 写的是“colour”，没有这种类型"),
        ("schema: 1\nkinds:\n  - {type: phone, label: [电话]}\n", "没有 kinds.0.label 这一项"),
        ("schema: 1\nkinds:\n  - {type: phone, endings: 电话}\n", "kinds.0.endings 的写法不对"),
        ("schema: 2\nkinds:\n  - {type: phone}\n", "schema 的写法不对"),
    ],
)
def test_broken_terms(
    command: Command, config: Callable[..., Path], tmp_path: Path, text: str | None, said: str
) -> None:
    terms = tmp_path / "terms.yaml"
    if text is not None:
        terms.write_text(text, encoding="utf-8")
    shown = command("doctor", "--config", config(terms=terms), "--json")
    assert shown.code == 2
    fault = faults(shown)["标签词表"]
    assert said in fault["detail"]
    assert str(terms) in fault["detail"]
    assert "\n" not in fault["detail"]
    assert "恢复 terms.yaml" in fault["mend"]


def test_a_missing_scans_folder(command: Command, config: Callable[..., Path], tmp_path: Path) -> None:
    shown = command("doctor", "--config", config(scans=tmp_path / "没有扫描"))
    assert shown.code == 2
    assert "[错误] 扫描文件夹" in shown.out
    assert "→ 请新建此文件夹" in shown.out


@pytest.mark.parametrize("part", ["file", "file/outputs"])
def test_outputs_where_nothing_can_be_written(
    command: Command, config: Callable[..., Path], tmp_path: Path, part: str
) -> None:
    """A file lies where the folder should be; this holds for administrators and on Windows too."""
    (tmp_path / "file").write_text("in the way")
    shown = command("doctor", "--config", config(outputs=tmp_path / part), "--json")
    assert shown.code == 2
    fault = faults(shown)["输出文件夹"]
    assert str(tmp_path / part) in fault["detail"]
    assert "请" in fault["mend"]


def test_damaged_weights(command: Command, config: Callable[..., Path], damaged_weights: Path) -> None:
    shown = command("doctor", "--config", config(ocr=damaged_weights), "--json")
    assert shown.code == 2
    fault = faults(shown)[f"模型 {DETECTION}"]
    assert str(damaged_weights) in fault["detail"]
    assert "损坏" in fault["mend"]


def test_a_missing_manifest(command: Command, config: Callable[..., Path], tmp_path: Path) -> None:
    shown = command("doctor", "--config", config(ocr=tmp_path / "none"), "--json")
    assert shown.code == 2
    assert any("manifest.yaml" in fault["detail"] for fault in faults(shown).values())


def test_a_database_that_is_none(command: Command, config: Callable[..., Path], folders: Folders) -> None:
    (folders.outputs / "pipeline.db").write_bytes(b"this is no database" * 100)
    shown = command("doctor", "--config", config(), "--json")
    assert shown.code == 2
    assert "备份" in faults(shown)["数据库"]["detail"] + faults(shown)["数据库"]["mend"]


def test_wrong_settings_are_a_finding_too(command: Command, tmp_path: Path) -> None:
    (tmp_path / "pipeline.toml").write_text("[limits]\nmax_page = 5", encoding="utf-8")
    shown = command("doctor", "--config", tmp_path / "pipeline.toml", "--json")
    assert shown.code == 2
    assert "limits.max_page" in faults(shown)["设置"]["detail"]


def test_every_fault_at_once(
    command: Command, config: Callable[..., Path], tmp_path: Path, damaged_weights: Path
) -> None:
    """Doctor does not stop at the first."""
    shown = command(
        "doctor", "--json", "--config", config(forms=tmp_path / "f", scans=tmp_path / "s", ocr=damaged_weights)
    )
    assert {"表单定义和词典", "扫描文件夹", f"模型 {DETECTION}"} <= set(faults(shown))
    assert all("请" in fault["mend"] for fault in faults(shown).values())


def test_models_list(command: Command) -> None:
    shown = command("models", "list")
    assert shown.code == 0
    assert DETECTION in shown.out
    assert "正在使用" in shown.out
    rows = command("models", "list", "--json").json()
    assert {row["tier"] for row in rows} == {"small", "medium"}
    assert all(Path(row["file"]).is_file() for row in rows if row["tier"] == "small")


def test_models_verify(command: Command) -> None:
    shown = command("models", "verify")
    assert shown.code == 0
    assert "完好" in shown.out
    found = {row["name"]: row["ok"] for row in command("models", "verify", "--json").json()}
    assert found[DETECTION] is True


def test_models_verify_finds_damage(command: Command, config: Callable[..., Path], damaged_weights: Path) -> None:
    shown = command("models", "verify", "--config", config(ocr=damaged_weights), "--json")
    assert shown.code == 1
    found = {row["name"]: row for row in shown.json()}
    assert found[DETECTION]["ok"] is False
    assert "损坏" in found[DETECTION]["message"]


def test_models_fetch_of_what_is_installed_or_unknown(command: Command) -> None:
    assert command("models", "fetch", "small").code == 0
    shown = command("models", "fetch", "huge")
    assert shown.code == 2
    assert "medium" in shown.err


def test_models_are_fetched_over_https_only(command: Command, config: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "ocr").mkdir()
    manifest = (ROOT / "models" / "ocr" / "manifest.yaml").read_text(encoding="utf-8")
    (tmp_path / "ocr" / "manifest.yaml").write_text(manifest.replace("https://", "http://"), encoding="utf-8")
    shown = command("models", "fetch", "medium", "--config", config(ocr=tmp_path / "ocr"))
    assert shown.code == 2
    assert "https" in shown.err
