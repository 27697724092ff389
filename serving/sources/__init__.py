"""Sources records are pulled from: the command, the schedule of the service, and their state."""
