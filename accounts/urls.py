from django.urls import path

from accounts.views.doors import enter_demo
from accounts.views.profile import profile, set_language

app_name = "accounts"
urlpatterns = [
    path("profile/", profile, name="profile"),
    path("language/", set_language, name="set-language"),
    path("demo/enter/", enter_demo, name="enter-demo"),
]
