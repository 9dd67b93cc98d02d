"""Reads of receiving: papers, their lines, what a scan is judged by, where goods could go."""
