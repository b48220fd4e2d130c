"""The front door: the composition root. Knows every room, holds no rule."""
