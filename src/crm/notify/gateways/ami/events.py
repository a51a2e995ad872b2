"""What Asterisk's events say of calls.

`Linkedid` names the call, by its first channel; `Uniqueid` a channel. A telephone rings from `DialBegin` on. Which events come in
which order, for a queue and without one, was written down from Asterisk 22.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from crm.notify.gateways.ami.channels import extension_of, number_of
from crm.notify.gateways.ami.client import AmiClient, address_of
from crm.notify.gateways.ami.frames import Frame
from crm.notify.gateways.following import ABANDONED, FollowedCall, FollowedCalls
from crm.services.customers.call_reports import CallReport

SOURCE = "ami"
_WHY = {"1": "no_answer", "3": "no_answer", "5": "busy"}
"""Reasons of `OriginateResponse`: the last that was heard of the telephone. 3 is that it rang. Of the others it failed."""

Reports = list[CallReport]


class Asterisk:
    """An Asterisk, by its manager interface."""

    source = SOURCE

    def __init__(self, url: str) -> None:
        self.address = address_of(url)

    async def log_in(self, on_event: Callable[[Frame], None]) -> AmiClient:
        """Connect; `on_event` is called for each event from then on."""
        return await AmiClient.log_in(self.address, on_event)

    def reports(self, calls: FollowedCalls, event: Frame, at: datetime) -> Reports:
        """The reports that follow from an event; `at` counts where the event does not say when it was."""
        told = _READ.get(event.get("event", "").lower())
        return told(calls, event, _when(event, at)) if told else []


def _begun(calls: FollowedCalls, event: Frame, _: datetime) -> Reports:
    extension = extension_of(event.get("channel", ""))
    call = calls.joined(event.get("uniqueid", ""), event.get("linkedid", ""), extension)
    if call is not None and (event.get("uniqueid") == call.id or not call.first):
        call.learn(extension, number_of(event.get("calleridnum", "")), event.get("exten", ""))
    return []


def _dialling(calls: FollowedCalls, event: Frame, *, begins: bool) -> FollowedCall | None:
    """The call in which somebody is dialled. What an `Originate` dials has no channel that does it."""
    leg, linked = event.get("destuniqueid", ""), event.get("destlinkedid", "") or event.get("linkedid", "")
    parent = None
    if event.get("uniqueid"):
        parent = calls.joined(event["uniqueid"], event.get("linkedid", ""), extension_of(event.get("channel", "")))
        if parent is not None:
            first = extension_of(event.get("channel", ""))
            parent.learn(first, number_of(event.get("calleridnum", "")), event.get("exten", ""))
    name = parent.id if parent is not None else linked
    return calls.joined(leg, name, extension_of(event.get("destchannel", ""))) if begins else calls.call(leg, name)


def _rings(calls: FollowedCalls, event: Frame, at: datetime) -> Reports:
    call, leg = _dialling(calls, event, begins=True), event.get("destuniqueid", "")
    return calls.rings(call, leg, extension_of(event.get("destchannel", "")), at) if call is not None and leg else []


def _dialled(calls: FollowedCalls, event: Frame, at: datetime) -> Reports:
    call, leg, status = _dialling(calls, event, begins=False), event.get("destuniqueid", ""), event.get("dialstatus", "")
    if call is None or not leg:
        return []
    if status == "ANSWER":
        return calls.answered(call, leg, extension_of(event.get("destchannel", "")), at)
    call.causes.append(status)
    return []


def _connected(calls: FollowedCalls, event: Frame, at: datetime) -> Reports:
    """A queue says who took the call; the same event, said once more, as the end of their dialling."""
    call, leg = calls.call(event.get("uniqueid", ""), event.get("linkedid", "")), event.get("destuniqueid", "")
    if call is None or not leg:
        return []
    extension = extension_of(event.get("destchannel", ""))
    return calls.answered(call, leg, extension if calls.ours(extension) else extension_of(event.get("interface", "")), at)


def _abandoned(calls: FollowedCalls, event: Frame, _: datetime) -> Reports:
    call = calls.call(event.get("uniqueid", ""), event.get("linkedid", ""))
    if call is not None:
        call.causes.append(ABANDONED)
    return []


def _held(calls: FollowedCalls, event: Frame, at: datetime) -> Reports:
    call = calls.call(event.get("uniqueid", ""), event.get("linkedid", ""))
    return calls.held(call, event["uniqueid"], at, held=event["event"].lower() == "hold") if call and call.told else []


def _picked_up(calls: FollowedCalls, event: Frame, at: datetime) -> Reports:
    """Somebody took a call that rang a colleague."""
    call = calls.call(event.get("targetuniqueid", ""), event.get("targetlinkedid", ""))
    return calls.taken(call, event.get("uniqueid", ""), extension_of(event.get("channel", "")), at) if call else []


def _transferred(calls: FollowedCalls, event: Frame, at: datetime) -> Reports:
    channel = event.get("transfereruniqueid", "")
    call = calls.call(channel, event.get("transfererlinkedid", ""))
    done = event.get("result", "").lower() == "success"
    return calls.transferred(call, channel, event.get("extension", ""), at) if call and call.told and done else []


def _handed_over(calls: FollowedCalls, event: Frame, at: datetime) -> Reports:
    """Handed on after a word with whoever gets it: the conversation with the caller is theirs now."""
    call = calls.call(event.get("transfereeuniqueid", ""), event.get("transfereelinkedid", ""))
    done = event.get("result", "").lower() == "success"
    target = event.get("transfertargetuniqueid", "")
    if call is None or not call.told or not done or not target:
        return []
    return calls.taken(call, target, extension_of(event.get("transfertargetchannel", "")), at)


def _hung_up(calls: FollowedCalls, event: Frame, at: datetime) -> Reports:
    cause = event.get("cause-txt", "") or event.get("cause", "")
    return calls.hung_up(event.get("uniqueid", ""), event.get("linkedid", ""), at, cause)


def _originated(calls: FollowedCalls, event: Frame, at: datetime) -> Reports:
    """What became of a dialling that we asked for; of one that found nobody there is perhaps no channel that hangs up."""
    if event.get("response", "").lower() != "failure":
        return []
    return calls.failed(event.get("actionid", ""), at, _WHY.get(event.get("reason", ""), "failed"))


_READ: dict[str, Callable[[FollowedCalls, Frame, datetime], Reports]] = {
    "newchannel": _begun,
    "dialbegin": _rings,
    "dialend": _dialled,
    "agentconnect": _connected,
    "queuecallerabandon": _abandoned,
    "hold": _held,
    "unhold": _held,
    "pickup": _picked_up,
    "blindtransfer": _transferred,
    "attendedtransfer": _handed_over,
    "hangup": _hung_up,
    "originateresponse": _originated,
}


def _when(event: Frame, at: datetime) -> datetime:
    """With `timestampevents=yes` Asterisk says it itself."""
    try:
        return datetime.fromtimestamp(float(event["timestamp"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return at
