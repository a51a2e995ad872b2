"""Comments (评论): which records have a thread."""

from __future__ import annotations

from crm.core.kinds import Kind

COMMENTED = frozenset({Kind.CHANNEL_ASSIGNMENT, Kind.CHANNEL_SUBMISSION})
"""Kinds of records that people talk about. A kind that joins gets the list `comments` on its type.

A thread is read by whoever reads its record. So partners talk about an assignment, which one of them sees, and not about the
opportunity, which the next one may see as well.
"""
