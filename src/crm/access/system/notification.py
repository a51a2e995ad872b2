"""Notifications are one's own."""

from crm.access.branches import Myself, visible
from crm.core.kinds import Kind

notification = visible("notification", Myself("user_id"), kind=Kind.NOTIFICATION, gated=False, recycled=False)
