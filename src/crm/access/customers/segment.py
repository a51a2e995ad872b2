"""Segments: their own owner and shares. Whom they hold is asked of the table that those stand in, under the reader's rights."""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, visible
from crm.core.kinds import Kind

segment = visible("segment", Owned(), Shared(), kind=Kind.SEGMENT, actions=OWNED_ACTIONS)
