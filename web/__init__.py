"""The edge: pages, API, commands, worker and relay. The only place where everything is put together."""
