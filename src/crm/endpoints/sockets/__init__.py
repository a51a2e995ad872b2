"""WebSockets: graphql-transport-ws and nothing else."""
