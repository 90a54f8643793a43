"""Tokens that let somebody stop one kind of notice from a mail, without signing in. They do not expire."""

from django.core.signing import BadSignature, Signer

from accounts.models import User

# The separator must not need escaping in an address, where the token stands.
_signer = Signer(sep=".", salt="accounts.notices.unsubscribe")


def token(user: User, kind: str) -> str:
    return _signer.sign(f"{user.pk}.{kind}")


def read(text: str) -> tuple[User, str] | None:
    """Return whose notices of which kind a token stops; None when it is not ours or the person is gone."""
    try:
        user_id, _dot, kind = _signer.unsign(text).partition(".")
    except BadSignature:
        return None
    user = User.objects.filter(pk=user_id).first()
    return (user, kind) if user is not None else None
