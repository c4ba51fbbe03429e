"""What `benchmarks.decide` measures: learning, the simulator, speed, judging."""
