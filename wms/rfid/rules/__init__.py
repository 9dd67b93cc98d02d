"""rfid/rules."""
