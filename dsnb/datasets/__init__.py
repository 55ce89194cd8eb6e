"""What happens to datasets: they are registered, looked at, checked, loaded and compared."""
