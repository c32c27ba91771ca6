from __future__ import annotations

from django.apps import AppConfig


class PairingConfig(AppConfig):
    """Links to meters, and screens."""

    name = "portal.pairing"

    def ready(self) -> None:
        """Tell the live layer, which lies below, who knows the links."""
        # Models can be imported only now.
        from portal.live.link_seeds import seed_links_with  # noqa: PLC0415
        from portal.pairing.links import link_words  # noqa: PLC0415

        seed_links_with(link_words)
