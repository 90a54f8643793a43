"""Whose answer it is: by host, by headers, by the words of the error, by the model's name, in this order."""

import re

from accounts.rules.doctor.pasted import Pasted

RELAY = "relay"
# Hosts of providers, the longer before the shorter where one contains the other. Names without an edition are here
# too: their errors can be told, their tiers cannot.
HOSTS = {
    "openai.azure.com": "azure",
    "cognitiveservices.azure.com": "azure",
    "services.ai.azure.com": "azure",
    "api.openai.com": "openai",
    "platform.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google-gemini",
    "ai.google.dev": "google-gemini",
    "api.x.ai": "xai",
    "console.x.ai": "xai",
    "api.mistral.ai": "mistral",
    "api.perplexity.ai": "perplexity",
    "api.fireworks.ai": "fireworks",
    "api.groq.com": "groq",
    "console.groq.com": "groq",
    "openrouter.ai": "openrouter",
    "api.deepseek.com": "deepseek",
    "api.siliconflow.cn": "siliconflow",
}
# A request to another host with the path of OpenAI's interface is one to a relay.
REQUEST = re.compile(r"(?:https?://|host: )([a-z0-9.-]{4,100})(?::\d{1,5})?(/[a-z0-9_/.-]{0,60})?")
COMPATIBLE = ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", "/v1/images", "/v1/models")
HEADERS = (
    ("anthropic-", "anthropic"),
    ("x-groq", "groq"),
    ("x-ms-", "azure"),
    ("apim-", "azure"),
    ("azureml-", "azure"),
    ("openai-", "openai"),
)
# Words that only one of them writes.
WORDS = (
    ("new_api_error", RELAY),
    ("one_api_error", RELAY),
    ("shell_api_error", RELAY),
    ("令牌额度", RELAY),
    ("用户额度", RELAY),
    ("无效的令牌", RELAY),
    ("无可用渠道", RELAY),
    ("azure openai", "azure"),
    ("anthropic.", "anthropic"),
    ("generate_content_", "google-gemini"),
    ("generativelanguage", "google-gemini"),
    ("google.genai", "google-gemini"),
    ("google.api_core", "google-gemini"),
    ("type.googleapis.com", "google-gemini"),
)
FAMILIES = (
    (
        re.compile(r"(?:gpt-|o[134](?:$|-)|chatgpt|dall-e|sora|whisper|text-embedding-|codex|computer-use|tts-1)"),
        "openai",
    ),
    (re.compile(r"claude"), "anthropic"),
    (re.compile(r"gemini|imagen|veo-"), "google-gemini"),
    (re.compile(r"grok"), "xai"),
    (re.compile(r"mistral|ministral|codestral|pixtral|magistral|devstral"), "mistral"),
    (re.compile(r"sonar"), "perplexity"),
    (re.compile(r"accounts/fireworks/"), "fireworks"),
)


def provider_of(pasted: Pasted, model: str) -> str:
    """The provider's id, "relay", or "" when nothing tells. `model`: the model that the text names, or ""."""
    for word, provider in WORDS:
        if provider == RELAY and word in pasted.plain:
            return RELAY
    if host := _of_host(pasted):
        return host
    for prefix, provider in HEADERS:
        if any(name.startswith(prefix) for name in pasted.headers):
            return provider
    for word, provider in WORDS:
        if word in pasted.plain:
            return provider
    for family, provider in FAMILIES:
        if family.match(model):
            return provider
    return ""


def _of_host(pasted: Pasted) -> str:
    other = ""
    for host, path in REQUEST.findall(pasted.plain):
        for known, provider in HOSTS.items():
            if host == known or host.endswith(f".{known}"):
                return provider
        if path.startswith(COMPATIBLE):
            other = RELAY
    return other
