"""The words of synthetic sales: what is sold, how it is sent, why it was lost. Pairs are Chinese and English."""

from __future__ import annotations

Phrase = tuple[str, str]


def phrases(text: str) -> tuple[Phrase, ...]:
    """Pairs written as `中文=English|…`."""
    pairs = (part.partition("=") for part in text.split("|"))
    return tuple((chinese.strip(), english.strip()) for chinese, _, english in pairs)


PRODUCTS = phrases(
    "工业控制柜=Industrial control cabinet|伺服电机=Servo motor|温度传感器=Temperature sensor|激光打标机=Laser marker"
    "|条码打印机=Label printer|工业交换机=Industrial switch|变频器=Frequency converter|视觉检测系统=Vision inspection system"
    "|输送带=Conveyor belt|气动元件=Pneumatic components|不间断电源=Uninterruptible power supply|服务器机柜=Server rack"
    "|仓储货架=Warehouse racking|包装膜=Packaging film|手持终端=Handheld terminal|配电箱=Distribution box"
)
UNITS = phrases("台=pcs|套=set|箱=carton|件=pcs|米=m")
PROJECTS = phrases(
    "采购=purchase|扩容项目=expansion|年度框架=annual framework|改造项目=refit|新厂配套=new plant|维保续签=maintenance renewal"
)
TITLES = tuple(
    (f"{product[0]}{project[0]}", f"{product[1]} {project[1]}".capitalize()) for product in PRODUCTS for project in PROJECTS
)
"""Of opportunities."""
CONTRACT_TITLES = {
    "SALES": phrases(
        "设备销售合同=Equipment sales contract|配件销售合同=Parts sales contract|产品购销合同=Product sales contract"
    ),
    "PURCHASE": phrases("原材料采购合同=Raw material purchase|外协加工合同=Subcontracting agreement"),
    "SERVICE": phrases("年度维保合同=Annual maintenance contract|技术服务合同=Technical service contract"),
    "FRAMEWORK": phrases("年度框架协议=Annual framework agreement|战略合作协议=Strategic cooperation agreement"),
    "OTHER": phrases("保密协议=Non-disclosure agreement|样品试用协议=Sample trial agreement"),
}
"""By kind of contract."""
LOST_NOTES = phrases(
    "对方选择了报价更低的供应商。=They chose a cheaper supplier.|预算推迟到明年。=Their budget moved to next year."
    "|现有设备还能再用两年。=What they have will last another two years."
)
REJECTIONS = phrases(
    "付款条件需要再谈。=The terms of payment need another round.|金额与报价单不符。=The amount is not that of the quote."
)
TERMINATIONS = phrases(
    "客户搬迁，双方协商终止。=The customer moved away; ended by agreement.|未按期付款。=Payment was not made in time."
)
CANCELLATIONS = phrases("客户更改了型号。=The customer chose another model.|与另一张发货单合并。=Merged with another delivery.")
RETURNS = phrases("外包装破损。=The packaging was damaged.|型号与订单不符。=Not the model that was ordered.")
COURIERS = phrases("顺丰速运=SF Express|德邦快递=Deppon|京东物流=JD Logistics|中通快递=ZTO Express|自有车队=Own fleet")
CALL_NOTES = phrases(
    "询问交货时间，已回复。=Asked about delivery; answered.|要求发送报价单。=Wants a quote."
    "|反馈设备异常，已转技术部。=Reported a fault; passed on to engineering.|确认对账金额。=Confirmed the balance."
)
