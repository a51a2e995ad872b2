"""What a pushed event shows to whom, whatever transport it goes by."""
