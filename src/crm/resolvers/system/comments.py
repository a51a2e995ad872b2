"""What can be done with comments (评论). They are read with their record."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.resolvers.verbs import command, plain_input
from crm.schema.system.comment import CommentInput, CommentPayload
from crm.services.deeds import Deed
from crm.services.system import comments


@strawberry.type
class CommentMutation:
    """Saying something, and taking it back."""

    @command(SIGNED_IN, CommentPayload, "Say something of a record that one sees (评论); whoever takes part is notified.")
    async def comment_add(deed: Deed, input: CommentInput) -> UUID:
        """A record without a thread answers NOT_FOUND."""
        return await comments.add(deed, plain_input(input))

    @command(SIGNED_IN, CommentPayload, "Take back what one has said (删除评论).")
    async def comment_remove(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: it is not shown any more."""
        return await comments.remove(deed, id)
