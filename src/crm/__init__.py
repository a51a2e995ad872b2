"""A complete small-business CRM as one GraphQL graph, with live push."""

__version__ = "0.1.0"
