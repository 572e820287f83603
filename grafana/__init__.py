"""Grafana as code: dashboards made from the catalogue of KPIs, in Spanish and in English.

``python -m grafana.generator.generate`` writes ``dashboards/``, ``--check`` compares it.
"""
