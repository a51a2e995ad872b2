"""The words that synthetic names, addresses and subjects are put together from: facts and lists, no logic.

E-mail and web addresses end in `.example`, and numbers abroad lie in the 555 exchanges, so nothing here reaches anybody there.
"""

from __future__ import annotations

from typing import NamedTuple


class City(NamedTuple):
    """A place: its names, its option of the dictionary `region`, how its numbers start, and how its addresses look.

    `line` is the part of a local number that is the same for all, `free` how many digits follow; `division` starts credit codes.
    """

    zh: str
    en: str
    country: str
    region: str
    line: str
    free: int
    postal: str
    division: str
    districts: tuple[str, ...]


Phrase = tuple[str, str]
"""In Chinese, in English."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[Phrase, ...]:
    """`中文=English`, one after another with `|` between."""
    pairs = (part.partition("=") for part in text.split("|"))
    return tuple((chinese.strip(), english.strip()) for chinese, _, english in pairs)


def _at_home(text: str) -> tuple[City, ...]:
    rows = (line.split() for line in text.strip().splitlines())
    return tuple(
        City(zh, en, "CN", region, f"{area}-6", int(free), postal, division, tuple(districts.split("/")))
        for zh, en, region, area, free, postal, division, districts in rows
    )


CITIES = _at_home("""
杭州 Hangzhou hangzhou 0571 7 3100 330100 西湖区/滨江区/余杭区/萧山区
宁波 Ningbo ningbo 0574 7 3150 330200 鄞州区/海曙区/北仑区
温州 Wenzhou wenzhou 0577 7 3250 330300 鹿城区/瓯海区/龙湾区
南京 Nanjing nanjing 025 7 2100 320100 玄武区/鼓楼区/江宁区
苏州 Suzhou suzhou 0512 7 2150 320500 姑苏区/吴中区/工业园区
无锡 Wuxi wuxi 0510 7 2140 320200 梁溪区/滨湖区/新吴区
广州 Guangzhou guangzhou 020 7 5100 440100 天河区/越秀区/海珠区/番禺区
深圳 Shenzhen shenzhen 0755 7 5180 440300 南山区/福田区/宝安区/龙岗区
东莞 Dongguan dongguan 0769 7 5230 441900 南城街道/松山湖园区/长安镇
成都 Chengdu chengdu 028 7 6100 510100 武侯区/锦江区/高新区
武汉 Wuhan wuhan 027 7 4300 420100 武昌区/江汉区/洪山区
厦门 Xiamen xiamen 0592 6 3610 350200 思明区/湖里区/集美区
福州 Fuzhou fuzhou 0591 7 3500 350100 鼓楼区/台江区/仓山区
青岛 Qingdao qingdao 0532 7 2660 370200 市南区/崂山区/黄岛区
济南 Jinan jinan 0531 7 2500 370100 历下区/市中区/历城区
西安 Xi'an xian 029 7 7100 610100 雁塔区/碑林区/未央区
北京 Beijing beijing 010 7 1000 110100 海淀区/朝阳区/丰台区/大兴区
上海 Shanghai shanghai 021 7 2000 310100 浦东新区/徐汇区/闵行区/嘉定区
天津 Tianjin tianjin 022 7 3000 120100 南开区/和平区/西青区
重庆 Chongqing chongqing 023 7 4000 500100 渝中区/江北区/渝北区
长沙 Changsha hunan 0731 7 4100 430100 岳麓区/雨花区/开福区
郑州 Zhengzhou henan 0371 7 4500 410100 金水区/中原区/二七区
合肥 Hefei anhui 0551 6 2300 340100 蜀山区/包河区/庐阳区
沈阳 Shenyang liaoning 024 7 1100 210100 和平区/沈河区/浑南区
""")

ABROAD = tuple(
    City(name, name, country, "abroad", f"+1 {area}-555-", 4, postal, "", ("",))
    for name, country, area, postal in (
        ("San Francisco", "US", "415", "941"), ("New York", "US", "212", "100"), ("Chicago", "US", "312", "606"),
        ("Boston", "US", "617", "021"), ("Seattle", "US", "206", "981"), ("Austin", "US", "512", "787"),
        ("Denver", "US", "303", "802"), ("Toronto", "CA", "416", "M5V"), ("Vancouver", "CA", "604", "V6B"),
        ("Montreal", "CA", "514", "H3A"),
    )
)  # fmt: skip

MOBILE_PREFIXES = _words(
    "135 136 137 138 139 150 151 152 157 158 159 178 182 183 187 188 130 131 132 155 156 185 186 133 153 189"
)
ROADS = _words(
    "中山路 人民路 解放路 建设路 文一路 科技路 创业路 新华路 长江路 黄河路 和平路 民族大道 滨海大道 学院路 工业大道 迎宾路"
)
STREETS = ("Market Street", "Harbor Road", "Mill Lane", "Station Road", "King Street", "Garden Avenue", "Bridge Street")

BRAND_FIRST = tuple("恒瑞华泰盛鑫金宏永嘉德信博天海星云东科创智联新百万千同乾凯立正明光卓雅美佳亿")
BRAND_SECOND = tuple("远丰达源和通捷诚隆昌兴泽润宇航峰翔腾森川林辰晨帆锐驰合邦业安康宁顺利拓维图景")
BRAND_ADJECTIVES = _words(
    "Amber Blue Bright Clear Copper Crystal Eastern Evergreen Golden Grand Green Iron Lake Maple Northern Pacific Prime Quiet "
    "Red River Royal Silver Southern Star Stone Summit Sunny Union Western White"
)
BRAND_NOUNS = _words(
    "Anchor Arrow Bay Beacon Birch Bridge Brook Cedar Coast Compass Crane Falcon Field Forest Gate Grove Harbor Heron Hill "
    "Island Lantern Meadow Mill Oak Orchard Peak Pine Ridge Sail Willow"
)

BUSINESSES = {
    "manufacturing": _phrases(
        "精密机械=Precision Machinery|模具制造=Tooling|电子=Electronics|自动化设备=Automation|汽车零部件=Auto Parts"
        "|包装材料=Packaging|纺织=Textiles|五金制品=Hardware"
    ),
    "it": _phrases(
        "智能科技=Intelligent Technology|软件=Software|信息技术=Information Technology|网络科技=Network Technology"
        "|数据服务=Data Services|云计算=Cloud Computing"
    ),
    "finance": _phrases("投资管理=Investment|融资租赁=Leasing|保险代理=Insurance Agency|商业保理=Factoring"),
    "retail": _phrases("贸易=Trading|商贸=Commerce|连锁超市=Supermarkets|电子商务=E-Commerce|服饰=Apparel"),
    "construction": _phrases("建筑工程=Construction|装饰工程=Interiors|建材=Building Materials|园林景观=Landscaping"),
    "logistics": _phrases("物流=Logistics|供应链管理=Supply Chain|国际货运代理=Freight Forwarding|冷链运输=Cold Chain"),
    "healthcare": _phrases("医疗器械=Medical Devices|生物医药=Biopharma|健康管理=Health Care|医药连锁=Pharmacies"),
    "education": _phrases("教育科技=Education Technology|文化传播=Culture and Media|职业培训=Vocational Training"),
    "energy": _phrases("新能源=New Energy|电力设备=Power Equipment|节能环保=Environmental Technology|光伏科技=Solar"),
    "agriculture": _phrases("农业发展=Agriculture|食品=Foods|茶叶=Tea|粮油=Grain and Oil|水产=Aquatic Products"),
    "services": _phrases(
        "企业管理咨询=Consulting|广告=Advertising|酒店管理=Hospitality|会展服务=Exhibitions|物业管理=Property Services"
    ),
}
"""By the options of the dictionary `industry`."""
SUFFIXES = ("有限公司", "有限公司", "有限公司", "有限公司", "股份有限公司", "有限责任公司", "集团有限公司")
SUFFIXES_EN = ("Ltd.", "Co., Ltd.", "Inc.", "LLC", "Corporation", "Group")
SCHOOLS = _words("职业技术学院 实验学校 国际学校 外国语学校 培训学校")
OFFICES = _words("政务服务中心 市场监督管理局 公共资源交易中心 教育局 卫生健康局 交通运输局 文化和旅游局 图书馆")

_SURNAMES = (
    "王王王李李李张张张刘刘陈陈杨杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜"
    "崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严单解查"
)
SURNAMES = (*_SURNAMES, "欧阳", "上官", "司马", "诸葛")
"""The frequent ones stand here more than once."""
GIVEN_FIRST = tuple("志建国文晓小海春丽秀玉雪思雨子梓浩宇俊明嘉家佳诗欣一永新立伟德天家泽奕亦若书静心慧")
GIVEN_SECOND = tuple("伟芳娜敏静强磊军洋勇艳杰娟涛明超兰霞平刚华玲红燕辉鹏飞英丹琳萍颖琪轩涵怡萱睿航博文宁远哲然彤妍")
GIVEN_EN = _words(
    "James Mary Robert Linda Michael Susan David Karen William Laura Thomas Emily Daniel Grace Peter Helen Andrew Alice Steven "
    "Clara Brian Diana George Julia Edward Nora Paul Olivia Mark Sophie"
)
SURNAMES_EN = _words(
    "Smith Johnson Brown Miller Davis Wilson Anderson Taylor Moore Martin Lee Clark Lewis Walker Hall Young King Wright Scott "
    "Green Baker Adams Nelson Carter Mitchell Roberts Turner Parker Collins Edwards"
)

TITLES = tuple(
    zip(
        _phrases(
            "总经理=General Manager|副总经理=Deputy General Manager|采购经理=Purchasing Manager|采购专员=Buyer"
            "|销售总监=Sales Director|技术总监=Chief Technology Officer|工程师=Engineer|财务经理=Finance Manager"
            "|行政主管=Office Manager|项目经理=Project Manager"
        ),
        _phrases(
            "总经办=Management|总经办=Management|采购部=Purchasing|采购部=Purchasing|销售部=Sales"
            "|技术部=Engineering|技术部=Engineering|财务部=Finance|行政部=Administration|项目部=Projects"
        ),
        strict=True,
    )
)
"""A position, and the department that has it."""

SUBJECTS = {
    "CALL": _phrases(
        "电话沟通报价细节=Call about the quote|回访产品使用情况=Follow-up call on product use"
        "|确认付款时间=Confirm the date of payment|了解采购计划=Ask about purchasing plans"
        "|来电咨询产品参数=Incoming enquiry about specifications"
    ),
    "VISIT": _phrases("上门拜访=Customer visit|现场勘查=Site survey|季度回访=Quarterly visit|样品送达=Deliver samples"),
    "MEETING": _phrases(
        "方案评审会=Review of the proposal|合同条款洽谈=Negotiate contract terms"
        "|产品演示=Product demonstration|项目启动会=Kick-off meeting"
    ),
    "EMAIL": _phrases("发送产品资料=Send product information|发送报价单=Send the quote|发送会议纪要=Send minutes"),
    "SMS": _phrases("节日问候=Season's greetings|发货通知=Shipping notice|约访提醒=Visit reminder"),
    "NOTE": _phrases("客户背景记录=Background note|竞争对手动态=News of a competitor|需求变更记录=Changed requirements"),
    "TASK": _phrases(
        "准备投标文件=Prepare the tender|核对对账单=Check the statement|安排打样=Arrange a sample|整理客户资料=Tidy up the file"
    ),
}
"""By kind of activity."""
OUTCOMES = _phrases(
    "客户有意向，等待内部审批=Interested; waits for approval on their side|对价格有异议，需重新报价=Finds it dear; quote again"
    "|已确认需求，下周给方案=Needs are clear; proposal next week|暂无采购计划，下季度再联系=No plans yet; ask again next quarter"
    "|客户满意，无遗留问题=Satisfied; nothing open|未联系上负责人=The person in charge was not there"
)
NEXT_STEPS = _phrases(
    "下周电话跟进=Call next week|发送更新后的报价=Send the new quote|安排技术交流=Arrange a technical talk|寄送样品=Send a sample"
)
NOTES = _phrases(
    "付款及时，关注交期。=Pays on time; watches delivery dates."
    "|决策周期较长，需多部门确认。=Slow to decide: several departments are asked."
    "|通过行业展会结识。=Met at a trade fair.|对售后服务要求高。=Expects good after-sales service."
)
