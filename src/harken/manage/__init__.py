"""What a team writes down about its customers' world -> typed, versioned documents; and the keys to the door."""
