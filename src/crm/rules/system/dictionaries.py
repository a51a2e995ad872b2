"""The dictionaries (系统选项) that every organisation starts with: code → (中文, English, entries).

An entry is (code, 中文, English, code of the entry above or None); entries above stand first.
"""

from __future__ import annotations

Entry = tuple[str, str, str, str | None]

_PROVINCES = (
    "beijing:北京市:Beijing tianjin:天津市:Tianjin hebei:河北省:Hebei shanxi:山西省:Shanxi "
    "neimenggu:内蒙古自治区:Inner_Mongolia liaoning:辽宁省:Liaoning jilin:吉林省:Jilin "
    "heilongjiang:黑龙江省:Heilongjiang shanghai:上海市:Shanghai jiangsu:江苏省:Jiangsu "
    "zhejiang:浙江省:Zhejiang anhui:安徽省:Anhui fujian:福建省:Fujian jiangxi:江西省:Jiangxi "
    "shandong:山东省:Shandong henan:河南省:Henan hubei:湖北省:Hubei hunan:湖南省:Hunan "
    "guangdong:广东省:Guangdong guangxi:广西壮族自治区:Guangxi hainan:海南省:Hainan "
    "chongqing:重庆市:Chongqing sichuan:四川省:Sichuan guizhou:贵州省:Guizhou "
    "yunnan:云南省:Yunnan xizang:西藏自治区:Tibet shaanxi:陕西省:Shaanxi gansu:甘肃省:Gansu "
    "qinghai:青海省:Qinghai ningxia:宁夏回族自治区:Ningxia xinjiang:新疆维吾尔自治区:Xinjiang "
    "taiwan:台湾省:Taiwan hongkong:香港特别行政区:Hong_Kong macau:澳门特别行政区:Macau"
)
_CITIES = {
    "zhejiang": "hangzhou:杭州市:Hangzhou ningbo:宁波市:Ningbo wenzhou:温州市:Wenzhou",
    "jiangsu": "nanjing:南京市:Nanjing suzhou:苏州市:Suzhou wuxi:无锡市:Wuxi",
    "guangdong": "guangzhou:广州市:Guangzhou shenzhen:深圳市:Shenzhen dongguan:东莞市:Dongguan",
    "sichuan": "chengdu:成都市:Chengdu",
    "hubei": "wuhan:武汉市:Wuhan",
    "fujian": "xiamen:厦门市:Xiamen fuzhou:福州市:Fuzhou",
    "shandong": "qingdao:青岛市:Qingdao jinan:济南市:Jinan",
    "shaanxi": "xian:西安市:Xi'an",
}


def _entries(text: str, parent: str | None = None) -> tuple[Entry, ...]:
    parts = (item.split(":") for item in text.split())
    return tuple((code, chinese, english.replace("_", " "), parent) for code, chinese, english in parts)


def _regions() -> tuple[Entry, ...]:
    country: tuple[Entry, ...] = (("cn", "中国", "China", None),)
    abroad: tuple[Entry, ...] = (("abroad", "海外", "Abroad", None),)
    cities = tuple(entry for province, text in _CITIES.items() for entry in _entries(text, province))
    return country + _entries(_PROVINCES, "cn") + cities + abroad


DICTIONARIES: dict[str, tuple[str, str, tuple[Entry, ...]]] = {
    "customer_level": (
        "客户级别",
        "Customer level",
        _entries("a:重点客户:Key b:重要客户:Important c:普通客户:Regular d:小客户:Small"),
    ),
    "customer_type": (
        "客户类型",
        "Customer type",
        _entries(
            "enterprise:企业:Enterprise government:政府机关:Government education:教育机构:Education "
            "individual:个人:Individual dealer:经销商:Dealer"
        ),
    ),
    "channel_type": (
        "渠道类型",
        "Channel type",
        _entries(
            "distributor:经销商:Distributor agent:代理商:Agent integrator:系统集成商:Systems_integrator "
            "retailer:零售商:Retailer referral:推荐伙伴:Referral_partner"
        ),
    ),
    "supplier_type": (
        "供应商类型",
        "Supplier type",
        _entries(
            "manufacturer:生产商:Manufacturer trader:贸易商:Trader service:服务商:Service_provider "
            "logistics:物流商:Carrier outsourcing:外协厂:Subcontractor"
        ),
    ),
    "customer_source": (
        "客户来源",
        "Customer source",
        _entries(
            "call:来电咨询:Incoming_call website:网站:Website referral:客户介绍:Referral "
            "exhibition:展会:Exhibition advert:广告:Advertisement visit:陌生拜访:Cold_visit "
            "channel:渠道:Channel"
        ),
    ),
    "industry": (
        "行业",
        "Industry",
        _entries(
            "manufacturing:制造业:Manufacturing it:信息技术:Information_technology finance:金融:Finance "
            "retail:零售:Retail construction:建筑:Construction logistics:物流:Logistics "
            "healthcare:医疗:Healthcare education:教育:Education energy:能源:Energy "
            "agriculture:农业:Agriculture services:服务业:Services"
        ),
    ),
    "region": ("地区", "Region", _regions()),
    "credit_grade": ("信用等级", "Credit grade", _entries("aaa:AAA:AAA aa:AA:AA a:A:A b:B:B c:C:C")),
    "call_disposition": (
        "来电处理结果",
        "Call disposition",
        _entries(
            "resolved:已解决:Resolved follow_up:需跟进:Follow-up quote:要求报价:Quote_wanted "
            "complaint:投诉:Complaint wrong:打错:Wrong_number other:其他:Other"
        ),
    ),
    "activity_outcome": (
        "活动结果",
        "Activity outcome",
        _entries(
            "reached:已联系:Reached interested:有意向:Interested agreed:达成一致:Agreed refused:已拒绝:Refused "
            "later:以后再说:Later no_answer:未联系上:Not_reached other:其他:Other"
        ),
    ),
    "lost_reason": (
        "输单原因",
        "Lost reason",
        _entries(
            "price:价格:Price competitor:竞争对手:Competitor no_budget:没有预算:No_budget no_need:没有需求:No_need "
            "timing:时机不对:Timing product:产品不符:Product_does_not_fit no_answer:失去联系:No_answer other:其他:Other"
        ),
    ),
    "won_reason": (
        "赢单原因",
        "Won reason",
        _entries(
            "price:价格:Price product:产品:Product service:服务:Service relationship:客户关系:Relationship "
            "reference:成功案例:References delivery:交付能力:Delivery other:其他:Other"
        ),
    ),
    "hold_reason": (
        "搁置原因",
        "Reason to hold",
        _entries(
            "budget:等待预算:Waiting_for_budget decision:等待决策:Waiting_for_a_decision timing:时机未到:Too_early "
            "reorganisation:客户调整:Reorganisation resources:我方资源不足:Our_resources other:其他:Other"
        ),
    ),
    "case_type": (
        "服务类型",
        "Case type",
        _entries(
            "question:咨询:Question repair:报修:Repair installation:安装调试:Installation complaint:投诉:Complaint "
            "return:退换货:Return training:培训:Training other:其他:Other"
        ),
    ),
}
