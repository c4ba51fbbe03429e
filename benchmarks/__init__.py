"""One file for each headline number; `make bench` prints them beside the machine's limit and the goal."""
