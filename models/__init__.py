"""The arrears model, its calibration, baselines and scorecard, reasons, and the registry."""
