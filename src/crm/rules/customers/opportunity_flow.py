"""How an opportunity (销售机会) is won, lost, put aside and taken up again."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class OpportunityStatus(StrEnum):
    """Where an opportunity stands (机会状态): open (进行中), won (赢单), lost (输单), on hold (搁置)."""

    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"
    ON_HOLD = "ON_HOLD"


class OpportunityVerb(StrEnum):
    """What can be done to an opportunity: move (推进), win (赢单), lose (输单), hold (搁置), reopen (重新打开)."""

    MOVE = "MOVE"
    WIN = "WIN"
    LOSE = "LOSE"
    HOLD = "HOLD"
    REOPEN = "REOPEN"


OPPORTUNITY_FLOW = Flow(
    "Opportunity",
    OpportunityStatus,
    OpportunityVerb,
    {
        (OpportunityStatus.OPEN, OpportunityVerb.MOVE): OpportunityStatus.OPEN,
        (OpportunityStatus.OPEN, OpportunityVerb.WIN): OpportunityStatus.WON,
        (OpportunityStatus.OPEN, OpportunityVerb.LOSE): OpportunityStatus.LOST,
        (OpportunityStatus.OPEN, OpportunityVerb.HOLD): OpportunityStatus.ON_HOLD,
        (OpportunityStatus.ON_HOLD, OpportunityVerb.REOPEN): OpportunityStatus.OPEN,
        (OpportunityStatus.ON_HOLD, OpportunityVerb.LOSE): OpportunityStatus.LOST,
        (OpportunityStatus.WON, OpportunityVerb.REOPEN): OpportunityStatus.OPEN,
        (OpportunityStatus.LOST, OpportunityVerb.REOPEN): OpportunityStatus.OPEN,
    },
)
"""Nothing is final: a lost customer may call again. What is on hold can be given up at once, but is won only by somebody who
has taken it up again."""

CLOSED = frozenset({OpportunityStatus.WON, OpportunityStatus.LOST})
"""The states that have a `closed_at`, and in which no stage is stayed in."""
