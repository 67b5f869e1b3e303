"""Identity: how what is known of a person is normalised and hashed, so that TikTok can match it."""
