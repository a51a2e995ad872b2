"""Calendar feeds: one's own."""

from crm.access.branches import Myself, visible
from crm.core.kinds import Kind

calendar_feed = visible("calendar_feed", Myself("user_id"), kind=Kind.CALENDAR_FEED, gated=False, recycled=False)
