"""Weights of complaint linkage: training on simulated counties, and evaluation."""
