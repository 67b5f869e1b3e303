#!/usr/bin/env bash
# Install a Chromium for the browser tests where there is none: Debian's package, as root. Without root or apt it
# says what is missing and fails.
set -euo pipefail

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome chrome; do
	if [ -n "$name" ] && command -v "$name" >/dev/null; then
		exit 0
	fi
done
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
	echo "error: no Chromium. Install one (Debian: apt-get install chromium), or set CHROMIUM to its path." >&2
	exit 1
fi
echo "── installing chromium"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium >/dev/null
