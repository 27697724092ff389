"""A small client of the HTTP API for case systems: typed, synchronous, on httpx."""

from serving.client.client import Client, JobFailed, Refused

__all__ = ["Client", "JobFailed", "Refused"]
