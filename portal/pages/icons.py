"""Line drawings on a 24 × 24 grid, drawn for Meterside."""

from __future__ import annotations

ICONS = {
    "today": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>',
    "history": '<path d="M4 20h16M7 20v-6M12 20V6M17 20v-9"/>',
    "costs": '<circle cx="12" cy="12" r="8.5"/><path d="M15.5 8.6a4.5 4.5 0 1 0 0 6.8M6.8 11h6M6.8 13.4h6"/>',
    "devices": '<path d="M8 3v5M16 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4"/>',
    "settings": '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/>'
    '<circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>',
    "more": '<path d="M5.5 12h.01M12 12h.01M18.5 12h.01" stroke-width="3"/>',
    "theme": '<circle cx="12" cy="12" r="8.5"/>'
    '<path d="M12 3.5v17a8.5 8.5 0 0 0 0-17z" fill="currentColor"/>',
    "down": '<path d="M6 9.5l6 6 6-6"/>',
    "back": '<path d="M14.5 5.5L8 12l6.5 6.5"/>',
    "forward": '<path d="M9.5 5.5L16 12l-6.5 6.5"/>',
    "closer": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21M7.5 10.5h6M10.5 7.5v6"/>',
    "farther": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21M7.5 10.5h6"/>',
    "lock-open": '<rect x="5" y="11" width="14" height="9" rx="1.5"/><path d="M8 11V7.5a4 4 0 0 1 7.6-1.8"/>',
    "lock-half": '<rect x="5" y="11" width="14" height="9" rx="1.5"/>'
    '<path d="M8 11V7.5a4 4 0 0 1 8 0V11M12 14v3" '
    'stroke-dasharray="2 2.4"/>',
    "lock-shut": '<rect x="5" y="11" width="14" height="9" rx="1.5" fill="currentColor" fill-opacity="0.2"/>'
    '<path d="M8 11V7.5a4 4 0 0 1 8 0V11"/>',
    "late": '<circle cx="12" cy="13" r="7.5"/><path d="M12 9v4l2.5 1.5M9 2.5h6"/>',
    "link": '<path d="M9.5 14.5l5-5M8 11l-2.2 2.2a3.8 3.8 0 0 0 5.4 5.4L13.4 16'
    'M16 13l2.2-2.2a3.8 3.8 0 0 0-5.4-5.4L10.6 8"/>',
    "attention": '<path d="M12 4L2.8 20h18.4zM12 10v4.5M12 17.3h.01"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.6h.01"/>',
    "good": '<circle cx="12" cy="12" r="8.5"/><path d="M8 12.2l2.8 2.8L16 9.6"/>',
    "screen": '<rect x="3" y="5" width="18" height="12" rx="1.5"/><path d="M9 20.5h6"/>',
    "terminal": '<rect x="3" y="4.5" width="18" height="15" rx="1.5"/>'
    '<path d="M7 9.5l3 2.5-3 2.5M12.5 15H17"/>',
    "person": '<circle cx="12" cy="8" r="3.5"/><path d="M4.5 20a7.5 7.5 0 0 1 15 0"/>',
    "key": '<circle cx="8" cy="15" r="4"/><path d="M11 12l8-8M16 7l3 3"/>',
    "out": '<path d="M14 4h5v16h-5M4 12h10M10.5 8l4 4-4 4"/>',
    "home": '<path d="M4 11l8-7 8 7M6.5 9.5V20h11V9.5"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
}
