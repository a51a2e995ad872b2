"""Decisions: pure functions and tables, figures in, verdict out."""
