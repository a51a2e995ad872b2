"""Server-sent events: subscriptions over plain HTTP, for networks that let no WebSocket through."""
