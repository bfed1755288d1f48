"""What is asked: incentives and participation, as data that compiler and judge both read."""
