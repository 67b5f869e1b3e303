"""The relay's surroundings on one machine: an emulated AWS, a simulated TikTok and what starts them."""
