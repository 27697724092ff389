"""A synthetic county: records in the contract's format, grounded in published figures.

Everything it writes is invented and says so. It serves tests, demonstrations and measurements of
the service itself; it says nothing about any real place, organisation or person.
"""

from risk.simulator.simulate import SimulationReport, simulate

__all__ = ["SimulationReport", "simulate"]
