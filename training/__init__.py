"""Training, evaluation, promotion and monitoring of the models."""
