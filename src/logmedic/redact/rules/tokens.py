"""Tokens of code hosts, builds, registries, chats, payments, mail, monitoring and models, as documented by each."""

from logmedic.redact.rule import EDGE, END, LONG_EDGE, rule

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_UUID_SAMPLE = "{h8}-{h4}-4{h3}-a{h3}-{h12}"

_CODE = (
    rule("github-token", "ghp_|gho_|ghu_|ghs_|ghr_", EDGE + r"gh[pousr]_[A-Za-z0-9]{20,255}", "ghp_{w36}"),
    rule("github-token", "github_pat_", EDGE + r"github_pat_[A-Za-z0-9_]{22,255}", "github_pat_{w22}_{w59}"),
    rule("gitlab-token", "glpat-|gldt-|glrt-|glptt-|glcbt-|glsoat-|glft-|glimt-|glagent-|gloas-|glffct-",
         EDGE + r"gl(?:pat|dt|rt|ptt|cbt|soat|ft|imt|agent|oas|ffct)-[A-Za-z0-9_.-]{20,300}", "glpat-{s20}"),
    rule("bitbucket-token", "atbb|atctt3", EDGE + r"(?:ATBB[A-Za-z0-9]{28,40}|ATCTT3[A-Za-z0-9_=-]{40,300})",
         "ATBB{w32}"),
    rule("atlassian-token", "atatt3", EDGE + r"ATATT3[A-Za-z0-9_=-]{60,400}", "ATATT3xFfGF0{s170}"),
    rule("npm-token", "npm_", EDGE + r"npm_[A-Za-z0-9]{36}" + END, "npm_{w36}"),
    rule("pypi-token", "pypi-", EDGE + r"pypi-[A-Za-z0-9_-]{50,1000}", "pypi-AgEIcHlwaS5vcmc{s120}"),
    rule("rubygems-key", "rubygems_", EDGE + r"rubygems_[0-9a-f]{48}", "rubygems_{h48}"),
    rule("crates-token", "cio", EDGE + r"cio[A-Za-z0-9]{32}" + END, "cio{w32}"),
    rule("nuget-key", "oy2", EDGE + r"oy2[a-z0-9]{43}" + END, "oy2{l43}"),
    rule("docker-token", "dckr_pat_|dckr_oat_", EDGE + r"dckr_[po]at_[A-Za-z0-9_-]{27,40}", "dckr_pat_{s27}"),
    rule("jfrog-token", "akcp|cmvmdgtu", EDGE + r"(?:AKCp[A-Za-z0-9]{60,80}|cmVmdGtu[A-Za-z0-9+/=%]{50,64})",
         "AKCp{w69}"),
    rule("circleci-token", "ccipat_|cciprj_", EDGE + r"CCI(?:PAT|PRJ)_[A-Za-z0-9_]{20,140}", "CCIPAT_{w22}_{h40}"),
    rule("buildkite-token", "bkua_", EDGE + r"bkua_[0-9a-f]{40}", "bkua_{h40}"),
    rule("sonar-token", "sqp_|squ_|sqa_", EDGE + r"sq[pua]_[0-9a-f]{40}", "squ_{h40}"),
    rule("postman-key", "pmak-", EDGE + r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}", "PMAK-{h24}-{h34}"),
)  # fmt: skip

