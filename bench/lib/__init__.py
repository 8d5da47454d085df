"""The parts of the search benchmark; `cli` reads the command line and calls the others."""
