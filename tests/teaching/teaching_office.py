"""An office with two forms that have nothing to do with 双报到, taught from one blank scan each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.settings import Settings, load_settings
from tests.support.command import Result, call

SAMPLES = Path(__file__).parent / "samples"
ROOT = Path(__file__).resolve().parents[2]
TAUGHT = {"device_loan": "设备借用单", "clinic_visit": "社区门诊就诊登记表"}


@dataclass(frozen=True)
class Office:
    """Folders and settings of their own; the forms of the repository, and dictionaries, are copied there."""

    root: Path

    @property
    def forms(self) -> Path:
        return self.root / "forms"

    @property
    def outputs(self) -> Path:
        return self.root / "outputs"

    @property
    def scans(self) -> Path:
        return self.root / "scans"

    @property
    def config(self) -> Path:
        return self.root / "pipeline.toml"

    def settings(self) -> Settings:
        return load_settings(self.config, folders={"outputs": self.outputs, "scans": self.scans})

    def command(self, *arguments: str | Path) -> Result:
        return call(*arguments, "--config", self.config, "--outputs", self.outputs)

    def run(self) -> Result:
        return self.command("run", "--scans", self.scans, "--workers", "1")

    def records(self) -> list[dict[str, Any]]:
        lines = (self.outputs / "records.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


def truth() -> list[dict[str, Any]]:
    """What is written on the filled samples, by printed label."""
    return json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))
