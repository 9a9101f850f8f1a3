"""The server: the operations, artifacts and the web UI over HTTP."""
