"""What is made of installed packages once a machine and kept in the user's cache folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_root() -> Path:
    """The folder for what is prepared, in the user's cache."""
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "shuangbaodao"


def prepared(target: Path, is_whole: Callable[[], bool], make: Callable[[Path], None]) -> Path:
    """The folder ``target``, whose content ``make`` writes into the folder it is given unless it is there whole.

    It is written beside and renamed, so that workers starting together do not see half a file.
    """
    if is_whole():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        make(made)
        if target.exists() and not is_whole():
            target.replace(Path(temporary) / "damaged")
        try:
            made.replace(target)
        except OSError:
            if not is_whole():  # another worker may have been quicker
                raise
    return target
