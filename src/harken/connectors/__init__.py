"""What talks to one outside system, in (`read`) or out (`send`). One file beside this = one outside system."""
