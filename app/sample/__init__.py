"""The sample: a lively school to try Paceline with. The people and their words are invented, the framework is real."""
