"""Incidents through apprise: Slack, Teams, Telegram, e-mail, KakaoTalk and what else one URL of it can name.

apprise says of a delivery only whether it went well. Why not stands in its log: the HTTP status, and whether a
connection came about. What cannot be told from there counts as unclear: it may have arrived.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from logmedic.config import Secret
from logmedic.doors import Clock
from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import Incident, Outcome, Result, Severity, State
from logmedic.respond.apprise_text import SHORTEST, Message, Room, bulletin_message, message
from logmedic.respond.interface import Bulletin, Mode, Notice, told
from logmedic.respond.ratelimit import RateLimits
from logmedic.respond.text import one_line

if TYPE_CHECKING:
    from apprise import Apprise, AppriseAsset, NotifyBase

INSTALL = "apprise is not installed; run `pip install 'logmedic[channels]'`"
_SOON, _THROTTLED = 1.0, 30.0  # s; apprise does not tell how long a service asks to wait
_NOT_WORTH_IT = "not worth another message, and the last one cannot be edited"
_STATUS = re.compile(r"error=([1-5][0-9]{2})\b")
# What requests, urllib3 and smtplib say when nothing can have been sent yet.
_NEVER_CONNECTED = re.compile(
    r"failed to establish a new connection|connection refused|name or service not known|failed to resolve"
    r"|connecttimeout|network is unreachable|no route to host|certificate verify failed",
    re.IGNORECASE,
)


class AppriseConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="apprise"
):
    """``kind = "apprise"``: messages through any service that apprise knows."""

    name: str = "apprise"
    """The channel's name, unique among channels."""
    url: Secret = Secret(env="LOGMEDIC_APPRISE_URL")
    """Where the service's apprise URL stands, e.g. that of ``slack://…``. It holds tokens, so it is a secret."""
    min_severity: Severity | None = None
    """Least severity sent. Default: critical."""
    mention: str = ""
    """Text that is put before critical news to call people, as the service writes it: ``@all``. Default: nobody."""
    follow_up: bool = True
    """These services cannot edit: whether a resolve or another verdict is told in a message of its own."""
    language: Literal["en", "ko"] | None = None
    """Language of the messages. Default: the product's language."""
    timeout_s: float = 10.0
    """Longest wait for one message, in seconds."""

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 600:
            raise ValueError("`timeout_s` must be more than 0 and at most 600")
        if len(self.mention) > 100 or not self.mention.isprintable():
            raise ValueError("`mention` must be one line of at most 100 characters")