_CHAT = (
    rule("slack-token", "xoxb-|xoxp-|xoxa-|xoxr-|xoxs-|xoxc-|xoxd-|xoxe|xapp-",
         EDGE + r"(?:xox[abcdeprs](?:\.xox[bp])?-|xapp-)[A-Za-z0-9%-]{10,300}", "xoxb-{d12}-{d12}-{w24}"),
    rule("discord-token", "bot |token|discord", r"(?:bot |token|discord)[^\r\n]{0,40}?" + LONG_EDGE +
         r"([MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,45})", "Bot M{w25}.{w6}.{w38}",
         ignore_case=True),
    rule("telegram-token", ":aa", r":AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])",
         "{n10}:AA{s33}",
         before=r"(?:" + EDGE + r"|(?<=bot))\d{8,10}"),
    rule("notion-token", "ntn_|secret_", EDGE + r"(?:ntn|secret)_[A-Za-z0-9]{40,50}" + END, "ntn_{w46}"),
    rule("linear-key", "lin_api_|lin_oauth_", EDGE + r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}", "lin_api_{w40}"),
    rule("figma-token", "figd_", EDGE + r"figd_[A-Za-z0-9_-]{36,60}", "figd_{s40}"),
    rule("airtable-token", "airtable", r"airtable[^\r\n]{0,60}?" + EDGE + r"(pat[A-Za-z0-9]{14}\.[0-9a-f]{64})",
         "AIRTABLE_KEY pat{w14}.{h64}", ignore_case=True),
    rule("hubspot-token", "pat-na|pat-eu|pat-ap", EDGE + r"pat-(?:na|eu|ap)\d-" + _UUID, "pat-na1-" + _UUID_SAMPLE),
    rule("shopify-token", "shpat_|shpca_|shppa_|shpss_", EDGE + r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", "shpat_{h32}"),
    rule("okta-token", "ssws ", r"SSWS ([A-Za-z0-9_-]{30,60})", "SSWS 00{s40}", ignore_case=True),
)  # fmt: skip

_PAYMENT = (
    rule("stripe-key", "sk_live_|sk_test_|rk_live_|rk_test_|sk_org_|whsec_",
         EDGE + r"(?:sk_(?:live|test|org)_|rk_(?:live|test)_|whsec_)[A-Za-z0-9+/%]{16,255}={0,2}", "sk_live_{w24}"),
    rule("toss-key", "live_sk_|test_sk_|live_gsk_|test_gsk_", EDGE + r"(?:live|test)_g?sk_[A-Za-z0-9]{16,80}",
         "live_sk_{w32}"),
    rule("portone-secret", "portone", r"PortOne[ \t]([A-Za-z0-9_-]{40,200})", "PortOne {w88}", ignore_case=True),
    rule("portone-secret", "imp_key|imp_secret", r"imp_(?:key|secret)\\{0,7}[\"']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,7}[\"']?"
         r"([A-Za-z0-9]{16,120})", "imp_key={d16}", ignore_case=True),
    rule("square-token", "eaaa|sq0", EDGE + r"(?:EAAA[A-Za-z0-9_-]{56,62}|sq0[a-z]{3}-[A-Za-z0-9_-]{22,50})",
         "EAAA{s60}"),
    rule("braintree-token", "access_token$", EDGE + r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
         "access_token$production${l16}${h32}"),
    rule("plaid-token", "access-sandbox-|access-production-|access-development-",
         EDGE + r"access-(?:sandbox|development|production)-" + _UUID, "access-production-" + _UUID_SAMPLE),
    rule("mercadopago-token", "app_usr-", EDGE + r"APP_USR-[0-9]{6,20}-[0-9a-f_-]{20,80}", "APP_USR-{d16}-{d6}-{h32}"),
    rule("flutterwave-key", "flwseck", EDGE + r"FLWSECK(?:_TEST)?-[A-Za-z0-9]{20,60}", "FLWSECK-{l32}"),
    rule("adyen-key", "aqe", EDGE + r"AQE[A-Za-z0-9+/%]{60,200}={0,2}-[A-Za-z0-9+/%]{20,100}={0,2}", "AQE{b97}-{b43}="),
)  # fmt: skip

_MAIL = (
    rule("sendgrid-key", "sg.", EDGE + r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,64}", "SG.{s22}.{s43}"),
    rule("mailgun-key", "key-", EDGE + r"key-[0-9a-f]{32}" + END, "key-{h32}"),
    rule("mailchimp-key", "-us", r"-us\d{1,2}" + END, "{h32}-us14", before=EDGE + "[0-9a-f]{32}"),
    rule("brevo-key", "xkeysib-|xsmtpsib-", EDGE + r"x(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}",
         "xkeysib-{h64}-{w16}"),
    rule("resend-key", "re_", EDGE + r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}" + END, "re_{w8}_{w24}"),
    rule("twilio-key", "|".join(f"{two}{digit}" for two in ("sk", "ac") for digit in "0123456789abcdef"),
         EDGE + r"(?:SK|AC)[0-9a-f]{32}" + END, "SK{h32}"),
    rule("solapi-key", "ncs", EDGE + r"NCS[A-Z0-9]{13}" + END, "NCS{U13}"),
    rule("telnyx-key", "key0", EDGE + r"KEY0[0-9A-F]{31}_[A-Za-z0-9]{20,24}", "KEY0{n31}_{w22}"),
)  # fmt: skip

_WATCH = (
    rule("grafana-token", "glsa_|glc_", EDGE + r"(?:glsa|glc)_[A-Za-z0-9_+/=%-]{20,300}", "glsa_{w32}_{h8}"),
    rule("newrelic-key", "nrak-|nrii-|nrjs-", EDGE + r"NR(?:AK|II|JS)-[A-Za-z0-9_-]{19,40}", "NRAK-{U27}"),
    rule("datadog-key", "dd-api-key|dd-application-key|dd_api_key|dd_app_key", r"dd[-_](?:api|app|application)[-_]key"
         r"\\{0,7}[\"']?[ \t]{0,4}[:=,][ \t]{0,4}\\{0,7}[\"']?([0-9A-Za-z_]{32,60})", "DD-API-KEY: {h32}",
         ignore_case=True),
    rule("dynatrace-token", "dt0", EDGE + r"dt0[a-z]\d\d\.[A-Z2-7]{24}\.[A-Z2-7]{64}", "dt0c01.{u24}.{u64}"),
    rule("honeycomb-key", "hcaik_|hcbik_|hcalk_", EDGE + r"hc[ab][il]k_[a-z0-9]{50,64}", "hcaik_{l58}"),
    rule("launchdarkly-key", "sdk-|api-|mob-", EDGE + r"(?:sdk|api|mob)-" + _UUID, "sdk-" + _UUID_SAMPLE),
    rule("sentry-token", "sntrys_|sntryu_", EDGE + r"sntry[su]_[A-Za-z0-9+/=%_-]{40,400}", "sntryu_{h64}"),
)  # fmt: skip

_MODELS = (
    rule("anthropic-key", "sk-ant-", EDGE + r"sk-ant-[A-Za-z0-9_-]{8,255}", "sk-ant-api03-{s93}AA"),
    rule("openai-key", "sk-", EDGE + r"sk-(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{20,255}", "sk-proj-{s120}"),
    rule("huggingface-token", "hf_", EDGE + r"hf_[A-Za-z0-9]{30,60}", "hf_{w34}"),
    rule("groq-key", "gsk_", EDGE + r"gsk_[A-Za-z0-9]{40,60}", "gsk_{w52}"),
    rule("xai-key", "xai-", EDGE + r"xai-[A-Za-z0-9]{60,100}", "xai-{w80}"),
    rule("perplexity-key", "pplx-", EDGE + r"pplx-[A-Za-z0-9]{40,60}", "pplx-{w48}"),
    rule("replicate-token", "r8_", EDGE + r"r8_[A-Za-z0-9]{37}" + END, "r8_{w37}"),
    rule("nvidia-key", "nvapi-", EDGE + r"nvapi-[A-Za-z0-9_-]{50,90}", "nvapi-{s64}"),
    rule("langsmith-key", "lsv2_", EDGE + r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}", "lsv2_pt_{h32}_{h10}"),
    rule("upstage-key", "up_", EDGE + r"up_[A-Za-z0-9]{29}" + END, "up_{w29}"),
)  # fmt: skip

_JWT = (
    rule("jwt", "eyj", LONG_EDGE + r"eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{4,8000}(?:\.[A-Za-z0-9_-]{0,4000}){0,3}",
         "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{s32}.{s43}"),
)  # fmt: skip

RULES = _CODE + _CHAT + _PAYMENT + _MAIL + _WATCH + _MODELS + _JWT
