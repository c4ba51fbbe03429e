"""Journeys and a question in, an answer out. One file = one question; see `harken.understand.analysis`."""
