"""`veinte demo`: a simulated contact centre in one terminal."""
