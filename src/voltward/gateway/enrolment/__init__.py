"""The enrolment door: EST (RFC 7030) for stations, in a process of its own."""
