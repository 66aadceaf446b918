"""The worker process: it drives life-cycles. It waits, and never decides: use cases do."""
