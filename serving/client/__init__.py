"""A small client of the HTTP API for case systems: typed, synchronous, on httpx alone."""

# Relative, because the same files are the package wagewatch_client of the client alone.
from .client import Client, JobFailed, Refused

__all__ = ["Client", "JobFailed", "Refused"]
