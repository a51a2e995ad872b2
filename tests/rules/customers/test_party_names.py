"""When two party names are one, and which credit codes can exist."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.text import clean
from crm.rules.customers.party_names import normalised_name, valid_credit_code


@pytest.mark.parametrize(
    ("name", "normalised"),
    [
        ("华为技术有限公司", "华为技术"),
        ("华为技术（集团）有限公司", "华为技术"),
        ("华为技术(集团)", "华为技术"),
        ("华为技术（有限公司）", "华为技术"),
        ("华为 技术　有限 公司", "华为技术"),
        ("万科企业股份有限公司", "万科企业"),
        ("浙江吉利控股集团有限公司", "浙江吉利控股"),
        ("某某有限责任公司", "某某"),
        ("某某集团公司", "某某"),
        ("宝洁（中国）有限公司", "宝洁中国"),
        ("宝洁(中国)有限公司", "宝洁中国"),
        ("【宝洁】中国", "宝洁中国"),
        ("红杉投资合伙企业（有限合伙）", "红杉投资合伙企业"),
        ("中国移动通信集团浙江有限公司", "中国移动通信集团浙江"),
        ("臺灣積體電路製造股份有限公司", "臺灣積體電路製造"),
        ("Acme Co., Ltd.", "acme"),
        ("ACME CO.,LTD", "acme"),
        ("Acme Company Limited", "acme"),
        ("Acme, Inc.", "acme"),
        ("Acme L.L.C.", "acme"),
        ("Acme (Inc)", "acme"),
        ("Acme Corp", "acme"),
        ("Müller GmbH & Co. KG", "muller"),
        ("Nestlé S.A.", "nestle"),
        ("Acme Group Ltd", "acme"),
        ("Acme Holdings Ltd", "acmeholdings"),
        ("Yoga Spa", "yogaspa"),
        ("Acme Trading (Shanghai) Co., Ltd.", "acmetradingshanghai"),
        ("O'Neil & Sons", "oneilsons"),
        ("ＡＣＭＥ　ＬＴＤ", "acme"),
        ("华为Inc", "华为"),
        ("项目AB", "项目ab"),
        ("Volvo AB", "volvo"),
        ("Acme有限公司", "acme"),
        ("Texaco", "texaco"),
        ("Pixar Inc Studio", "pixarincstudio"),
        ("㈱日立", "日立"),
        ("삼성전자 주식회사", "삼성전자"),
        ("公司", "公司"),
        ("集团有限公司", "集团"),
        ("(集团)", "集团"),
        ("Co., Ltd.", "co"),
        ("AG", "ag"),
        ("!!!", "!!!"),
        ("？ ！", "?!"),
        (" \u200b　", ""),
    ],
)
def test_normalised_names(name, normalised):
    assert normalised_name(name) == normalised


@pytest.mark.parametrize(("one", "other"), [("中国移动", "中国联通"), ("宝洁中国", "宝洁"), ("3M", "3N"), ("公司", "集团")])
def test_different_names_stay_different(one, other):
    assert normalised_name(one) != normalised_name(other)


NAMES = st.text(alphabet=st.one_of(st.sampled_from("公司有限集团股份 （）()Co.,LtdInc&华为"), st.characters()), max_size=20)


@given(NAMES)
@settings(max_examples=300)
def test_a_visible_name_never_becomes_empty(name):
    assert bool(normalised_name(name)) is bool(clean(name))


@given(st.text(alphabet="华为技术中国acme ", min_size=1, max_size=12).filter(str.strip))
@settings(max_examples=100)
def test_the_legal_form_makes_no_difference(name):
    core = normalised_name(name)
    for suffix in ("有限公司", "（集团）有限公司", " Co., Ltd.", "股份有限公司", "（有限公司）"):
        assert normalised_name(name + suffix) == core


@pytest.mark.parametrize("code", ["91330100799655058B", "9144030071526726XG", "914403001922038216"])
def test_codes_of_real_companies(code):
    assert valid_credit_code(code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "91330100799655058",
        "91330100799655058BB",
        "91330100799655058C",
        "91330100799655085B",
        "91330100799655058b",
        "9133010079965505IB",
        "9133A100799655058B",
        "91330100799655058B\n",
        "９1330100799655058B",
        " 91330100799655058B",
    ],
)
def test_codes_that_cannot_exist(code):
    assert not valid_credit_code(code)


@given(st.integers(0, 16), st.sampled_from("0123456789"))
@settings(max_examples=100)
def test_one_wrong_digit_is_always_noticed(position, digit):
    code = "914403001922038216"
    changed = code[:position] + digit + code[position + 1 :]
    assert valid_credit_code(changed) is (changed == code)
