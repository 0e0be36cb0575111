"""The rules that no region can bend: Solidity sources, their committed build, and its tools.

`artifacts` loads the build, `deployment` says what to deploy, `proposals` what can be proposed;
`compile` remakes the build and `gas` its price list. Nothing here talks to a node but `gas`.
"""
