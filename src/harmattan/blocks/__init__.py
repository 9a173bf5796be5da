"""Grids larger than memory and events by the hundred million: counted by partition, features made block by block."""
