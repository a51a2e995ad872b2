"""Dataloaders: rows by id, lists by parent, counts by parent. Plain records out, one statement a level."""
