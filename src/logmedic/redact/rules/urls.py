"""Addresses that let in whoever knows them, passwords inside addresses, and signatures of signed ones."""

from logmedic.redact.rule import rule

_S = r"\\?/"  # also as some write it in JSON
_HOST = r"(?:https?:\\?/\\?/(?:[A-Za-z0-9-]{1,40}\.){0,3})?"  # so much of an address as stands before a needle
_SIGNED = (
    r"(?:X-Amz-(?:Signature|Credential|Security-Token)|X-Goog-(?:Signature|Credential)|AWSAccessKeyId|GoogleAccessId"
    r"|Signature|Key-Pair-Id|sig)"
)


def _password(text: str) -> bool:
    """No placeholder, and no row of stars that somebody else left."""
    return not text.startswith("<") and text.strip("*xX.•") != ""


RULES = (
    rule("url-password", "//", r"//[^\s/:@?#<>\"']{0,200}:(?!\d{1,5}(?:[/?#\s\"'\\]|\Z))"
         r"(?:([^\s/<>\"']{1,400})|([^\s<>\"']{1,400}?))@", "postgresql://app:{s20}@db.internal:5432/shop",
         check=_password),
    rule("url-password", "%3a%2f%2f", r"%3A%2F%2F[A-Za-z0-9_.+-]{0,100}%3A([A-Za-z0-9_.~+!*-]{1,200}?"
         r"(?:%[0-9A-F]{2}[A-Za-z0-9_.~+!*-]{0,100}){0,20}?)%40", "url=postgres%3A%2F%2Fapp%3A{w20}%40db",
         ignore_case=True),
    rule("url-password", "@tcp(|@unix(", r"@(?:tcp|unix)\(", "app:{s20}@tcp(db:3306)/shop",
         before=r"(?<![A-Za-z0-9_.@-])[A-Za-z0-9_.-]{1,64}:([^\s\"'<>/]{1,200})"),
    rule("url-password", "jdbc:oracle", r"jdbc:oracle:(?:thin|oci8?):[^\s/@\"']{1,64}/([^\s@\"'<]{1,200})@",
         "jdbc:oracle:thin:app/{w16}@db:1521/shop", ignore_case=True),
    rule("sentry-dsn", "://", r"://([0-9a-f]{32}(?::[0-9a-f]{32})?)@", "https://{h32}@o1.ingest.sentry.io/2"),
    rule("url-token", "://", r"://([A-Za-z0-9_-]{24,200})@", "https://{w40}@git.example.org/shop.git"),
    rule("slack-webhook", "hooks.slack.com", r"hooks\.slack\.com" + _S + r"(?:services|workflows|triggers)(?:" + _S +
         r"[A-Za-z0-9_+-]{1,80}){2,6}", "https://hooks.slack.com/services/T{U8}/B{U8}/{w24}", before=_HOST),
    rule("discord-webhook", "/webhooks/|\\/webhooks\\/", r"\\?/webhooks" + _S + r"\d{5,25}" + _S +
         r"[A-Za-z0-9_-]{20,120}", "https://discord.com/api/webhooks/{n18}/{s68}",
         before=_HOST + r"discord(?:app)?\.com" + _S + r"api(?:" + _S + r"v\d{1,2})?"),
    rule("teams-webhook", "webhook.office.com", r"webhook\.office\.com/webhookb?2?/[A-Za-z0-9_~%.+/=@-]{20,400}",
         "https://shop.webhook.office.com/webhookb2/{h8}-{h4}-{h4}-{h4}-{h12}@{h32}/IncomingWebhook/{h32}/{h36}",
         before=_HOST),
    rule("google-chat-webhook", "chat.googleapis.com", r"chat\.googleapis\.com/v1/spaces/[A-Za-z0-9_-]{4,40}/messages"
         r"\?[A-Za-z0-9_&=%.-]{10,400}", "https://chat.googleapis.com/v1/spaces/{w11}/messages?key={w39}&token={s43}",
         before=_HOST),
    rule("webhook", "/hooks/", r"/hooks/(?:catch/)?(?:[a-z0-9]{26}\b|\d{4,12}/[A-Za-z0-9]{5,20})",
         "https://hooks.zapier.com/hooks/catch/{n7}/{l8}", before=_HOST + r"[A-Za-z0-9.:-]{0,80}"),
    rule("webhook", "webexapis.com/v1/webhooks/incoming/", r"webexapis\.com/v1/webhooks/incoming/[A-Za-z0-9_-]{20,200}",
         "https://webexapis.com/v1/webhooks/incoming/{w80}", before=_HOST),
    rule("jandi-webhook", "wh.jandi.com", r"wh\.jandi\.com/connect-api/webhook/\d{1,12}/[0-9a-f]{32}",
         "https://wh.jandi.com/connect-api/webhook/{n8}/{h32}", before=_HOST),
    rule("dooray-webhook", "dooray.com/services", r"dooray\.com/services/[A-Za-z0-9/_-]{10,120}",
         "https://hook.dooray.com/services/{n16}/{n19}/{w22}", before=_HOST),
    rule("pagerduty-webhook", "pagerduty.com/integration/", r"pagerduty\.com/integration/[0-9a-zA-Z]{20,40}",
         "https://events.pagerduty.com/integration/{h32}/enqueue", before=_HOST),
    rule("url-signature", "x-amz-|x-goog-|awsaccesskeyid=|googleaccessid=|signature=|key-pair-id=|sig=",
         r"(?<=[?&;])" + _SIGNED + r"=([A-Za-z0-9+/%_.~-]{8,4000}={0,2})",
         "https://b.s3.amazonaws.com/a?X-Amz-Expires=60&X-Amz-Signature={h64}", ignore_case=True),
    rule("url-signature", "x-amz-|x-goog-", r"X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)(?:=|%3D)"
         r"([A-Za-z0-9+/%_.~-]{8,4000}={0,2})", "X-Amz-Security-Token={w80}", ignore_case=True),
    rule("otp-seed", "otpauth", r"otpauth(?:://|%3A%2F%2F)[^\s\"'<>]{1,300}?"
         r"secret(?:=|%3D)([A-Z2-7]{16,128}(?:=|%3D){0,6})",
         "otpauth://totp/Shop:ann?secret={u32}&issuer=Shop", ignore_case=True),
)  # fmt: skip
