"""What a form may hold. Forms check shape and words; the database and the actions keep the rules."""

from accounts.forms.people import ProfileForm, SignUpForm

__all__ = ["ProfileForm", "SignUpForm"]
