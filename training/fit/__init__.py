"""Model fitting: out-of-time scores, model selection, tuning, out-of-core training."""
