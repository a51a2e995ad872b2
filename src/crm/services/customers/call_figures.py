"""Figures of calls (来电统计): how many came, how many were answered, how fast and how long, by agent, line, group or time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from crm.access.binds import Binds
from crm.access.conditions import Compare, Condition, Every, Operator
from crm.access.grants import Rights
from crm.access.select import Source, Tally, tally_of

MOST_GROUPS = 1000


class CallFigureBy(StrEnum):
    """What figures of calls are told apart by (统计维度)."""

    AGENT = "AGENT"  # 座席: whom a call rang
    LINE = "LINE"  # 线路
    RING_GROUP = "RING_GROUP"  # 振铃组
    HOUR = "HOUR"  # 小时
    DAY = "DAY"  # 日
    WEEK = "WEEK"  # 周
    MONTH = "MONTH"  # 月
    ALL = "ALL"  # 合计


PERIODS = (CallFigureBy.HOUR, CallFigureBy.DAY, CallFigureBy.WEEK, CallFigureBy.MONTH)
_CANDIDATES = "JOIN call_candidate k ON k.call_id = {row}.id"
_COUNT = "count(*) FILTER (WHERE {})"
_IN = "{row}.direction = 'INBOUND' AND NOT {row}.blocked"
_OUT = "{row}.direction = 'OUTBOUND'"
_ANSWERED = "{row}.answered_at IS NOT NULL"
_NOBODY = "{row}.answered_at IS NULL"


def figures(by: CallFigureBy, time_zone: str, within: int, binds: Binds) -> dict[str, str]:
    """The expression of each figure. Of an agent only what they took themselves is answered; what another took is not missed."""
    taken = f"{_ANSWERED} AND {{row}}.claimed_by_id = k.user_id" if by is CallFigureBy.AGENT else _ANSWERED
    inward = f"{_IN} AND {taken}"
    spoken = f"{taken} AND {{row}}.direction <> 'INTERNAL'"
    return {
        "key": _key(by, time_zone, binds),
        "offered": _COUNT.format(_IN),
        "answered": _COUNT.format(inward),
        "missed": _COUNT.format(f"{_IN} AND {_NOBODY} AND {{row}}.state IN ('MISSED', 'LOST')"),
        "abandoned": _COUNT.format(f"{_IN} AND {_NOBODY} AND {{row}}.state = 'ABANDONED'"),
        "failed": _COUNT.format(f"{_IN} AND {_NOBODY} AND {{row}}.state IN ('BUSY', 'FAILED')"),
        "within": _COUNT.format(f"{inward} AND {{row}}.ring_seconds <= {binds.value(within)}"),
        "blocked": _COUNT.format("{row}.direction = 'INBOUND' AND {row}.blocked"),
        "made": _COUNT.format(_OUT),
        "made_answered": _COUNT.format(f"{_OUT} AND {taken}"),
        "mean_ring": f"round(avg({{row}}.ring_seconds) FILTER (WHERE {inward}), 1)",
        "mean_talk": f"round(avg({{row}}.talk_seconds) FILTER (WHERE {spoken}), 1)",
        "talk": f"coalesce(sum({{row}}.talk_seconds) FILTER (WHERE {spoken}), 0)",
    }


def _key(by: CallFigureBy, time_zone: str, binds: Binds) -> str:
    match by:
        case CallFigureBy.AGENT:
            return "k.user_id"
        case CallFigureBy.LINE:
            return "{row}.line"
        case CallFigureBy.RING_GROUP:
            return "{row}.ring_group_id"
        case CallFigureBy.ALL:
            return "true::boolean"
        case _:
            return f"date_trunc('{by.lower()}', {{row}}.ringing_at, {binds.value(time_zone)}::text)"


def statement(
    source: Source, by: CallFigureBy, period: tuple[datetime, datetime], within: int, zone: str, asked: Condition | None
) -> Callable[[Rights, Binds], str]:
    """The one statement: calls that began in the period, fulfil the condition and may be seen."""
    began = [Compare("ringing_at", Operator.GTE, period[0]), Compare("ringing_at", Operator.LT, period[1])]
    condition = Every((*began, *((asked,) if asked is not None else ())))

    def render(rights: Rights, binds: Binds) -> str:
        beside = _CANDIDATES if by is CallFigureBy.AGENT else ""
        expressions = figures(by, zone, within, binds)
        wanted = Tally({"key": expressions.pop("key")}, expressions, beside=beside, most=MOST_GROUPS)
        return tally_of(source, condition, wanted, rights, binds)

    return render
