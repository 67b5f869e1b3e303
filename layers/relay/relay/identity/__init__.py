"""Identity: normalise and hash what identifies a person, so that TikTok can match it."""
