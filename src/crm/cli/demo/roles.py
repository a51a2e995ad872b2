"""The roles of the demo company, beside the administrator's that every database has."""

from __future__ import annotations

from crm.access.grants import Restriction, Scope
from crm.cli.synthetic.roles import DEALINGS, MAIL, PARTNERING, RECORDS, TEXTING, Sketch

WORK = f"opportunity contract delivery project maintenance service_case segment {TEXTING}"
_ALL_PARTIES = "customer channel supplier"
_MONEY = "creditLimit creditGrade paymentTermsDays"

MANAGER = Sketch(
    "销售经理 Sales manager",
    "Everything on the records of the own department and those below it.",
    {
        f"{RECORDS} {DEALINGS}": {Scope.DEPARTMENT_TREE: "CREATE READ UPDATE DELETE SHARE TRANSFER EXPORT IMPORT"},
        f"{PARTNERING} {TEXTING}": {Scope.DEPARTMENT_TREE: "CREATE READ UPDATE SHARE TRANSFER"},
        "contract": {Scope.DEPARTMENT_TREE: "APPROVE"},
        **MAIL,
        "email_batch": {Scope.DEPARTMENT_TREE: "CREATE READ UPDATE SHARE TRANSFER"},
        "email_template email_suppression": {Scope.ALL: "CREATE READ UPDATE DELETE"},
        "pool": {Scope.ALL: "READ UPDATE TRANSFER ADMINISTER"},
        "announcement": {Scope.DEPARTMENT_TREE: "CREATE READ UPDATE DELETE"},
        "ring_group pipeline work_calendar calendar_day sla_policy blocked_number sms_template sms_opt_out": {
            Scope.ALL: "CREATE READ UPDATE DELETE"
        },
        "tag": {Scope.ALL: "CREATE READ UPDATE DELETE"},
        "user role department dictionary": {Scope.ALL: "READ"},
    },
)
AGENT = Sketch(
    "客服坐席 Agent",
    "Sees the records of the own department, changes the own ones; credit is for the manager to decide.",
    {
        f"{RECORDS} {WORK}": {Scope.DEPARTMENT: "READ", Scope.OWN: "CREATE UPDATE SHARE"},
        "call": {Scope.OWN_AND_SUBORDINATES: "READ UPDATE"},
        "schedule_event": {Scope.OWN_AND_SUBORDINATES: "READ", Scope.OWN: "CREATE UPDATE SHARE DELETE"},
        "contact activity": {Scope.OWN: "DELETE"},
        **MAIL,
        "email_batch": {Scope.OWN: "CREATE READ UPDATE"},
        "pool": {Scope.ALL: "READ UPDATE"},
        "user tag ring_group pipeline blocked_number": {Scope.ALL: "READ"},
    },
    {_ALL_PARTIES: {Restriction.FROZEN: _MONEY}},
)
OWN_ONLY = Sketch(
    "仅本人 Own only",
    "Sees and changes the own records and nobody else's; does not see how creditworthy customers are.",
    {
        f"{RECORDS} {WORK}": {Scope.OWN: "CREATE READ UPDATE SHARE"},
        "call": {Scope.OWN: "READ UPDATE"},
        **MAIL,
        "pool": {Scope.ALL: "READ UPDATE"},
        "schedule_event": {Scope.OWN: "CREATE READ UPDATE SHARE DELETE"},
        "user tag ring_group pipeline": {Scope.ALL: "READ"},
    },
    {_ALL_PARTIES: {Restriction.HIDDEN: "creditGrade", Restriction.FROZEN: "creditLimit paymentTermsDays"}},
)
PURCHASING = Sketch(
    "采购专员 Purchasing",
    "Suppliers with their contacts, activities and contracts.",
    {
        "supplier contact activity contract delivery schedule_event": {
            Scope.DEPARTMENT: "CREATE READ UPDATE DELETE SHARE TRANSFER EXPORT"
        }
    },
)
CHANNELS = Sketch(
    "渠道经理 Channel manager",
    "Channels with all that is between them and us, and the customers that came through them.",
    {
        "channel contact activity opportunity schedule_event": {
            Scope.DEPARTMENT: "CREATE READ UPDATE DELETE SHARE TRANSFER EXPORT"
        },
        "customer": {Scope.OWN: "CREATE READ UPDATE SHARE"},
        "channel_assignment channel_submission": {Scope.DEPARTMENT: "CREATE READ UPDATE SHARE TRANSFER"},
        "marketing_task": {Scope.DEPARTMENT: "CREATE READ UPDATE DELETE SHARE TRANSFER"},
        "announcement": {Scope.OWN: "CREATE READ UPDATE DELETE"},
        "channel_group territory": {Scope.ALL: "CREATE READ UPDATE DELETE"},
    },
)
FINANCE = Sketch(
    "财务 Finance",
    "Reads all parties for their credit, and judges contracts; what is said about people is not for finance.",
    {
        _ALL_PARTIES: {Scope.ALL: "READ EXPORT"},
        "contact": {Scope.ALL: "READ"},
        "contract delivery": {Scope.ALL: "READ EXPORT"},
        "contract": {Scope.ALL: "APPROVE"},
    },
    {_ALL_PARTIES: {Restriction.HIDDEN: "note"}, "contact": {Restriction.HIDDEN: "birthdayOn note"}},
)
PARTNER = Sketch(
    "渠道用户 Channel user",
    "A partner's person: what is assigned or shared to them, without anything about credit.",
    {
        "customer channel contact activity": {Scope.OWN: "READ CREATE UPDATE"},
        "opportunity marketing_task": {Scope.OWN: "READ"},
        "channel_assignment": {Scope.OWN: "READ UPDATE"},
        "channel_submission": {Scope.OWN: "READ CREATE UPDATE"},
    },
    {"customer channel": {Restriction.HIDDEN: f"{_MONEY} note"}},
)
