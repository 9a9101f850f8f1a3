"""Flavors: one file for each framework, which recognises its models, dumps them and loads them.

All else is shared and lies in `runstone.models`. A framework is imported by the functions that need it.
"""
