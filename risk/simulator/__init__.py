"""Simulator of a synthetic county: records in the contract's format, based on published figures.

All output is invented and marked as such. It is meant for tests, demonstrations and measurements of
the software; it describes no real place, organisation or person.
"""

from risk.simulator.ledgers import write_ledgers
from risk.simulator.place_names import place_names
from risk.simulator.simulate import SimulationReport, simulate

__all__ = ["SimulationReport", "place_names", "simulate", "write_ledgers"]