class AppriseResponder:
    """One message for each piece of news; none where Discord's would be edited, but for what matters (``follow_up``).

    A fresh plug-in object for each message, because they are not made for threads; their pace is kept here.
    """

    kind = "apprise"

    def __init__(self, config: AppriseConfig, *, url: str, clock: Clock, limits: RateLimits) -> None:
        """``url``: the service's. ``limits`` is shared by all responders of the process.

        Raises:
            ConfigError: apprise is missing, or does not take the URL. The message never contains the URL.
        """
        self.name = config.name
        self._config = config
        self._url = url
        self._clock = clock
        self._limits = limits
        self._limit_key = "apprise:" + hashlib.sha256(url.encode()).hexdigest()
        self._asset = _asset(config)
        plugin = self._plugin()
        self._service = one_line(str(plugin.service_name), 60)
        self._room = room_of(plugin)
        self._spacing = float(plugin.request_rate_per_sec)

    def deliver(self, notice: Notice) -> Outcome:
        incident = notice.incident
        said = {**told(incident), "said": _gist(incident)}
        heard = notice.receipt if notice.mode is Mode.EDIT else None
        if heard is not None and (not self._config.follow_up or heard.get("said") == said["said"]):
            return Outcome(Result.SKIPPED, _NOT_WORTH_IT)
        critical = incident.severity is Severity.CRITICAL
        loud = notice.mention and critical and notice.mode is not Mode.EDIT and bool(self._config.mention)
        made = message(notice, self._language(notice.language), self._room, self._config.mention if loud else "")
        self._send(made, incident.severity, over=incident.state is State.RESOLVED, urgent=critical)
        return Outcome(Result.SENT, "sent with a mention" if loud else "sent", said)

    def announce(self, bulletin: Bulletin) -> Outcome:
        """A digest, or another message about no single incident; once more when it is over, or on again after that."""
        stands = "over" if bulletin.over else "on"
        if (bulletin.receipt or {}).get("said") == stands:
            return Outcome(Result.SKIPPED, _NOT_WORTH_IT)
        critical = bulletin.severity is Severity.CRITICAL
        loud = bulletin.mention and critical and not bulletin.over and bool(self._config.mention)
        language = self._language(bulletin.language)
        made = bulletin_message(bulletin, language, self._room, self._config.mention if loud else "")
        self._send(made, bulletin.severity, over=bulletin.over, urgent=bulletin.mention and critical)
        return Outcome(Result.SENT, "sent with a mention" if loud else "sent", {"said": stands})

    def preview(self, notice: Notice) -> str:
        """What would be sent."""
        loud = notice.mention and notice.incident.severity is Severity.CRITICAL
        made = message(notice, self._language(notice.language), self._room, self._config.mention if loud else "")
        return f"{made.title}\n{made.body}"

    def _language(self, given: str) -> str:
        return self._config.language or given

    def _send(self, made: Message, severity: Severity, *, over: bool, urgent: bool) -> None:
        """Raises :class:`DeliveryError`."""
        from apprise import Apprise, NotifyFormat  # noqa: PLC0415  0.5 s and 34 MB that others must not pay

        wait = self._limits.wait(self._clock, self._limit_key, urgent=urgent)
        if wait > 0:
            raise self._throttled(wait)
        self._limits.block(self._clock, self._limit_key, self._spacing)
        plugin = self._plugin()
        sender: Apprise = Apprise(asset=self._asset)
        sender.add(plugin)
        result = sender.notify(
            body=made.body,
            title=made.title,
            notify_type=_type(severity, over=over),
            body_format=NotifyFormat.MARKDOWN if self._room.markdown else NotifyFormat.TEXT,
            interpret_escapes=False,
            timeout=self._config.timeout_s + self._spacing * (len(plugin) - 1),  # it pauses between several targets
            log_level=logging.DEBUG,  # only there does it say why a connection failed
        )
        # Of the attempts, not of the result: an URL with `optional=yes` calls every result a success.
        attempts = [attempt for service in result for attempt in service.attempts]
        if attempts and all(attempts):
            return
        raise self._failure([entry.message for entry in result.logs()], several=len(plugin) > 1)

    def _failure(self, log: Iterable[str], *, several: bool) -> DeliveryError:
        """What its log says of a delivery that failed. ``several``: it went to several, of whom some may have it."""
        lines = list(log)
        statuses = [int(found) for line in lines for found in _STATUS.findall(line)]
        if not statuses:
            never = not several and any(_NEVER_CONNECTED.search(line) for line in lines)
            what = "cannot be reached" if never else "did not take the message, or did not answer in time"
            return DeliveryError(f"{self.name}: {self._service} {what}", retry_after=_SOON, unclear=not never)
        status = statuses[-1]
        if status == 429:
            self._limits.block(self._clock, self._limit_key, _THROTTLED)
            return self._throttled(_THROTTLED)
        answered = f"{self.name}: {self._service} answered {status}"
        if status >= 500 or status == 408:
            return DeliveryError(answered, retry_after=_SOON, unclear=True)
        return DeliveryError(f"{answered}; check the channel's URL")

    def _throttled(self, wait: float) -> DeliveryError:
        said = f"{self.name}: {self._service}'s rate limit, {wait:.1f} s to wait"
        return DeliveryError(said, retry_after=wait, throttled=True)

    def _plugin(self) -> NotifyBase:
        from apprise import Apprise  # noqa: PLC0415  0.5 s and 34 MB that others must not pay

        try:
            plugin = Apprise.instantiate(self._url, asset=self._asset)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"channel {self.name}: apprise cannot read its URL ({type(error).__name__})") from None
        if plugin is None:
            raise ConfigError(
                f"channel {self.name}: apprise does not know such a URL, or lacks a package for it; "
                "`apprise -vv URL` says more, docs/en/channels.md has examples"
            )
        plugin.retry = 0  # trying again is decided outside
        plugin.socket_connect_timeout = plugin.socket_read_timeout = self._config.timeout_s
        return plugin


def _asset(config: AppriseConfig) -> AppriseAsset:
    """Nothing but messages: no files of its own, no keys made, no pictures, no redirects, no plug-ins from folders."""
    try:
        from apprise import AppriseAsset  # noqa: PLC0415  0.5 s and 34 MB that others must not pay
    except ImportError:
        raise ConfigError(f"channel {config.name}: {INSTALL}") from None
    # Its log is read for why a delivery failed, and shown to nobody: it may hold addresses and texts.
    its_log = logging.getLogger("apprise")
    its_log.setLevel(logging.DEBUG)
    its_log.propagate = False
    return AppriseAsset(
        app_id="logmedic", app_desc="logmedic", app_url="", image_url_mask=None, image_url_logo=None, async_mode=False,
        interpret_emojis=False, interpret_escapes=False, storage_mode="memory", pgp_autogen=False, pem_autogen=False,
        http_redirects=False, allow_templates=False, secure_logging=True, service_timeout=0,
    )  # fmt: skip


def room_of(plugin: NotifyBase) -> Room:
    """What the service takes, as apprise declares it."""
    from apprise import NotifyFormat  # noqa: PLC0415  0.5 s and 34 MB that others must not pay

    joined = plugin.title_maxlen <= 0 or plugin.overflow_amalgamate_title
    return Room(
        body=max(int(plugin.body_maxlen), SHORTEST),
        title=0 if joined else int(plugin.title_maxlen),
        # A fence needs its lines.
        markdown=plugin.resolve_format(None) is NotifyFormat.MARKDOWN and not plugin.body_max_line_count,
    )


def _type(severity: Severity, *, over: bool) -> Any:
    from apprise import NotifyType  # noqa: PLC0415  0.5 s and 34 MB that others must not pay

    if over:
        return NotifyType.SUCCESS
    types = {Severity.CRITICAL: NotifyType.FAILURE, Severity.WARNING: NotifyType.WARNING}
    return types.get(severity, NotifyType.INFO)


def _gist(incident: Incident) -> str:
    """Changes when an incident is worth another message: resolved or not, its severity, what is taken for the cause."""
    diagnosis = incident.diagnosis
    cause = "" if diagnosis is None else f"{diagnosis.engine}\n{diagnosis.root_cause.en}"
    gist = f"{incident.state is State.RESOLVED}\n{incident.severity}\n{cause}"
    return hashlib.sha256(gist.encode()).hexdigest()[:16]
