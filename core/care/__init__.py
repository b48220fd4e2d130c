"""Care: what is done when words suggest harm, and later the pace that students keep."""
