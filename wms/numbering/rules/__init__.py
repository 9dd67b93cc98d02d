"""What lot numbers are made of and how suppliers' codes are read: pure, plain data in and out."""
