"""Kinds of ports."""

CONNECTION = 1  # named: where clients connect, and where their requests are queued
UNCONNECTED = 2  # without a name: its own partner
COMMUNICATION = 3  # the server's end of a connection
CLIENT = 4  # the client's end
