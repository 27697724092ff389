"""Labels, splits in time, fitting, metrics and the gate."""
