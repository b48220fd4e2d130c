"""What students say: text in; intent, confidence and slots out. Comes with the talk."""
