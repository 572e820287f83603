"""The campaign of faults: real processes, faults at random moments, numbers compared with a quiet run of the log."""
