"""How sources say what the webhook asks for: their names of fields, their words, their times.

What a map makes of an event is one in our own words (`call_bodies.py`), which is then read as strictly as any.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from crm.config import HookMap

OURS = (
    "event_id", "call_id", "leg_id", "state", "direction", "from", "to", "agent", "extensions", "at", "recording_url", "cause",
)  # fmt: skip
LONGEST_ID = 128
_LOCAL = re.compile(r"(\d{4})[-/](\d\d?)[-/](\d\d?)[T ](\d\d?):(\d\d):(\d\d)(\.\d{1,6})?", re.ASCII)
_EPOCH = re.compile(r"\d{10}(\d{3})?", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)", re.ASCII)
BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One vocabulary. `fields`: our name → theirs, of which the first that is there counts; without one ours.

    `zone` is that of times that name none, `listed` the field under which the list of events stands. Events in a state that
    `states` does not know are nothing to us: a switchboard tells of much else. Without `states` ours are meant, all of them.
    """

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    directions: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo | None = None
    listed: str | None = None

    @property
    def plain(self) -> bool:
        """Whether it changes nothing."""
        return self == FieldMap()

    def name(self, ours: str) -> str:
        """What a source is told of one of its fields."""
        return self.fields.get(ours, (ours,))[0]

    def events(self, body: Any) -> Any:
        """The list in a body, where there is one."""
        if self.listed is not None and isinstance(body, dict) and isinstance(body.get(self.listed), list):
            return body[self.listed]
        return body

    def event(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """An event in our words; None where it is nothing to us."""
        told = {ours: value for ours in OURS if (value := self._value(given, ours)) is not None}
        state = told.get("state")
        if self.states and isinstance(state, str):
            if (ours := self.states.get(state.strip().lower())) is None:
                return None
            told["state"] = ours
        if isinstance(direction := told.get("direction"), str):
            told["direction"] = self.directions.get(direction.strip().lower(), direction)
        if isinstance(extensions := told.get("extensions"), str):
            told["extensions"] = [part for part in re.split(r"[,;\s]+", extensions) if part]
        if isinstance(at := told.get("at"), str):
            told["at"] = self._instant(at)
        told.setdefault("event_id", _made_id(told))
        return {"from": "", "to": ""} | told

    def _value(self, given: Mapping[str, Any], ours: str) -> Any:
        value = next((given[name] for name in self.fields.get(ours, (ours,)) if given.get(name) not in (None, "")), None)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def _instant(self, text: str) -> str:
        """With a zone, as our own form of the webhook asks for it; what is no time stays as it is, and is refused by that."""
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(int(text) / (1000 if len(text) > 10 else 1), UTC).isoformat()
        found = _LOCAL.fullmatch(text.strip())
        if found is None or self.zone is None:
            return text
        year, month, day, hour, minute, second = map(int, found.groups()[:6])
        micro = int(((found[7] or ".")[1:]).ljust(6, "0"))
        try:
            return datetime(year, month, day, hour, minute, second, micro, tzinfo=self.zone).isoformat()
        except ValueError:
            return text


def _made_id(told: Mapping[str, Any]) -> str:
    """A name for an event that has none: what tells it from all others of its call."""
    parts = [str(told.get(name, "")) for name in ("call_id", "leg_id", "state", "agent", "at")]
    made = ":".join(parts)
    return made if len(made) <= LONGEST_ID else hashlib.sha256(made.encode()).hexdigest()


LIST_OF_UTC8 = FieldMap(
    fields={
        "event_id": ("eventId", "msgId"),
        "call_id": ("callId", "sessionId", "callSheetId"),
        "leg_id": ("legId", "channelId"),
        "state": ("event", "eventType", "callState"),
        "direction": ("callType", "direction"),
        "from": ("caller", "callerNumber", "callNo"),
        "to": ("callee", "calleeNumber", "calledNo"),
        "agent": ("extension", "exten", "agentExt"),
        "extensions": ("ringExtensions", "extensions"),
        "at": ("eventTime", "time", "timestamp"),
        "recording_url": ("recordUrl", "recordingUrl"),
        "cause": ("hangupCause", "reason"),
    },
    states={
        **dict.fromkeys(("ring", "ringing", "alerting", "incoming", "振铃", "来电"), "ringing"),
        **dict.fromkeys(("answer", "answered", "connect", "connected", "link", "接通", "应答", "通话中"), "answered"),
        **dict.fromkeys(("unhold", "resume", "取消保持", "恢复"), "answered"),
        **dict.fromkeys(("hold", "held", "保持"), "held"),
        **dict.fromkeys(("transfer", "transferred", "转接"), "transferred"),
        **dict.fromkeys(("hangup", "end", "ended", "unlink", "挂断", "结束"), "ended"),
        **dict.fromkeys(("noanswer", "no_answer", "missed", "未接"), "missed"),
    },
    directions={
        **dict.fromkeys(("in", "inbound", "呼入"), "inbound"),
        **dict.fromkeys(("out", "outbound", "dialout", "呼出", "外呼"), "outbound"),
        **dict.fromkeys(("inner", "internal", "local", "内部", "内线"), "internal"),
    },
    zone=BEIJING,
    listed="data",
)
"""What switchboards made in China commonly post: lists, and times of the wall clock in Beijing."""

PLAIN = FieldMap()

_BASES = {"plain": PLAIN, "list-utc8": LIST_OF_UTC8}


def field_map(chosen: HookMap) -> FieldMap:
    """The map that a setting asks for; of Twilio's none, whose events are not a matter of names alone."""
    base = _BASES.get(chosen.like, PLAIN)
    return replace(
        base,
        fields={**base.fields, **{ours: (theirs,) for ours, theirs in chosen.fields.items()}},
        states={**base.states, **{word.lower(): ours for word, ours in chosen.states.items()}},
        directions={**base.directions, **{word.lower(): ours for word, ours in chosen.directions.items()}},
        zone=zone_of(chosen.zone) if chosen.zone else base.zone,
        listed=chosen.listed or base.listed,
    )


def zone_of(written: str) -> tzinfo:
    """Of `+08:00` or of a name."""
    if (found := _OFFSET.fullmatch(written)) is None:
        return ZoneInfo(written)
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(ahead if found[1] == "+" else -ahead)
