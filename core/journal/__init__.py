"""The student's own voice: goals, check-ins, reflections and help requests."""
