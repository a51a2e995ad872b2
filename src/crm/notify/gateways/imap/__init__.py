"""Mailboxes that are listened to over IMAP."""
