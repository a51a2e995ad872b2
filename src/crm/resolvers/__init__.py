"""Verbs: the fields of Query and Mutation, a few lines each: check, call a service, read the payload back."""
