"""The words of synthetic service: what is wrong, what came of it. Pairs are Chinese and English."""

from __future__ import annotations

from crm.cli.synthetic.sales_words import phrases

SUBJECTS = phrases(
    "设备无法启动=It does not start|运行时有异响=It makes a noise"
    "|需要上门安装调试=Wants it installed on site"
    "|操作人员需要培训=Operators want training|数据显示不准确=The readings are wrong"
    "|备件何时到货=When will the spare parts arrive"
    "|外壳破损要求换货=The housing is cracked; wants another|软件升级后报错=An error since the update"
)
RESOLUTIONS = phrases(
    "已更换配件，运行正常。=Replaced the part; it runs.|远程调整参数后恢复。=Put right by remote setting."
    "|已上门调试并培训。=Set up on site, operators trained.|已补发备件。=Spare parts were sent again."
)
WAITS = phrases("等客户寄回设备。=Until they send it back.|等客户确认上门时间。=Until they confirm a date.")
RESULTS = phrases("例行保养完成，状态良好。=Routine service done; in good order.|更换易损件。=Replaced wearing parts.")
MAINTENANCE = phrases(
    "首次保养=First service|年度保养=Annual service|季度巡检=Quarterly inspection|保修期满检查=End-of-warranty check"
)
HOLDS = phrases("等客户场地就绪。=Until their site is ready.|等客户付款。=Until they have paid.")
CANCELLATIONS = phrases("客户取消了计划。=The customer gave the plan up.|并入另一个项目。=Became part of another project.")
IMPLEMENTATION = ("实施项目", " implementation")
