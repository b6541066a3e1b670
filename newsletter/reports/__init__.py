"""What readers did, told honestly: figures and their pictures. Pure."""
