"""The talk: dialogues, wording and channels. Comes with the talk."""
