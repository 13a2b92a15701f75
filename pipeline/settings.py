"""Settings: ``pipeline.toml`` and environment variables, typed and validated.

Environment variables win over the file: ``PIPELINE_LIMITS__MAX_PAGES=50`` sets ``limits.max_pages``.
A wrong key or value is a :class:`SetupError` that names it and what is allowed.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.errors import SetupError

SETTINGS_FILE = "pipeline.toml"
ENV_PREFIX = "PIPELINE_"
ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds ``run_pipeline.py``, ``models/``, ``scans/`` and ``outputs/``."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


BUCKET_SCHEME = "s3://"
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/]+)*/?")


def _place(value: object) -> object:
    """Scans lie in a folder, or in a bucket of S3-compatible storage, which stays a ``str``."""
    if isinstance(value, str) and not value.startswith(BUCKET_SCHEME):
        return Path(value)
    if isinstance(value, str) and not _BUCKET.fullmatch(value):
        raise ValueError("存储桶应写成 s3://桶名 或 s3://桶名/前缀，密钥不写在地址里")
    return value


Place = Annotated[Path | str, BeforeValidator(_place)]
"""A folder, or a bucket with a prefix, ``s3://bucket/prefix``."""


class Folders(_Section):
    """Where things lie; relative paths are taken from the project's root. ``scans`` may be in a bucket."""

    scans: Place = Path("scans")
    outputs: Path = Path("outputs")
    forms: Path = Path("models/forms")
    terms: Path = Path("models/terms.yaml")
    dictionaries: Path = Path("models/dictionaries")
    ocr: Path = Path("models/ocr")
    calibration: Path = Path("models/calibration.json")


class Limits(_Section):
    """What exceeds these is quarantined with the reason."""

    max_bytes: Annotated[int, Field(ge=1)] = 200_000_000
    max_pixels: Annotated[int, Field(ge=10_000)] = 120_000_000
    max_pages: Annotated[int, Field(ge=1)] = 100
    pdf_dpi: Annotated[int, Field(ge=72, le=600)] = 200


class ReadingSettings(_Section):
    """Which OCR engine and model tier to use, and with how many threads a process.

    ``auto`` leaves the engine to the machine (:func:`pipeline.reading.engine.engine_in_use`).
    """

    engine: Literal["auto", "onnxruntime", "openvino", "paddleocr"] = "auto"
    tier: Literal["small", "medium"] = "small"
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    detection_side: Annotated[int, Field(ge=320, le=4096, multiple_of=32)] = 736


Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class Acceptance(_Section):
    """The probability of being right from which a field is accepted unseen."""

    target: Probability = 0.98
    strict: Probability = 0.985
    strict_types: tuple[str, ...] = ("id_number", "uscc", "name", "phone")
    unreadable_below: Probability = 0.15

    def needed(self, field_type: str) -> float:
        """The confidence from which a field of this type is accepted."""
        return self.strict if field_type in self.strict_types else self.target


class IntakeSettings(_Section):
    """How files are taken from the drop folder.

    A file must have been left alone for ``settle_seconds``. ``originals`` says what becomes of a file that
    was dealt with: ``leave`` it where it is, or ``move`` it, into the archive or the quarantine. The watcher
    looks through the whole folder every ``rescan_minutes``; ``polling`` is for shares that report no changes.
    """

    settle_seconds: Annotated[float, Field(ge=0, le=600)] = 2.0
    originals: Literal["leave", "move"] = "leave"
    rescan_minutes: Annotated[float, Field(gt=0, le=1440)] = 10.0
    polling: bool = False


class BatchSettings(_Section):
    """``workers`` 0 means one a core, less where memory is short.

    ``minutes`` is the time budget, 0 for none. A file may take ``file_seconds`` and ``page_seconds`` for each
    of its pages, a worker ``worker_megabytes``. A failure that may pass is tried ``attempts`` times, first
    after ``retry_minutes``. With the ``executor`` ``ray`` the workers are those of a Ray cluster at ``address``:
    ``ray://HOST:PORT``, ``HOST:PORT`` (on a machine of the cluster), or ``local`` for one on this machine.
    """

    executor: Literal["local", "ray"] = "local"
    address: str = ""
    workers: Annotated[int, Field(ge=0, le=256)] = 0
    recycle_after: Annotated[int, Field(ge=1)] = 200
    minutes: Annotated[float, Field(ge=0)] = 0
    file_seconds: Annotated[float, Field(gt=0)] = 120
    page_seconds: Annotated[float, Field(gt=0)] = 60
    worker_megabytes: Annotated[int, Field(ge=256)] = 3000
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    retry_minutes: Annotated[float, Field(ge=0)] = 15


OFFICE_COLUMNS = ("核对人", "核对意见", "备注")
"""The columns of every register that are for people to write in, unless the office wants others."""


class LedgerSettings(_Section):
    """The workbooks: ``office_columns`` are for people to write in, ``pictures`` is how many rows of 待核对 show the
    ink beside the value, and with ``community_sheets`` each community has a sheet of its own besides.

    They are written with every batch and change while there are up to ``always_up_to`` documents. With more, which
    takes minutes, those of the last ``rest_hours`` stand.
    """

    office_columns: Annotated[tuple[str, ...], Field(max_length=20)] = OFFICE_COLUMNS
    pictures: Annotated[int, Field(ge=0, le=20_000)] = 1_000
    community_sheets: bool = False
    always_up_to: Annotated[int, Field(ge=0)] = 20_000
    rest_hours: Annotated[float, Field(ge=0, le=168)] = 20.0


