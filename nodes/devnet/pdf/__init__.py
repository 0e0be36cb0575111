"""Draws the PDF files of sample licenses."""
