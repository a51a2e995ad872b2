"""Pinyin keys: how names sort, and what a typed prefix finds."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.pinyin import initials, name_key, search_range, syllables


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("中国移动", "zhongguoyidong"),
        ("中國移動", "zhongguoyidong"),
        ("Acme Co., Ltd.", "acmecoltd"),
        ("ＡＣＭＥ　３Ｍ", "acme3m"),
        ("Zürich Café", "zurichcafe"),
        ("杭州-西湖（中国）ABC 123", "hangzhouxihuzhongguoabc123"),
        ("绿城女装", "lvchengnvzhuang"),
        ("战略", "zhanlve"),
        ("二〇二六", "erlingerliu"),
        ("嗯", "n"),
        ("曾国藩", "zengguofan"),
        ("あさひ公司", "あさひgongsi"),
        ("Йод", "йод"),
        ("한국", "한국"),
        ("", ""),
        ("！？ -", ""),
    ],
)
def test_keys(name, key):
    assert name_key(name) == key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("重庆", "chongqing"),
        ("长沙", "changsha"),
        ("长春", "changchun"),
        ("厦门大厦", "xiamendasha"),
        ("银行", "yinhang"),
        ("銀行", "yinhang"),
        ("重工", "zhonggong"),
        ("长城", "changcheng"),
        ("成长", "chengzhang"),
        ("音乐", "yinyue"),
        ("快乐", "kuaile"),
        ("成都", "chengdu"),
        ("佛山", "foshan"),
        ("东阿阿胶", "dongeejiao"),
        ("会计师事务所", "kuaijishishiwusuo"),
        ("社会计划", "shehuijihua"),
        ("空调研究", "kongtiaoyanjiu"),
        ("调研", "diaoyan"),
        ("武汉市长江物流", "wuhanshichangjiangwuliu"),
        ("给排水设备", "jipaishuishebei"),
        ("旅行社", "lvxingshe"),
        ("六安六合", "luanliuhe"),
        ("蚌埠", "bengbu"),
        ("模具", "muju"),
    ],
)
def test_words_of_companies_and_places(name, key):
    assert name_key(name) == key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("曾志伟", "zengzhiwei"),
        ("仇英", "qiuying"),
        ("解缙", "xiejin"),
        ("查良镛", "zhaliangyong"),
        ("单雄信", "shanxiongxin"),
        ("單雄信", "shanxiongxin"),
        ("任正非", "renzhengfei"),
        ("区丽", "ouli"),
        ("朴树", "piaoshu"),
        ("盖聂", "genie"),
        ("尉迟恭", "yuchigong"),
        ("尉健行", "weijianxing"),
        ("万俟卨", "moqixie"),
        ("万里", "wanli"),
        ("长孙无忌", "zhangsunwuji"),
        ("令狐冲", "linghuchong"),
        ("澹台灭明", "tantaimieming"),
        ("乐毅", "yueyi"),
        ("柏林", "bailin"),
        ("重庆", "chongqing"),
        ("翟天临", "zhaitianlin"),
        ("覃辉", "qinhui"),
        ("李单", "lidan"),
        (" 单于", "shanyu"),
        ("Bob Smith", "bobsmith"),
        ("单", "shan"),
        ("", ""),
    ],
)
def test_surnames_of_persons(name, key):
    assert name_key(name, person=True) == key


def test_a_company_is_not_read_as_a_surname():
    assert name_key("解放军") == "jiefangjun"
    assert name_key("单位") == "danwei"


def test_syllables_and_initials():
    assert syllables("中国ABC 集团") == ("zhong", "guo", "abc", "ji", "tuan")
    assert initials("中国移动") == "zgyd"
    assert initials("重庆银行") == "cqyh"
    assert initials("Acme Trading 3M") == "at3"
    assert initials("尉迟恭", person=True) == "ycg"
    assert initials("") == ""


def found(prefix, name, *, person=False):
    low, high = search_range(prefix, person=person)
    return low.encode() <= name_key(name, person=person).encode() < high.encode()


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("zhongg", "中国移动"),
        ("Zhong Guo", "中国移动"),
        ("zhong'guo", "中国移动"),
        ("中国移", "中国移动"),
        ("中guo", "中国移动"),
        ("acme co", "Acme Co., Ltd."),
        ("ACME-C", "Acme Co., Ltd."),
        ("chang", "长城汽车"),
        ("长", "长城汽车"),
        ("厦", "厦门航空"),
        ("z", "中国移动"),
        ("한", "한국"),
    ],
)
def test_a_prefix_finds_the_name(prefix, name):
    assert found(prefix, name)


@pytest.mark.parametrize(("prefix", "name"), [("zhongh", "中国移动"), ("国", "中国移动"), ("acmf", "Acme"), ("acmec", "Acme")])
def test_a_prefix_does_not_find_others(prefix, name):
    assert not found(prefix, name)


def test_a_surname_is_a_prefix_of_its_persons():
    assert found("单", "单雄信", person=True)
    assert found("shan", "单雄信", person=True)


@pytest.mark.parametrize("prefix", ["", "  ", "!?", "（）", "\u200b"])
def test_an_empty_prefix_has_no_range(prefix):
    with pytest.raises(ValueError, match="at least one"):
        search_range(prefix)


NAMES = st.text(alphabet=st.one_of(st.sampled_from("中国重庆长银行乐音厦AcmeÜ -（"), st.characters(codec="utf-8")), max_size=12)


@given(NAMES)
@settings(max_examples=200)
def test_a_key_is_its_own_key_and_the_start_of_its_range(name):
    key = name_key(name)
    assert name_key(key) == key
    if key:
        low, high = search_range(key)
        assert low == key
        assert low.encode() <= (key + "\U0010ffff").encode() < high.encode()


@given(NAMES, NAMES)
@settings(max_examples=200)
def test_the_range_holds_exactly_the_keys_with_the_prefix(prefix, name):
    if name_key(prefix):
        assert found(prefix, name) is name_key(name).startswith(name_key(prefix))


def test_importing_does_no_work_and_never_loads_the_phrases():
    code = (
        "import sys, crm.core.pinyin as p\n"
        "assert p._readings.cache_info().currsize == 0\n"
        "assert p.name_key('中') == 'zhong' and p._readings.cache_info().currsize == 1\n"
        "assert 'pypinyin' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
