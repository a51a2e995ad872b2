"""Decisions of my office (我的办公室)."""
