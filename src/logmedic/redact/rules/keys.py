"""Private keys, hashes of passwords, and seeds of one-time passwords."""

from logmedic.redact.rule import EDGE, END, rule

_BEGIN = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

RULES = (
    rule("private-key", "-----begin", _BEGIN + r"(?:[^-]|-(?!----)){0,20000}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY"
         r"(?: BLOCK)?-----)?", "-----BEGIN RSA PRIVATE KEY-----\n{b64}\n{b64}\n-----END RSA PRIVATE KEY-----"),
    rule("private-key", "ls0tls1crudjti", EDGE + r"LS0tLS1CRUdJTi[A-Za-z0-9+/=%]{40,30000}", "LS0tLS1CRUdJTiB{b200}"),
    rule("private-key", "private-lines", r"Private-Lines: \d{1,3}((?:(?:\r?\n|\\{1,7}n)[A-Za-z0-9+/=]{4,80}){1,200})",
         "Private-Lines: 2\n{b64}\n{b64}"),
    rule("private-key", "age-secret-key-", EDGE + r"AGE-SECRET-KEY-1[A-Z0-9]{50,64}", "AGE-SECRET-KEY-1{U58}",
         ignore_case=True),
    rule("private-key", "\"d\"|\"d\\", r"\"d\\{0,7}\"\s{0,3}:\s{0,3}\\{0,7}\"([A-Za-z0-9_-]{40,700})",
         '"kty":"EC","d":"{s43}"'),
    rule("password-hash", "$2a$|$2b$|$2y$", r"\$2[aby]\$\d\d\$([./A-Za-z0-9]{53})", "$2b$12${w53}"),
    rule("password-hash", "$argon2|$scrypt$|$pbkdf2|pbkdf2_sha",
         r"(?:\$(?:argon2(?:id|i|d)|scrypt|pbkdf2(?:-sha\d{1,3})?)"
         r"|pbkdf2_sha\d{1,3})\$((?:[A-Za-z0-9=,./+-]{1,200}\$){1,5}[A-Za-z0-9./+=-]{16,200})",
         "$argon2id$v=19$m=65536,t=3,p=4${w22}${w43}"),
    rule("password-hash", "$1$|$5$|$6$|$y$", r"\$[156y]\$((?:rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,30}\$"
         r"(?:[./A-Za-z0-9]{1,30}\$)?[./A-Za-z0-9]{22,90})", "$6${w16}${w86}"),
    rule("password-hash", "{ssha", r"\{SSHA(?:\d{3})?\}([A-Za-z0-9+/=]{28,150})", "{SSHA}{b40}", ignore_case=True),
    rule("otp-seed", "totp|otp_secret|otpsecret|otp-secret|mfa_secret|2fa",
         r"[A-Za-z_-]{0,20}\\{0,7}[\"']?[ \t]{0,4}[:=][ \t]{0,4}"
         r"\\{0,7}[\"']?([A-Z2-7]{16,64})" + END, "totp_seed={u32}", after=True),
)  # fmt: skip
