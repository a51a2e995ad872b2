"""Who may what: per room the `visible` declarations, grants, viewers, and the one SQL renderer for rights.

Decisions about rights are made here and nowhere else. Importing the package declares the rules of all rooms.
"""

from crm.access.customers import (  # noqa: F401 -- importing declares
    activity,
    call,
    channel,
    contact,
    duplicate,
    maintenance,
    marketing,
    merge,
    opportunity,
    party,
    pool,
    process_part,
    project,
    reach,
    segment,
    service_case,
)
from crm.access.marketing import contract  # noqa: F401 -- importing declares
from crm.access.messaging import announcement, email, sms  # noqa: F401 -- importing declares
from crm.access.office import calendar_feed, schedule_event  # noqa: F401 -- importing declares
from crm.access.system import (  # noqa: F401 -- importing declares
    custom_field,
    job,
    notification,
    options,
    organisation,
    trails,
    work_calendar,
)
from crm.access.trade import delivery  # noqa: F401 -- importing declares
