"""What is taught, to whom, and by when."""
