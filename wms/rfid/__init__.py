"""rfid."""
