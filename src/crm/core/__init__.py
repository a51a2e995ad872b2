"""Errors, kinds, ids, flow tables, money, clock, text and paging: what every layer above shares and nothing of ours below."""
