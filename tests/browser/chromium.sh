#!/bin/sh
# Prints where a Chromium is that starts; installs Debian's where there is none and that can be done.
find_one() {
  for name in chromium chromium-browser google-chrome; do
    # Ubuntu's chromium-browser is a stub that asks for a snap: only what answers counts.
    "$name" --version >/dev/null 2>&1 && command -v "$name" && return 0
  done
  return 1
}
find_one && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "installing Debian's Chromium" >&2
  said=$(apt-get update -q 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium 2>&1) ||
    echo "$said" | tail -n 3 >&2
  find_one && exit 0
fi
echo "No Chromium is here, and none could be installed. Install one (Debian: apt-get install chromium), or name it: MAINSTEM_BROWSER=/path make browser" >&2
exit 1
