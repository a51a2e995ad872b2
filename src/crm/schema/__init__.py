"""Nouns: what `schema.graphql` prints. One entity's type, filter, order and payload in one file."""
