"""What is answered: a public memory, an allocation, transfers."""
