"""Tampers with a running node's data from outside its software, and undoes it afterwards."""
