from django.urls import path

from accounts.views import (
    account,
    accounts,
    board,
    doors,
    health,
    icons,
    mailbox,
    manifest,
    models,
    notices,
    payments,
    profile,
    rulebooks,
    sightings,
    styleguide,
    tokens,
    unsubscribe,
)

app_name = "accounts"
urlpatterns = [
    path("", board.board, name="board"),
    # accounts
    path("accounts/new/", accounts.open_account, name="open-account"),
    path("accounts/archive/", accounts.archive, name="archive"),
    path("accounts/<uuid:account_id>/", account.account, name="account"),
    path("accounts/<uuid:account_id>/edit/", accounts.edit_account, name="edit-account"),
    path("accounts/<uuid:account_id>/move/", accounts.move_account, name="move-account"),
    path("accounts/<uuid:account_id>/archive/", accounts.archive_account, name="archive-account"),
    path("accounts/<uuid:account_id>/restore/", accounts.restore_account, name="restore-account"),
    path("accounts/<uuid:account_id>/requirement/", accounts.confirm_requirement, name="confirm-requirement"),
    path("accounts/<uuid:account_id>/cap/", accounts.note_cap, name="note-cap"),
    path("accounts/<uuid:account_id>/seen/", sightings.see_tier, name="see-tier"),
    path("accounts/<uuid:account_id>/fall/", sightings.note_fall, name="note-fall"),
    path("accounts/<uuid:account_id>/payments/", payments.record_payment, name="record-payment"),
    # payments
    path("payments/<uuid:uid>/", payments.correct_payment, name="correct-payment"),
    path("payments/<uuid:uid>/void/", payments.void_payment, name="void-payment"),
    path("payments/<uuid:uid>/restore/", payments.restore_payment, name="restore-payment"),
    # notices
    path("notices/", notices.notices, name="notices"),
    path("notices/test-mail/", notices.send_test_mail, name="send-test-mail"),
    path("notices/<uuid:notice_id>/resend/", notices.resend_notice, name="resend-notice"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<slug:name>/", mailbox.mail, name="mail"),
    path("mailbox/<slug:name>/html/", mailbox.mail_html, name="mail-html"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    # people
    path("profile/", profile.profile, name="profile"),
    path("profile/tokens/", tokens.tokens, name="tokens"),
    path("profile/tokens/<int:token_id>/revoke/", tokens.revoke_token, name="revoke-token"),
    path("language/", profile.set_language, name="set-language"),
    path("theme/", profile.set_theme, name="set-theme"),
    path("demo/enter/", doors.enter_demo, name="enter-demo"),
    # what providers say
    path("models/", models.models, name="models"),
    path("rulebooks/", rulebooks.rulebooks, name="rulebooks"),
    path("rulebooks/<slug:provider>/<str:edition>/", rulebooks.rulebook, name="rulebook"),
    # for whoever builds the pages
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("styleguide/mail/<slug:kind>/", styleguide.styleguide_mail, name="styleguide-mail"),
    # for browsers
    path("manifest/<str:language>.webmanifest", manifest.manifest, name="manifest"),
    path("icons/<int:count>.svg", icons.counted_icon, name="counted-icon"),
    path("favicon.ico", icons.favicon, name="favicon"),
    # for probes
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
