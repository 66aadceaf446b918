"""The gateway: listeners, the door, the relay. Shells that wait; decisions come from the inside."""
