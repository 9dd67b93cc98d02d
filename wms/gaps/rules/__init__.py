"""What a gap is: its kinds, the stage each belongs to, who owns a stage, what to do about it. Pure."""
