"""Monitoring of a model in use: drift, feeds, estimated and realised performance."""
