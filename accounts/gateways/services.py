"""The chat services that notices may go to: those of Apprise's that are reached by HTTPS and by nothing else."""

import re
from dataclasses import dataclass

# What the addresses that services hand out themselves may carry after a question mark.
NATIVE = frozenset({"access_token", "api-version", "key", "sig", "sp", "sv", "thread", "threadkey", "token"})
# Addresses that Apprise does not read in the services' own spelling: pattern and Apprise's spelling.
SPELLINGS = {
    "mattermost": (r"https://([^/?#@]+)/hooks/([A-Za-z0-9]+)/?", r"mmosts://\1/\2"),
    "rocket-chat": (r"https://([^/?#@]+)/hooks/([A-Za-z0-9]+)/([A-Za-z0-9]+)/?", r"rockets://\2/\3@\1"),
    "bark": (r"https://([^/?#@]+)/([A-Za-z0-9]+)/?", r"barks://\1/\2"),
    "feishu": (r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([A-Za-z0-9_-]+)/?", r"feishu://\1"),
    "dingtalk": (r"https://oapi\.dingtalk\.com/robot/send\?access_token=([A-Za-z0-9]+)", r"dingtalk://\1"),
    "server-chan": (r"https://sctapi\.ftqq\.com/([A-Za-z0-9-]+)\.send", r"schan://\1"),
}


@dataclass(frozen=True, slots=True)
class Service:
    """A chat service: `example` as Apprise writes an address of it, `native` as the service itself hands one out.

    `options` are what may follow the address after a question mark, beside NATIVE.
    """

    slug: str
    name: str
    schemas: tuple[str, ...]
    example: str
    native: str = ""
    options: frozenset[str] = frozenset()

    def may_say(self, option: str) -> bool:
        return option.lower() in self.options | NATIVE

    def spelled(self, address: str) -> str:
        """An address in a spelling that Apprise reads; as it is when it needs none."""
        pattern, spelling = SPELLINGS.get(self.slug, (r"(?!)", ""))
        match = re.fullmatch(pattern, address)
        return match.expand(spelling) if match else address


_ALL = (
    Service("telegram", "Telegram", ("tgram",), "tgram://123456789:bot-token/chat-id", options=frozenset({"silent"})),
    Service("slack", "Slack", ("slack",), "slack://T0000/B0000/token", "https://hooks.slack.com/services/…"),
    Service("discord", "Discord", ("discord",), "discord://id/token", "https://discord.com/api/webhooks/…"),
    Service(
        "teams",
        "Microsoft Teams",
        ("workflows", "workflow"),
        "workflows://host:443/workflow/signature",
        "https://….api.powerplatform.com:443/…/triggers/manual/paths/invoke?…",
        frozenset({"id", "pa", "powerautomate", "route", "routeid", "ver"}),
    ),
    Service(
        "google-chat", "Google Chat", ("gchat",), "gchat://space/key/token", "https://chat.googleapis.com/v1/spaces/…"
    ),
    Service(
        "mattermost",
        "Mattermost",
        ("mmosts", "mmost"),
        "mmosts://chat.example.org/token",
        "https://chat.example.org/hooks/…",
        frozenset({"channel"}),
    ),
    Service(
        "rocket-chat",
        "Rocket.Chat",
        ("rockets", "rocket"),
        "rockets://token-a/token-b@chat.example.org/#channel",
        "https://chat.example.org/hooks/…/…",
    ),
    Service(
        "matrix",
        "Matrix",
        ("matrixs", "matrix"),
        "matrixs://access-token@matrix.example.org/!room:example.org",
        options=frozenset({"mode", "msgtype", "version"}),
    ),
    Service(
        "ntfy",
        "ntfy",
        ("ntfys", "ntfy"),
        "ntfys://ntfy.example.org/long-topic",
        "https://ntfy.sh/…",
        frozenset({"auth", "mode", "priority"}),
    ),
    Service(
        "gotify", "Gotify", ("gotifys", "gotify"), "gotifys://gotify.example.org/token", "", frozenset({"priority"})
    ),
    Service("pushover", "Pushover", ("pover",), "pover://user-key@token", "", frozenset({"priority", "sound"})),
    Service(
        "bark",
        "Bark",
        ("barks", "bark"),
        "barks://api.day.app/device-key",
        "https://api.day.app/…",
        frozenset({"group", "level", "sound", "volume"}),
    ),
    Service("feishu", "飞书 Feishu", ("feishu",), "feishu://token", "https://open.feishu.cn/open-apis/bot/v2/hook/…"),
    Service("lark", "Lark", ("lark",), "lark://token", "https://open.larksuite.com/open-apis/bot/v2/hook/…"),
    Service(
        "dingtalk",
        "钉钉 DingTalk",
        ("dingtalk",),
        "dingtalk://signing-secret@token",
        "https://oapi.dingtalk.com/robot/send?access_token=…",
        frozenset({"secret"}),
    ),
    Service(
        "wecom",
        "企业微信 WeCom",
        ("wecombot",),
        "wecombot://key",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
    ),
    Service("server-chan", "Server酱 ServerChan", ("schan",), "schan://SCT0000token", "https://sctapi.ftqq.com/….send"),
)
SERVICES = {service.slug: service for service in _ALL}
