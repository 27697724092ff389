"""Background work: the scheduler of the service and the process that runs a job."""
