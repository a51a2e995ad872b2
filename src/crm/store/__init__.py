"""Where rows live: the embedded server, the pool, migrations, locks between processes, backups."""