class RetentionSettings(_Section):
    """How many ``years`` documents are kept before ``purge`` destroys them; 0 for ever."""

    years: Annotated[int, Field(ge=0, le=100)] = 0


class ReportSettings(_Section):
    """Where the morning report's links to the audit page lead, and where figures for monitoring go (empty: nowhere)."""

    audit_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] = "http://127.0.0.1:8765"
    metrics_file: str = ""


class AuditSettings(_Section):
    """The audit page: where it is served, how long a session lasts, when a name is locked.

    ``host`` other than this machine's own address lets others in: then put a proxy with HTTPS before it and set
    ``secure_cookies``. A session ends after ``session_minutes``, or ``idle_minutes`` without a request.
    ``lock_after`` wrong passwords lock a name for ``lock_minutes``. With ``four_eyes`` a changed value of the
    ``four_eyes_types`` holds only once a second person has agreed.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8765
    secure_cookies: bool = False
    session_minutes: Annotated[float, Field(gt=0)] = 600
    idle_minutes: Annotated[float, Field(gt=0)] = 60
    lock_after: Annotated[int, Field(ge=1, le=100)] = 5
    lock_minutes: Annotated[float, Field(gt=0)] = 15
    four_eyes: bool = False
    four_eyes_types: tuple[str, ...] = ("id_number",)


class DatabaseSettings(_Section):
    """``url`` empty means SQLite in the outputs folder; PostgreSQL as ``postgresql+psycopg://…``."""

    url: str = ""


class Settings(BaseSettings):
    """All settings of a run."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, case_sensitive=False
    )

    folders: Folders = Folders()
    limits: Limits = Limits()
    reading: ReadingSettings = ReadingSettings()
    acceptance: Acceptance = Acceptance()
    intake: IntakeSettings = IntakeSettings()
    batch: BatchSettings = BatchSettings()
    ledgers: LedgerSettings = LedgerSettings()
    report: ReportSettings = ReportSettings()
    audit: AuditSettings = AuditSettings()
    database: DatabaseSettings = DatabaseSettings()
    retention: RetentionSettings = RetentionSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over what the file gave (passed as keyword arguments)."""
        return env_settings, init_settings

    def path(self, name: str) -> Path:
        """The absolute path of an entry of :class:`Folders`.

        Raises :class:`SetupError` where scans are asked for as a folder and lie in a bucket.
        """
        path: Path | str = getattr(self.folders, name)
        if isinstance(path, str):
            raise SetupError(
                f"这个命令不支持存储桶（folders.scans = {path}），请改用扫描文件夹；识别存储桶中的扫描件用 run。"
            )
        return path if path.is_absolute() else ROOT / path

    @property
    def scans(self) -> Path | str:
        """Where scans lie: the absolute path of a folder, or a bucket, ``s3://bucket/prefix``."""
        return self.folders.scans if isinstance(self.folders.scans, str) else self.path("scans")


def load_settings(path: Path | None = None, **overrides: Any) -> Settings:
    """Settings from ``path`` (``pipeline.toml`` in the project's root if it exists) and the environment.

    ``overrides`` are sections given on the command line, as nested dicts; they win over both.
    Raises :class:`SetupError` naming the wrong key or value and the allowed ones.
    """
    file = path or ROOT / SETTINGS_FILE
    data: dict[str, Any] = {}
    if path is not None or file.exists():
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise SetupError(f"无法读取设置文件 {file}：{error.strerror}。") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SetupError(f"设置文件 {file} 不是有效的 TOML：{error}。") from error
    _reject_unknown_variables()
    try:
        settings = Settings(**data)
        if overrides:
            merged = settings.model_dump()
            for section, values in overrides.items():
                merged[section] = {**merged[section], **values}
            settings = Settings.model_construct(
                **{n: f.annotation.model_validate(merged[n]) for n, f in Settings.model_fields.items()}  # type: ignore[union-attr]
            )
    except ValidationError as error:
        lines = [_explained(e) for e in error.errors()]
        raise SetupError(f"设置有误（{file} 或环境变量 {ENV_PREFIX}…）：\n" + "\n".join(lines)) from error
    return settings


def _section(name: str) -> type[BaseModel] | None:
    info = Settings.model_fields.get(name)
    kind = info.annotation if info else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _reject_unknown_variables() -> None:
    """pydantic-settings skips variables it does not know; a misspelt one must not pass in silence."""
    for name in os.environ:
        if not name.upper().startswith(ENV_PREFIX):
            continue
        section, _, key = name[len(ENV_PREFIX) :].lower().partition("__")
        kind = _section(section)
        if kind is None:
            raise SetupError(f"环境变量 {name}：没有设置项“{section}”，可用：{', '.join(Settings.model_fields)}。")
        if key and key not in kind.model_fields:
            raise SetupError(f"环境变量 {name}：{section} 中没有“{key}”，可用：{', '.join(kind.model_fields)}。")


def _explained(error: Any) -> str:
    """One validation error in Chinese: which key, what is wrong, what is allowed."""
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        kind = _section(str(error["loc"][0])) if len(error["loc"]) > 1 else None
        allowed = kind.model_fields if kind else Settings.model_fields
        return f"  {where}：没有这个设置项，可用：{', '.join(allowed)}。"
    context = error.get("ctx") or {}
    if error["type"] == "value_error":
        return f"  {where}：{context['error']}。"
    limits = context.get("expected") or "、".join(f"{k} {v}" for k, v in context.items() if k != "error")
    return f"  {where} = {error['input']!r}：{error['msg']}" + (f"（允许：{limits}）" if limits else "") + "。"
