"""The ways out: command line, HTTP API, exports, and the service database."""
