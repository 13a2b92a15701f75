"""The OCR weights: which files a tier needs, where they come from, and whether they are intact.

PaddleOCR takes a folder with ``inference.onnx`` and ``inference.yml``; both are laid out here from an
installed package's weights, in the user's cache folder, so that nothing is fetched at run time.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.errors import SetupError
from pipeline.reading.prepared import cache_root, prepared

_DETECTION_YML: dict[str, Any] = {
    "PreProcess": {
        "transform_ops": [
            {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
            {"DetResizeForTest": {"resize_long": 960}},
            {
                "NormalizeImage": {
                    "mean": [0.485, 0.456, 0.406],
                    "std": [0.229, 0.224, 0.225],
                    "scale": "1./255.",
                    "order": "hwc",
                }
            },
            {"ToCHWImage": None},
            {"KeepKeys": {"keep_keys": ["image", "shape"]}},
        ]
    },
    "PostProcess": {
        "name": "DBPostProcess",
        "thresh": 0.3,
        "box_thresh": 0.6,
        "max_candidates": 1000,
        "unclip_ratio": 1.5,
    },
}
_RECOGNITION_YML: dict[str, Any] = {
    "PreProcess": {
        "transform_ops": [
            {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
            {"RecResizeImg": {"image_shape": [3, 48, 320]}},
            {"KeepKeys": {"keep_keys": ["image"]}},
        ]
    },
    "PostProcess": {"name": "CTCLabelDecode"},
}

_CHARACTERS = "characters.txt"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the manifest. ``role`` is ``detection`` or ``recognition``."""

    tier: str
    role: str
    name: str
    sha256: str
    package: str | None
    path: str | None
    url: str | None


def load_manifest(folder: Path) -> list[ModelEntry]:
    """The models that ``folder/manifest.yaml`` names. Raises :class:`SetupError`."""
    file = folder / "manifest.yaml"
    try:
        data = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
        return [
            ModelEntry(tier, role, m["name"], m["sha256"], m.get("package"), m.get("path"), m.get("url"))
            for tier, roles in data["tiers"].items()
            for role, m in roles.items()
        ]
    except OSError as error:
        raise SetupError(f"找不到模型清单 {file}，请从安装包恢复 models/ocr 文件夹。") from error
    except (KeyError, TypeError, AttributeError, ValueError, YAMLError) as error:
        raise SetupError(f"模型清单 {file} 格式有误：缺少 {error}。") from error


def models_of(tier: str, folder: Path) -> dict[str, ModelEntry]:
    """The models of a tier by role. Raises :class:`SetupError` where the manifest lacks one."""
    found = {e.role: e for e in load_manifest(folder) if e.tier == tier}
    missing = {"detection", "recognition"} - set(found)
    if missing:
        raise SetupError(
            f"模型清单中没有 {tier} 档的 {'、'.join(sorted(missing))} 模型，请恢复 models/ocr/manifest.yaml。"
        )
    return found


def weights_of(entry: ModelEntry, folder: Path) -> Path:
    """Where the weights of ``entry`` lie. Raises :class:`SetupError` saying how to get them."""
    fetched = folder / f"{entry.name}.onnx"
    if fetched.is_file():
        return fetched
    if entry.package and entry.path:
        spec = importlib.util.find_spec(entry.package)
        if spec and spec.origin:
            packaged = Path(spec.origin).parent / entry.path
            if packaged.is_file():
                return packaged
        raise SetupError(f"缺少 OCR 模型 {entry.name}：请重新安装软件包 {entry.package}（make install）。")
    raise SetupError(
        f"缺少 OCR 模型 {entry.name}：请在允许联网的电脑上运行 python run_pipeline.py models fetch {entry.tier}，"
        f"或把文件放到 {fetched}。"
    )


def file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def model_folder(entry: ModelEntry, folder: Path) -> Path:
    """A folder as PaddleOCR wants it, with ``inference.onnx`` and ``inference.yml``.

    It is made once a machine, under the user's cache folder by the hashes of weights and settings.
    """
    weights = weights_of(entry, folder)
    recipe = hashlib.sha256(repr((_DETECTION_YML, _RECOGNITION_YML, _CHARACTERS)).encode()).hexdigest()
    target = cache_root() / "ocr" / f"{entry.name}-{entry.sha256[:12]}-{recipe[:6]}"

    def make(made: Path) -> None:
        if file_sha256(weights) != entry.sha256:
            raise SetupError(f"OCR 模型 {entry.name} 已损坏（校验和不符）：{weights}。请重新安装或重新下载。")
        shutil.copyfile(weights, made / "inference.onnx")
        _write_yml(entry, weights, made / "inference.yml")

    return prepared(target, lambda: _is_whole(target, entry, weights), make)


def _is_whole(target: Path, entry: ModelEntry, weights: Path) -> bool:
    onnx = target / "inference.onnx"
    others = ["inference.yml"] if entry.role == "detection" else ["inference.yml", _CHARACTERS]
    whole = onnx.is_file() and onnx.stat().st_size == weights.stat().st_size
    return whole and all((target / other).is_file() for other in others)


def alphabet_of(folder: Path) -> list[str]:
    """The classes of the recogniser in ``folder``: blank, the characters of the ONNX metadata, and a space."""
    return ["", *(folder / _CHARACTERS).read_text(encoding="utf-8").split("\n"), " "]


def _write_yml(entry: ModelEntry, weights: Path, path: Path) -> None:
    if entry.role == "detection":
        config = {"Global": {"model_name": entry.name}, **_DETECTION_YML}
    else:
        config = {"Global": {"model_name": entry.name}, **_RECOGNITION_YML}
        session = onnxruntime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
        listed = session.get_modelmeta().custom_metadata_map["character"]
        (path.parent / _CHARACTERS).write_text(listed, encoding="utf-8", newline="\n")
        config["PostProcess"] = {**config["PostProcess"], "character_dict": listed.split("\n")}
    yaml = YAML()
    yaml.allow_unicode = True
    with path.open("w", encoding="utf-8") as stream:
        yaml.dump(config, stream)
