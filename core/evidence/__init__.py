"""The mastery store: what is known about each student and competency."""
