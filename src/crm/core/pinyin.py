"""Pinyin (拼音): the key by which names sort and prefix-search, because no collation of the database sorts Chinese by sound.

A key is made when a name is written and stored beside it under COLLATE "C". The readings of single characters come from
pypinyin's data, read once and late: calling pypinyin for a name costs two hundred times as much, and even importing it
loads 57 MB of phrases into every process, so its data file is read without it. Where the first listed reading is not the one
that names use, the tables below overrule it, from weak to strong: single characters, words, and surnames at the start
of a person's name.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from crm.core.text import fold

_USUAL = {
    "长": "chang", "長": "chang", "都": "du", "调": "tiao", "調": "tiao", "厦": "xia", "廈": "xia", "藏": "zang",
    "伽": "jia", "茄": "qie", "佛": "fo", "轧": "zha", "卜": "bu", "薄": "bo", "粘": "nian", "翟": "zhai", "覃": "qin",
    "缪": "miao", "繆": "miao", "郇": "xun", "阚": "kan", "靓": "liang", "曝": "bao", "椎": "zhui",
    "曾": "zeng", "什": "shi", "泊": "bo", "勒": "le", "伺": "si", "似": "si", "琢": "zhuo", "肋": "lei", "刨": "bao",
    "嚼": "jiao", "槛": "jian", "囤": "tun", "龈": "yin", "柞": "zuo", "鹄": "hu",
}  # fmt: skip
"""Characters whose first listed reading is not the one most names use. Setting it here and not word by word also lets
the first character alone find the name: 长 finds 长城, 厦 finds 厦门."""

_IN_WORDS = {
    ("重", "chong"): "重庆 重慶 重组 重阳 重新 重叠 重复 双重",
    ("行", "hang"): "银行 銀行 商行 行业 行業 车行 分行 支行 总行 央行 洋行 琴行 投行 农行 工行 建行 招行 行长 太行 闵行",
    ("乐", "yue"): "音乐 乐器 乐队 乐团 乐谱 乐坊 声乐 交响乐 爱乐 弦乐 鼓乐 乐清",
    ("樂", "yue"): "音樂 樂器 樂隊 樂團 愛樂 樂清",
    ("长", "zhang"): "成长 生长 增长 家长 校长 行长 董事长 长辈",
    ("長", "zhang"): "成長 生長 增長 家長 校長 董事長",
    ("厦", "sha"): "大厦 商厦 广厦",
    ("廈", "sha"): "大廈 商廈 廣廈",
    ("藏", "cang"): "收藏 冷藏 珍藏 典藏 馆藏 窖藏 储藏 矿藏 藏书 藏品",
    ("调", "diao"): "调度 调查 调研 调拨",
    ("调", "tiao"): "空调",
    ("会", "kuai"): "会计 财会",
    ("会", "hui"): "社会",
    ("會", "kuai"): "會計 財會",
    ("传", "zhuan"): "传记",
    ("参", "shen"): "人参 参茸 海参 党参 丹参 西洋参",
    ("番", "pan"): "番禺",
    ("蚌", "beng"): "蚌埠",
    ("六", "lu"): "六安",
    ("阿", "e"): "东阿 阿胶",
    ("埔", "bu"): "大埔",
    ("给", "ji"): "供给 给水 给排水 补给",
    ("畜", "xu"): "畜牧 畜产",
    ("模", "mu"): "模具 模板",
    ("便", "pian"): "便宜",
    ("校", "jiao"): "校验 校准 校对",
    ("弹", "tan"): "弹簧 弹性 弹力",
    ("柏", "bo"): "柏林",
    ("铅", "yan"): "铅山",
    ("枞", "zong"): "枞阳",
    ("莘", "xin"): "莘庄",
    ("陂", "pi"): "黄陂",
    ("犍", "qian"): "犍为",
    ("泌", "bi"): "泌阳",
    ("单", "shan"): "单县",
    ("解", "xie"): "解州",
    ("蔚", "yu"): "蔚县",
    ("牟", "mu"): "牟平 中牟",
    ("伽", "ga"): "伽马 伽玛",
    ("咖", "ga"): "咖喱",
    ("的", "di"): "目的 的士",
    ("劲", "jing"): "强劲 劲旅",
    ("削", "xiao"): "切削",
    ("着", "zhuo"): "着装 着色",
    ("泊", "po"): "湖泊 梁山泊",
    ("觉", "jiao"): "睡觉",
    ("匙", "chi"): "汤匙",
    ("呢", "ni"): "呢绒 毛呢",
    ("角", "jue"): "角色 主角",
    ("秘", "bi"): "秘鲁",
    ("术", "zhu"): "白术 苍术",
    ("差", "chai"): "出差 差旅",
    ("朝", "zhao"): "朝晖 今朝",
}
"""Words of companies and places, by the one character in them that reads otherwise there. Words that also arise where two
others meet stay out (市长 in 武汉市长江物流); 空调 and 社会 stand here to keep 空调研究 from 调研 and 社会计 from 会计."""

_SURNAMES = {
    "仇": "qiu", "解": "xie", "查": "zha", "单": "shan", "單": "shan", "区": "ou", "區": "ou", "朴": "piao", "盖": "ge",
    "蓋": "ge", "乐": "yue", "樂": "yue", "员": "yun", "員": "yun", "贠": "yun", "洗": "xian", "折": "she", "黑": "he",
    "秘": "bi", "祭": "zhai", "召": "shao", "繁": "po", "种": "chong", "重": "chong", "乜": "nie", "么": "yao",
    "句": "gou", "佴": "nai", "柏": "bai", "莘": "shen", "尉迟": "yu chi", "尉遲": "yu chi", "万俟": "mo qi",
    "萬俟": "mo qi", "长孙": "zhang sun", "長孫": "zhang sun", "令狐": "ling hu", "澹台": "tan tai", "澹臺": "tan tai",
    "乐正": "yue zheng", "樂正": "yue zheng",
}  # fmt: skip
"""Readings as a surname (姓) where they differ from the usual one; 柏 and 莘 only shield 柏林 and 莘庄, then given names."""

_DROPPED = re.compile(r"[\W_]+")


def syllables(name: str, *, person: bool = False) -> tuple[str, ...]:
    """The name as spoken: one item for each Chinese character, one for each run of other letters and digits.

    Toneless, lower case, ü as v the way it is typed (吕 `lv`); Latin without accents. A character without a known
    reading stays itself. `person` reads the start of the name as a surname: 单 `shan`, 尉迟 `yu chi`.
    """
    folded = fold(name.strip())
    if folded.isascii():
        return tuple(_DROPPED.sub(" ", folded).split())
    spoken = _say_words()(_say_surname(folded) if person else folded)
    return tuple(_DROPPED.sub(" ", spoken.translate(_readings())).split())


def name_key(name: str, *, person: bool = False) -> str:
    """What a name sorts and prefix-searches by (拼音): its syllables without anything between them.

    Spaces and punctuation are dropped on both sides, so `zhongg`, `中国移` and `zhong guo yi` find 中国移动
    (`zhongguoyidong`), and `acme co` and `ACME-Co` find Acme Co., Ltd. Empty for a name of punctuation only, which sorts
    first. A single character whose reading a later one decides is the known gap: 重 is `zhong` and misses 重庆; Chinese
    substrings are the search table's job.
    """
    return "".join(syllables(name, person=person))


def initials(name: str, *, person: bool = False) -> str:
    """The first letter of every syllable (拼音首字母): `zgyd` for 中国移动."""
    return "".join(syllable[0] for syllable in syllables(name, person=person))


MOST_WAYS = 4


def ways_to_say(name: str, *, person: bool = False) -> tuple[tuple[str, ...], ...]:
    """Every reading by which somebody may look for the name: the usual one first, then those of other readings of its beginning.

    The first character decides: as a surname it often reads otherwise (曾, 仇, 解, 查), and whoever types cannot know which
    reading was taken here. At most four.
    """
    usual = syllables(name, person=person)
    folded = fold(name.strip())
    if not usual or folded.isascii():
        return (usual,)
    ways = {usual: None}
    if _say_surname(folded) != folded:
        ways[syllables(name, person=not person)] = None
    ways |= {(reading, *usual[1:]): None for reading in _other_readings().get(folded[0], ())}
    return tuple(ways)[:MOST_WAYS]


def search_range(prefix: str, *, person: bool = False) -> tuple[str, str]:
    """Bounds of the keys that start like the prefix: `name_key >= low AND name_key < high` under COLLATE "C".

    Raises ValueError for a prefix without a letter, digit or character: every name would start with it.
    """
    low = name_key(prefix, person=person)
    if not low:
        raise ValueError("a prefix needs at least one letter, digit or character")
    # UTF-8 sorts by code point, and a key ends in a letter or digit, after which there always is a next code point.
    return low, low[:-1] + chr(ord(low[-1]) + 1)


def _say_surname(folded: str) -> str:
    """The name with its surname, of two characters where there is such a one, spelled out."""
    for length in (2, 1):
        reading = _SURNAMES.get(folded[:length])
        if reading is not None and len(folded) >= length:
            return f" {reading} {folded[length:]}"
    return folded


@cache
def _readings() -> Mapping[int, str]:
    """Code point → its usual reading between spaces, ready for `str.translate`."""
    spaced: dict[str, str] = {}
    readings = {}
    for code, listed in _listed_readings().items():
        reading = _toneless(listed.partition(",")[0])
        readings[int(code)] = spaced.setdefault(reading, f" {reading} ")
    return readings | {ord(char): f" {reading} " for char, reading in _USUAL.items()}


@cache
def _other_readings() -> Mapping[str, tuple[str, ...]]:
    """Character → all its readings, for those that have several."""
    several = {}
    for code, listed in _listed_readings().items():
        if "," in listed and len(readings := dict.fromkeys(map(_toneless, listed.split(",")))) > 1:
            several[chr(int(code))] = tuple(readings)
    return several


def _listed_readings() -> dict[str, str]:
    """Decimal code point → readings with tone marks and commas, from pypinyin's data file without importing pypinyin."""
    package = find_spec("pypinyin")
    if package is None or package.origin is None:
        raise RuntimeError("pypinyin is not installed: names cannot be given a sorting key")
    listed: dict[str, str] = json.loads(Path(package.origin).with_name("pinyin_dict.json").read_bytes())
    return listed


def _toneless(reading: str) -> str:
    """`lǚ` → `lv`: no tone marks, ü as v. Two characters read ê, which is typed e."""
    plain = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(char for char in plain if not unicodedata.combining(char))


@cache
def _say_words() -> Callable[[str], str]:
    """A function that spells out the words of `_IN_WORDS` and leaves the rest."""
    spoken: dict[str, str] = {}
    for (char, reading), words in _IN_WORDS.items():
        for word in words.split():
            spoken[word] = spoken.get(word, word).replace(char, f" {reading} ")
    longest_first = "|".join(sorted(spoken, key=len, reverse=True))
    # The look-ahead spares most positions the walk through all alternatives.
    words_of_names = re.compile(f"(?=[{''.join({word[0] for word in spoken})}])(?:{longest_first})")
    return lambda text: words_of_names.sub(lambda match: spoken[match[0]], text)
