"""Harken: an open hub for customer journeys. Don't map your customers' journeys: listen to them."""

__version__ = "0.1.0"
