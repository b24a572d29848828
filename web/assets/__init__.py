"""What pages are served with: our own css, scripts and mark, and the few third-party files that come along.

Promises: no file is served that `manifest.toml` does not name or that is not ours; every served address holds the
hash of what lies there, so it may be cached for ever; nothing is fetched from anybody while a page is shown.

Start with `manifest.toml` (third-party files), then `build.py` (what becomes of our own and of theirs), `pico.py` (how
much of Pico is used) and `install.py` (the command).
"""
