"""Submissions (渠道报备): an opportunity that a channel brought, until we have decided on it."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class SubmissionStatus(StrEnum):
    """Where a submission stands (报备状态): 已提交, 已登记, 已驳回, 已撤回."""

    SUBMITTED = "SUBMITTED"
    REGISTERED = "REGISTERED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class SubmissionVerb(StrEnum):
    """What can be done to a submission: 登记, 驳回, 撤回."""

    REGISTER = "REGISTER"
    REJECT = "REJECT"
    WITHDRAW = "WITHDRAW"


SUBMISSION_FLOW = Flow(
    "Submission",
    SubmissionStatus,
    SubmissionVerb,
    {
        (SubmissionStatus.SUBMITTED, SubmissionVerb.REGISTER): SubmissionStatus.REGISTERED,
        (SubmissionStatus.SUBMITTED, SubmissionVerb.REJECT): SubmissionStatus.REJECTED,
        (SubmissionStatus.SUBMITTED, SubmissionVerb.WITHDRAW): SubmissionStatus.WITHDRAWN,
    },
)
"""A decision is final: who was turned down may submit again, and both stand in the history."""
