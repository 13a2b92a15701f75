"""Finds the fonts the generator draws with. Fonts are dependencies: none is stored in this repository.

Handwriting-like fonts come from npm (``@fontsource/*``, SIL OFL), print fonts and two more hands from Debian.
``python -m tests.synthesis.fonts`` says what is missing; ``--install`` installs the npm part into ``.cache/fonts``.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import ImageFont

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "fonts"

#: npm package -> (pinned version, subset file part). The CJK subset files hold the whole font in one piece.
NPM = {
    "ma-shan-zheng": ("5.3.1", "chinese-simplified"),
    "liu-jian-mao-cao": ("5.3.0", "chinese-simplified"),
    "zcool-kuaile": ("5.3.0", "chinese-simplified"),
    "zcool-qingke-huangyou": ("5.3.0", "chinese-simplified"),
    "caveat": ("5.3.0", "latin"),
    "kalam": ("5.3.0", "latin"),
    "nanum-pen-script": ("5.3.0", "latin"),
    "reenie-beanie": ("5.3.0", "latin"),
    "gochi-hand": ("5.3.0", "latin"),
    "homemade-apple": ("5.3.0", "latin"),
    "indie-flower": ("5.3.0", "latin"),
    "shadows-into-light": ("5.3.0", "latin"),
    "patrick-hand": ("5.3.0", "latin"),
}
#: name -> (path, face index, Debian package)
DEBIAN = {
    "seto": ("/usr/share/fonts/truetype/seto/setofont.ttf", 0, "fonts-seto"),
    "gyosho": ("/usr/share/fonts/truetype/kouzan-mouhitsu/kouzan-mouhitsu-gyosho.ttf", 0, "fonts-kouzan-mouhitsu"),
    "serif": ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", 2, "fonts-noto-cjk"),
    "serif-bold": ("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc", 2, "fonts-noto-cjk"),
    "sans": ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2, "fonts-noto-cjk"),
    "sans-bold": ("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", 2, "fonts-noto-cjk"),
    "ming": ("/usr/share/fonts/truetype/arphic/uming.ttc", 0, "fonts-arphic-uming"),
    "song": ("/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf", 0, "fonts-arphic-gbsn00lp"),
    "hei": ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0, "fonts-wqy-zenhei"),
    # print of forms to be taught, which the built-in forms are not drawn in
    "kai": ("/usr/share/fonts/truetype/arphic-gkai00mp/gkai00mp.ttf", 0, "fonts-arphic-gkai00mp"),
    "micro": ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0, "fonts-wqy-microhei"),
}
#: A code point no font draws: whatever comes out for it is the font's "missing" picture.
_NOWHERE = "\U000f1234"


class FontMissingError(RuntimeError):
    """A font is not installed; the message names the command that installs it."""


def npm_command() -> list[str]:
    """The command that installs the pinned npm fonts."""
    names = [f"@fontsource/{name}@{version}" for name, (version, _) in NPM.items()]
    return ["npm", "install", "--prefix", str(CACHE), "--no-audit", "--no-fund", *names]


def apt_command() -> list[str]:
    """The command that installs the Debian fonts."""
    return ["apt-get", "install", "-y", "--no-install-recommends", *sorted({d[2] for d in DEBIAN.values()})]


@dataclass(frozen=True)
class Face:
    """One font file by its name here; knows which characters it really draws."""

    name: str
    path: str
    index: int

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """The face at a pixel size."""
        return _load(self.path, self.index, size)

    def has(self, char: str) -> bool:
        """Whether the face draws this character itself (not its picture for missing ones)."""
        return _has(self.path, self.index, char)


@functools.lru_cache(maxsize=512)
def _load(path: str, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, index=index)


@functools.lru_cache(maxsize=65536)
def _has(path: str, index: int, char: str) -> bool:
    font = _load(path, index, 40)
    mask, missing = font.getmask(char), font.getmask(_NOWHERE)
    return mask.getbbox() is not None and (mask.size, bytes(mask)) != (missing.size, bytes(missing))


@functools.lru_cache(maxsize=64)
def face(name: str) -> Face:
    """The face of this name, or FontMissingError naming the command to run."""
    if name in NPM:
        part = NPM[name][1]
        path = CACHE / "node_modules" / "@fontsource" / name / "files" / f"{name}-{part}-400-normal.woff2"
        if not path.exists():
            raise FontMissingError(f"font {name} is missing; run: {' '.join(npm_command())}")
        return Face(name, str(path), 0)
    file, index, package = DEBIAN[name]
    if not Path(file).exists():
        raise FontMissingError(f"font {name} (Debian package {package}) is missing; run: {' '.join(apt_command())}")
    return Face(name, file, index)


def missing() -> list[str]:
    """What is not installed, one message a font."""
    found = []
    for name in (*NPM, *DEBIAN):
        try:
            face(name)
        except FontMissingError as error:
            found.append(str(error))
    return found


def main(args: list[str]) -> int:
    """Install the npm fonts when asked to, then say what is missing."""
    if "--install" in args:
        subprocess.run(npm_command(), check=True)
    problems = missing()
    print("\n".join(problems) or "all fonts are installed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
