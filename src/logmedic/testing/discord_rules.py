"""What Discord accepts as a webhook message, as a list of complaints.

Source: Discord developer documentation, "Webhook Resource → Execute Webhook / Edit Webhook Message" and "Message
Resource → Embed Limits, Allowed Mentions Object". Stricter than Discord in three ways, so that what passes here
passes there: characters are counted in UTF-16 units, a key that the API does not know is refused (it would be
dropped), and lengths are taken before Discord trims white space.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

Complaint = tuple[str, str]  # path inside the payload, what is wrong

_SNOWFLAKE = re.compile(r"[0-9]{15,20}\Z")
_EDITABLE = {"content", "embeds", "flags", "allowed_mentions", "components", "attachments", "poll"}
_SENDABLE = _EDITABLE | {"username", "avatar_url", "tts", "thread_name", "applied_tags"}
_EMBED_TEXTS = {"title": 256, "description": 4096, "url": 2048}
_EMBED_KEYS = {*_EMBED_TEXTS, "type", "timestamp", "color", "footer", "image", "thumbnail", "author", "fields"}


def length(text: str) -> int:
    """UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def complaints(body: dict[str, Any], *, edit: bool) -> Iterator[Complaint]:
    """Everything wrong with the payload of an Execute (``edit=False``) or Edit Webhook Message request."""
    for key in body.keys() - (_EDITABLE if edit else _SENDABLE):
        yield key, "unknown key"
    yield from _text(body, "content", "content", most=2000, least=0)
    yield from _text(body, "username", "username", most=80)
    if isinstance(body.get("username"), str) and re.search("discord|clyde|```", body["username"], re.IGNORECASE):
        yield "username", 'Username cannot contain "discord"'
    yield from _text(body, "avatar_url", "avatar_url", most=2048)
    yield from _text(body, "thread_name", "thread_name", most=100)
    if not isinstance(body.get("tts", False), bool):
        yield "tts", "not a boolean"
    embeds = body.get("embeds") or []
    if not isinstance(embeds, list) or not all(isinstance(embed, dict) for embed in embeds):
        yield "embeds", "not a list of objects"
        return
    if len(embeds) > 10:
        yield "embeds", "Must be 10 or fewer in length."
    for index, embed in enumerate(embeds):
        yield from _embed(embed, f"embeds.{index}")
    if sum(map(_size, embeds)) > 6000:
        yield "embeds", "Embed size exceeds maximum size of 6000"
    yield from _allowed_mentions(body.get("allowed_mentions"))


def is_empty(body: dict[str, Any]) -> bool:
    content = body.get("content")
    seen = isinstance(content, str) and bool(content.strip())
    return not seen and not any(body.get(key) for key in ("embeds", "components", "poll", "attachments"))


def pings(body: dict[str, Any]) -> list[str]:
    """Whom the message calls: "everyone", "here", "role:<id>", "user:<id>". Only content can; embeds never do.

    Without ``allowed_mentions`` everything in the content is live.
    """
    content = body.get("content") or ""
    allowed = body.get("allowed_mentions")
    allowed = {"parse": ["everyone", "roles", "users"]} if allowed is None else allowed
    parse = allowed.get("parse") or []
    found = [word for word in ("everyone", "here") if f"@{word}" in content and "everyone" in parse]
    for kind, name, pattern in (("roles", "role", r"<@&([0-9]+)>"), ("users", "user", r"<@!?([0-9]+)>")):
        for id_ in re.findall(pattern, content):
            if kind in parse or id_ in (allowed.get(kind) or []):
                found.append(f"{name}:{id_}")
    return found


def _text(body: dict[str, Any], key: str, path: str, *, most: int, least: int = 1) -> Iterator[Complaint]:
    value = body.get(key)
    if value is None:
        return
    if not isinstance(value, str):
        yield path, "not a string"
    elif not least <= length(value if least == 0 else value.strip() and value) <= most:
        yield path, f"Must be between {least} and {most} in length."


def _required(body: Any, key: str, path: str, most: int) -> Iterator[Complaint]:
    if not isinstance(body, dict) or body.get(key) is None:
        yield f"{path}.{key}", "This field is required"
    else:
        yield from _text(body, key, f"{path}.{key}", most=most)


def _embed(embed: dict[str, Any], path: str) -> Iterator[Complaint]:
    for key in embed.keys() - _EMBED_KEYS:
        yield f"{path}.{key}", "unknown key"
    for key, most in _EMBED_TEXTS.items():
        yield from _text(embed, key, f"{path}.{key}", most=most)
    if embed.get("url") is not None and not re.match(r"https?://[^\s/]", str(embed["url"])):
        yield f"{path}.url", "Not a well formed URL."
    color = embed.get("color", 0)
    if isinstance(color, bool) or not isinstance(color, int) or not 0 <= color <= 0xFFFFFF:
        yield f"{path}.color", "int value should be between 0 and 16777215."
    if embed.get("timestamp") is not None and not _is_timestamp(embed["timestamp"]):
        yield f"{path}.timestamp", "Could not parse. Should be ISO8601."
    if "footer" in embed:
        yield from _required(embed["footer"], "text", f"{path}.footer", 2048)
    if "author" in embed:
        yield from _required(embed["author"], "name", f"{path}.author", 256)
    yield from _fields(embed.get("fields", []), f"{path}.fields")


def _fields(fields: Any, path: str) -> Iterator[Complaint]:
    if not isinstance(fields, list):
        yield path, "not a list"
        return
    if len(fields) > 25:
        yield path, "Must be 25 or fewer in length."
    for index, field in enumerate(fields):
        yield from _required(field, "name", f"{path}.{index}", 256)
        yield from _required(field, "value", f"{path}.{index}", 1024)
        if isinstance(field, dict) and (field.keys() - {"name", "value", "inline"}):
            yield f"{path}.{index}", "unknown key"


def _size(embed: dict[str, Any]) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [part.get(key) for part, key in ((embed.get("footer"), "text"), (embed.get("author"), "name")) if part]
    for field in embed.get("fields") or []:
        texts += [field.get("name"), field.get("value")] if isinstance(field, dict) else []
    return sum(length(text) for text in texts if isinstance(text, str))


def _is_timestamp(value: Any) -> bool:
    try:
        datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _allowed_mentions(allowed: Any) -> Iterator[Complaint]:
    path = "allowed_mentions"
    if allowed is None:
        return
    if not isinstance(allowed, dict) or allowed.keys() - {"parse", "roles", "users", "replied_user"}:
        yield path, "not an allowed mentions object"
        return
    parse = allowed.get("parse") or []
    for kind in set(parse) - {"everyone", "roles", "users"}:
        yield f"{path}.parse", f"Value {kind!r} must be one of ('everyone', 'roles', 'users')."
    for kind in ("roles", "users"):
        ids = allowed.get(kind) or []
        if len(ids) > 100 or not all(isinstance(id_, str) and _SNOWFLAKE.match(id_) for id_ in ids):
            yield f"{path}.{kind}", "not a list of at most 100 snowflakes"
        if ids and kind in parse:
            yield f"{path}.{kind}", f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
