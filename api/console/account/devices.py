"""The name of a session's device, derived from its User-Agent."""

#: Text in a User-Agent -> the browser's name. Most User-Agents name several browsers: the first match counts.
_BROWSERS = {
    "YaBrowser/": "Yandex Browser",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "EdgiOS/": "Edge",
    "EdgA/": "Edge",
    "Edg/": "Edge",
    "FxiOS/": "Firefox",
    "Firefox/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
#: The number of characters shown of other clients' names.
_SHOWN = 60


def device_of(agent: str) -> str:
    """
    Browser and system of a User-Agent; for other clients, its beginning.

    >>> device_of("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Safari/537.36")
    'Chrome, Linux'
    >>> device_of("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 Version/17.5 Safari/604.1")
    'Safari, iPhone'
    >>> device_of("python-httpx/0.28.1")
    'python-httpx/0.28.1'
    """
    names = (next((name for part, name in each.items() if part in agent), None) for each in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, names)) or agent[:_SHOWN]
