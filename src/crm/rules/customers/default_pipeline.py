"""The pipeline (销售管道) that every organisation starts with: its name and its stages with their probability in per cent."""

from __future__ import annotations

NAME = "销售 Sales"
STAGES = (
    ("线索 Lead", 10),
    ("需求 Qualified", 30),
    ("方案 Proposal", 50),
    ("谈判 Negotiation", 70),
    ("成交在即 Commitment", 90),
)
