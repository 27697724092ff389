"""The arrears model and its alternatives: calibration, explanations, storage and the registry."""
