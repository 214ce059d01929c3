"""PostgreSQL itself: the embedded server, throw-away scratch servers, connections, COPY streams."""
