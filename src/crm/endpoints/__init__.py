"""All transports: GraphQL over HTTP and sockets, hooks, health. They speak protocols; they hold no SQL and no rules."""
