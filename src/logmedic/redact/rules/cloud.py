"""Keys of clouds and platforms, in the formats that their makers document; a length they may change is a range."""

from logmedic.redact.rule import EDGE, END, rule

_AZURE_MARKS = r"(?:AzFu|AzSe|AzCa|ACDb|\+ASt|\+ABa|\+AEh|\+ASb|APIM)"

RULES = (
    rule("aws-key", "akia|asia|abia|acca|aroa|aida", EDGE + r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z2-7]{16}" + END,
         "AKIA{u16}"),
    rule("aws-secret", "aws|secretaccesskey|secret_access_key|secret access key",
         r"(?:aws|secret).{0,24}?(?:secret|key).{0,16}?[\"'=: ]([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
         "aws_secret_access_key = {b40}", ignore_case=True),
    rule("aws-session-token", "iqojb3jpz2lu|fwogzxivyxdz|fqogzxivyxdz",
         EDGE + r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/=%_-]{40,4000}", "IQoJb3JpZ2lu{b200}"),
    rule("aws-key", "absk|bedrock-api-key-", EDGE + r"(?:ABSK[A-Za-z0-9+/%]{60,400}={0,2}"
         r"|bedrock-api-key-[A-Za-z0-9+/=%_-]{20,4000})", "ABSK{b110}"),
    rule("google-key", "aiza", EDGE + r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])", "AIza{w35}"),
    rule("google-oauth", "ya29.", EDGE + r"ya29\.[A-Za-z0-9_.-]{20,2000}", "ya29.{s60}"),
    rule("google-oauth", "gocspx-", EDGE + r"GOCSPX-[A-Za-z0-9_-]{20,60}", "GOCSPX-{s28}"),
    rule("google-oauth", "1//0|1%2f%2f0", EDGE + r"1(?://|%2[Ff]%2[Ff])0[A-Za-z0-9_-]{30,200}", "1//0{s60}"),
    rule("google-key", "private_key_id", r"private_key_id\\{0,7}[\"']?\s{0,4}[:=]\s{0,4}\\{0,7}[\"']?([0-9a-f]{40})",
         '"private_key_id": "{h40}"'),
    rule("azure-key", "accountkey=|sharedaccesskey=|sharedsecret=",
         r"(?:AccountKey|SharedAccessKey|SharedSecret)=([A-Za-z0-9+/%_-]{20,200}={0,2})",
         "AccountName=logs;AccountKey={b86}==;", ignore_case=True),
    rule("azure-key", "azfu|azse|azca|acdb|+ast|+aba|+aeh|+asb|apim",
         _AZURE_MARKS + r"[A-Za-z0-9+/_-]{4,8}={0,2}(?![A-Za-z0-9+/])",
         "{w44}AzFu{w6}==",
         before=r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{33,80}"),
    rule("azure-secret", "8q~", r"8Q~[A-Za-z0-9_~.-]{31,34}", "abc8Q~{w34}", before=EDGE + r"[A-Za-z0-9_~.-]{3}"),
    rule("azure-devops-token", "azdo", r"AZDO[A-Za-z0-9]{4}" + END, "{w76}AZDO{l4}", before=EDGE + r"[A-Za-z0-9]{76}"),
    rule("ncp-key", "ncp_iam_", EDGE + r"ncp_iam_[A-Za-z0-9]{20,60}", "ncp_iam_{w32}"),
    rule("ncp-key", "x-ncp-", r"x-ncp-(?:iam-access-key|apigw-api-key(?:-id)?|apigw-signature-v\d|auth-token)"
         r"\\{0,7}[\"']?[ \t]{0,4}[:=,][ \t]{0,4}\\{0,7}[\"']?([A-Za-z0-9+/=_-]{8,200})",
         "x-ncp-apigw-api-key: {w40}", ignore_case=True),
    rule("naver-secret", "x-naver-client-|naver_client_secret|naverclientsecret",
         r"(?:x-naver-client-(?:secret|id)|naver_?client_?secret)\\{0,7}[\"']?[ \t]{0,4}[:=,][ \t]{0,4}\\{0,7}[\"']?"
         r"([A-Za-z0-9_-]{6,60})", "X-Naver-Client-Secret: {w10}", ignore_case=True),
    rule("kakao-key", "kakaoak", r"KakaoAK[ \t+]{1,4}([0-9A-Fa-f]{32})", "KakaoAK {h32}", ignore_case=True),
    rule("kakao-key", "kakao", r"kakao[A-Za-z_. -]{0,24}?(?:key|secret)\\{0,7}[\"']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,7}"
         r"[\"']?([A-Za-z0-9]{32})" + END, "kakao_rest_api_key={h32}", ignore_case=True),
    rule("alibaba-key", "ltai", EDGE + r"LTAI[A-Za-z0-9]{12,26}" + END, "LTAI{w20}"),
    rule("tencent-key", "akid", EDGE + r"AKID[A-Za-z0-9]{32}" + END, "AKID{w32}"),
    rule("digitalocean-token", "dop_v1_|doo_v1_|dor_v1_", EDGE + r"do[opr]_v1_[a-f0-9]{64}", "dop_v1_{h64}"),
    rule("heroku-key", "hrku-", EDGE + r"HRKU-[A-Za-z0-9_-]{36,80}", "HRKU-AA{s58}"),
    rule("fly-token", "fm1r_|fm1a_|fm2_|fo1_", EDGE + r"(?:fm1[ra]_|fm2_|fo1_)[A-Za-z0-9+/=%_-]{40,4000}",
         "fm2_{b120}"),
    rule("cloudflare-key", "v1.0-", EDGE + r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,200}", "v1.0-{h24}-{h146}"),
    rule("scaleway-key", "scw", EDGE + r"SCW[A-Z0-9]{17}" + END, "SCW{U17}"),
    rule("render-key", "rnd_", EDGE + r"rnd_[A-Za-z0-9]{20,60}", "rnd_{w32}"),
    rule("netlify-token", "nfp_", EDGE + r"nfp_[A-Za-z0-9]{32,60}", "nfp_{w36}"),
    rule("supabase-key", "sbp_|sb_secret_", EDGE + r"(?:sbp_[0-9a-f]{40}|sb_secret_[A-Za-z0-9_-]{20,80})", "sbp_{h40}"),
    rule("planetscale-token", "pscale_", EDGE + r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,80}", "pscale_tkn_{w43}"),
    rule("databricks-token", "dapi", EDGE + r"dapi[0-9a-f]{32}(?:-\d)?" + END, "dapi{h32}"),
    rule("terraform-token", ".atlasv1.", r"\.atlasv1\.[A-Za-z0-9_=-]{50,90}",
         "{w14}.atlasv1.{w67}", before=EDGE + r"[A-Za-z0-9]{14}"),
    rule("pulumi-token", "pul-", EDGE + r"pul-[0-9a-f]{40}" + END, "pul-{h40}"),
    rule("vault-token", "hvs.|hvb.|hvr.", EDGE + r"hv[sbr]\.[A-Za-z0-9_-]{20,300}", "hvs.{w90}"),
    rule("doppler-token", "dp.pt.|dp.st.|dp.ct.|dp.sa.|dp.scim.|dp.audit.",
         EDGE + r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,40}\.)?[A-Za-z0-9]{40,44}", "dp.pt.{w43}"),
)  # fmt: skip
