"""Kit of the HTTP API: middleware, problem documents, common parameters and schemas."""
