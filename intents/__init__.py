"""What students say: text in; intent, confidence and slots out. Knows nothing of goals."""
