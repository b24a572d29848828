"""What the letters about jobs, offers and money tell: each finds its facts by the ids of its delivery."""
