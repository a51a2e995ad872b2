"""The migrations, in order. Also importable as `crm.migrations`."""
