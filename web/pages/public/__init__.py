"""What anybody may see: home, services, policy, sign-in, register."""
