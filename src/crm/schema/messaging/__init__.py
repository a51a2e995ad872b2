"""The communications centre."""
