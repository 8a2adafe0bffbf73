"""Line icons, drawn for this console on a grid of 24; they take the colour of the surrounding text."""

import functools

from markupsafe import Markup

_PATHS = {
    "target": '<circle cx="12" cy="12" r="8.5"/><circle cx="12" cy="12" r="4"/><circle cx="12" cy="12" r=".6"/>',
    "home": '<path d="M4 11.2 12 4l8 7.2V20h-5.5v-5.5h-5V20H4z"/>',
    "handshake": '<path d="M3 8.5 7.5 6l4.5 2 4.5-2L21 8.5v7l-3 .8-5.2 3.4a1.5 1.5 0 0 1-1.6 0L6 16.3l-3-.8z"/>'
    '<path d="m12 8-3.4 3.2a1.6 1.6 0 0 0 2.2 2.3L13 12l4.6 4"/>',
    "inbox": '<path d="M4 13.5 6.5 5h11L20 13.5V19H4z"/><path d="M4 13.5h4.5l1.2 2.5h4.6l1.2-2.5H20"/>',
    "chat": '<path d="M4 5h16v11.5H11L6.5 20v-3.5H4z"/><path d="M8 9.2h8M8 12.4h5"/>',
    "engine": '<path d="M13 3 5 13.5h6L10.5 21 19 10.5h-6z"/>',
    "chart": '<path d="M4 20h16"/><path d="M7 16.5v-5M12 16.5v-10M17 16.5V9"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.2l3.4 2"/>',
    "people": '<circle cx="9" cy="8.5" r="3.5"/><path d="M2.8 19.5c.4-3.6 2.9-5.5 6.2-5.5s5.8 1.9 6.2 5.5"/>'
    '<path d="M15.5 5.4a3.5 3.5 0 0 1 0 6.2M17.6 14.5c2 .7 3.3 2.4 3.6 5"/>',
    "list": '<path d="M8.5 6H20M8.5 12H20M8.5 18H20M4 6h.6M4 12h.6M4 18h.6"/>',
    "megaphone": '<path d="M4 10v4h3l8 4.5v-13L7 10zM18 9.5c1.3 1.4 1.3 3.6 0 5"/><path d="m7.5 14 1 5.5h2.4l-.9-4"/>',
    "cards": '<rect x="4" y="7" width="11.5" height="13" rx="2"/><path d="M8.5 4h9.2A2.3 2.3 0 0 1 20 6.3v10"/>',
    "star": '<path d="m12 3.8 2.5 5.3 5.8.7-4.3 4 1.2 5.8-5.2-2.9-5.2 2.9L8 13.8l-4.3-4 5.8-.7z"/>',
    "heart": '<path d="M12 20S4 15.2 4 9.4A4.4 4.4 0 0 1 12 7a4.4 4.4 0 0 1 8 2.4C20 15.2 12 20 12 20z"/>',
    "cross": '<path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/>',
    "check": '<path d="m5 12.5 4.6 4.6L19 7.5"/>',
    "undo": '<path d="M5 10h9.5a4.8 4.8 0 0 1 0 9.5H9"/><path d="M9 5.5 4.5 10 9 14.5"/>',
    "bell": '<path d="M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15z"/><path d="M10 20.5h4"/>',
    "sun": '<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4'
    'M18.4 5.6 17 7M7 17l-1.4 1.4"/>',
    "moon": '<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z"/>',
    "auto": '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17a8.5 8.5 0 0 0 0-17z" fill="currentColor"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "edit": '<path d="m4.5 19.5.8-4L16 4.8l3.2 3.2L8.5 18.7z"/>',
    "archive": '<path d="M4 5h16v4H4zM5.5 9v10.5h13V9M10 13h4"/>',
    "help": '<circle cx="12" cy="12" r="8.5"/><path d="M9.6 9.6a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.9-1.1 1.8"/>'
    '<path d="M12 16.4h.01"/>',
    "leave": '<path d="M14 4.5H5v15h9M10 12h10M16.5 8.5 20 12l-3.5 3.5"/>',
    "phone": '<path d="M6 3.8h3.3l1.5 4.3-2 1.6a12 12 0 0 0 5.5 5.5l1.6-2 4.3 1.5V18a2.2 2.2 0 0 1-2.3 2.2'
    'A16 16 0 0 1 3.8 6.1 2.2 2.2 0 0 1 6 3.8z"/>',
    "send": '<path d="M4 12 20 4.5 15.5 20l-3.7-6.3z"/><path d="m11.8 13.7 4-4.2"/>',
    "upload": '<path d="M12 15.5V5M7.5 9 12 4.5 16.5 9M4.5 15v4.5h15V15"/>',
    "download": '<path d="M12 4.5V15M7.5 11 12 15.5 16.5 11M4.5 15v4.5h15V15"/>',
    "play": '<path d="M7.5 5v14l11-7z"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4 4"/>',
    "back": '<path d="M19.5 12H5M11 6l-6 6 6 6"/>',
    "rooms": '<path d="M4 19v-7.5h16V19M4 16.5h16M6.5 11.5V7h11v4.5"/>',
    "filter": '<path d="M4 6h16M7 12h10M10 18h4"/>',
}


@functools.lru_cache(maxsize=500)
def icon(name: str, label: str | None = None, size: int = 20) -> Markup:
    """An icon; without *label* it is decoration that screen readers skip."""
    aria = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    drawn = Markup(_PATHS[name])  # noqa: S704 - drawings of this module
    return Markup(
        '<svg class="icon" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        'stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" {aria}>{paths}</svg>'
    ).format(size=size, aria=aria, paths=drawn)
