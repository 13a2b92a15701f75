"""What two people may mean by one name: spellings of employers, communities and projects compared.

These are plain functions on text; :mod:`pipeline.ledgers.resolver` applies them to a whole batch.
"""

from __future__ import annotations

import re
import unicodedata

_NOISE = re.compile(r"[\W_]+")
_SEPARATORS = re.compile(r"[、,，;；\n]+")
_PARTY_PREFIX = re.compile(r"^(?:中国共产党|中共)")
# Longest first: 机关支部委员会 must not leave 机关支部 behind.
_PARTY_SUFFIX = re.compile(
    r"(?:第[一二三四五六七八九十]+|机关|直属|离退休|离退休干部|老干部|在职|联合|综合)*"
    r"(?:党?总支部?委员会|党?支部委员会|基层委员会|党总支部?|总支部|党支部|党委|党组|总支|支部)$"
)
_COMMITTEE = re.compile(r"(?:机关|基层)?委员会$")
# That it is done, where, and by whom; what is done for 困难党员 begins otherwise.
_DECORATION_HEAD = re.compile(
    r"^(?:开展|组织|参与|参加|协助|实施|进行|举办|举行|承办|负责|做好|(?:走进|深入|面向|[到进入赴在])?本?社区|"
    r"(?:在职|机关|青年|老)?党员(?:志愿者|先锋队?)?|志愿(?:者|服务队?)?)+"
)
_DECORATION_TAIL = re.compile(
    r"(?:志愿服务|服务|活动|项目|工作|行动|志愿|主题(?:党日)?|专题|专场|系列|公益|计划|工程|任务|事项)+$"
)
# Characters that tell one thing from another of its kind: the 十三 and the 十五 school, 东 and 西 branch.
TELLING = frozenset("0123456789〇零一二三四五六七八九十百千甲乙丙丁东西南北中上下大小新老")
_SHORTEST_STEM = 3  # less of a name than this names nothing


def squash(text: str) -> str:
    """NFKC, lower case, without spaces and punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def split_terms(text: str) -> list[str]:
    """The several things written in one blank."""
    return [part.strip() for part in _SEPARATORS.split(text) if part.strip()]


def without_party(name: str) -> str:
    """The body behind a party organisation's (squashed) name: 中共某局支部委员会 is the organisation of 某局.

    A bare 委员会 is only taken off behind 中共, since 管理委员会 and 村民委员会 are bodies themselves.
    """
    bare = _PARTY_PREFIX.sub("", name)
    stem = _PARTY_SUFFIX.sub("", bare)
    if stem == bare and bare != name:
        stem = _COMMITTEE.sub("", bare)
    return stem if len(stem) >= _SHORTEST_STEM else name


def without_decoration(name: str, shortest: int = _SHORTEST_STEM + 1) -> str:
    """A project's (squashed) name without words that people add or leave out: 开展…, 社区…, …活动, …服务."""
    stem = _DECORATION_TAIL.sub("", _DECORATION_HEAD.sub("", name))
    return stem if len(stem) >= shortest else name
