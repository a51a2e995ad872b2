"""What FreeSWITCH's events say of calls.

A channel is named by `Unique-ID`, its call by that of the channel which began it. A telephone rings from `CHANNEL_PROGRESS` on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from crm.notify.gateways.esl.channels import Event, call_of, extension_of, number_of, user_of
from crm.notify.gateways.esl.client import EslClient, address_of
from crm.notify.gateways.following import FollowedCall, FollowedCalls
from crm.services.customers.call_reports import CallReport

SOURCE = "esl"
PUBLIC = "public"
"""The context of calls from outside, in the dialling plan that FreeSWITCH comes with."""

Reports = list[CallReport]


class FreeSwitch:
    """A FreeSWITCH, by its event socket."""

    source = SOURCE

    def __init__(self, url: str) -> None:
        self.address = address_of(url)

    async def log_in(self, on_event: Callable[[Event], None]) -> EslClient:
        """Connect; `on_event` is called for each event from then on."""
        return await EslClient.log_in(self.address, on_event)

    def reports(self, calls: FollowedCalls, event: Event, at: datetime) -> Reports:
        """The reports that follow from an event; `at` counts where the event does not say when it was."""
        told = _READ.get(event.get("event-name", ""))
        return told(calls, event, _when(event, at)) if told else []


def _joined(calls: FollowedCalls, event: Event) -> FollowedCall | None:
    """The call of an event, with its channel; what the channel says of who calls whom is kept."""
    channel, extension = event.get("unique-id", ""), _mine(calls, event)
    call = calls.joined(channel, call_of(event), extension)
    if call is not None and (channel == call.id or not call.first):
        call.learn(extension, number_of(event.get("caller-caller-id-number", "")), event.get("caller-destination-number", ""))
    return call


def _mine(calls: FollowedCalls, event: Event) -> str:
    """Whose telephone a channel is. A call from outside that claims to be from an extension of ours is from outside."""
    extension = extension_of(event)
    inward = event.get("call-direction") == "inbound"
    known = event.get("variable_user_name") or event.get("variable_sip_auth_username")
    if inward and not known and event.get("caller-context", PUBLIC) == PUBLIC and calls.ours(extension):
        return f"line {extension}"
    return extension


def _created(calls: FollowedCalls, event: Event, _: datetime) -> Reports:
    _joined(calls, event)
    return []


def _rings(calls: FollowedCalls, event: Event, at: datetime) -> Reports:
    call = _joined(calls, event)
    if call is None or event.get("call-direction") != "outbound":
        return []
    return calls.rings(call, event["unique-id"], extension_of(event), at)


def _answered(calls: FollowedCalls, event: Event, at: datetime) -> Reports:
    call = _joined(calls, event)
    if call is None or event.get("call-direction") != "outbound":
        return []  # whoever dialled is not answered by dialling
    return calls.answered(call, event["unique-id"], extension_of(event), at)


def _bridged(calls: FollowedCalls, event: Event, at: datetime) -> Reports:
    """Two talk: after an answer the same once more, and the only sign where a call was picked up or handed on."""
    call, other = _joined(calls, event), event.get("bridge-b-unique-id") or event.get("other-leg-unique-id", "")
    if call is None or not other or other == call.id:
        return []
    if other in call.channels:
        return calls.answered(call, other, call.channels[other], at)
    return calls.taken(call, other, user_of(event.get("other-leg-channel-name", "")), at) if call.told else []


def _held(calls: FollowedCalls, event: Event, at: datetime) -> Reports:
    call, channel = calls.call(event.get("unique-id", ""), call_of(event)), event.get("unique-id", "")
    return calls.held(call, channel, at, held=event["event-name"] == "CHANNEL_HOLD") if call and call.told else []


def _hung_up(calls: FollowedCalls, event: Event, at: datetime) -> Reports:
    return calls.hung_up(event.get("unique-id", ""), call_of(event), at, event.get("hangup-cause", ""))


def _job_done(calls: FollowedCalls, event: Event, at: datetime) -> Reports:
    """What became of a dialling that we asked for: `-ERR USER_NOT_REGISTERED` has no channel that hangs up."""
    outcome = event.get("_body", "").strip()
    if not outcome.startswith("-ERR"):
        return []
    return calls.failed(event.get("job-uuid", ""), at, outcome.removeprefix("-ERR").strip() or "failed")


_READ: dict[str, Callable[[FollowedCalls, Event, datetime], Reports]] = {
    "CHANNEL_CREATE": _created,
    "CHANNEL_PROGRESS": _rings,
    "CHANNEL_PROGRESS_MEDIA": _rings,
    "CHANNEL_ANSWER": _answered,
    "CHANNEL_BRIDGE": _bridged,
    "CHANNEL_HOLD": _held,
    "CHANNEL_UNHOLD": _held,
    "CHANNEL_HANGUP_COMPLETE": _hung_up,
    "BACKGROUND_JOB": _job_done,
}


def _when(event: Event, at: datetime) -> datetime:
    """Events say it themselves, in microseconds."""
    text = event.get("event-date-timestamp", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 17):
        return at
    try:
        return datetime.fromtimestamp(int(text) / 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return at
