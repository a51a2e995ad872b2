"""What goes to and fro between us and channels: assignments (机会分配), submissions (渠道报备), information (渠道资讯)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.rules.customers.assignment_flow import PROTECTION_DAYS
from crm.schema.customers.channel_assignment import ChannelAssignmentPayload, OpportunityOfferInput
from crm.schema.customers.channel_information import ChannelInformationInput
from crm.schema.customers.channel_submission import ChannelSubmissionPayload, OpportunitySubmitInput, SubmissionRegisterInput
from crm.schema.messaging.announcement import AnnouncementPayload
from crm.services.customers import channel_assignments, channel_information, channel_submissions, submission_registrations
from crm.services.deeds import Deed


@strawberry.type
class ChannelDealingsQuery:
    """Reading assignments and submissions."""

    channel_assignment = single("customers.ChannelAssignment", "channel_assignment.read", "One assignment (机会分配).")
    channel_assignments = listing(
        "customers.ChannelAssignment", "channel_assignment.read", "The assignments (机会分配) that the viewer may see."
    )
    channel_submission = single("customers.ChannelSubmission", "channel_submission.read", "One submission (渠道报备).")
    channel_submissions = listing(
        "customers.ChannelSubmission", "channel_submission.read", "The submissions (渠道报备) that the viewer may see."
    )


@strawberry.type
class ChannelDealingsMutation:
    """Offering, answering, submitting, deciding."""

    @command(
        "channel_assignment.create",
        ChannelAssignmentPayload,
        "Offer an opportunity to a channel (分配机会), which takes the right to change it."
        " One that is with a channel already is DUPLICATE.",
    )
    async def opportunity_offer(deed: Deed, id: strawberry.ID, input: OpportunityOfferInput) -> UUID:
        """Of the opportunity the channel is told what the offer says."""
        return await channel_assignments.offer(deed, id, plain_input(input))

    @command(
        "channel_assignment.update",
        ChannelAssignmentPayload,
        "The channel takes it up (接受分配): its people see the opportunity. Theirs alone to say, and not after `respondBy`.",
    )
    async def channel_assignment_accept(deed: Deed, id: strawberry.ID) -> UUID:
        """From OFFERED."""
        return await channel_assignments.accept(deed, id)

    @command("channel_assignment.update", ChannelAssignmentPayload, "The channel declines or gives it up (拒绝分配), and why.")
    async def channel_assignment_decline(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From OFFERED or ACCEPTED."""
        return await channel_assignments.decline(deed, id, reason)

    @command(
        "channel_assignment.update",
        ChannelAssignmentPayload,
        "Register it for the channel (登记): it is theirs for so many days, 1 to 730. Again, to prolong that.",
    )
    async def channel_assignment_register(deed: Deed, id: strawberry.ID, protection_days: int = PROTECTION_DAYS) -> UUID:
        """From ACCEPTED or REGISTERED."""
        return await channel_assignments.register(deed, id, protection_days)

    @command("channel_assignment.update", ChannelAssignmentPayload, "Take it back from the channel (撤回分配), and say why.")
    async def channel_assignment_withdraw(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From OFFERED, ACCEPTED or REGISTERED. Its people no longer see the opportunity."""
        return await channel_assignments.withdraw(deed, id, reason)

    @command(
        "channel_submission.create",
        ChannelSubmissionPayload,
        "Submit an opportunity for the channel that one works for (渠道报备). Only a partner's people can.",
    )
    async def opportunity_submit(deed: Deed, input: OpportunitySubmitInput) -> UUID:
        """Whoever looks after the channel is notified."""
        return await channel_submissions.submit(deed, plain_input(input))

    @command("channel_submission.update", ChannelSubmissionPayload, "The channel takes its submission back (撤回报备).")
    async def channel_submission_withdraw(deed: Deed, id: strawberry.ID) -> UUID:
        """From SUBMITTED."""
        return await channel_submissions.withdraw(deed, id)

    @command(
        "channel_submission.update",
        ChannelSubmissionPayload,
        "Take a submission (登记报备): as an opportunity that is registered for the channel from the start.",
    )
    async def channel_submission_register(deed: Deed, id: strawberry.ID, input: SubmissionRegisterInput) -> UUID:
        """From SUBMITTED. Look at `duplicates` first."""
        return await submission_registrations.register(deed, id, plain_input(input))

    @command("channel_submission.update", ChannelSubmissionPayload, "Turn a submission down (驳回报备), and say why.")
    async def channel_submission_reject(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From SUBMITTED."""
        return await channel_submissions.reject(deed, id, reason)

    @command(
        "announcement.create",
        AnnouncementPayload,
        "Publish information to channels (发布渠道资讯): an announcement to the people who work for them.",
    )
    async def channel_information_publish(deed: Deed, input: ChannelInformationInput) -> UUID:
        """Channels for which nobody signs in are not reached; if there are no others, it is INVALID."""
        return await channel_information.publish(deed, plain_input(input))
