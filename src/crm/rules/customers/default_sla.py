"""What every organisation promises its customers at first, until it says otherwise."""

from __future__ import annotations

from crm.rules.customers.service_case_flow import CasePriority

POLICIES: dict[CasePriority, tuple[str, int, int]] = {
    CasePriority.URGENT: ("紧急 Urgent", 30, 240),
    CasePriority.HIGH: ("高 High", 60, 480),
    CasePriority.NORMAL: ("普通 Normal", 240, 1440),
    CasePriority.LOW: ("低 Low", 480, 2400),
}
"""Priority → name, minutes of working time until the first answer, until it is resolved."""

NEAR_PERCENT = 80
