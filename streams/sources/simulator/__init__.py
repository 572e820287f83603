"""Simulated contact centre that produces events: queues, agents in shifts, customers with patience and open issues."""

from __future__ import annotations

from streams.sources.simulator.config import SimulationConfig
from streams.sources.simulator.scenarios import Scenario
from streams.sources.simulator.simulation import simulate

__all__ = ["Scenario", "SimulationConfig", "simulate"]
