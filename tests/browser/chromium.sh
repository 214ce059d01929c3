#!/bin/sh
# Prints where a Chromium is; installs Debian's where there is none and that can be done.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" && exit 0
done
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "installing Debian's Chromium" >&2
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium; } >/dev/null 2>&1
  command -v chromium && exit 0
fi
echo "No Chromium is here, and none could be installed. Install one (Debian: apt-get install chromium), or name it: MAINSTEM_BROWSER=/path make browser" >&2
exit 1
