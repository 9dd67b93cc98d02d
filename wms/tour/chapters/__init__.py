"""The chapters of the tour, one file a part of the story; each function takes the tale and ends the tour when it is wrong."""
