"""The state machines: pure, told the time, answering with what should happen; they never act themselves."""
