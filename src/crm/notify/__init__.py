"""News: what was committed, on its way to the people who may know of it."""
