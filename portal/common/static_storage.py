"""Static files under names that hold their hash, gzipped, so that browsers keep them for good."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """A page that names a file nobody collected still answers, with the plain name."""

    manifest_strict = False
    # A module's `import "./live.js"` becomes the hashed name too, or it would stay old in caches.
    support_js_module_import_aggregation = True
    keep_only_hashed_files = False
