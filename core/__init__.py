"""The domain: people, courses, evidence and the journal. Knows no web framework, chat platform, LTI library or scheduler."""
